"""The two parts of the efficiency score: token and density.

Where the published formulas are mended: words are those of free text; the filler and content
terms are skipped on other languages, and the unique-word ratio where spaces do not part words.
"""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.models.dataclass import dataclass
from optimizer.promptcheck import words
from optimizer.promptcheck.parts import Part, Term
from optimizer.promptcheck.reading import Reading
from optimizer.promptcheck.tokens import estimated_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPoints:
    """What the length is worth, and repeating words."""

    tiny: float = 40  # fewer than `short_from` tokens
    short: float = 70  # `short_from` up to `good_from`
    good: float = 90  # `good_from` to `good_to`
    long: float = 70  # up to `long_to`
    huge: float = 50  # more
    short_from: float = 20
    good_from: float = 50
    good_to: float = 500
    long_to: float = 1000
    very_repetitive: float = -20  # unique words are less than `very_repetitive_below` of all
    very_repetitive_below: float = 0.5
    repetitive: float = -10  # less than `repetitive_below`
    repetitive_below: float = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class DensityPoints:
    """What each word is worth."""

    base: float = 70
    per_filler_share: float = -100  # times the share of words that are fillers
    fillers_cap: float = -30
    per_content_share: float = 30  # times the share of words that are neither filler nor grammar
    content_cap: float = 20


TOKEN, DENSITY = TokenPoints(), DensityPoints()

_FILLERS = words.Terms(words.FILLERS)

WEIGHTS = {"token": 0.5, "density": 0.5}
"""Share of each part in the efficiency score."""


def efficiency_parts(reading: Reading) -> tuple[Part, ...]:
    """Return the parts of the efficiency score."""
    return (
        Part(name="token", terms=tuple(_token(reading))),
        Part(name="density", terms=tuple(_density(reading))),
    )


def _token(reading: Reading) -> Iterator[Term]:
    n_tokens = estimated_tokens(reading.text)
    yield Term(points=_length_points(n_tokens), reason=f"length (about {n_tokens:.0f} tokens)")
    if not reading.language.has_spaced_words:
        return
    n_unique, n = len(set(reading.words)), len(reading.words)
    reason = f"repeated words ({n_unique} unique of {n})"
    if n_unique < TOKEN.very_repetitive_below * n:
        yield Term(points=TOKEN.very_repetitive, reason=reason)
    elif n_unique < TOKEN.repetitive_below * n:
        yield Term(points=TOKEN.repetitive, reason=reason)


def _length_points(n_tokens: float) -> float:
    if n_tokens < TOKEN.short_from:
        return TOKEN.tiny
    if n_tokens < TOKEN.good_from:
        return TOKEN.short
    if n_tokens <= TOKEN.good_to:
        return TOKEN.good
    return TOKEN.long if n_tokens <= TOKEN.long_to else TOKEN.huge


def _density(reading: Reading) -> Iterator[Term]:
    yield Term(points=DENSITY.base, reason="base")
    if not reading.language.is_english:
        return
    n = len(reading.words)
    fillers = _FILLERS.places(reading)
    filler_words = [part for filler in fillers for part in filler.split() * len(fillers[filler])]
    if filler_words:
        share = min(1.0, len(filler_words) / n)
        points = max(DENSITY.fillers_cap, DENSITY.per_filler_share * share)
        yield Term(points=points, reason=f"filler words ({len(filler_words)} of {n})")
    n_filler_content = sum(word not in words.STOP_WORDS for word in filler_words)
    n_content = sum(word not in words.STOP_WORDS for word in reading.words) - n_filler_content
    if n_content > 0:
        points = min(DENSITY.content_cap, DENSITY.per_content_share * n_content / n)
        yield Term(points=points, reason=f"content words ({n_content} of {n})")
