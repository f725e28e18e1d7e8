"""R08: words that leave the model to guess."""

from __future__ import annotations

from typing import ClassVar

from optimizer.models.transform_settings import TransformSettings
from optimizer.promptcheck import words
from optimizer.promptcheck.findings import times
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


class VagueWords:
    """Ask what vague words stand for."""

    page: ClassVar[TransformPage] = TransformPage(
        transform_id="R08",
        name="vague-words",
        kind=TransformKind.LINT,
        default=AppliedBy.LINT,
        what=(
            "Asks what vague English words stand for. It changes nothing: only a person, or test "
            "cases, can say it."
        ),
        evidence=(
            "41 % of the unstated requirements are guessed, and under-specified prompts regress "
            "twice as often; to add every requirement does not help (arXiv 2505.13360)."
        ),
        before="Write an appropriate answer to the customer.",
        after="Write an appropriate answer to the customer.",
    )
    permit: ClassVar[Permit] = NOTHING

    def __init__(self, settings: TransformSettings) -> None:
        self.settings = settings

    def plan(self, layout: Layout, lessons: Lessons) -> Plan:
        """Ask about each vague word."""
        reading = layout.reading
        if not reading.language.is_english:
            return Plan()
        found = words.VAGUE.places(reading)
        return Plan(
            questions=tuple(
                f'What does "{term}" stand for ({reading.location(matches[0].start)}'
                f"{_more(len(matches))}): which, how many, or when?"
                for term, matches in found.items()
            )
        )


def _more(n: int) -> str:
    return f", {times(n)}" if n > 1 else ""
