"""R06: headings over paragraphs, and options as a bulleted list."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import ClassVar

from optimizer.models.transform_settings import TransformSettings
from optimizer.promptcheck.edits.steps import Step, step
from optimizer.promptcheck.layout import (
    VARIABLES,
    Layout,
    Paragraph,
    holds_data,
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
from optimizer.promptcheck.transforms.tongues import UNKNOWN_TONGUE, Tongue, tongue_of

_UNPARTED = (SpanKind.TAG, SpanKind.CHAT_TOKEN)
_ANNOUNCED = re.compile(
    r"""(?:\b(?:one\ of|options|labels|categories|classes|choices|eine?[rsn]?\ der|optionen
            |bezeichnungen|kategorien|klassen|l['\u2019]une\ des|cat[ée]gories|[ée]tiquettes
            |una\ de|un[oa]\ de|categor[ií]as|etiquetas|opciones)\b
          |\u6807\u7b7e|\u7c7b\u522b|\u9009\u9879)
        [^.:\uff1a\n\x00]{0,40}[:\uff1a][ \t]*(?P<items>[^.\n\u3002;:]+)(?P<stop>[.\u3002]?)""",
    re.IGNORECASE | re.VERBOSE,
)
_BETWEEN = re.compile(
    r"[ \t]*(?:,[ \t]*(?:and|or|und|oder|et|ou|y|o)\b|[,\uff0c\u3001]"
    r"|(?<=[\s\x00])(?:and|or|und|oder|et|ou|y|o)\b|\u6216|\u548c)[ \t]*",
    re.IGNORECASE,
)
_ITEM = re.compile(r"[ \t]*(?:[-*+•]|\d+[.)])[ \t]")


class Sections:
    """Put headings over paragraphs, and options into a list."""

    page: ClassVar[TransformPage] = TransformPage(
        transform_id="R06",
        name="sections",
        kind=TransformKind.S1,
        default=AppliedBy.STRUCTURE,
        what=(
            "Puts the headings task, input and output, in the prompt's language, over a prompt of "
            "three or more paragraphs that has none, and turns options named in a sentence into "
            "a bulleted list."
        ),
        evidence=(
            "Layout moves GPT-3.5 by up to 40 % and GPT-4 less (arXiv 2411.10541), LLaMA-2-13B by "
            "up to 76 points, with a weak correlation between models (arXiv 2310.11324); bullets "
            "beat prose for options (arXiv 2503.06926). So it is something to try, never better "
            "by itself."
        ),
        before="Sort the ticket into one of these categories: bug, question or praise.\n",
        after="Sort the ticket into one of these categories:\n- bug\n- question\n- praise\n",
    )
    permit: ClassVar[Permit] = Permit()

    def __init__(self, settings: TransformSettings, *, headings: bool = True) -> None:
        self.settings = settings
        self.headings = headings

    def plan(self, layout: Layout, lessons: Lessons) -> Plan:
        """Plan headings and lists."""
        steps = list(self._lists(layout))
        if not self.headings or not self._wants_headings(layout):
            return Plan(steps=tuple(steps))
        tongue = tongue_of(layout)
        if tongue is None:
            return Plan(steps=tuple(steps), refused=None if steps else UNKNOWN_TONGUE)
        titles = [_title(layout, paragraph, tongue) for paragraph in layout.paragraphs]
        runs = [title for title, _ in groupby(titles)]
        if len(runs) != len(set(runs)):
            refused = "task, input and output take turns, so that headings would repeat"
            return Plan(steps=tuple(steps), refused=None if steps else refused)
        if len(runs) > 1:
            steps += _headings(layout.paragraphs, titles)
        return Plan(steps=tuple(sorted(steps, key=lambda one: one.edit.start)))

    def _wants_headings(self, layout: Layout) -> bool:
        parted = any(span.kind in _UNPARTED or is_block(span) for span in layout.protected())
        enough = len(layout.paragraphs) >= self.settings.min_paragraphs
        return enough and not parted and not layout.has_headings

    def _lists(self, layout: Layout) -> Iterator[Step]:
        free = layout.reading.free
        for match in _ANNOUNCED.finditer(free):
            line = layout.line_at(match.start())
            if line.verbatim or _ITEM.match(line.free):
                continue
            gaps = list(_BETWEEN.finditer(free, match.start("items"), match.end("items")))
            if self._are_options(layout, match, gaps):
                yield from _bullets(layout, match, gaps)

    def _are_options(
        self, layout: Layout, match: re.Match[str], gaps: Sequence[re.Match[str]]
    ) -> bool:
        starts = [match.start("items"), *(gap.end() for gap in gaps)]
        ends = [*(gap.start() for gap in gaps), match.end("items")]
        options = [
            layout.reading.text[start:end].strip() for start, end in zip(starts, ends, strict=True)
        ]
        few = all(0 < len(option.split()) <= self.settings.max_option_words for option in options)
        names = any(
            span.kind in VARIABLES and match.start("items") <= span.start < match.end("items")
            for span in layout.protected()
        )
        return len(options) >= self.settings.min_options and few and not names


def _bullets(layout: Layout, match: re.Match[str], gaps: Sequence[re.Match[str]]) -> Iterator[Step]:
    free = layout.reading.free
    said = "puts options into a list"
    start = len(free[: match.start("items")].rstrip(" \t"))
    yield step(start, match.start("items"), "\n- ", said)
    for gap in gaps:
        yield step(gap.start(), gap.end(), "\n- ", said)
    line = layout.line_at(match.start())
    rest = free[match.end() : line.end]
    behind = match.end() + len(rest) - len(rest.lstrip(" \t"))
    start = len(free[: match.end("items")].rstrip(" \t"))
    following = free[line.end : line.end + 2]
    if behind < line.end:
        yield step(start, behind, "\n\n", said)
    elif following.strip():
        yield step(start, behind, "\n", said)
    elif start < behind:
        yield step(start, behind, "", said)


def _headings(paragraphs: Sequence[Paragraph], titles: Sequence[str]) -> Iterator[Step]:
    last = None
    for paragraph, title in zip(paragraphs, titles, strict=True):
        if title != last:
            text = f"# {title}\n\n"
            yield step(paragraph.start, paragraph.start, text, f"puts heading {title} there")
        last = title


def _title(layout: Layout, paragraph: Paragraph, tongue: Tongue) -> str:
    """Return the heading of a paragraph; a variable within a sentence makes it no input."""
    if holds_data(layout, paragraph):
        return tongue.input
    return tongue.output if demands_form(paragraph.free) else tongue.task
