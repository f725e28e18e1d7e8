"""Where a phrase of English prose may be edited, and how its neighbours are fitted."""

from __future__ import annotations

import re
from collections.abc import Iterator

from optimizer.promptcheck.layout import Layout, Line
from optimizer.promptcheck.words import Match, Terms

# A sentence about wording: "avoid the word basically" must keep the word.
_ABOUT_WORDS = re.compile(
    r"""\b(?:words?|phrases?|expressions?|wording|spell(?:ed|ing)?|literal(?:ly)?|verbatim)\b
        |\b(?:never|not|avoid|don['\u2019]t|instead\ of)\b[^.\n]{0,20}
         \b(?:say|writ|us|start|begin|open)(?:e|ing|ning)?\b""",
    re.IGNORECASE | re.VERBOSE,
)
_SENTENCE_STOP = re.compile(r"[.!?:;]\s")
_BEFORE_SENTENCE = re.compile(r"(?:^|[.!?:])[ \t]*(?:(?:[-*+•#>]+|\d+[.)])[ \t]+)*[*_]{0,2}\Z")


def phrases(layout: Layout, terms: Terms) -> Iterator[Match]:
    """Yield where terms occur in prose that may be edited, within one line each."""
    if not layout.reading.language.is_english:
        return
    for match in terms.matches(layout.reading):
        line = layout.line_at(match.start)
        if match.end > line.end or line.verbatim:
            continue
        if not _ABOUT_WORDS.search(_sentence(line, match)):
            yield match


def opens_sentence(layout: Layout, offset: int) -> bool:
    """Tell whether a sentence begins at an offset of free text."""
    line = layout.line_at(offset)
    return bool(_BEFORE_SENTENCE.search(line.free[: offset - line.start]))


def with_capital(text: str) -> str:
    """Return a text with its first letter in upper case."""
    return text[:1].upper() + text[1:]


def _sentence(line: Line, match: Match) -> str:
    """Return what stands on a line around a match, up to the ends of its sentence."""
    start, end = match.start - line.start, match.end - line.start
    before = max((stop.end() for stop in _SENTENCE_STOP.finditer(line.free, 0, start)), default=0)
    stop = _SENTENCE_STOP.search(line.free, end)
    return line.free[before : stop.start() if stop else len(line.free)]
