"""What train cases expect of any answer: one of a few labels, or an object with certain keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from optimizer.models.dataclass import dataclass
from optimizer.models.optimization import Shown
from optimizer.prompts.search.case_fields import EXPECTED, parsed

MIN_CASES_PER_LABEL = 2  # a value that one case alone expects is an answer, not a label
MAX_LABELS = 12
MAX_LABEL_WORDS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectations:
    """What all answers have in common.

    Attributes:
        labels: The only answers expected, in alphabetical order; () where they are free.
        fields: Keys that every expected answer has, in their order; () where it is no object.
    """

    labels: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()


def expectations(shown: Sequence[Shown]) -> Expectations:
    """Return what train cases expect of any answer; nothing where they differ or do not say."""
    expected = list(_expected(shown))
    if len(expected) < MIN_CASES_PER_LABEL:
        return Expectations()
    if all(isinstance(one, dict) for one in expected):
        fields = list(expected[0])
        same = all(set(one) == set(fields) for one in expected)
        return Expectations(fields=tuple(fields) if same else ())
    if not all(isinstance(one, str) for one in expected):
        return Expectations()
    return Expectations(labels=_labels([one.strip() for one in expected]))


def _labels(values: Sequence[str]) -> tuple[str, ...]:
    counted = Counter(values)
    few = 1 < len(counted) <= MAX_LABELS
    shared = all(n >= MIN_CASES_PER_LABEL for n in counted.values())
    short = all(0 < len(value.split()) <= MAX_LABEL_WORDS for value in counted)
    return tuple(sorted(counted)) if few and shared and short else ()


def _expected(shown: Sequence[Shown]) -> Iterator[Any]:
    for one in shown:
        fields = one.case.fields
        key = next((key for key in EXPECTED if key in fields), None)
        if key is not None:
            value = fields[key]
            yield parsed(value) if isinstance(value, str) and value[:1] == "{" else value
