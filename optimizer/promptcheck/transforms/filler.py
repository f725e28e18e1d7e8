"""R04: phrases that say nothing."""

from __future__ import annotations

import re
from typing import ClassVar

from optimizer.models.transform_settings import TransformSettings
from optimizer.promptcheck import words
from optimizer.promptcheck.findings import quoted
from optimizer.promptcheck.phrases import FILLER
from optimizer.promptcheck.transforms.base import (
    NOTHING,
    AppliedBy,
    Evidence,
    Permit,
    Plan,
    Step,
    TransformKind,
    TransformPage,
    step,
)
from optimizer.promptcheck.transforms.layout import Layout
from optimizer.promptcheck.transforms.prose import opens_sentence, phrases, with_capital

ANYWHERE = frozenset({"basically", "please kindly", "as a matter of fact", "needless to say"})
"""Phrases that can go within a sentence too; the others only where one begins with them."""

_FILLER = words.pattern(FILLER)
_LEADING = ("to", "that", "TO", "THAT")
_NOT = re.compile(r"not\b", re.IGNORECASE)
_COMMA_BEFORE = re.compile(r",[ \t]*\Z")
_COMMA_BEHIND = re.compile(r"[ \t]*,")
_GAP = re.compile(r"[ \t]*,[ \t]*|[ \t]+")


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

    def plan(self, layout: Layout, evidence: Evidence) -> Plan:
        """Plan to take out phrases."""
        steps: list[Step] = []
        for match in phrases(layout, _FILLER):
            found = _without(layout, match)
            if found and (not steps or steps[-1].edit.end <= found.edit.start):
                steps.append(found)
        return Plan(steps=tuple(steps))


def _without(layout: Layout, match: re.Match[str]) -> Step | None:
    """Return the step that takes a phrase out, or None where the sentence would suffer."""
    phrase = " ".join(match.group().lower().split())
    if opens_sentence(layout, match.start()):
        return _at_the_start(layout.reading.free, match, FILLER[phrase])
    return _within(layout, match, FILLER[phrase]) if phrase in ANYWHERE else None


def _at_the_start(free: str, match: re.Match[str], stays: str) -> Step | None:
    """Return the step at the start of a sentence; the next word takes over the capital letter."""
    is_capital = match.group()[0].isupper()
    if stays:
        text = with_capital(stays) if is_capital else stays
        return step(match.start(), match.end(), text, _said(match))
    gap = _GAP.match(free, match.end())
    end = gap.end() if gap else match.end()
    following = free[end : end + 1]
    if gap is None or not (following.isalpha() and following.isascii()):
        return None
    if match.group().endswith(_LEADING) and ("," in gap.group() or _NOT.match(free, end)):
        return None
    if not is_capital:
        return step(match.start(), end, "", _said(match))
    return step(match.start(), end + 1, following.upper(), _said(match))


def _within(layout: Layout, match: re.Match[str], stays: str) -> Step | None:
    """Return the step within a sentence; of the commas around the phrase none is left over."""
    free = layout.reading.free
    if stays:
        return step(match.start(), match.end(), stays, _said(match))
    line = layout.line_at(match.start())
    comma_before = _COMMA_BEFORE.search(free, line.start, match.start())
    if comma_before:
        comma_behind = _COMMA_BEHIND.match(free, match.end())
        end = comma_behind.end() if comma_behind else match.end()
        return step(comma_before.start(), end, "", _said(match))
    gap = _GAP.match(free, match.end())
    return step(match.start(), gap.end(), "", _said(match)) if gap else None


def _said(match: re.Match[str]) -> str:
    return f"takes out {quoted(match.group())}"
