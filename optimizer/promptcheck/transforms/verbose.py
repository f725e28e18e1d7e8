"""R03: phrases that a shorter one says as well."""

from __future__ import annotations

from typing import ClassVar

from optimizer.models.transform_settings import TransformSettings
from optimizer.promptcheck import words
from optimizer.promptcheck.findings import quoted
from optimizer.promptcheck.phrases import VERBOSE
from optimizer.promptcheck.transforms.base import (
    NOTHING,
    AppliedBy,
    Evidence,
    Permit,
    Plan,
    TransformKind,
    TransformPage,
    step,
)
from optimizer.promptcheck.transforms.layout import Layout
from optimizer.promptcheck.transforms.prose import phrases, with_capital

_VERBOSE = words.pattern(VERBOSE)


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

    def plan(self, layout: Layout, evidence: Evidence) -> Plan:
        """Plan to shorten phrases."""
        return Plan(
            steps=tuple(
                step(
                    match.start(),
                    match.end(),
                    short := _short(match.group()),
                    f"says {quoted(short)} for {quoted(match.group())}",
                )
                for match in phrases(layout, _VERBOSE)
            )
        )


def _short(phrase: str) -> str:
    short = VERBOSE[" ".join(phrase.lower().split())]
    if phrase.isupper():
        return short.upper()
    return with_capital(short) if phrase[0].isupper() else short
