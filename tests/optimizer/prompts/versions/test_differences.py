from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.models.versions import Piece, PieceKind
from optimizer.prompts.versions.differences import differences

KEPT, REMOVED, ADDED = PieceKind.KEPT, PieceKind.REMOVED, PieceKind.ADDED

texts = st.text(alphabet="ab \n{}.é\u202e", max_size=40)


def marked(before: str, after: str) -> str:
    forms = {KEPT: "{}", REMOVED: "[-{}-]", ADDED: "{{+{}+}}"}
    return "".join(forms[piece.kind].format(piece.text) for piece in differences(before, after))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("Sort the mail.", "Sort the post.", "Sort the [-mail-]{+post+}."),
        ("a\nb\nc\n", "a\nc\n", "a\n[-b\n-]c\n"),
        ("one", "one two", "one{+ two+}"),
        ("be very brief now", "be quite short now", "be [-very brief-]{+quite short+} now"),
        ("", "x", "{+x+}"),
        ("same", "same", "same"),
        ("", "", ""),
    ],
)
def test_marks_words_that_changed(before: str, after: str, expected: str) -> None:
    assert marked(before, after) == expected


@given(texts, texts)
def test_the_pieces_are_the_two_texts(before: str, after: str) -> None:
    pieces = differences(before, after)
    assert "".join(piece.text for piece in pieces if piece.kind is not ADDED) == before
    assert "".join(piece.text for piece in pieces if piece.kind is not REMOVED) == after


@given(texts, texts)
def test_no_two_pieces_of_a_kind_stand_side_by_side(before: str, after: str) -> None:
    pieces = differences(before, after)
    assert all(one.kind is not other.kind for one, other in pairwise(pieces))
    assert all(piece.text for piece in pieces)


@given(texts)
def test_a_text_beside_itself_is_kept(text: str) -> None:
    assert differences(text, text) == ((Piece(kind=KEPT, text=text),) if text else ())


def test_a_long_rewrite_is_told_as_removed_and_added() -> None:
    before, after = "old word " * 5_000, "new word " * 5_000
    kinds = [piece.kind for piece in differences(before, after)]
    assert kinds in ([REMOVED, ADDED], [REMOVED, ADDED, KEPT])


def test_a_small_change_of_a_long_prompt_is_told_as_small() -> None:
    lines = "\n".join(["", "the same line"] * 20_000)
    pieces = differences(f"{lines}\nSort the mail.\n{lines}", f"{lines}\nSort it.\n{lines}")
    changed = [(piece.kind, piece.text) for piece in pieces if piece.kind is not KEPT]
    assert changed == [(REMOVED, "the mail"), (ADDED, "it")]
