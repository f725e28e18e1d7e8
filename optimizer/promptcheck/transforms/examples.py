"""R10: examples from cases that pass."""

from __future__ import annotations

from typing import ClassVar

from optimizer.promptcheck.templates import SpanKind
from optimizer.promptcheck.transforms.base import (
    AppliedBy,
    Evidence,
    Permit,
    Plan,
    TransformKind,
    TransformPage,
    step,
)
from optimizer.promptcheck.transforms.contract import before_cue
from optimizer.promptcheck.transforms.delimiters import standing_alone
from optimizer.promptcheck.transforms.layout import Layout, Paragraph
from optimizer.promptcheck.transforms.quoting import CannotQuote, filled, quoted_data, tagged
from optimizer.promptcheck.transforms.settings import TransformSettings

DATA = frozenset(set(SpanKind) - {SpanKind.FREE, SpanKind.CHAT_TOKEN, SpanKind.STATEMENT})
"""What data may look like; a chat token or a statement in it would end its being data."""


class Examples:
    """Show good answers."""

    page: ClassVar[TransformPage] = TransformPage(
        transform_id="R10",
        name="examples",
        kind=TransformKind.S2,
        default=AppliedBy.EVIDENCE,
        what=(
            "Shows examples from train cases that pass. A prompt that ends in its input and a "
            "label waiting for the answer is given filled copies of that paragraph; any other a "
            "tagged block before the last paragraph that is a variable. Braces in an example are "
            "written so that no template fills them."
        ),
        evidence=(
            "Reusing a model's own good answers improves on every optimizer of instructions "
            "(Wan et al. 2024), though less on new models; choice and order matter, and more are "
            "not always better (8 to 15 of 16 with the same four in six orders, SmolLM2-135M)."
        ),
        before="Say the mood.\n\nReview: {review}\nMood:",
        after="Say the mood.\n\nReview: Great!\nMood: good\n\nReview: {review}\nMood:",
    )
    permit: ClassVar[Permit] = Permit(adds=DATA)

    def __init__(self, settings: TransformSettings) -> None:
        self.settings = settings

    def plan(self, layout: Layout, evidence: Evidence) -> Plan:
        """Plan a block of examples."""
        if not evidence.examples or not layout.paragraphs:
            return Plan()
        if len(evidence.examples) > self.settings.max_examples:
            most = self.settings.max_examples
            return Plan(refused=f"{len(evidence.examples)} examples are more than {most}")
        waiting = waiting_paragraph(layout)
        try:
            block = _copies(layout, waiting, evidence) if waiting else _block(layout, evidence)
        except CannotQuote as problem:
            return Plan(refused=str(problem))
        if block.strip() in layout.reading.text:
            return Plan()
        if waiting is None and "<examples>" in layout.reading.text:
            return Plan(refused="the prompt has a block of examples already")
        n = len(evidence.examples)
        offset = waiting.start if waiting else data_offset(layout)
        text = f"\n\n{block}" if offset == layout.end else f"{block}\n\n"
        return Plan(steps=(step(offset, offset, text, f"shows {n} examples"),))


def waiting_paragraph(layout: Layout) -> Paragraph | None:
    """Return the last paragraph where it holds a variable and waits for the answer."""
    offset = before_cue(layout)
    last = layout.paragraphs[-1]
    has_use = any(last.start <= use.start < last.end for use in layout.reading.variables)
    return last if offset == last.start and offset < layout.end and has_use else None


def data_offset(layout: Layout) -> int:
    """Return where a block goes: before the last paragraph that is a variable, or the end."""
    alone = {span.start: span.text for span, _ in standing_alone(layout)}
    starts = [
        paragraph.start
        for paragraph in layout.paragraphs
        if paragraph.spans and paragraph.text.strip() == alone.get(paragraph.spans[0].start)
    ]
    return starts[-1] if starts else layout.end


def _copies(layout: Layout, waiting: Paragraph, evidence: Evidence) -> str:
    template = waiting.text.rstrip()
    return "\n\n".join(
        f"{filled(template, waiting.start, layout.reading, example)} "
        f"{quoted_data(example.answer, layout.reading)}"
        for example in evidence.examples
    )


def _block(layout: Layout, evidence: Evidence) -> str:
    shown = (tagged(example, layout.reading, "example") for example in evidence.examples)
    return "\n".join(["<examples>", *shown, "</examples>"])
