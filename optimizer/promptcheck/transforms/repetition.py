"""R12: the prompt, twice."""

from __future__ import annotations

from typing import ClassVar

from optimizer.models.transform_settings import TransformSettings
from optimizer.promptcheck.edits.steps import step
from optimizer.promptcheck.layout import Layout
from optimizer.promptcheck.templates import SpanKind
from optimizer.promptcheck.transforms.base import (
    AppliedBy,
    Lessons,
    Permit,
    Plan,
    TransformKind,
    TransformPage,
)
from optimizer.promptcheck.transforms.contract import is_reasoning

PARTED_BY = "\n\n"


class Repetition:
    """Say the whole prompt twice."""

    page: ClassVar[TransformPage] = TransformPage(
        transform_id="R12",
        name="repetition",
        kind=TransformKind.S1,
        default=AppliedBy.NOBODY,
        what=(
            "Repeats a short prompt as a whole, for models that do not reason. Not with chat "
            "tokens in it, and not for tasks that need thinking."
        ),
        evidence=(
            "47 wins and no loss in 70 pairs of model and benchmark; the mean gain is small "
            "except on lists (arXiv 2512.14982). Doubles the input tokens."
        ),
        before="Name the third word of {{list}}.",
        after="Name the third word of {{list}}.\n\nName the third word of {{list}}.",
    )
    permit: ClassVar[Permit] = Permit(copies=2)

    def __init__(self, settings: TransformSettings) -> None:
        self.settings = settings

    def plan(self, layout: Layout, lessons: Lessons) -> Plan:
        """Plan to repeat the prompt."""
        text = layout.reading.text[: layout.end]
        if not text.strip() or _is_repeated(text):
            return Plan()
        if len(text) > self.settings.max_repeated_chars:
            most = self.settings.max_repeated_chars
            return Plan(refused=f"the prompt has {len(text)} characters, more than {most}")
        if is_reasoning(layout, lessons):
            return Plan(refused="the task needs thinking, where a repetition is not known to help")
        if any(span.kind is SpanKind.CHAT_TOKEN for span in layout.protected()):
            return Plan(refused="chat tokens part the prompt into messages")
        said = "repeats the prompt"
        return Plan(steps=(step(layout.end, layout.end, PARTED_BY + text, said),))


def _is_repeated(text: str) -> bool:
    half, rest = divmod(len(text) - len(PARTED_BY), 2)
    return rest == 0 and half > 0 and text == text[:half] + PARTED_BY + text[:half]
