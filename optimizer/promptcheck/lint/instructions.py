"""Demands of a prompt that can be held against each other: what is asked for, or refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from optimizer.promptcheck.lint.base import Subject
from optimizer.promptcheck.reading import Sentence
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
_WANTED = frozenset({"always", "do", ""})


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """One sentence that instructs.

    Attributes:
        what: The words of what is asked for.
        is_wanted: Whether it is asked for or refused.
        is_explicit: Whether it says so: always, never, must, do not.
        sentence: Where it stands.
    """

    what: tuple[str, ...]
    is_wanted: bool
    is_explicit: bool
    sentence: Sentence


def demands(subject: Subject) -> Iterator[Demand]:
    """Yield the sentences of an English prompt as demands, whether or not they are."""
    if not subject.reading.language.is_english:
        return
    for sentence in subject.reading.sentences:
        match = _START.match(sentence.text)
        if match is None or "\x00" in match["what"].rstrip("\x00 \t\n"):
            continue
        what = tuple(word_runs(match["what"].lower()))
        if len(what) >= MIN_WORDS:
            yield Demand(
                what=what,
                is_wanted=(match["polarity"] or "").lower() in _WANTED,
                is_explicit=_SAYS_SO.match(sentence.text) is not None,
                sentence=sentence,
            )
