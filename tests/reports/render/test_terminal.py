from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from reports.document import Cell, Document, Facts, Mark, Marked, Prose, Table, Verdict, left, right
from reports.render.columns import fold
from reports.render.terminal import terminal
from reports.tones import Tone

TEXTS = st.text(max_size=60)


def shown(*blocks: object, width: int = 40) -> list[str]:
    document = Document("t", None, tuple(blocks))  # type: ignore[arg-type]
    return terminal(document, width=width, color=False).rstrip("\n").split("\n")[2:]


def test_numbers_lean_right_and_texts_left() -> None:
    table = Table((left("name"), right("n")), (("a", "1"), ("long", "1,000")))
    assert shown(table) == ["name      n", "a         1", "long  1,000"]


def test_a_long_text_folds_and_a_number_never_does() -> None:
    table = Table((left("name"), right("n")), (("some words that are long", "1,000,000"),))
    assert shown(table, width=24) == [
        "name                   n",
        "some words     1,000,000",
        "that are long",
    ]


def test_rows_become_facts_where_columns_do_not_fit() -> None:
    table = Table((right("first"), right("second")), (("123,456,789", "987,654,321"),))
    assert shown(table, width=20) == ["first   123,456,789", "second  987,654,321"]


def test_an_empty_table_says_so() -> None:
    assert shown(Table((left("a"),), (), empty="No run is stored.")) == ["No run is stored."]


def test_a_unit_stays_with_its_number() -> None:
    assert shown(Prose("it took about 12.5 s"), width=18) == ["it took about", "12.5 s"]


def test_facts_stand_in_columns() -> None:
    assert shown(Facts((("a", "1"), ("longer", Cell("2"))))) == ["a       1", "longer  2"]


def test_wide_characters_count_twice() -> None:
    lines = shown(Table((left("a"), right("n")), (("日本語", "1"), ("x", "2"))))
    assert lines == ["a       n", "日本語  1", "x       2"]


def test_colour_says_what_the_tone_means() -> None:
    bad = Document("t", Verdict(Tone.BAD, "failed"), ())
    assert terminal(bad, color=True) == "\x1b[1;31mfailed\x1b[0m\n"


def test_markup_of_the_terminal_library_is_text() -> None:
    assert shown(Prose("[red]not red[/red] :smile:")) == ["[red]not red[/red] :smile:"]


def test_a_word_that_is_too_wide_breaks_at_its_joints() -> None:
    assert fold("see long-long-long/name", 10) == ["see long-", "long-long/", "name"]


@given(TEXTS, st.integers(min_value=2, max_value=30))
def test_folding_loses_nothing_but_spaces(text: str, width: int) -> None:
    lines = fold(text, width)
    assert all(cell_len(line) <= width for line in lines)
    kept = "".join("".join(lines).split())
    assert kept == "".join(text.replace("\u00a0", " ").split())


def test_what_was_removed_and_added_is_bracketed() -> None:
    marked = Marked(
        (
            (Mark.KEPT, "Sort the "),
            (Mark.REMOVED, "mail"),
            (Mark.ADDED, "post"),
            (Mark.KEPT, ".\n"),
            (Mark.REMOVED, "a\nb\n"),
            (Mark.KEPT, "end"),
        )
    )
    assert shown(marked) == ["Sort the [-mail-]{+post+}.", "[-a-]", "[-b-]", "end"]


def test_a_line_end_that_was_removed_is_seen() -> None:
    marked = Marked(((Mark.KEPT, "a"), (Mark.REMOVED, "\n"), (Mark.KEPT, "b")))
    assert shown(marked) == ["a[-\u21b5-]", "b"]


def test_a_text_cannot_pass_for_removed_or_added() -> None:
    marked = Marked(((Mark.KEPT, "[-not ours-] {+nor+} "), (Mark.ADDED, "this+} one")))
    assert shown(marked) == [r"[\-not ours-\] {\+nor+\} {+this+\} one+}"]


def test_marked_text_is_coloured_by_meaning() -> None:
    document = Document("t", None, (Marked(((Mark.REMOVED, "a"), (Mark.ADDED, "b"))),))
    assert "\x1b[31m[-a-]\x1b[0m\x1b[32m{+b+}\x1b[0m" in terminal(document, color=True)


@given(st.lists(st.tuples(st.sampled_from(Mark), st.text(max_size=90)), max_size=6))
def test_marked_text_fits_and_steers_nothing(pieces: list[tuple[Mark, str]]) -> None:
    lines = terminal(Document("t", None, (Marked(tuple(pieces)),)), width=20, color=False)
    assert max(map(cell_len, lines.split("\n"))) <= 20
    assert "\x1b" not in lines
