"""The executor's own result: one `RunExecutionResult` to a file, or one to a line."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar

import msgspec
from msgspec import Raw, Struct

from executor_bridge.base import FormatNotes, Head, Shape
from executor_bridge.clock import Clock
from executor_bridge.files.long_lists import forget, long_list
from executor_bridge.files.texts import Document, documents
from executor_bridge.formats.native import wire
from executor_bridge.formats.native.faults import listed
from executor_bridge.formats.native.rows import (
    DAMAGE,
    HashedIds,
    LongTasks,
    ReadyTasks,
    TaskRows,
    UnsoundError,
    check,
    figures,
    payload,
    told,
)
from executor_bridge.formats.native.totals import disagreements
from executor_bridge.formats.native.twice import gives_twice
from executor_bridge.meaning import Variants
from executor_bridge.metadata import RunMetadata, ignored_warnings, usable
from executor_bridge.models import RunStatistics
from optimizer.models.dataclass import dataclass
from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import Reading, Run, RunHeader, Source

TASKS = "task_results"
LONG_BYTES = 2**21
"""A longer run of a large file is gone through stretch by stretch."""

KEPT_BYTES = 2**26
"""Tasks of smaller files stay decoded; those of larger ones are decoded again when asked for."""


class Native:
    """The native bridge."""

    name: ClassVar[str] = "native"
    wants: ClassVar[str] = "run_id, workflow_id, task_results"
    notes: ClassVar[FormatNotes] = FormatNotes(
        summary="a RunExecutionResult as JSON, or one to a line",
        versions="the executor's published contract; written by RunExecutionResult.to_json",
        carried_over=(
            "every field of the run, of its tasks and of their results",
            "case, variant, tokens, tenant and more from metadata; see the page on result formats",
            "inputs, outputs and metadata as JSON text",
        ),
        lost=(
            "execution_id, timestamp, execution_time and workflow_id of a result: "
            "the task's own are kept",
            "statistics: verified against the tasks, then computed from them",
        ),
        example='{"run_id": "r1", "workflow_id": "w1", "started_at": "2026-03-01T12:00:00Z",\n'
        ' "finished_at": "2026-03-01T12:00:05Z", "metadata": {"prompt_variant": "v1"},\n'
        ' "task_results": [{"task_id": "t1", "workflow_id": "w1", "task_status": "succeeded",\n'
        '  "created_at": "2026-03-01T12:00:00Z", "execution_time": 0.8,\n'
        '  "test_result": {"status": "success", "tokens_used": 120, "cost": 0.0004,\n'
        '                  "inputs": {"question": "..."}, "score": 1.0}}]}',
    )

    def recognizes(self, head: Head, settings: IngestSettings) -> bool:
        """Tell whether the first object has tasks, or the ids of a run."""
        is_run = head.has("task_results") or head.has("run_id", "workflow_id")
        return head.shape is Shape.OBJECT and is_run

    def read(self, source: Source, settings: IngestSettings) -> Reading:
        """Read the runs of a file.

        Raises:
            FormatError: The file is damaged; the error lists every fault.
        """
        try:
            with _gc_paused():
                runs = tuple(_runs(source, settings))
        except DAMAGE as damage:
            raise listed(source, settings, damage) from damage
        return Reading(source=source, runs=runs)


class _ConvertedFrom(Struct):
    """The file that a run was converted from."""

    tool: str
    file_sha256: str
    warnings: list[str] = []


class _Converted(Struct):
    """Metadata of a run that was converted."""

    source: _ConvertedFrom


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decoded:
    """A run as it was decoded.

    Attributes:
        said: The run.
        tasks: Its tasks, which may be gone through several times.
        ignored: Counts the keys of task metadata that were of no use.
        is_long: Whether they are decoded again each time.
    """

    said: wire.Run[Any]
    tasks: LongTasks | ReadyTasks
    ignored: Counter[str]
    is_long: bool = False


def _runs(source: Source, settings: IngestSettings) -> Iterator[Run]:
    """Yield the runs of a file, all of them checked but for their payloads."""
    seen = set()
    decoded = _lengthy if len(source.content) > KEPT_BYTES else _handy
    for document in documents(source.content, source.sha256):
        run = decoded(document)
        if run.said.run_id in seen:
            raise UnsoundError("a run id that occurs twice")
        seen.add(run.said.run_id)
        yield _run(run, document, source, settings)


def _handy(document: Document) -> _Decoded:
    """Return a run whose tasks stay decoded."""
    said, ignored = wire.decode_run(document.text), Counter[str]()
    if gives_twice(document.text, len(said.task_results)):
        raise UnsoundError("a field that is given twice")
    return _Decoded(said=said, tasks=told(said.task_results, ignored), ignored=ignored)


def _lengthy(document: Document) -> _Decoded:
    """Return a run whose tasks are decoded again whenever they are asked for."""
    text, ignored = document.text, Counter[str]()
    found = long_list(text, TASKS) if len(text) > LONG_BYTES else None
    if found is not None:
        said = wire.decode_run_of_texts(found.without())
        if _is_only_list(said, text[found.last :]):
            tasks = LongTasks(found.stretches, ignored)
            return _Decoded(said=said, tasks=tasks, ignored=ignored, is_long=True)
    said = wire.decode_run_of_texts(text)
    forget(text)
    said.task_results = []

    def every() -> Iterator[bytes]:
        tasks = wire.decode_run_of_texts(text).task_results
        forget(text)
        yield b"[%b]" % b",".join(tasks)

    return _Decoded(said=said, tasks=LongTasks(every, ignored), ignored=ignored, is_long=True)


def _is_only_list(said: wire.Run[Raw], rest: memoryview) -> bool:
    """Tell whether the tasks of a run that were cut out are all it says of tasks.

    Args:
        said: The run, with an empty object in place of its tasks.
        rest: What stands behind them.
    """
    is_left = [bytes(task) for task in said.task_results] == [b"{}"]
    return is_left and TASKS.encode() not in bytes(rest)


def _run(run: _Decoded, document: Document, source: Source, settings: IngestSettings) -> Run:
    """Return a run: checked, its tasks made into rows when asked for."""
    said, clock = run.said, Clock(settings.assume_timezone)
    ignored: Counter[str] = Counter()
    metadata = usable(said.metadata, RunMetadata, ignored)
    started_at, finished_at = clock.utc(said.started_at), clock.utc(said.finished_at)
    if finished_at < started_at:
        raise UnsoundError("a run that finished before it started")
    seen: set[str] | HashedIds = HashedIds() if run.is_long else set()
    doubts = check(run.tasks, said.workflow_id, clock, seen)
    header = RunHeader(
        run_id=said.run_id,
        workflow_id=said.workflow_id,
        started_at=started_at,
        finished_at=finished_at,
        duration_s=_duration_s(said, metadata, finished_at - started_at),
        n_tasks=doubts.n_tasks,
        content_sha256=document.sha256,
        place=document.place,
        tool=Native.name,
        tool_version=None,
        git_sha=metadata.git_sha or None,
        branch=metadata.branch or None,
        pull_request=None if metadata.pull_request is None else str(metadata.pull_request),
        pairable=metadata.pairable is not False,
        assumed_timezone=clock.zone_name if clock.n_naive else None,
        metadata=payload(said.metadata) or "{}",
        warnings=(
            *_counted(clock.n_naive, "time", f"without a zone, read as {clock.zone_name}"),
            *_counted(doubts.n_other_status, "task", "whose result has another status"),
            *_counted(doubts.n_backwards, "task", "that finished before being created"),
            *ignored_warnings("run", ignored),
            *ignored_warnings("task", run.ignored),
            *_statistics_warnings(run, settings),
            *_converted(said.metadata),
        ),
    )
    rows = TaskRows(
        tasks=run.tasks,
        clock=clock,
        variants=Variants(metadata, inherited=_only_label(run, metadata)),
        unknown=frozenset(metadata.unknown_fields or ()),
        patterns=settings.patterns(),
        refusal=partial(listed, source, settings),
    )
    return Run(header=header, tasks=rows)


def _duration_s(said: wire.Run[Any], metadata: RunMetadata, span: timedelta) -> float | None:
    """Return how long a run took by its own account, else from start to end."""
    if "total_duration" in (metadata.unknown_fields or ()):
        return None
    return span.total_seconds() if said.total_duration is None else said.total_duration


def _only_label(run: _Decoded, metadata: RunMetadata) -> str | None:
    """Return the label that tasks without one inherit: the only one among the run's tasks."""
    if metadata.prompt_variant:
        return None
    found = {
        said.prompt_variant or (task.test_result and task.test_result.prompt_variant) or None
        for task, said in run.tasks
    } - {None}
    return found.pop() if len(found) == 1 else None


