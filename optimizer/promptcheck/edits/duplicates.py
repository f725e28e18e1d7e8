"""Lines that say again, word for word, what an earlier one says (R02)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from optimizer.promptcheck.layout import Layout, Line, is_block
from optimizer.promptcheck.reading import HEADING
from optimizer.promptcheck.templates import MASK, SpanKind

_PARTING = (SpanKind.TAG, SpanKind.CHAT_TOKEN, SpanKind.FENCE)
_WHOLE = re.compile(r"[ \t]*(?:[-*+•][ \t]+)?[^\W\d_].*[.!?][ \t]*")
_WORD = re.compile(r"[^\W\d_][\w'\u2019-]*")
_LABEL = re.compile(r"[ \t]*[\w ]{1,30}:")


def repeated_lines(layout: Layout, *, min_words: int) -> Iterator[tuple[Line, Line]]:
    """Yield each line that can go because an earlier one says the same, and the earlier one.

    It stays where what lies between the two may make it hold for another case, and at the end.
    """
    if not layout.reading.language.has_spaced_words:
        return
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
        if _counts(line, before, min_words):
            first = seen.setdefault(line.text.rstrip(), line)
            if first is not line and line.end < layout.end:
                yield line, first
                continue
        before = line


def _counts(line: Line, before: Line | None, min_words: int) -> bool:
    """Tell whether a line is a whole sentence of prose, without anything protected."""
    if line.verbatim or MASK in line.free or _LABEL.match(line.text):
        return False
    begins = before is None or not before.text.strip() or before.text.rstrip()[-1] in ".!?:"
    is_whole = begins and bool(_WHOLE.fullmatch(line.text))
    return is_whole and len(_WORD.findall(line.text)) >= min_words


def _opens_section(line: Line) -> bool:
    """Tell whether what follows a line may hold for another case than what stands before it."""
    return bool(HEADING.match(line.free)) or line.free.rstrip(" \t*_").endswith((":", "\uff1a"))
