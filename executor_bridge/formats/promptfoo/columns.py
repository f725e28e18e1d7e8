"""The results of a promptfoo file in columns: one for each prompt under each provider."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import field
from typing import Any, Protocol

import numpy as np

from executor_bridge.formats.promptfoo.cases import has_given_case, told_apart_by
from executor_bridge.formats.promptfoo.figures import look
from executor_bridge.formats.promptfoo.results import outcome
from executor_bridge.formats.promptfoo.rows import STRIPPED_OUTPUT, STRIPPED_PROMPT, Row, is_nothing
from executor_bridge.lenient import Skipped, rows
from executor_bridge.outcomes import Outcome
from executor_bridge.seen import Seen
from optimizer.models.dataclass import dataclass
from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import Variant

NUMBER = "I"
"""Type of the number of a result in its file: four billion are more than a file can hold."""

Keyed = Callable[[Row], Hashable]
"""Tells which column a result belongs to."""


class Texts(Protocol):
    """The results of a file as JSON text, which may be gone through several times."""

    def every(self) -> Iterator[tuple[str, Any]]:
        """Yield the place and text of each."""
        ...

    def some(self, numbers: Sequence[int]) -> Iterator[tuple[str, Any]]:
        """Yield the place and text of those with these numbers, which ascend from 0."""
        ...


@dataclass(slots=True, kw_only=True)
class Column:
    """The results of one prompt under one provider.

    Attributes:
        first: The first of them.
        numbers: Which they are.
        n_taken: How many the file has.
        n_cached: Answers from promptfoo's cache.
        n_copies: Those that were left out: they repeat the answer to the same test.
        n_stripped: Results whose prompt or answer was left out of the file.
        n_without_vars: Results without variables and without the id of a test.
        seen: What their numbers are.
    """

    first: Row
    numbers: array[int] = field(default_factory=lambda: array(NUMBER))
    n_taken: int = 0
    n_cached: int = 0
    n_copies: int = 0
    n_stripped: int = 0
    n_without_vars: int = 0
    seen: Seen = field(default_factory=Seen)
    _answers: array[int] = field(default_factory=lambda: array("q"))
    _cached: array[int] = field(default_factory=lambda: array(NUMBER))

    def take(self, number: int, row: Row, test: int) -> None:
        """Take one more result, of the test with that number."""
        answer = bytes(row.answer)
        if row.is_cached:
            self.n_cached += 1
            self._cached.append(number)
        self.numbers.append(number)
        self.n_taken += 1
        self._answers.append(hash((test, answer)))
        self.n_stripped += answer == STRIPPED_OUTPUT or row.rendered.raw == STRIPPED_PROMPT
        self.n_without_vars += is_nothing(row.case_vars) and not has_given_case(row)

    def collapse(self) -> None:
        """Leave out cached answers that repeat an answer to the same test."""
        cached, seen = set(self._cached), set[int]()
        if cached:
            kept = array(NUMBER)
            for number, answer in zip(self.numbers, self._answers, strict=True):
                if number not in cached or answer not in seen:
                    kept.append(number)
                seen.add(answer)
            self.n_copies = len(self.numbers) - len(kept)
            self.numbers = kept
        self.seen.n = len(self.numbers)
        self._answers, self._cached = array("q"), array(NUMBER)

    def is_bare(self, template: str | None) -> bool:
        """Tell whether the variables of all tests were left out of the file."""
        text = template or self.first.rendered.label or ""
        return "{{" in text and self.n_without_vars == self.n_taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """The results of a file, sorted into columns.

    Attributes:
        texts: The results.
        columns: The columns, by what tells them.
        contested: Tests that only their assertions tell apart.
        settings: How files are read.
    """

    texts: Texts
    columns: dict[Hashable, Column]
    contested: frozenset[int]
    settings: IngestSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """The outcomes of a column, decoded anew whenever they are asked for.

    Attributes:
        found: The results of the file.
        column: Which of them.
        variant: What was executed.
        by_position: Whether its position is all that is known of a test.
    """

    found: Sorted
    column: Column
    variant: Variant
    by_position: bool

    def __iter__(self) -> Iterator[Outcome]:
        found = self.found
        texts = found.texts.some(self.column.numbers)
        for place, row in rows(texts, Row, Skipped(found.settings)):
            yield outcome(
                place,
                row,
                self.variant,
                contested=found.contested,
                by_position=self.by_position,
                settings=found.settings,
            )


def sorted_into_columns(
    texts: Texts, keyed: Keyed, skipped: Skipped, settings: IngestSettings
) -> Sorted:
    """Return the results of a file in columns; what cannot be read is skipped and counted."""
    columns: dict[Hashable, Column] = {}
    plain, tests = array("q"), array("q")
    number = -1

    def counted() -> Iterator[tuple[str, Any]]:
        nonlocal number
        for number, text in enumerate(texts.every()):  # noqa: B007 - the loop below reads it
            yield text

    for _, row in rows(counted(), Row, skipped):
        key = keyed(row)
        column = columns.get(key)
        if column is None:
            column = columns[key] = Column(first=row)
        without, with_assertions = told_apart_by(row)
        plain.append(without)
        tests.append(with_assertions)
        column.take(number, row, with_assertions)
        look(row, column.seen, settings)
    for column in columns.values():
        column.collapse()
    return Sorted(
        texts=texts, columns=columns, contested=_contested(plain, tests), settings=settings
    )


def _contested(plain: array[int], tests: array[int]) -> frozenset[int]:
    """Return the numbers that stand for several tests."""
    if _n_distinct(plain) == _n_distinct(tests):
        return frozenset()
    seen = dict[int, int]()
    pairs = zip(plain, tests, strict=True)
    return frozenset(one for one, test in pairs if seen.setdefault(one, test) != test)


def _n_distinct(numbers: array[int]) -> int:
    """Return how many different numbers there are, in less memory than a set takes."""
    return int(np.unique(np.frombuffer(numbers, np.int64)).size) if numbers else 0
