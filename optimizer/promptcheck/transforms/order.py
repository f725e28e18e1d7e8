"""R09: instructions first, long data next, then what is asked, how to answer last."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from optimizer.models.transform_settings import TransformSettings
from optimizer.promptcheck.edits.steps import step
from optimizer.promptcheck.layout import (
    VARIABLES,
    Layout,
    Paragraph,
    is_block,
)
from optimizer.promptcheck.templates import SpanKind
from optimizer.promptcheck.transforms.base import (
    AppliedBy,
    Lessons,
    Permit,
    Plan,
    TransformKind,
    TransformPage,
)
from optimizer.promptcheck.transforms.contract import demands_form

_UNPARTED = (SpanKind.TAG, SpanKind.CHAT_TOKEN, SpanKind.FENCE)
_POINTS = re.compile(
    r"""\b(?:above|below|following|follows|previous|preceding|next|first|then|finally|here|this
        |these|it|they|same|also)\b""",
    re.IGNORECASE | re.VERBOSE,
)


class Order:
    """Put whole paragraphs in order."""

    page: ClassVar[TransformPage] = TransformPage(
        transform_id="R09",
        name="order",
        kind=TransformKind.S1,
        default=AppliedBy.NOBODY,
        what=(
            "Puts whole paragraphs in order: instructions without variables, then data, then the "
            "last instruction that stood behind the data, then how to answer. Only in English, "
            "and only where no paragraph points to another."
        ),
        evidence=(
            "Models use the beginning and the end of a long prompt better than the middle, and a "
            "constant beginning can be cached; the effect of this very order was not measured."
        ),
        before="Answer only with the label.\n\nText: {{text}}\n\nClassify the mood of the text.",
        after="Text: {{text}}\n\nClassify the mood of the text.\n\nAnswer only with the label.",
    )
    permit: ClassVar[Permit] = Permit(any_order=True)

    def __init__(self, settings: TransformSettings) -> None:
        self.settings = settings

    def plan(self, layout: Layout, lessons: Lessons) -> Plan:
        """Plan to move paragraphs."""
        old = layout.paragraphs
        new = _ordered(old)
        if list(old) == new:
            return Plan()
        if reason := _objection(layout):
            return Plan(refused=reason)
        return Plan(
            steps=tuple(
                step(there.start, there.end, here.text, "moves a paragraph here")
                for there, here in zip(old, new, strict=True)
                if there is not here
            )
        )


def _ordered(paragraphs: Sequence[Paragraph]) -> list[Paragraph]:
    data = [paragraph for paragraph in paragraphs if _is_data(paragraph)]
    if not data:
        return list(paragraphs)
    forms = [p for p in paragraphs if not _is_data(p) and demands_form(p.free)]
    instructions = [p for p in paragraphs if not _is_data(p) and not demands_form(p.free)]
    asks = [p for p in instructions if p.start > data[-1].start][-1:]
    return [*(p for p in instructions if p not in asks), *data, *asks, *forms]


def _is_data(paragraph: Paragraph) -> bool:
    return any(span.kind in VARIABLES for span in paragraph.spans)


def _objection(layout: Layout) -> str | None:
    if not layout.reading.language.is_english:
        return "only English paragraphs are known not to point to each other"
    if layout.has_headings:
        return "paragraphs stand under headings"
    if any(span.kind in _UNPARTED or is_block(span) for span in layout.protected()):
        return "tags, blocks or fences may reach over paragraphs"
    if any(_POINTS.search(paragraph.free) for paragraph in layout.paragraphs):
        return "a paragraph points to what stands before or behind it"
    if layout.paragraphs[-1].text.rstrip().endswith(":"):
        return "the last paragraph waits for the answer"
    return None
