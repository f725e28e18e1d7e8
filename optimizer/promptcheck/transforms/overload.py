"""R13: more instructions than a model keeps, or two that exclude each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from optimizer.models.transform_settings import TransformSettings
from optimizer.promptcheck.instructing import instruction_lists, is_item
from optimizer.promptcheck.layout import Layout
from optimizer.promptcheck.lint.contradictory_format import contradictory_demands
from optimizer.promptcheck.transforms.base import (
    NOTHING,
    AppliedBy,
    Lessons,
    Permit,
    Plan,
    TransformKind,
    TransformPage,
)

_DEMAND = re.compile(
    r"\b(?:must|should|always|never|do\s+not|don['\u2019]t|ensure|make\s+sure)\b", re.IGNORECASE
)


class Overload:
    """Ask whether a long or contradictory list of instructions can be split."""

    page: ClassVar[TransformPage] = TransformPage(
        transform_id="R13",
        name="instruction-overload",
        kind=TransformKind.LINT,
        default=AppliedBy.LINT,
        what=(
            "Asks whether a prompt of more than fifteen instructions can be split, and which of "
            "two demands that exclude each other holds. It changes nothing."
        ),
        evidence="The more instructions at once, the fewer are followed (arXiv 2505.13360).",
        before="Respond only in JSON. Respond only in XML.",
        after="Respond only in JSON. Respond only in XML.",
    )
    permit: ClassVar[Permit] = NOTHING

    def __init__(self, settings: TransformSettings) -> None:
        self.settings = settings

    def plan(self, layout: Layout, lessons: Lessons) -> Plan:
        """Ask about the list of instructions."""
        return Plan(questions=tuple(self._questions(layout)))

    def _questions(self, layout: Layout) -> Iterator[str]:
        n = _instructions(layout)
        if n > self.settings.max_rules:
            yield (
                f"The prompt has {n} instructions, more than {self.settings.max_rules}: which of "
                "them could go, or go into a prompt of their own?"
            )
        for found in contradictory_demands(layout.reading):
            yield f"{found.message} Which of the two holds?"


def _instructions(layout: Layout) -> int:
    """Return how many list items instruct, and sentences elsewhere that demand something."""
    n = sum(map(len, instruction_lists(layout)))
    if not layout.reading.language.is_english:
        return n
    return n + sum(
        bool(_DEMAND.search(sentence.text))
        for sentence in layout.reading.sentences
        if not _in_item(layout, sentence.word_start())
    )


def _in_item(layout: Layout, offset: int) -> bool:
    line = layout.line_at(offset)
    return line.verbatim or is_item(line)
