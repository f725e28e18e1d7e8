"""R03: phrases that a shorter one says as well."""

from __future__ import annotations

from typing import ClassVar

from optimizer.models.transform_settings import TransformSettings
from optimizer.promptcheck.edits.steps import Step
from optimizer.promptcheck.edits.wording import wordy_phrases
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


class Verbose:
    """Say in one word what takes several."""

    page: ClassVar[TransformPage] = TransformPage(
        transform_id="R03",
        name="verbose-phrases",
        kind=TransformKind.S0,
        default=AppliedBy.EFFICIENCY,
        what=(
            "Replaces wordy English phrases by the short one of a table: in order to becomes to. "
            "Examples, sentences about wording and everything protected stay as they are."
        ),
        evidence=(
            "Tokens only. A published compressor saves 2 % at an output similarity of .96 and "
            "30 % at .91; that is similarity, not accuracy (less-tokens, its documentation)."
        ),
        before="Read the ticket in order to find the cause.",
        after="Read the ticket to find the cause.",
    )
    permit: ClassVar[Permit] = NOTHING

    def __init__(self, settings: TransformSettings) -> None:
        self.settings = settings

    def plan(self, layout: Layout, lessons: Lessons) -> Plan:
        """Plan to shorten phrases."""
        return Plan(
            steps=tuple(
                Step(edit=one.edit, description=f"says {quoted(one.short)} for {quoted(one.text)}")
                for one in wordy_phrases(layout)
            )
        )
