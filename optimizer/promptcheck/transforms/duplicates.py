"""R02: a line that says again, word for word, what an earlier one says."""

from __future__ import annotations

from typing import ClassVar

from optimizer.models.transform_settings import TransformSettings
from optimizer.promptcheck.edits.duplicates import repeated_lines
from optimizer.promptcheck.edits.steps import step
from optimizer.promptcheck.findings import quoted
from optimizer.promptcheck.layout import Layout
from optimizer.promptcheck.transforms.base import (
    NOTHING,
    AppliedBy,
    Lessons,
    Permit,
    Plan,
    TransformKind,
    TransformPage,
)


class Duplicates:
    """Take out a line that an earlier one repeats."""

    page: ClassVar[TransformPage] = TransformPage(
        transform_id="R02",
        name="duplicate-lines",
        kind=TransformKind.S0,
        default=AppliedBy.DEFAULT,
        what=(
            "Takes out a sentence on a line of its own, or a bullet, that stands there a second "
            "time letter for letter, has at least four words and nothing protected. It stays "
            "where a heading, a line that ends in a colon, a template statement, a tag, a chat "
            "token or a fence lies between the two, in examples and tables, and at the very end "
            "of the prompt, where it is often a reminder."
        ),
        evidence=(
            "Saves tokens. Repeating on purpose can help (see R12), so test it where it matters."
        ),
        before="Answer with the label only.\nUse lower case.\nAnswer with the label only.\n\nGo.\n",
        after="Answer with the label only.\nUse lower case.\n\nGo.\n",
    )
    permit: ClassVar[Permit] = NOTHING

    def __init__(self, settings: TransformSettings) -> None:
        self.settings = settings

    def plan(self, layout: Layout, lessons: Lessons) -> Plan:
        """Plan to take out repeated lines."""
        found = repeated_lines(layout, min_words=self.settings.min_duplicate_words)
        return Plan(
            steps=tuple(
                step(line.start, line.end + 1, "", f"takes out a repetition of {quoted(line.text)}")
                for line, _ in found
            )
        )
