"""What the log of an OpenAI eval holds: events to a line, by run and sample.

Written for evals 1.x to 3.x (`LocalRecorder`). Events are written in batches by several threads,
so that their order tells nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import field
from datetime import datetime
from typing import Any

from msgspec import Raw, Struct

from executor_bridge.amounts import number, whole
from executor_bridge.clock import Clock, UnusableTimeError
from executor_bridge.files.texts import lines
from executor_bridge.lenient import Skipped, in_utf8, rows
from optimizer.models.dataclass import dataclass
from optimizer.models.tasks import Source

MATCH, SAMPLING, METRICS, ERROR = "match", "sampling", "metrics", "error"
RULER = frozenset(
    {
        "samples_jsonl",
        "modelgraded_spec",
        "modelgraded_spec_args",
        "eval_type",
        "eval_kwargs",
        "match_fn",
        "metaeval",
    }
)
"""Arguments of an eval that say what is asked and how it is graded, not what answers."""

COMPLETION_ARGS = re.compile(r"--completion_args[ =](\S+)")
NOTHING = Raw(b"null")
TOOL_ZONE = "UTC"
"""The zone of times that carry none."""


class _Line(Struct):
    """An event, or the specification or the final report of a run."""

    run_id: str | None = None
    sample_id: str | int | None = None
    type: str | None = None
    data: Raw = NOTHING
    created_at: str | None = None
    spec: Raw = NOTHING
    final_report: Raw = NOTHING


class Spec(Struct):
    """What a run says it is about to do."""

    completion_fns: list[str] = []
    eval_name: str | None = None
    base_eval: str | None = None
    split: str | None = None
    run_config: dict[str, Any] = {}
    created_by: str | None = None
    run_id: str | None = None
    created_at: str | None = None

    def argument(self, name: str) -> Any:
        """Return an argument of the eval, None where it has none of that name."""
        return self._said().get(name)

    def arguments(self) -> dict[str, Any]:
        """Return the arguments that may change an answer."""
        found = {name: value for name, value in self._said().items() if name not in RULER}
        given = COMPLETION_ARGS.search(str(self.run_config.get("command")))
        return {**found, "completion_args": given[1]} if given else found

    def _said(self) -> dict[str, Any]:
        spec = self.run_config.get("eval_spec")
        said = spec.get("args") if isinstance(spec, dict) else None
        return said if isinstance(said, dict) else {}


class Match(Struct):
    """An answer held against the expected one."""

    correct: bool | int | float | None = None
    expected: Raw = NOTHING
    picked: Raw = NOTHING
    sampled: Raw = NOTHING


class Sampling(Struct):
    """A prompt and its answer, of the system or of a grading model."""

    prompt: Raw = NOTHING
    sampled: Raw = NOTHING
    model: Any = None
    usage: dict[str, Any] | None = None


class _Error(Struct):
    type: str | None = None
    message: str | None = None


@dataclass(slots=True)
class Task:
    """What the events of one sample say."""

    correct: list[bool] = field(default_factory=list)
    match: Match | None = None
    metrics: dict[str, list[float]] = field(default_factory=dict)
    choice: str | None = None
    errors: list[str] = field(default_factory=list)
    samplings: list[Sampling] = field(default_factory=list)
    last_at: datetime | None = None

    def measure(self, said: dict[str, Any]) -> None:
        """Take the metrics of an event, those that are numbers, and a grader's choice."""
        if isinstance(said.get("choice"), str):
            self.choice = said["choice"]
        for name, value in said.items():
            found = float(value) if isinstance(value, bool) else number(value)
            if found is not None:
                self.metrics.setdefault(name, []).append(found)

    def is_graded(self) -> bool:
        """Tell whether anything says how good the answer is."""
        return bool(self.correct or self.metrics or self.choice)

    def usage(self, *names: str) -> int | None:
        """Return a sum over all answers, None where no answer tells."""
        counts = [_count(one.usage, names) for one in self.samplings]
        known = [count for count in counts if count is not None]
        return sum(known) if known else None

    def answer(self) -> Raw:
        """Return what was answered: a grader's own answers come last."""
        if self.match is not None and self.match.sampled != NOTHING:
            return self.match.sampled
        if not self.samplings:
            return NOTHING
        return self.samplings[0 if self.choice else -1].sampled


@dataclass(slots=True)
class Log:
    """What a log says of one run."""

    run_id: str | None
    spec: Spec | None = None
    report: dict[str, Any] | None = None
    tasks: dict[str, Task] = field(default_factory=dict)
    first_at: datetime | None = None


def logs(source: Source, skipped: Skipped) -> list[Log]:
    """Return what a file says of each of its runs; all of it is read, for its order is free."""
    logs: dict[str | None, Log] = {}
    current: str | None = None
    texts = ((f"line {n}", text) for n, text in lines(source.content))
    for place, line in rows(in_utf8(texts, skipped), _Line, skipped):
        spec = _spec(place, line, skipped)
        current = line.run_id or (spec.run_id if spec else None) or current
        log = logs.setdefault(current, Log(current))
        if spec is not None:
            log.spec = spec
        elif line.final_report != NOTHING:
            found = rows([(place, line.final_report)], dict[str, Any], skipped)
            log.report = next((report for _, report in found), log.report)
        elif line.sample_id is not None:
            _take(log, place, line, skipped)
    return [log for log in logs.values() if log.tasks]


def _spec(place: str, line: _Line, skipped: Skipped) -> Spec | None:
    if line.spec == NOTHING:
        return None
    return next((spec for _, spec in rows([(f"{place}: spec", line.spec)], Spec, skipped)), None)


def _take(log: Log, place: str, line: _Line, skipped: Skipped) -> None:
    """Take one event of a sample."""
    task = log.tasks.setdefault(str(line.sample_id), Task())
    at = time_of(line.created_at)
    if at is not None:
        log.first_at = min(log.first_at or at, at)
        task.last_at = max(task.last_at or at, at)
    told = [(f"{place}: data", line.data)]
    if line.type == MATCH:
        for _, match in rows(told, Match, skipped):
            task.match = match
            task.correct += [] if match.correct is None else [bool(match.correct)]
    elif line.type == SAMPLING:
        task.samplings += [sampling for _, sampling in rows(told, Sampling, skipped)]
    elif line.type == METRICS:
        for _, said in rows(told, dict[str, Any], skipped):
            task.measure(said)
    elif line.type == ERROR:
        for _, error in rows(told, _Error, skipped):
            task.errors.append(": ".join(filter(None, (error.type, error.message))) or "error")


def _count(usage: dict[str, Any] | None, names: Sequence[str]) -> int | None:
    """Return a count of tokens, told by a field or by one below it."""
    found: Any = usage
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return whole(found)


def time_of(text: str | None) -> datetime | None:
    """Return a time, of which those without a zone are UTC in this tool."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    try:
        return Clock(TOOL_ZONE).utc(found)
    except UnusableTimeError:
        return None
