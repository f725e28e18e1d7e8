"""R02: a line that says again, word for word, what an earlier one says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from optimizer.models.transform_settings import TransformSettings
from optimizer.promptcheck.findings import quoted
from optimizer.promptcheck.reading import HEADING
from optimizer.promptcheck.templates import MASK, SpanKind
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
from optimizer.promptcheck.transforms.layout import Layout, Line, is_block

_PARTING = (SpanKind.TAG, SpanKind.CHAT_TOKEN, SpanKind.FENCE)
_WHOLE = re.compile(r"[ \t]*(?:[-*+•][ \t]+)?[^\W\d_].*[.!?][ \t]*")
_WORD = re.compile(r"[^\W\d_][\w'\u2019-]*")
_LABEL = re.compile(r"[ \t]*[\w ]{1,30}:")


class Duplicates:
    """Take out a line that an earlier one repeats."""

    page: ClassVar[TransformPage] = TransformPage(
        transform_id="R02",
        name="duplicate-lines",
        kind=TransformKind.S0,
        default=AppliedBy.DEFAULT,
        what=(
            "Takes out a sentence on a line of its own, or a bullet, that stands there a second "
            "time letter for letter, has at least four words and nothing protected. It stays "
            "where a heading, a line that ends in a colon, a template statement, a tag, a chat "
            "token or a fence lies between the two, in examples and tables, and at the very end "
            "of the prompt, where it is often a reminder."
        ),
        evidence=(
            "Saves tokens. Repeating on purpose can help (see R12), so test it where it matters."
        ),
        before="Answer with the label only.\nUse lower case.\nAnswer with the label only.\n\nGo.\n",
        after="Answer with the label only.\nUse lower case.\n\nGo.\n",
    )
    permit: ClassVar[Permit] = NOTHING

    def __init__(self, settings: TransformSettings) -> None:
        self.settings = settings

    def plan(self, layout: Layout, evidence: Evidence) -> Plan:
        """Plan to take out repeated lines."""
        if not layout.reading.language.has_spaced_words:
            return Plan()
        return Plan(steps=tuple(self._steps(layout)))

    def _steps(self, layout: Layout) -> Iterator[Step]:
        partings = sorted(
            span.start for span in layout.protected() if span.kind in _PARTING or is_block(span)
        )
        seen: dict[str, Line] = {}
        before: Line | None = None
        for line in layout.lines:
            while partings and partings[0] < line.end:
                partings.pop(0)
                seen.clear()
            if _opens_section(line):
                seen.clear()
            key = line.text.rstrip()
            if self._counts(line, before):
                first = seen.setdefault(key, line)
                if first is not line and line.end < layout.end:
                    found = f"takes out a repetition of {quoted(key)}"
                    yield step(line.start, line.end + 1, "", found)
                    continue
            before = line

    def _counts(self, line: Line, before: Line | None) -> bool:
        """Tell whether a line is a whole sentence of prose, without anything protected."""
        if line.verbatim or MASK in line.free or _LABEL.match(line.text):
            return False
        begins = before is None or not before.text.strip() or before.text.rstrip()[-1] in ".!?:"
        is_whole = begins and bool(_WHOLE.fullmatch(line.text))
        return is_whole and len(_WORD.findall(line.text)) >= self.settings.min_duplicate_words


def _opens_section(line: Line) -> bool:
    """Tell whether what follows a line may hold for another case than what stands before it."""
    return bool(HEADING.match(line.free)) or line.free.rstrip(" \t*_").endswith((":", "\uff1a"))
