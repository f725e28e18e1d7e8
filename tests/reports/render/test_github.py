from __future__ import annotations

from reports.document import Document, Items, Verdict
from reports.render.github import step_summary
from reports.render.markdown import LARGEST_BYTES, markdown
from reports.tones import Tone

VERDICT = Verdict(Tone.GOOD, "PASSED: all is well.")


def test_the_summary_of_a_step_is_the_markdown_within_its_limit() -> None:
    found = Document("Gate", VERDICT, (Items(tuple(f"é-{i:06}" for i in range(90_000))),))
    text = step_summary(found)
    assert text == markdown(found)
    assert len(text.encode()) <= LARGEST_BYTES
