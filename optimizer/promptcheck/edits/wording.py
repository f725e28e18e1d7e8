"""Phrases that a shorter one says as well (R03), and phrases that say nothing (R04)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from optimizer.models.dataclass import dataclass
from optimizer.models.linting import Edit
from optimizer.promptcheck.edits.prose import opens_sentence, phrases, with_capital
from optimizer.promptcheck.layout import Layout
from optimizer.promptcheck.phrases import FILLER, VERBOSE
from optimizer.promptcheck.words import Match, Terms

ANYWHERE = frozenset({"basically", "please kindly", "as a matter of fact", "needless to say"})
"""Phrases that can go within a sentence too; the others only where one begins with them."""

WORDY_TERMS, FILLER_TERMS = Terms(VERBOSE), Terms(FILLER)

_LEADING = ("to", "that", "TO", "THAT")
_NOT = re.compile(r"not\b", re.IGNORECASE)
_COMMA_BEFORE = re.compile(r",[ \t]*\Z")
_COMMA_BEHIND = re.compile(r"[ \t]*,")
_GAP = re.compile(r"[ \t]*,[ \t]*|[ \t]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """A phrase that can be shorter, or go.

    Attributes:
        text: The phrase.
        start: Offset of its first character.
        end: Offset behind its last one.
        short: What says the same; "" where it can go.
        edit: What makes the sentence do without it.
    """

    text: str
    start: int
    end: int
    short: str
    edit: Edit


def wordy_phrases(layout: Layout) -> Iterator[Phrase]:
    """Yield the phrases that a shorter one says as well."""
    for match in phrases(layout, WORDY_TERMS):
        text = layout.reading.text[match.start : match.end]
        short = _cased_like(text, VERBOSE[match.term])
        yield _phrase(layout, match, short, Edit(start=match.start, end=match.end, text=short))


def filler_phrases(layout: Layout) -> Iterator[Phrase]:
    """Yield the phrases that say nothing and that their sentence can do without."""
    end = 0
    for match in phrases(layout, FILLER_TERMS):
        edit = _without(layout, match)
        if edit and end <= edit.start:
            end = edit.end
            yield _phrase(layout, match, FILLER[match.term], edit)


def _phrase(layout: Layout, match: Match, short: str, edit: Edit) -> Phrase:
    text = layout.reading.text[match.start : match.end]
    return Phrase(text=text, start=match.start, end=match.end, short=short, edit=edit)


def _cased_like(phrase: str, short: str) -> str:
    if phrase.isupper():
        return short.upper()
    return with_capital(short) if phrase[0].isupper() else short


def _without(layout: Layout, match: Match) -> Edit | None:
    """Return the edit that takes a phrase out, or None where the sentence would suffer."""
    if opens_sentence(layout, match.start):
        return _at_the_start(layout.reading.free, match)
    return _within(layout, match) if match.term in ANYWHERE else None


def _at_the_start(free: str, match: Match) -> Edit | None:
    """Return the edit at the start of a sentence; the next word takes over the capital letter."""
    phrase, stays = free[match.start : match.end], FILLER[match.term]
    is_capital = phrase[0].isupper()
    if stays:
        text = with_capital(stays) if is_capital else stays
        return Edit(start=match.start, end=match.end, text=text)
    gap = _GAP.match(free, match.end)
    end = gap.end() if gap else match.end
    following = free[end : end + 1]
    if gap is None or not (following.isalpha() and following.isascii()):
        return None
    if phrase.endswith(_LEADING) and ("," in gap.group() or _NOT.match(free, end)):
        return None
    if not is_capital:
        return Edit(start=match.start, end=end, text="")
    return Edit(start=match.start, end=end + 1, text=following.upper())


def _within(layout: Layout, match: Match) -> Edit | None:
    """Return the edit within a sentence; of the commas around the phrase none is left over."""
    free, stays = layout.reading.free, FILLER[match.term]
    if stays:
        return Edit(start=match.start, end=match.end, text=stays)
    line = layout.line_at(match.start)
    comma_before = _COMMA_BEFORE.search(free, line.start, match.start)
    if comma_before:
        comma_behind = _COMMA_BEHIND.match(free, match.end)
        end = comma_behind.end() if comma_behind else match.end
        return Edit(start=comma_before.start(), end=end, text="")
    gap = _GAP.match(free, match.end)
    if gap is None or not free[match.start - 1].isspace():
        return None
    return Edit(start=match.start, end=gap.end(), text="")
