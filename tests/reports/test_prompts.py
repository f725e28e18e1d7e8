from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.models.versions import Piece, PieceKind
from reports.document import Mark
from reports.parts.prompts import marked, quoted

LINES = "".join(f"line {i}\n" for i in range(1, 21))
NEW = Piece(kind=PieceKind.ADDED, text="new")


def kept(text: str) -> Piece:
    return Piece(kind=PieceKind.KEPT, text=text)


def shown(*pieces: Piece) -> list[str]:
    return [text for _, text in marked(pieces).pieces]


def test_between_two_changes_the_lines_next_to_them_are_shown() -> None:
    _, between, _ = shown(NEW, kept(f"\n{LINES}"), NEW)
    assert between.split("\n") == [
        "",
        "line 1",
        "line 2",
        "… 16 lines are the same …",
        "line 19",
        "line 20",
        "",
    ]


def test_before_the_first_change_and_behind_the_last_only_the_nearest_lines_are_shown() -> None:
    first, _, last = shown(kept(LINES), NEW, kept(f"\n{LINES}"))
    assert first.split("\n") == ["… 18 lines are the same …", "line 19", "line 20", ""]
    assert last.split("\n") == ["", "line 1", "line 2", "… 18 lines are the same …"]


def test_few_unchanged_lines_are_shown_as_they_are() -> None:
    text = "1\n2\n3\n4\n5\n6\n7\n8"
    assert shown(NEW, kept(text), NEW)[1] == text


@given(
    st.lists(st.builds(Piece, kind=st.sampled_from(PieceKind), text=st.text("a\n", max_size=40)))
)
def test_what_was_added_and_removed_is_shown_whole(pieces: list[Piece]) -> None:
    changed = [(mark, text) for mark, text in marked(pieces).pieces if mark is not Mark.KEPT]
    told = [(one.kind.value, one.text) for one in pieces if one.kind is not PieceKind.KEPT]
    assert [(mark.value, text) for mark, text in changed] == told


@pytest.mark.parametrize(
    ("prompt_id", "on_a_line"),
    [
        ("prompts/triage.md", "prompts/triage.md"),
        ("my prompts/triage.md", "'my prompts/triage.md'"),
        ("a;rm -rf ~", "'a;rm -rf ~'"),
    ],
)
def test_a_command_line_takes_a_name_for_one_word(prompt_id: str, on_a_line: str) -> None:
    assert quoted(prompt_id) == on_a_line
