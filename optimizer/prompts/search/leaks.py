"""Values of train cases in a draft: they help those cases only, and make a test worthless."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from optimizer.models.optimization import Case
from optimizer.prompts.search.case_fields import MAY_BE_EXPECTED, parsed

WORD = re.compile(r"\w+")
UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]+")
SIGNS_PER_WORD = 3
"""Characters of scripts without spaces that count as a word."""

COMMON_CASES = 3
"""What as many cases hold, and more than half of them, is their form and no value."""

TELLING_WORDS = 3
TELLING_SIGNS = 4
"""An expected value gives a case away with as many words, or with digits and as many signs."""


class Leaks:
    """What the train cases hold."""

    def __init__(self, cases: Sequence[Case], *, n_words: int) -> None:
        self._n_words = n_words
        self._bodies = {case.case_id: parsed(case.body) for case in cases}
        self._grams = {
            case_id: frozenset(
                gram for text in _texts(body) for gram in grams(text, n_words=n_words)
            )
            for case_id, body in self._bodies.items()
        }
        often = Counter(gram for held in self._grams.values() for gram in held)
        enough = max(COMMON_CASES, len(cases) // 2 + 1)
        self._common = frozenset(gram for gram, n in often.items() if n >= enough)
        expected = {
            case_id: frozenset(value for value in _expected(body) if _is_telling(value))
            for case_id, body in self._bodies.items()
        }
        shared = Counter(value for values in expected.values() for value in values)
        self._expected = {
            case_id: tuple(sorted(value for value in values if shared[value] == 1))
            for case_id, values in expected.items()
        }

    def found(self, text: str, *, known: Sequence[str], exempt: Sequence[str]) -> str | None:
        """Return what a text holds of which case, in a sentence, or None.

        Args:
            text: A draft.
            known: Texts whose words may be in it whatever the cases hold.
            exempt: Cases that are in it on purpose.
        """
        before = set(self._common)
        before |= {gram for one in known for gram in grams(one, n_words=self._n_words)}
        before |= {gram for case_id in exempt for gram in self._grams.get(case_id, frozenset())}
        new = [gram for gram in grams(text, n_words=self._n_words) if gram not in before]
        for case_id, held in self._grams.items():
            if case_id in exempt:
                continue
            for gram in new:
                if gram in held:
                    return f"the draft copies {gram!r} from the train case {case_id!r}"
            for value in self._expected[case_id]:
                if _holds(text, value) and not any(_holds(one, value) for one in known):
                    return f"the draft holds what the train case {case_id!r} expects: {value!r}"
        return None


def grams(text: str, *, n_words: int) -> Iterator[str]:
    """Yield each stretch of so many words of a text, in lower case."""
    folded = text.casefold()
    for run in UNSPACED.findall(folded):
        width = n_words * SIGNS_PER_WORD
        for at in range(len(run) - width + 1):
            yield run[at : at + width]
    words = WORD.findall(UNSPACED.sub(" ", folded))
    for at in range(len(words) - n_words + 1):
        yield " ".join(words[at : at + n_words])


def _texts(body: object) -> Iterator[str]:
    """Yield every text of a case, but for the names of its fields."""
    match body:
        case str():
            yield body
        case dict():
            for value in body.values():
                yield from _texts(value)
        case list():
            for value in body:
                yield from _texts(value)


def _expected(body: object) -> Iterator[str]:
    """Yield what a case expects, as text."""
    match body:
        case dict():
            for name, value in body.items():
                if MAY_BE_EXPECTED.search(str(name)):
                    yield from _leaves(value)
                else:
                    yield from _expected(value)
        case list():
            for value in body:
                yield from _expected(value)


def _leaves(value: object) -> Iterator[str]:
    match value:
        case bool() | None:
            return
        case str():
            yield value.strip()
        case int() | float():
            yield str(value)
        case dict():
            for one in value.values():
                yield from _leaves(one)
        case list():
            for one in value:
                yield from _leaves(one)


def _is_telling(value: str) -> bool:
    has_digit = any(sign.isdecimal() for sign in value)
    return len(WORD.findall(value)) >= TELLING_WORDS or (has_digit and len(value) >= TELLING_SIGNS)


def _holds(text: str, value: str) -> bool:
    pattern = rf"(?<!\w){re.escape(value)}(?!\w)"
    return re.search(pattern, text, re.IGNORECASE) is not None