def _statistics_warnings(run: _Decoded, settings: IngestSettings) -> list[str]:
    """Return what to say of statistics that contradict the tasks but are trusted.

    Raises:
        UnsoundError: They contradict the tasks and are not trusted.
    """
    given = run.said.statistics
    if given is None:
        return []
    counted = RunStatistics.from_figures(figures(task) for task, _ in run.tasks)
    found = disagreements(given, counted)
    if found and not settings.trust_statistics:
        raise UnsoundError("statistics that contradict the tasks")
    return [
        f"statistics.{one.name}: {one.given} in the file, {one.counted} counted in its tasks, "
        "which is what is shown"
        for one in found
    ]


def _converted(metadata: Raw) -> list[str]:
    """Return what was to be known of the file that a run was converted from."""
    try:
        return msgspec.json.decode(metadata, type=_Converted).source.warnings
    except msgspec.ValidationError:  # a `source` of the executor's own
        return []


def _counted(n: int, noun: str, what: str) -> list[str]:
    """Return a sentence on how many there are of something, none where there is none."""
    return [f"{n} {noun}{'' if n == 1 else 's'} {what}"] if n else []


@contextmanager
def _gc_paused() -> Iterator[None]:
    """Keep the garbage collector from scanning rows while they pile up; they hold no cycles."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
