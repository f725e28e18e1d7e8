from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reports.document import (
    Block,
    Case,
    Cases,
    Code,
    Details,
    Document,
    Facts,
    Items,
    Mark,
    Marked,
    Passage,
    Prose,
    Section,
    Table,
    Verdict,
    left,
    right,
)
from reports.render.markdown import LARGEST_BYTES, markdown
from reports.tones import Tone

VERDICT = Verdict(Tone.GOOD, "PASSED: all is well.")
METRICS = Table((left("metric"), right("effect")), (("success", "+1.0 pp"), ("cost", "-2 %")))


def long(title: str, n: int) -> Details:
    return Details(title, (Items(tuple(f"{title}-{i:05}-é" for i in range(n))),))


def document(*blocks: Block) -> Document:
    return Document("Gate", VERDICT, blocks, ("Run 'optimizer gate'.",))


def changed(n: int, chars: int = 40) -> Cases:
    texts = (Passage("Input", "What | is `this`?\n" * 5), Passage("Output", "x" * chars))
    return Cases(
        (left("case"), left("baseline"), left("candidate"), left("why")),
        tuple(
            Case((f"case-{i:04}", "passed", "failed", "the answer names no city " * 8), texts)
            for i in range(n)
        ),
        caption="Newly failing",
    )


def page(text: str) -> str:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text)


def test_what_is_short_is_whole() -> None:
    text = markdown(document(METRICS, Cases(changed(5).columns, changed(5).cases)))
    assert "more" not in text
    assert text.count("<details>") == 6


def test_a_comparison_with_500_changed_cases_says_how_many_it_left_out() -> None:
    text = markdown(document(METRICS, changed(500), long("Further figures", 20)))
    assert 0.9 * LARGEST_BYTES < len(text.encode()) <= LARGEST_BYTES
    n_rows = len(re.findall(r"^\| case-", text, re.MULTILINE))
    assert f"and {500 - n_rows} more of 500 cases; -o FILE.html has them" in text
    assert "The texts of 495 more cases are left out; -o FILE.html has them." in text
    assert "| success | +1.0\u00a0pp |" in text
    assert "Further figures-00019" in text
    assert "Run 'optimizer gate'." in text
    assert page(text).count("<table>") == 2


def test_the_first_cases_open_onto_their_texts() -> None:
    text = page(markdown(document(changed(9, chars=2_400))))
    assert text.count("<details><summary>case-000") == 5
    assert "What | is `this`?\nWhat | is `this`?\n" in text
    assert "Output; the first 2,000 of 2,400 characters" in text


def test_folded_parts_give_way_after_rows_the_last_first() -> None:
    folds = [Details(f"fold-{i:03}", (Prose("word " * 60),) * 4) for i in range(60)]
    text = markdown(document(METRICS, changed(500), *folds))
    assert "and 480 more of 500 cases" in text
    assert text.count("<details><summary>fold-") == 60
    kept = text.count("word word") // 100
    assert 0 < text.index("fold-000") < text.index("Left out here for its length; -o FILE.html")
    assert kept < 60
    assert len(text.encode()) <= LARGEST_BYTES


def test_the_first_blocks_are_the_last_to_go() -> None:
    sections = [Section(f"part {i}", (Prose("é" * 290),)) for i in range(900)]
    text = markdown(document(METRICS, *sections))
    assert len(text.encode()) <= LARGEST_BYTES
    assert text.startswith("**PASSED: all is well.**")
    assert "| cost | -2\u00a0% |" in text
    n = text.count("## part")
    assert f"Left out here for length: {900 - n} more parts; -o FILE.html has them." in text
    assert text.endswith("Run 'optimizer gate'.\n")


@pytest.mark.parametrize(
    "block",
    [
        Code("x" * 1_000_000),
        Prose("é" * 1_000_000),
        Marked(((Mark.KEPT, "a" * 40_000), (Mark.ADDED, "b" * 1_000_000), (Mark.KEPT, "c"))),
        Table((left("a"),), (("x" * 1_000_000,), ("y",))),
        Items(("x" * 1_000_000, "y")),
        Facts((("x" * 1_000_000, "y" * 1_000_000),)),
        Cases((left("a"),), (Case(("x" * 1_000_000,), (Passage("Output", "z" * 1_000_000),)),)),
    ],
    ids=lambda block: type(block).__name__,
)
def test_a_text_of_a_megabyte_is_shortened_and_says_by_how_much(block: Block) -> None:
    text = markdown(document(block, METRICS))
    assert len(text.encode()) <= LARGEST_BYTES
    assert "more characters" in text
    assert "| cost | -2\u00a0% |" in text


def test_many_items_and_values_are_counted() -> None:
    text = markdown(document(Items(tuple(f"item {i}" for i in range(20_000))), METRICS))
    assert re.search(r"- and [\d,]+ more of 20,000 items; -o FILE.html has them\n", text)
    text = markdown(document(Facts(tuple((f"n{i}", "1") for i in range(20_000))), METRICS))
    assert re.search(r"\nand [\d,]+ more of 20,000 values; -o FILE.html has them\n", text)


def test_a_verdict_of_any_length_stays_first() -> None:
    text = markdown(Document("t", Verdict(Tone.BAD, "FAILED: " + "x" * 90_000), (METRICS,)))
    assert text.startswith("**FAILED: xxx")
    assert "| cost | -2\u00a0% |" in text
    assert len(text.encode()) <= LARGEST_BYTES


def test_what_has_too_wide_a_table_for_any_limit_ends_at_a_line() -> None:
    wide = Table(tuple(left(f"column {i}") for i in range(9_000)), (("x",) * 9_000,))
    text = markdown(document(METRICS, wide, METRICS))
    assert len(text.encode()) <= LARGEST_BYTES
    assert "Left out here for length: 2 more parts" in text


TEXT = st.text(st.sampled_from("ab|<>`\n@#1é*_"), max_size=60)
LEAF = (
    st.builds(Prose, TEXT)
    | st.builds(Code, TEXT)
    | st.builds(lambda texts: Items(tuple(texts)), st.lists(TEXT, max_size=60))
    | st.builds(
        lambda rows: Table((left("a"), left("b")), tuple(rows)),
        st.lists(st.tuples(TEXT, TEXT), max_size=60),
    )
    | st.builds(
        lambda rows: Cases(
            (left("a"), left("b")), tuple(Case(row, (Passage("Input", row[0]),)) for row in rows)
        ),
        st.lists(st.tuples(TEXT, TEXT), max_size=60),
    )
)
BLOCK = LEAF | st.builds(
    lambda kind, title, inner: kind(title, tuple(inner)),
    st.sampled_from([Section, Details]),
    TEXT,
    st.lists(LEAF, max_size=4),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(BLOCK, max_size=6), st.integers(400, 6_000))
def test_no_limit_is_exceeded_and_every_fold_is_closed(blocks: list[Block], limit: int) -> None:
    text = markdown(document(*blocks), max_bytes=limit)
    assert len(text.encode()) <= limit
    assert text.startswith("**PASSED: all is well.**")
    if "Cut here" not in text:
        shown = page(text)
        assert shown.count("<details>") == shown.count("</details>")
        assert "Run 'optimizer gate'." in shown.replace("&#x27;", "'")
