"""R01: white space that nobody reads."""

from __future__ import annotations

from typing import ClassVar

from optimizer.models.transform_settings import TransformSettings
from optimizer.promptcheck.edits.whitespace import (
    spaces_between_words,
    spare_lines,
    trailing_spaces,
)
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


class Whitespace:
    """Take out white space that nobody reads."""

    page: ClassVar[TransformPage] = TransformPage(
        transform_id="R01",
        name="whitespace",
        kind=TransformKind.S0,
        default=AppliedBy.DEFAULT,
        what=(
            "Takes out spaces at the end of lines, runs of spaces between words and more than "
            "one blank line. Fences, indentation, tables, aligned columns, examples, hard line "
            "breaks of Markdown and the very end of the prompt stay as they are."
        ),
        evidence="None expected; it saves tokens only.",
        before="Classify  the review.\n\n\n\nAnswer with the label.\n",
        after="Classify the review.\n\nAnswer with the label.\n",
    )
    permit: ClassVar[Permit] = NOTHING

    def __init__(self, settings: TransformSettings) -> None:
        self.settings = settings

    def plan(self, layout: Layout, lessons: Lessons) -> Plan:
        """Plan to take out white space."""
        steps = [
            *spare_lines(layout),
            *spaces_between_words(layout),
            *trailing_spaces(layout),
        ]
        return Plan(steps=tuple(sorted(steps, key=lambda one: one.edit.start)))
