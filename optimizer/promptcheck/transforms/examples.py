"""R10: examples from cases that pass."""

from __future__ import annotations

from typing import ClassVar

from optimizer.models.transform_settings import TransformSettings
from optimizer.promptcheck.edits.steps import step
from optimizer.promptcheck.layout import Layout, holds_data
from optimizer.promptcheck.templates import SpanKind
from optimizer.promptcheck.transforms.base import (
    AppliedBy,
    Lessons,
    Permit,
    Plan,
    TransformKind,
    TransformPage,
)
from optimizer.promptcheck.transforms.contract import inserted, waiting_start
from optimizer.promptcheck.transforms.quoting import CannotQuote, filled, quoted_data, tagged

DATA = frozenset(set(SpanKind) - {SpanKind.FREE, SpanKind.CHAT_TOKEN, SpanKind.STATEMENT})
"""What data may look like; a chat token or a statement in it would end its being data."""

_ONCE = (SpanKind.STATEMENT, SpanKind.COMMENT, SpanKind.RAW, SpanKind.FENCE)

LABEL_ENDS = (":", "\uff1a")
"""A label that stands alone on its line has its value on the next one, and so has the answer."""


class Examples:
    """Show good answers."""

    page: ClassVar[TransformPage] = TransformPage(
        transform_id="R10",
        name="examples",
        kind=TransformKind.S2,
        default=AppliedBy.EVIDENCE,
        what=(
            "Shows examples from train cases that pass. A prompt that ends in its input and a "
            "label waiting for the answer is given filled copies of those lines; any other a "
            "tagged block before the last paragraph that is a variable, or a label and a "
            "variable. Braces in an example are written so that no template fills them."
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

    def plan(self, layout: Layout, lessons: Lessons) -> Plan:
        """Plan a block of examples."""
        if not lessons.examples or not layout.paragraphs:
            return Plan()
        if len(lessons.examples) > self.settings.max_examples:
            most = self.settings.max_examples
            return Plan(refused=f"{len(lessons.examples)} examples are more than {most}")
        waiting = waiting_start(layout)
        try:
            block = (
                _block(layout, lessons)
                if waiting is None or not _is_form(layout, waiting)
                else _copies(layout, waiting, lessons)
            )
        except CannotQuote as problem:
            return Plan(refused=str(problem))
        if block.strip() in layout.reading.text:
            return Plan()
        if block.startswith("<examples>") and "<examples>" in layout.reading.text:
            return Plan(refused="the prompt has a block of examples already")
        n = len(lessons.examples)
        offset = data_offset(layout) if waiting is None else waiting
        text = inserted(layout, offset, block)
        return Plan(steps=(step(offset, offset, text, f"shows {n} examples"),))


class FilledPrompts(Examples):
    """Show good answers below the whole prompt, filled: for models that go on where a text ends."""

    def plan(self, layout: Layout, lessons: Lessons) -> Plan:
        """Plan a filled copy of the prompt for each example, before the prompt itself."""
        text, most = layout.reading.text, self.settings.max_filled_chars
        if not lessons.examples or not layout.reading.variables:
            return Plan()
        if len(text) > most:
            return Plan(refused=f"{len(text)} characters are too many to be shown filled")
        template = text.rstrip()
        try:
            copies = [
                f"{filled(template, 0, layout.reading, one).rstrip()}\n"
                f"{quoted_data(one.answer, layout.reading)}\n\n"
                for one in lessons.examples
            ]
        except CannotQuote as problem:
            return Plan(refused=str(problem))
        block = "".join(copies)
        if block.strip() in text:
            return Plan()
        shows = f"shows the prompt filled by {len(copies)} examples"
        return Plan(steps=(step(0, 0, block, shows),))


def data_offset(layout: Layout) -> int:
    """Return where a block goes: before the last paragraph that is data, or the end."""
    starts = [one.start for one in layout.paragraphs if holds_data(layout, one)]
    return starts[-1] if starts else layout.end


def _copies(layout: Layout, start: int, lessons: Lessons) -> str:
    template = layout.reading.text[start : layout.end]
    gap = "\n" if layout.line_at(start).text.rstrip().endswith(LABEL_ENDS) else " "
    return "\n\n".join(
        f"{filled(template, start, layout.reading, example)}{gap}"
        f"{quoted_data(example.answer, layout.reading)}"
        for example in lessons.examples
    )


def _block(layout: Layout, lessons: Lessons) -> str:
    shown = (tagged(example, layout.reading, "example") for example in lessons.examples)
    return "\n".join(["<examples>", *shown, "</examples>"])


def _is_form(layout: Layout, start: int) -> bool:
    """Tell whether all lines from an offset on are labels and variables, to be filled in again."""
    if any(span.start >= start and span.kind in _ONCE for span in layout.protected()):
        return False
    filled_in = {layout.line_at(use.start) for use in layout.reading.variables}
    lines = [
        line for line in layout.lines if start <= line.start < layout.end and line.text.strip()
    ]
    return bool(filled_in & set(lines)) and all(
        line in filled_in or line.text.rstrip().endswith(LABEL_ENDS) for line in lines
    )
