"""Where a phrase of English prose may be edited, and how its neighbours are fitted."""

from __future__ import annotations

import re
from collections.abc import Iterator

from optimizer.promptcheck.transforms.layout import Layout

# A sentence about wording: "avoid the word basically" must keep the word.
_ABOUT_WORDS = re.compile(
    r"\b(?:words?|phrases?|expressions?|wording|say(?:ing|s)?|avoid|spell(?:ed|ing)?|literal(?:ly)?"
    r"|verbatim|exactly|called|named|title[ds]?)\b",
    re.IGNORECASE,
)
_SENTENCE_STOP = re.compile(r"[.!?:;]\s|\n")
_BEFORE_SENTENCE = re.compile(r"(?:^|[.!?:])[ \t]*(?:(?:[-*+•#>]+|\d+[.)])[ \t]+)*[*_]{0,2}\Z")


def phrases(layout: Layout, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """Yield where a pattern occurs in prose that may be edited, within one line each."""
    if not layout.reading.language.is_english:
        return
    for match in pattern.finditer(layout.reading.free):
        if "\n" in match.group() or layout.line_at(match.start()).verbatim:
            continue
        if not _ABOUT_WORDS.search(_around(layout.reading.free, match)):
            yield match


def opens_sentence(layout: Layout, offset: int) -> bool:
    """Tell whether a sentence begins at an offset of free text."""
    line = layout.line_at(offset)
    return bool(_BEFORE_SENTENCE.search(line.free[: offset - line.start]))


def with_capital(text: str) -> str:
    """Return a text with its first letter in upper case."""
    return text[:1].upper() + text[1:]


def _around(free: str, match: re.Match[str]) -> str:
    start = max((stop.end() for stop in _SENTENCE_STOP.finditer(free, 0, match.start())), default=0)
    stop = _SENTENCE_STOP.search(free, match.end())
    return free[start : stop.start() if stop else len(free)]
