"""Demands of a prompt that can be held against each other: what is asked for, or refused."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from optimizer.models.dataclass import dataclass
from optimizer.promptcheck.reading import Reading
from optimizer.promptcheck.words import word_runs

MIN_WORDS = 2  # of what is asked for; "Be brief" and "Never be" say too little to compare

_START = re.compile(
    r"""[\s\x00\-*+•\d.)]*+(?:please\s+)?(?:(?:you\s+)?(?:must|should)\s+)?
        (?P<polarity>never|(?:do\s+not|don['\u2019]t|not)(?:\s+ever)?|always|do)?\s*+(?P<what>.*)""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_SAYS_SO = re.compile(
    r"[\s\x00\-*+•\d.)]*+(?:please\s+)?"
    r"(?:(?:you\s+)?(?:must|should)|never|do\s+not|don['\u2019]t|always)\b",
    re.IGNORECASE,
)
_EXPLICIT = frozenset({"always", "never", "must", "should", "not", "don"})
_BEFORE_WORDS = " \t\n\x00-*+•.)0123456789"
_BEHIND_WORDS = " \t\n\x00.,;:!?*_)"
_WANTED = frozenset({"always", "do", ""})


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """One sentence that instructs.

    Attributes:
        what: The words of what is asked for.
        is_wanted: Whether it is asked for or refused.
        is_explicit: Whether it says so: always, never, must, do not.
        start: Offset of the sentence.
        text: The sentence.
    """

    what: tuple[str, ...]
    is_wanted: bool
    is_explicit: bool
    start: int
    text: str


@lru_cache(maxsize=1)
def demands(reading: Reading) -> list[Demand]:
    """Return the demands of an English prompt that say the same, or the opposite, of another.

    Two rules ask for them, one after the other.
    """
    if reading.lexicon.isdisjoint(_EXPLICIT) or not reading.language.is_english:
        return []
    pieces = [(start, reading.free[start:end]) for start, end in pairwise(reading.bounds)]
    explicit = [_demand(*piece) for piece in pieces if _SAYS_SO.match(piece[1])]
    known = {demand.what for demand in explicit if demand}
    endings = tuple({what[-1] for what in known})
    alike = (
        _demand(start, piece)
        for start, piece in pieces
        if endings and piece.rstrip(_BEHIND_WORDS).lower().endswith(endings)
    )
    return [demand for demand in alike if demand and demand.what in known]


def _demand(start: int, text: str) -> Demand | None:
    match = _START.match(text)
    if match is None or "\x00" in match["what"].rstrip("\x00 \t\n"):
        return None
    what = tuple(word_runs(match["what"].lower()))
    if len(what) < MIN_WORDS:
        return None
    body = text.lstrip(_BEFORE_WORDS)
    return Demand(
        what=what,
        is_wanted=(match["polarity"] or "").lower() in _WANTED,
        is_explicit=_SAYS_SO.match(text) is not None,
        start=start + len(text) - len(body),
        text=body.rstrip(),
    )
