"""Scores of Inspect AI: letters, words, numbers and groups of them, read as numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Raw, Struct

from executor_bridge.amounts import number
from optimizer.models.tasks import Score

LETTERS = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}
"""Correct, partly correct, incorrect, no answer."""

WORDS = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}


class Said(Struct):
    """What one scorer said of a sample."""

    value: Any = None
    answer: Any = None
    explanation: str | None = None
    reason: str | None = None
    history: list[Raw] | None = None


def scores_of(said: Mapping[str, Said]) -> Iterator[Score]:
    """Yield the scores of a sample; those of a group are called `scorer.key`."""
    for name, value, one in _values(said):
        is_verdict = isinstance(value, (str, bool))
        mark = mark_of(value)
        passed = {1.0: True, 0.0: False}.get(mark) if is_verdict and mark is not None else None
        yield Score(name, mark, passed, one.explanation or one.reason)


def mark_of(value: Any) -> float | None:
    """Return a value as a number, None for NaN, which means unscored, and for other texts."""
    if isinstance(value, bool):
        return float(value)
    if not isinstance(value, str):
        return number(value)
    known = LETTERS.get(value, WORDS.get(value.lower()))
    if known is not None:
        return known
    try:
        return number(float(value))
    except ValueError:
        return None


def unreadable(said: Mapping[str, Said]) -> Iterator[tuple[str, str]]:
    """Yield the names and values of scores that are texts and stand for no number."""
    for name, value, _ in _values(said):
        if isinstance(value, str) and mark_of(value) is None:
            yield name, value


def primary_of(scores: Sequence[Score], name: str | None) -> Score | None:
    """Return the score of that name, else the first of the group of that name."""
    if name is None:
        return None
    exact = (score for score in scores if score.name == name)
    group = (score for score in scores if score.name.startswith(f"{name}."))
    return next(exact, None) or next(group, None)


def _values(said: Mapping[str, Said]) -> Iterator[tuple[str, Any, Said]]:
    for name, one in said.items():
        if isinstance(one.value, dict):
            yield from ((f"{name}.{key}", value, one) for key, value in one.value.items())
        elif isinstance(one.value, list):
            yield from ((f"{name}.{n}", value, one) for n, value in enumerate(one.value))
        else:
            yield name, one.value, one
