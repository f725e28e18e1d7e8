import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.models.linting import Edit
from optimizer.promptcheck.lint.linter import apply, fix, lint
from optimizer.promptcheck.reading import read
from optimizer.promptcheck.spans import split
from optimizer.promptcheck.templates import SpanKind

PIECES = [
    "List the names", " in order to ", "basically, ", "Please kindly ", "I would like you to ",
    "{{ x }}", "{y}", "${z}", "`in order to`", '"in order to"', "\n", "\n\n\n", "  \n", "\r\n",
    "```\nin order to  \n\n\n\n```\n", "<a>", "</a>", "{% if a %}", "{% endif %}", ". ", "!",
    "- Keep all names.", "kindly", "Needless to say, ", "\ufeff", "\u200b", "the and you of this ",
    "# Head\n",
]  # fmt: skip
TEXT = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)


def fixed(text: str, *, unsafe: bool = False) -> str:
    return fix(text, lint, unsafe=unsafe).text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Basically, list the names of the men.", "List the names of the men."),
        ("List, basically, the names of the men.", "List the names of the men."),
        ("- I would like you to list the names.", "- List the names."),
        ("Please kindly list the names of the men.", "Please list the names of the men."),
        ("List the names. Needless to say, sort them.", "List the names. Sort them."),
        ("List the names and\nbasically, the dates.", "List the names and\nthe dates."),
        ("In order to help, list the names of all.", "To help, list the names of all."),
        ("List the names in\norder to help them.", "List the names in\norder to help them."),
        ("List the names `in order to` help them.", "List the names `in order to` help them."),
        ("List the names of the men, kindly.", "List the names of the men, kindly."),
        ("Kindly {{ do }} what the letter says.", "Kindly {{ do }} what the letter says."),
    ],
)
def test_phrases_go_and_the_sentence_stays_whole(text: str, expected: str):
    assert fixed(text) == expected


def test_other_languages_keep_their_words():
    text = "Bitte kindly die Namen in order to nennen, und zwar alle Namen der Leute im Brief."
    assert fixed(text) == text


@given(TEXT)
def test_a_safe_fix_touches_nothing_protected_and_needs_no_second_one(text: str):
    def protected(text: str) -> list[str]:
        return [span.text for span in split(read(text).text) if span.kind is not SpanKind.FREE]

    once = fixed(text)
    assert protected(once) == protected(text)
    assert fixed(once) == once


@given(TEXT, st.booleans())
def test_any_fix_leaves_a_prompt_and_its_findings_stand_in_it(text: str, unsafe: bool):
    result = fixed(text, unsafe=unsafe)
    assert bool(result.strip()) == bool(text.strip())
    for finding in lint(result):
        assert finding.start is None or 0 <= finding.start < (finding.end or 0) <= len(result)


def test_a_fix_keeps_the_line_ends_of_the_text():
    text = "List the names.\r\n\r\n\r\n\r\nSort them all.\r\n"
    result = fix(text, lint)
    assert (result.text, result.n) == ("List the names.\r\n\r\nSort them all.\r\n", 1)


def test_edits_are_done_from_first_to_last():
    edits = [Edit(start=4, end=5, text="E"), Edit(start=0, end=1, text="AA")]
    assert apply("abcde", edits) == "AAbcdE"
