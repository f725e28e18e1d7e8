"""Task rows made of the tasks of a native run."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime

import msgspec
import numpy as np
from msgspec import Raw, ValidationError

from executor_bridge.clock import FIRST_YEAR, LAST_YEAR, Clock, UnusableTimeError
from executor_bridge.formats.native import wire
from executor_bridge.formats.native.twice import gives_twice
from executor_bridge.json_text import has_lone_surrogate
from executor_bridge.meaning import CONSISTENT, Variants, derived_case
from executor_bridge.metadata import TaskMetadata, decode_metadata, decode_task_metadata, usable
from executor_bridge.models import TaskFigures
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import FormatError
from optimizer.models.failures import BY_STATUS, FailurePattern, classify
from optimizer.models.tasks import CaseSource, PackedTexts, TaskFields, TaskRow, new_row

EMPTY = ("{}", "null")
COMPARED = 2**16
"""Ids that are compared at once."""

EMPTY_BYTES = len(wire.NOTHING)

NO_RESULT = wire.TestResult(status="error")
GIVEN = CaseSource.GIVEN

SOME_ROWS = 500
"""Tasks that become rows together."""

AS_RUN = b'{"task_results": %b}'
"""What makes tasks a run, as far as their fields are concerned."""

Told = tuple[wire.Task, TaskMetadata]
"""A task and what its metadata says."""

Payloads = Callable[[Sequence[Raw]], Sequence[str | None]]
"""Makes texts of payloads."""

ToldTogether = tuple[Sequence[wire.Task], Sequence[TaskMetadata]]
"""Tasks and what the metadata of each says."""


class UnsoundError(ValueError):
    """A run that can be decoded and yet cannot be right; the list of faults says why."""


DAMAGE = (
    msgspec.DecodeError,
    UnicodeDecodeError,
    RecursionError,
    UnsoundError,
    UnusableTimeError,
)
"""What stops the fast reader; the list of faults then says what is wrong."""


@dataclass(slots=True)
class LongTasks:
    """The tasks of a long file's run, decoded anew whenever they are asked for.

    Attributes:
        stretches: Yields the tasks as JSON text, some at a time.
        ignored: Counts the metadata keys that are of no use, anew each time.
        is_checked: Whether it is known that no field is given twice.
    """

    stretches: Callable[[], Iterable[bytes]]
    ignored: Counter[str]
    is_checked: bool = False

    def __iter__(self) -> Iterator[Told]:
        for tasks, said in self.some():
            yield from zip(tasks, said, strict=True)

    def some(self, n: int = SOME_ROWS) -> Iterator[ToldTogether]:
        """Yield the tasks of a stretch at a time, at most so many.

        Raises:
            UnsoundError: A field is given twice, which is looked for once.
        """
        self.ignored.clear()
        for stretch in self.stretches():
            tasks = wire.decode_tasks(stretch)
            if not self.is_checked and gives_twice(AS_RUN % stretch, len(tasks)):
                raise UnsoundError("a field that is given twice")
            yield from told(tasks, self.ignored).some(n)
        self.is_checked = True


@dataclass(frozen=True, slots=True)
class ReadyTasks:
    """The tasks of a run of common length, decoded once.

    Attributes:
        tasks: The tasks.
        said: What the metadata of each says.
    """

    tasks: Sequence[wire.Task]
    said: Sequence[TaskMetadata]

    def __iter__(self) -> Iterator[Told]:
        return zip(self.tasks, self.said, strict=True)

    def some(self, n: int) -> Iterator[ToldTogether]:
        """Yield the tasks, so many at a time."""
        for start in range(0, len(self.tasks), n):
            yield self.tasks[start : start + n], self.said[start : start + n]


def told(tasks: Sequence[wire.Task], ignored: Counter[str]) -> ReadyTasks:
    """Return tasks with what their metadata says, and count the keys that are of no use."""
    try:
        said = decode_metadata(b"[%b]" % b",".join([task.metadata for task in tasks]))
    except ValidationError:
        said = [task_metadata(task, ignored) for task in tasks]
    return ReadyTasks(tasks, said)


def task_metadata(task: wire.Task, ignored: Counter[str]) -> TaskMetadata:
    """Return what the metadata of a task says, and count the keys that are of no use."""
    try:
        return decode_task_metadata(task.metadata)
    except ValidationError:
        return usable(task.metadata, TaskMetadata, ignored)


class HashedIds:
    """The ids of a long run by their hashes, which take up an eighth of what a set takes.

    That two of 10 million ids have the same hash has a chance of one in a hundred thousand.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._hashes = array("q")

    def add(self, task_id: str) -> None:
        """Take one more."""
        self._hashes.append(hash(task_id))

    def __len__(self) -> int:
        """Return how many different ones there are."""
        hashes = np.frombuffer(self._hashes, np.int64)
        hashes.sort()
        starts = range(0, len(hashes) - 1, COMPARED)
        return min(1, len(hashes)) + sum(
            int(np.count_nonzero(np.diff(hashes[n : n + COMPARED + 1]))) for n in starts
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubts:
    """What was counted in the tasks of a run, above all those that contradict themselves.

    Attributes:
        n_tasks: How many there are.
        n_other_status: Their result has another status.
        n_backwards: They finished before they were created.
    """

    n_tasks: int
    n_other_status: int
    n_backwards: int


def check(
    tasks: Iterable[Told], workflow_id: str, clock: Clock, seen: set[str] | HashedIds
) -> Doubts:
    """Go through the tasks of a run, and count those that contradict themselves.

    Args:
        tasks: The tasks.
        workflow_id: The workflow of the run.
        clock: Turns times into UTC.
        seen: Takes the ids of the tasks.

    Raises:
        UnsoundError: A task cannot be right.
        UnusableTimeError: The same, of a time.
    """
    utc = clock.utc
    n_tasks = n_other_status = n_backwards = 0
    for task, _ in tasks:
        n_tasks += 1
        seen.add(task.task_id)
        if task.workflow_id != workflow_id:
            raise UnsoundError("a task of another workflow")
        created_at, finished_at = task.created_at, task.finished_at
        if created_at.tzinfo is not UTC or not FIRST_YEAR <= created_at.year <= LAST_YEAR:
            created_at = utc(created_at)
        if finished_at is not None:
            if finished_at.tzinfo is not UTC or not FIRST_YEAR <= finished_at.year <= LAST_YEAR:
                finished_at = utc(finished_at)
            n_backwards += finished_at < created_at
        result, status = task.test_result, task.task_status
        if result is not None and CONSISTENT.get(status, result.status) != result.status:
            n_other_status += 1
    if len(seen) != n_tasks:
        raise UnsoundError("a task id that occurs twice")
    return Doubts(n_tasks=n_tasks, n_other_status=n_other_status, n_backwards=n_backwards)


def figures(task: wire.Task) -> TaskFigures:
    """Return the numbers of a task that go into the statistics; what is missing counts as 0."""
    result, attempts = task.test_result or NO_RESULT, task.attempt_count
    return TaskFigures(
        task.task_status,
        task.execution_time or 0.0,
        result.tokens_used or 0,
        result.cost or 0.0,
        1 if attempts is None else attempts,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRows:
    """The task rows of a run, made anew whenever they are asked for.

    Attributes:
        tasks: The tasks, checked.
        clock: Turns their times into UTC.
        variants: What they executed.
        unknown: Fields that nobody measured in this run.
        patterns: Texts that tell the class of a failure, before the built-in ones.
        refusal: Makes the error that lists the faults of the file, of what was met first.
    """

    tasks: LongTasks | ReadyTasks
    clock: Clock
    variants: Variants
    unknown: frozenset[str]
    patterns: tuple[FailurePattern, ...]
    refusal: Callable[[Exception], FormatError]

    def __iter__(self) -> Iterator[TaskRow]:
        for fields in self._parts(SOME_ROWS, payloads):
            yield from map(new_row, zip(*fields.values(), strict=True))

    def by_field(self, n: int) -> Iterator[TaskFields]:
        """Yield the rows as columns, at most so many at a time.

        Raises:
            FormatError: The file is damaged.
        """
        return self._parts(n, packed_payloads)

    def _parts(self, n: int, texts: Payloads) -> Iterator[TaskFields]:
        try:
            for tasks, said in self.tasks.some(n):
                yield self._fields(tasks, said, texts)
        except DAMAGE as damage:
            raise self.refusal(damage) from damage

    def _fields(
        self, tasks: Sequence[wire.Task], said: Sequence[TaskMetadata], texts: Payloads
    ) -> TaskFields:
        results = [task.test_result or NO_RESULT for task in tasks]
        task_ids = [task.task_id for task in tasks]
        statuses = [task.task_status for task in tasks]
        datasets = [
            task.dataset or result.dataset or None
            for task, result in zip(tasks, results, strict=True)
        ]
        messages = [
            task.error_message or result.error_message or None
            for task, result in zip(tasks, results, strict=True)
        ]
        inputs = texts([result.inputs for result in results])
        cases = [
            (str(one.case_id), GIVEN)
            if one.case_id or one.case_id == 0
            else derived_case(task_ids[n], datasets[n], inputs[n])
            for n, one in enumerate(said)
        ]
        failures = [
            classify(status, message, extra=self.patterns) if status in BY_STATUS else None
            for status, message in zip(statuses, messages, strict=True)
        ]
        known = self._known(tasks, results, said)
        variants = self.variants.of_each(said, [result.prompt_variant for result in results])
        return {
            "task_id": task_ids,
            "case_id": [case_id for case_id, _ in cases],
            "case_source": [source for _, source in cases],
            "repeat": [one.repeat for one in said],
            "variant": variants,
            "dataset": datasets,
            "scenario": [task.scenario or "normal" for task in tasks],
            "status": statuses,
            "failure_kind": [failure and failure.kind.value for failure in failures],
            "failure_reason": [failure and failure.reason for failure in failures],
            "error_message": messages,
            "score": known["score"],
            "latency_ms": known["execution_time"],
            "tokens": known["tokens_used"],
            "tokens_in": [one.tokens_in for one in said],
            "tokens_out": [one.tokens_out for one in said],
            "cost_usd": known["cost"],
            "cached": [one.cached for one in said],
            "attempts": [1 if task.attempt_count is None else task.attempt_count for task in tasks],
            "family": [one.family for one in said],
            "tenant": [one.tenant for one in said],
            "task_type": [one.task_type for one in said],
            "created_at": self._utc([task.created_at for task in tasks]),
            "finished_at": self._utc([task.finished_at for task in tasks]),
            "inputs": inputs,
            "outputs": texts([result.outputs for result in results]),
            "metadata": texts([task.metadata for task in tasks]),
            "result_metadata": texts([result.metadata for result in results]),
            "origin": [one.origin and one.origin.record() for one in said],
        }

    def _known(
        self,
        tasks: Sequence[wire.Task],
        results: Sequence[wire.TestResult],
        said: Sequence[TaskMetadata],
    ) -> dict[str, list[float | None]]:
        """Return what was measured, without what the run or the task calls unknown."""
        measured: dict[str, list[float | None]] = {
            "execution_time": [
                task.execution_time * 1000 if task.execution_time and not one.cached else None
                for task, one in zip(tasks, said, strict=True)
            ],
            "tokens_used": [result.tokens_used for result in results],
            "cost": [result.cost for result in results],
            "score": [
                one.score if result.score is None else result.score
                for result, one in zip(results, said, strict=True)
            ],
        }
        for n, one in enumerate(said if any([one.unknown_fields for one in said]) else ()):
            for name in measured.keys() & set(one.unknown_fields or ()):
                measured[name][n] = None
        for name in measured.keys() & self.unknown:
            measured[name] = [None] * len(tasks)
        return measured

    def _utc(self, times: Sequence[datetime | None]) -> list[datetime | None]:
        utc = self.clock.utc
        return [time if time is None or time.tzinfo is UTC else utc(time) for time in times]


def payloads(raws: Sequence[Raw]) -> list[str | None]:
    """Return objects as JSON text, each as `payload` does.

    Raises:
        UnsoundError: One is no object, or its text has half a surrogate pair.
        UnicodeDecodeError: One is not in UTF-8.
    """
    texts = [None if raw is wire.NOTHING else str(raw, "utf-8") for raw in raws]
    present = [text for text in texts if text is not None]
    if {text[0] for text in present} <= {"{"} and "\\" not in "".join(present):
        return [None if text == "{}" else text for text in texts] if "{}" in present else texts
    return [payload(raw) for raw in raws]


def packed_payloads(raws: Sequence[Raw]) -> Sequence[str | None]:
    """Return objects as JSON text, as `payloads` does, but in one piece where that is possible."""
    given, lengths = raws, list(map(len, raws))
    if EMPTY_BYTES in lengths:
        empty = b"".join([raw for raw, n in zip(raws, lengths, strict=True) if n == EMPTY_BYTES])
        if empty.replace(wire.NOTHING, b""):
            return payloads(raws)
        given = [raw for raw, n in zip(raws, lengths, strict=True) if n != EMPTY_BYTES]
        lengths = [0 if n == EMPTY_BYTES else n for n in lengths]
    data = b"".join(given)
    ends = np.zeros(len(raws) + 1, np.int64)
    np.cumsum(lengths, out=ends[1:])
    firsts = np.frombuffer(data, np.uint8)[ends[:-1][ends[1:] > ends[:-1]]]
    if (firsts == ord("{")).all() and b"\\" not in data and data.isascii():
        return PackedTexts(data, ends.data)
    return payloads(raws)


def payload(raw: Raw) -> str | None:
    """Return an object as JSON text, None where there is nothing in it.

    Raises:
        UnsoundError: It is no object, or its text has half a surrogate pair.
        UnicodeDecodeError: It is not in UTF-8.
    """
    if raw is wire.NOTHING:
        return None
    text = str(raw, "utf-8")
    if text in EMPTY:
        return None
    if text[0] != "{" or ("\\" in text and has_lone_surrogate(text)):
        raise UnsoundError("a payload that is no object of text")
    return text
