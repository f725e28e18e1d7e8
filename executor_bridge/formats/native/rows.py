"""Task rows made of the tasks of a native run."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC

import msgspec
from msgspec import Raw, ValidationError

from executor_bridge.clock import FIRST_YEAR, LAST_YEAR, Clock, UnusableTimeError
from executor_bridge.formats.native import wire
from executor_bridge.json_text import has_lone_surrogate
from executor_bridge.meaning import CONSISTENT, Variants, derived_case
from executor_bridge.metadata import TaskMetadata, decode_task_metadata, usable
from executor_bridge.models import TaskFigures
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import FormatError
from optimizer.models.failures import BY_STATUS, FailurePattern, classify
from optimizer.models.tasks import CaseSource, TaskRow, new_row

EMPTY = ("{}", "null")
COMPARED = 2**16
"""Ids that are compared at once."""

NO_RESULT = wire.TestResult(status="error")
GIVEN = CaseSource.GIVEN

Told = tuple[wire.Task, TaskMetadata]
"""A task and what its metadata says."""


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


@dataclass(frozen=True, slots=True)
class LongTasks:
    """The tasks of a long file's run, decoded anew whenever they are asked for.

    Attributes:
        stretches: Yields the tasks as JSON text, some at a time.
        ignored: Counts the metadata keys that are of no use, anew each time.
    """

    stretches: Callable[[], Iterable[bytes]]
    ignored: Counter[str]

    def __iter__(self) -> Iterator[Told]:
        self.ignored.clear()
        for stretch in self.stretches():
            yield from told(wire.decode_tasks(stretch), self.ignored)


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


def told(tasks: Sequence[wire.Task], ignored: Counter[str]) -> ReadyTasks:
    """Return tasks with what their metadata says, and count the keys that are of no use."""
    try:
        said = [decode_task_metadata(task.metadata) for task in tasks]
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
        import numpy as np  # noqa: PLC0415 - start-up time

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

    tasks: Iterable[Told]
    clock: Clock
    variants: Variants
    unknown: frozenset[str]
    patterns: tuple[FailurePattern, ...]
    refusal: Callable[[Exception], FormatError]

    def __iter__(self) -> Iterator[TaskRow]:
        try:
            yield from self._rows()
        except DAMAGE as damage:
            raise self.refusal(damage) from damage

    def _rows(self) -> Iterator[TaskRow]:
        utc, variant_of, patterns = self.clock.utc, self.variants.of, self.patterns
        for task, said in self.tasks:
            task_id, status = task.task_id, task.task_status
            result = task.test_result or NO_RESULT
            dataset = task.dataset or result.dataset or None
            inputs = payload(result.inputs)
            if said.case_id or said.case_id == 0:
                case_id, case_source = str(said.case_id), GIVEN
            else:
                case_id, case_source = derived_case(task_id, dataset, inputs)

            message = task.error_message or result.error_message or None
            kind = reason = None
            if status in BY_STATUS and (failure := classify(status, message, extra=patterns)):
                kind, reason = failure.kind.value, failure.reason

            seconds = task.execution_time
            latency_ms = seconds * 1000 if seconds and not said.cached else None
            tokens, cost = result.tokens_used, result.cost
            score = said.score if result.score is None else result.score
            if self.unknown or said.unknown_fields:
                unknown = self.unknown.union(said.unknown_fields or ())
                latency_ms = None if "execution_time" in unknown else latency_ms
                tokens = None if "tokens_used" in unknown else tokens
                cost = None if "cost" in unknown else cost
                score = None if "score" in unknown else score

            created_at, finished_at = task.created_at, task.finished_at
            if created_at.tzinfo is not UTC:
                created_at = utc(created_at)
            if finished_at is not None and finished_at.tzinfo is not UTC:
                finished_at = utc(finished_at)
            attempts = task.attempt_count
            yield new_row(
                (
                    task_id,
                    case_id,
                    case_source,
                    said.repeat,
                    variant_of(said, result.prompt_variant),
                    dataset,
                    task.scenario or "normal",
                    status,
                    kind,
                    reason,
                    message,
                    score,
                    latency_ms,
                    tokens,
                    said.tokens_in,
                    said.tokens_out,
                    cost,
                    said.cached,
                    1 if attempts is None else attempts,
                    said.family,
                    said.tenant,
                    said.task_type,
                    created_at,
                    finished_at,
                    inputs,
                    payload(result.outputs),
                    payload(task.metadata),
                    payload(result.metadata),
                    said.origin and said.origin.record(),
                )
            )


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
