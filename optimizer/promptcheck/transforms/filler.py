"""R04: phrases that say nothing."""

from __future__ import annotations

from typing import ClassVar

from optimizer.models.transform_settings import TransformSettings
from optimizer.promptcheck.edits.steps import Step
from optimizer.promptcheck.edits.wording import filler_phrases
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


class Filler:
    """Take out phrases that say nothing."""

    page: ClassVar[TransformPage] = TransformPage(
        transform_id="R04",
        name="filler-phrases",
        kind=TransformKind.S0,
        default=AppliedBy.EFFICIENCY,
        what=(
            "Takes out English phrases of a table that say nothing: I would like you to, please "
            "note that, basically. Never just, only, some, very, actually, simply or must. "
            "Examples, sentences about wording and everything protected stay as they are."
        ),
        evidence="Whether it changes answers, nobody has measured; take it for cheaper only.",
        before="I would like you to classify the review.",
        after="Classify the review.",
    )
    permit: ClassVar[Permit] = NOTHING

    def __init__(self, settings: TransformSettings) -> None:
        self.settings = settings

    def plan(self, layout: Layout, lessons: Lessons) -> Plan:
        """Plan to take out phrases."""
        return Plan(
            steps=tuple(
                Step(edit=one.edit, description=f"takes out {quoted(one.text)}")
                for one in filler_phrases(layout)
            )
        )
