"""The executor's own result: one `RunExecutionResult` to a file, or one to a line."""

from __future__ import annotations

import gc
import hashlib
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

import msgspec

from executor_bridge import wire
from executor_bridge.base import FormatNotes, Head
from executor_bridge.clock import Clock, UnusableTimeError
from executor_bridge.faults import listed
from executor_bridge.meaning import Variants, only_label
from executor_bridge.metadata import RunMetadata, TaskMetadata, ignored_warnings, usable
from executor_bridge.models import RunStatistics
from executor_bridge.rows import Notes, TaskRows, UnsoundError, payload
from executor_bridge.texts import Document, documents
from executor_bridge.totals import disagreements
from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import Reading, Run, RunHeader, Source, TaskRow

KEPT_BYTES = 2**26
"""Rows of smaller files are made once and kept; those of larger ones are made anew when read."""

DAMAGE = (
    msgspec.DecodeError,
    UnicodeDecodeError,
    RecursionError,
    UnsoundError,
    UnusableTimeError,
)


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

    def recognizes(self, head: Head) -> bool:
        """Tell whether the first object has tasks, or the ids of a run."""
        return "task_results" in head.keys or {"run_id", "workflow_id"}.issubset(head.keys)

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


def _runs(source: Source, settings: IngestSettings) -> Iterator[Run]:
    """Yield the runs of a file, each checked to its end."""
    seen = set()
    for document in documents(source.content, source.sha256):
        said = wire.decode_run(document.text)
        if said.run_id in seen:
            raise UnsoundError("a run id that occurs twice")
        seen.add(said.run_id)
        yield _run(said, document, settings, keep=len(source.content) <= KEPT_BYTES)


def _run(said: wire.Run, document: Document, settings: IngestSettings, *, keep: bool) -> Run:
    """Return a run, its tasks read once to know them sound."""
    clock = Clock(settings.assume_timezone)
    ignored: Counter[str] = Counter()
    metadata = usable(said.metadata, RunMetadata, ignored)
    inherited = None if metadata.prompt_variant else only_label(_labels(said))
    rows = TaskRows(
        tasks=said.task_results,
        workflow_id=said.workflow_id,
        clock=clock,
        variants=Variants(metadata, inherited),
        unknown=frozenset(metadata.unknown_fields or ()),
        patterns=settings.patterns(),
    )
    started_at, finished_at = clock.utc(said.started_at), clock.utc(said.finished_at)
    if finished_at < started_at:
        raise UnsoundError("a run that finished before it started")
    notes = Notes(figures=None if said.statistics is None else [])
    kept = deque(rows.noting(notes), maxlen=None if keep else 0)
    seconds = said.total_duration
    header = RunHeader(
        run_id=said.run_id,
        workflow_id=said.workflow_id,
        started_at=started_at,
        finished_at=finished_at,
        duration_s=(finished_at - started_at).total_seconds() if seconds is None else seconds,
        n_tasks=len(said.task_results),
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
            *_time_warnings(clock),
            *_task_warnings(notes),
            *ignored_warnings("run", ignored),
            *_statistics_warnings(said.statistics, notes, settings),
        ),
    )
    return Run(header=header, tasks=kept if keep else rows)


class _Label(msgspec.Struct, gc=False):
    """Where a task may say its label."""

    prompt_variant: str | None = None


class _Labelled(msgspec.Struct, gc=False):
    """The part of a task that says its label."""

    test_result: _Label | None = None
    metadata: msgspec.Raw = wire.NOTHING


def _labels(said: wire.Run) -> set[str]:
    """Return the labels that the tasks of a run carry."""
    labels = set()
    decode = msgspec.json.Decoder(_Labelled).decode
    for raw in said.task_results:
        task = decode(raw)
        metadata = usable(task.metadata, TaskMetadata, Counter())
        own = task.test_result.prompt_variant if task.test_result else None
        labels.add(metadata.prompt_variant or own)
    return {label for label in labels if label}


def _time_warnings(clock: Clock) -> list[str]:
    """Return what to say of times without a zone."""
    n = clock.n_naive
    if not n:
        return []
    return [f"{n} {'time carries' if n == 1 else 'times carry'} no zone, read as {clock.zone_name}"]


def _task_warnings(notes: Notes) -> list[str]:
    """Return what to say of tasks that are odd."""
    warnings = ignored_warnings("task", notes.ignored)
    if n := notes.n_contradictions:
        warnings.insert(0, f"{n} {'task has' if n == 1 else 'tasks have'} a result of another status")
    return warnings


def _statistics_warnings(
    given: wire.Statistics | None, notes: Notes, settings: IngestSettings
) -> list[str]:
    """Return what to say of statistics that contradict the tasks but are trusted.

    Raises:
        UnsoundError: They contradict the tasks and are not trusted.
    """
    if given is None or notes.figures is None:
        return []
    found = disagreements(given, RunStatistics.from_figures(notes.figures))
    if found and not settings.trust_statistics:
        raise UnsoundError("statistics that contradict the tasks")
    return [
        f"statistics.{one.name}: the file says {one.given}, its tasks say {one.counted}"
        for one in found
    ]


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
