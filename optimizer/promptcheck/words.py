"""The English word lists, and how a list is looked for: whole words of free text only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple, Protocol


def listed(text: str) -> tuple[str, ...]:
    """Return the words of a list written as running text."""
    return tuple(text.split())


ACTION_VERBS = listed(
    """analyze answer calculate classify compare convert create describe evaluate explain extract
    generate identify list provide return rewrite summarize translate write"""
)
"""Verbs that say what is to be done; each found one raises the specificity."""

SPELLINGS = {"analyse": "analyze", "summarise": "summarize"}
"""Other spellings of an action verb; both count as one verb."""

OTHER_INSTRUCTION_VERBS = listed(
    """add ask assess assign assume avoid check choose cite clarify combine complete consider
    correct count decide define detect determine discuss draft edit ensure estimate execute expand
    fill find fix focus follow format give group highlight ignore improve include infer insert
    judge keep label make mark match mention merge offer omit organize output paraphrase parse
    pick predict prepare present prioritize proofread propose rank rate read recommend refer
    reformat remove rephrase replace reply report respond review score search select send show
    simplify solve sort specify split suggest tell transcribe transform use verify"""
)
"""Further verbs that instruct. They raise no score, but a prompt with one is not aimless."""

VAGUE_TERMS = (
    "maybe",
    "perhaps",
    "possibly",
    "probably",
    "somehow",
    "something",
    "somewhat",
    "stuff",
    "things",
    "etc",
    "various",
    "appropriate",
    "as needed",
    "if possible",
)
"""Terms that leave the model to guess. `some`, `very` and `just` can carry meaning: not here."""

TRANSITION_WORDS = listed(
    """first second third then next finally after before because therefore however otherwise
    instead also additionally furthermore"""
)
"""Words that tie sentences together."""

FILLERS = (
    "basically",
    "essentially",
    "literally",
    "honestly",
    "frankly",
    "obviously",
    "kindly",
    "really",
    "quite",
    "of course",
    "in fact",
    "as a matter of fact",
    "needless to say",
    "i would like you to",
)
"""Words and phrases that could go. Never `only`, `actually`, `simply` or `must`."""

EXAMPLE_MARKERS = ("example", "examples", "e.g.", "such as")
"""What announces an example."""

STOP_WORDS = frozenset(
    listed(
        """a about an and any are as at be been but by can could did do does for from had has
        have he her his how i if in into is it its may me might my no not of on or our shall
        she should so some than that the their them then there these they this those to us
        was we were what when where which who will with would you your"""
    )
)
"""Words that carry grammar; all others are content words."""

ENGLISH_MARKERS = frozenset(
    listed(
        """the and this that these those with you your are not from which when should must have
        each their there what about into only it its be been they would could where how who
        was were but following below"""
    )
)
"""Function words that few other languages spell alike: no `a`, `in`, `is`, `of`."""

SHORT_TEXT_MARKERS = (
    ENGLISH_MARKERS
    | {*ACTION_VERBS, *SPELLINGS, *OTHER_INSTRUCTION_VERBS}
    | {term for term in VAGUE_TERMS if " " not in term}
) - {"compare", "complete", "create", "etc", "format", "generate"}
"""What shows a text of a few words to be English, less what other languages spell alike."""


_BETWEEN_RUNS = {code: " " for code in range(128) if not (chr(code).isalnum() or chr(code) == "_")}
_RUN = re.compile(r"\w+")


def word_runs(text: str) -> list[str]:
    """Return the runs of letters, digits and underscores of a text."""
    return text.translate(_BETWEEN_RUNS).split() if text.isascii() else _RUN.findall(text)


class Text(Protocol):
    """Free text, and what it may be searched by."""

    @property
    def free(self) -> str:
        """The text, protected stretches masked."""

    @property
    def lowered(self) -> str:
        """The same in lower case, of the same length."""

    @property
    def spaced(self) -> str:
        """The same with every stretch of white space as one space."""

    @property
    def lexicon(self) -> frozenset[str]:
        """Its word runs in lower case."""


class Match(NamedTuple):
    """Where a term stands."""

    start: int
    end: int
    term: str


class Terms:
    """A list of terms that is looked for as whole words, whatever the case and the spacing.

    Which of them can be there at all is asked of the lexicon, so that a text is searched for
    those alone.
    """

    def __init__(self, terms: Iterable[str]) -> None:
        self._runs = {term: frozenset(word_runs(term)) for term in terms}

    def occur(self, text: Text) -> bool:
        """Tell whether any of them is there."""
        return any(True for _ in self._matches(text))

    def matches(self, text: Text) -> list[Match]:
        """Return where they are: of overlapping ones the first, of those the longest."""
        found: list[Match] = []
        for match in sorted(self._matches(text), key=lambda m: (m.start, -len(m.term))):
            if not found or match.start >= found[-1].end:
                found.append(match)
        return found

    def places(self, text: Text) -> dict[str, list[Match]]:
        """Return where each of them is, by first use; other spellings count as one verb."""
        found: dict[str, list[Match]] = {}
        for match in self.matches(text):
            found.setdefault(SPELLINGS.get(match.term, match.term), []).append(match)
        return found

    def _matches(self, text: Text) -> Iterator[Match]:
        lexicon = text.lexicon
        for term, runs in self._runs.items():
            if runs <= lexicon and (len(runs) == 1 or term in text.spaced):
                for match in _found_fast(term).finditer(text.lowered):
                    yield Match(match.start(), match.end(), term)


@cache
def _found_fast(term: str) -> re.Pattern[str]:
    """Return the pattern of a term in lower case that begins with letters, not with conditions."""
    first, *others = term.split()
    spelt = re.escape(first)
    rest = "".join(rf"\s+{re.escape(other)}" for other in others)
    return re.compile(rf"{spelt}(?<!\w{spelt})(?<!\w[-'\u2019]{spelt}){rest}(?!\w)(?![-'\u2019]\w)")


VAGUE = Terms(VAGUE_TERMS)
