from __future__ import annotations

from reports.document import Details, Document, Items, Section, Verdict
from reports.render.github import LARGEST_BYTES, step_summary
from reports.render.markdown import markdown
from reports.tones import Tone

VERDICT = Verdict(Tone.GOOD, "PASSED: all is well.")


def long(title: str, n: int) -> Details:
    return Details(title, (Items(tuple(f"{title}-{i:05}-é" for i in range(n))),))


def document(*blocks: object) -> Document:
    return Document("Gate", VERDICT, blocks, ("Run 'optimizer gate'.",))


def test_what_is_short_is_the_markdown_itself() -> None:
    found = document(long("few", 3))
    assert step_summary(found) == markdown(found)


def test_the_last_details_give_way_first() -> None:
    found = document(long("first", 100), Section("inner", (long("second", 100),)), long("x", 9000))
    text = step_summary(found)
    assert "first-00099" in text
    assert "second-00099" in text
    assert "x-00000" not in text
    assert "Left out here for its length" in text
    assert "Run 'optimizer gate'." in text


def test_details_within_sections_give_way_as_well() -> None:
    found = document(Section("inner", (long("second", 9000),)), long("x", 10))
    text = step_summary(found)
    assert "second-00000" not in text
    assert "<summary>second</summary>" in text


def test_a_text_that_is_long_without_details_ends_early_at_a_line() -> None:
    found = document(Items(tuple(f"é-{i:06}-end" for i in range(9000))))
    text = step_summary(found)
    assert len(text.encode()) <= LARGEST_BYTES
    assert text.startswith("**PASSED: all is well.**")
    assert all(line.endswith("-end") for line in text.split("\n") if line.startswith("- "))
    assert "Cut here for its length" in text


def test_no_limit_is_exceeded() -> None:
    found = document(long("first", 300), long("second", 300))
    for limit in (200, 500, 1000, 5000, 9000):
        assert len(step_summary(found, max_bytes=limit).encode()) <= limit
