"""R07: a section that says how to answer, where tests failed for want of one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from optimizer.models.transform_settings import TransformSettings
from optimizer.promptcheck.edits.steps import step
from optimizer.promptcheck.findings import quoted
from optimizer.promptcheck.layout import Layout
from optimizer.promptcheck.reading import HEADING
from optimizer.promptcheck.templates import SpanKind
from optimizer.promptcheck.transforms.base import (
    AppliedBy,
    Lessons,
    Permit,
    Plan,
    TransformKind,
    TransformPage,
)
from optimizer.promptcheck.transforms.tongues import UNKNOWN_TONGUE, Tongue, tongue_of

NEWLINE = "\n"
REASONING_KEY = "reasoning"

# A demand on the form of the answer, in any of the languages that text can be added in.
_FORM = re.compile(
    r"""^[ \t]*\#+[ ]*(?:output|answer|response|ausgabe|antwort|r[ée]ponse|format|salida|respuesta
                        |\u8f93\u51fa)
      | \b(?:answer|respond|reply|output|return|antworte|gib|r[ée]ponds|renvoie|responde|devuelve)
        \b[^.\n]{0,40}\b(?:only|exactly|nothing\ else|json|xml|yaml|csv|nur|genau|uniquement
                          |seulement|rien\ d.autre|solo|s[óo]lo|[úu]nicamente|nada\ m[áa]s
                          |format|one\ word)\b
      | \b(?:only|nur|solo)\s+(?:the\s+)?(?:label|json|answer)\b
      | \b(?:output|response|answer)\s+format\b | \bon\ the\ last\ line\b | \bausgabeformat\b
      | \bformat\ de\ la\ r[ée]ponse\b | \bformato\ de\ la\ respuesta\b
      | \u53ea(?:\u56de\u7b54|\u8f93\u51fa|\u8fd4\u56de)
      | \u8f93\u51fa\u683c\u5f0f | \u6700\u540e\u4e00\u884c""",
    re.IGNORECASE | re.VERBOSE | re.MULTILINE,
)
_REASONING = re.compile(
    r"""\b(?:step[ -]by[ -]step|reason(?:ing|s)?|think|explain|calculate|solve|prove|why
        |schritt\ f[üu]r\ schritt|begr[üu]nde|[ée]tape\ par\ [ée]tape|justifie|raisonne
        |paso\ a\ paso|razona|justifica)\b
        |\u9010\u6b65|\u63a8\u7406|\u4e00\u6b65\u4e00\u6b65""",
    re.IGNORECASE | re.VERBOSE,
)
_CUE = re.compile(r"[:\uff1a]\s*\Z")


class OutputContract:
    """Say how to answer."""

    page: ClassVar[TransformPage] = TransformPage(
        transform_id="R07",
        name="output-contract",
        kind=TransformKind.S2,
        default=AppliedBy.EVIDENCE,
        what=(
            "Adds a section that says how to answer, in the prompt's language, where tests failed "
            "because of the form of the answer and the prompt demands none. Of an answer in JSON "
            "the reasoning comes first where the task needs any."
        ),
        evidence=(
            "Most of what one optimizer gains is form (Opik); malformed JSON fell from 40 % to "
            "under 3 % (Dropbox). On reasoning tasks strict forms hurt, and a schema hurts less "
            "than prose; on classification they help (arXiv 2408.02442)."
        ),
        before="Classify the review.\n\n{{review}}\n",
        after=(
            "Classify the review.\n\n{{review}}\n\nOutput format:\n"
            "Answer with exactly one of these labels and nothing else:\n- positive\n- negative\n"
        ),
    )
    permit: ClassVar[Permit] = Permit(adds=frozenset({SpanKind.QUOTED}))

    def __init__(self, settings: TransformSettings) -> None:
        self.settings = settings

    def plan(self, layout: Layout, lessons: Lessons) -> Plan:
        """Plan a section on the answer."""
        if not lessons.n_format_failures or demands_form(layout.reading.free):
            return Plan()
        if _shows_form(layout):
            return Plan(refused="the prompt shows a form of the answer already")
        tongue = tongue_of(layout)
        if tongue is None:
            return Plan(refused=UNKNOWN_TONGUE)
        strange = next((name for name in _names(lessons) if not _is_plain(name)), None)
        if strange is not None:
            return Plan(refused=f"a label or key cannot be named in a line: {quoted(strange)}")
        title = f"# {tongue.output}\n\n" if layout.has_headings else f"{tongue.output}:\n"
        section = title + "\n".join(_demand(lessons, tongue, is_reasoning(layout, lessons)))
        waiting = waiting_start(layout)
        offset = layout.end if waiting is None else waiting
        text = inserted(layout, offset, section)
        n = lessons.n_format_failures
        said = f"says how to answer; {n} failed because of the form"
        return Plan(steps=(step(offset, offset, text, said),))


def demands_form(free: str) -> bool:
    """Tell whether a masked text says how to answer."""
    return bool(_FORM.search(free))


def is_reasoning(layout: Layout, lessons: Lessons) -> bool:
    """Tell whether the task needs thinking before the answer."""
    if lessons.is_reasoning is not None:
        return lessons.is_reasoning
    return bool(_REASONING.search(layout.reading.free))


def waiting_start(layout: Layout) -> int | None:
    """Return where the lines at the end begin that wait for the answer; None where none do.

    `Review: {review}` and `Sentiment:` below it wait for it. They begin with the first line that
    has a variable, or with its label above it, in one of the last two paragraphs; a heading right
    above them is theirs.
    """
    if not layout.paragraphs or not _CUE.search(layout.paragraphs[-1].free):
        return None
    for paragraph in reversed(layout.paragraphs[-2:]):
        stretch = range(paragraph.start, paragraph.end)
        first = next((use.start for use in layout.reading.variables if use.start in stretch), None)
        if first is not None:
            line = layout.line_at(first)
            above = layout.line_at(line.start - 1) if line.start > paragraph.start else line
            start = max(paragraph.start, (above if _CUE.search(above.free) else line).start)
            return _with_heading(layout, start)
    return _with_heading(layout, layout.paragraphs[-1].start)


def _with_heading(layout: Layout, start: int) -> int:
    """Return where the heading begins that stands right above an offset, or the offset."""
    above = [line for line in layout.lines if line.end < start and line.text.strip()]
    return above[-1].start if above and HEADING.match(above[-1].free) else start


def inserted(layout: Layout, offset: int, section: str) -> str:
    """Return a section with the blank lines that part it from what is around an offset."""
    if offset == layout.end:
        return f"\n\n{section}"
    begins_paragraph = any(paragraph.start == offset for paragraph in layout.paragraphs)
    return f"{'' if begins_paragraph else NEWLINE}{section}\n\n"


def _shows_form(layout: Layout) -> bool:
    return any(span.kind is SpanKind.JSON for span in layout.protected())


def _names(lessons: Lessons) -> tuple[str, ...]:
    return (*lessons.labels, *lessons.fields)


def _is_plain(name: str) -> bool:
    return bool(name.strip()) and not set(name) & set('{}"\n\r<>`|$')


def _demand(lessons: Lessons, tongue: Tongue, reasons: bool) -> Iterator[str]:
    if lessons.fields:
        yield tongue.only_object
        keys = [key for key in lessons.fields if key != REASONING_KEY]
        if reasons or REASONING_KEY in lessons.fields:
            yield f'- "{REASONING_KEY}": {tongue.reasoning_key}'
        for key in keys:
            is_last = key == keys[-1] and lessons.labels
            values = ", ".join(f'"{label}"' for label in lessons.labels)
            yield f'- "{key}": {tongue.one_of} {values}' if is_last else f'- "{key}"'
        return
    if reasons:
        yield tongue.reason_first
    if lessons.labels:
        yield tongue.allowed if reasons else tongue.only_label
        yield from (f"- {label}" for label in lessons.labels)
    elif not reasons:
        yield tongue.only_answer
