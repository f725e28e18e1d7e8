"""Rows of the samples that the lm-evaluation-harness logs, and what a file of them holds.

Written for lm-eval 0.4 (`EvaluationTracker.save_results_samples`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import field
from os.path import basename
from typing import Any

import msgspec
from msgspec import Raw, Struct

from executor_bridge.amounts import number
from executor_bridge.files.paths import STDIN
from executor_bridge.files.texts import lines
from executor_bridge.lenient import Skipped, decoded, in_utf8, rows
from executor_bridge.meaning import Case
from executor_bridge.outcomes import case_of_content
from optimizer.models.dataclass import dataclass
from optimizer.models.tasks import CaseSource, Source

NOTHING = Raw(b"null")
START_BYTES = 1_024
HASH_CHARS = 16
ROW_FIELDS = frozenset(
    {
        "doc_id",
        "doc",
        "target",
        "arguments",
        "resps",
        "filtered_resps",
        "filter",
        "metrics",
        "doc_hash",
        "prompt_hash",
        "target_hash",
        "schema_version",
    }
)


class _Named(Struct):
    case_id: str | int | None = None


class Row(Struct):
    """One document under one filter; its metrics are fields beside these."""

    doc_id: Any = None
    doc: Raw = NOTHING
    target: Raw = NOTHING
    resps: Raw = NOTHING
    filtered_resps: Raw = NOTHING
    filter: str = "none"
    metrics: list[str] | None = None
    doc_hash: str | None = None
    prompt_hash: str | None = None

    def case(self, task: str) -> Case:
        """Return which case it is: by its document's own name, its hash, or the document itself."""
        try:
            name = msgspec.json.decode(self.doc, type=_Named).case_id
        except msgspec.DecodeError:
            name = None
        if name is not None:
            return Case(str(name), CaseSource.GIVEN)
        if self.doc_hash:
            return Case(self.doc_hash[:HASH_CHARS], CaseSource.CONTENT)
        if self.doc != NOTHING:
            return Case(case_of_content(msgspec.json.decode(self.doc)), CaseSource.CONTENT)
        return Case(f"{task}/{self.doc_id}", CaseSource.GIVEN)


@dataclass(slots=True)
class Seen:
    """What was met in a samples file; of metrics only under the chosen filter."""

    filter: str | None = None
    n_rows: int = 0
    n_other: Counter[str] = field(default_factory=Counter)
    n_without_hash: int = 0
    n_answers: int = 1
    prompt_hashes: set[str] = field(default_factory=set)
    values: dict[str, set[float | None]] = field(default_factory=dict)
    sums: dict[str, list[float]] = field(default_factory=dict)
    n_odd: Counter[str] = field(default_factory=Counter)

    def add(self, row: Row, metrics: dict[str, Any]) -> None:
        """Take one more row of the chosen filter."""
        self.n_rows += 1
        self.n_without_hash += row.doc_hash is None
        self.n_answers = max(self.n_answers, _n_answers(row.resps))
        if row.prompt_hash:
            self.prompt_hashes.add(row.prompt_hash)
        for name, value in metrics.items():
            if value is None or isinstance(value, (bool, int, float)):
                self._measure(name, value_of(value))
            else:
                self.n_odd[name] += 1

    def mean(self, metric: str) -> float | None:
        """Return the mean of a metric, None unless every row has it."""
        total, n = self.sums.get(metric, (0.0, 0))
        return total / n if n and n == self.n_rows else None

    def _measure(self, name: str, value: float | None) -> None:
        self.values.setdefault(name, set()).add(value)
        if value is not None:
            totals = self.sums.setdefault(name, [0.0, 0])
            totals[0] += value
            totals[1] += 1


def sample_rows(source: Source, skipped: Skipped) -> Iterator[tuple[str, Row, dict[str, Any]]]:
    """Yield the rows of a samples file with their places and metrics."""
    for place, text in in_utf8(_texts(source), skipped):
        for _, row in rows([(place, text)], Row, skipped):
            for _, fields in rows([(place, text)], dict[str, Raw], skipped):
                names = row.metrics
                if names is None:
                    names = [name for name in fields if name not in ROW_FIELDS]
                found = [name for name in names if name in fields]
                yield place, row, {name: _value(fields[name]) for name in found}


def _texts(source: Source) -> Iterator[tuple[str, Any]]:
    """Yield the rows of a file as JSON text: a line each, or, of older versions, a list."""
    name = f"{basename(source.path)}: " if source.path != STDIN else ""
    if bytes(source.content[:START_BYTES]).lstrip().startswith(b"["):
        for n, raw in enumerate(decoded(source.content, list[Raw], source)):
            yield f"{name}[{n}]", raw
    else:
        for number_, line in lines(source.content):
            yield f"{name}line {number_}", line


def _value(raw: Raw) -> Any:
    """Return the value of a metric; of a list or an object only that it is one."""
    return [] if bytes(memoryview(raw)[:1]) in (b"[", b"{") else msgspec.json.decode(raw)


def value_of(value: bool | float | None) -> float | None:
    """Return the value of a metric as a number, None where it is unknown."""
    return float(value) if isinstance(value, bool) else number(value)


def _n_answers(resps: Raw) -> int:
    """Return how often a request was answered."""
    try:
        answers = msgspec.json.decode(resps, type=list[list[Raw]])
    except msgspec.DecodeError:
        return 1
    return max(map(len, answers), default=1)


def only(answers: Raw) -> Raw:
    """Return the answer of a document with one, else all of them."""
    try:
        found = msgspec.json.decode(answers, type=list[Raw])
    except msgspec.DecodeError:
        return answers
    return found[0] if len(found) == 1 else answers
