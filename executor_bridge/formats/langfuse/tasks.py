"""The tasks in rows of Langfuse: what belongs to a trace or an experiment item, put together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Raw, Struct

from executor_bridge.formats.langfuse.calls import call_of
from executor_bridge.formats.langfuse.names import first_text, made_by, names_of, said_by
from executor_bridge.formats.langfuse.rows import (
    Found,
    Kind,
    Observations,
    Row,
    amount,
    fields_of,
    row_of,
    utc,
)
from executor_bridge.formats.langfuse.scores import observation_of, score_of
from executor_bridge.outcomes import case_of_content
from executor_bridge.tracing.steps import Failure, Names, Step, failure_of
from executor_bridge.tracing.tree import Task, Trace
from executor_bridge.tracing.usage import Made, usage_of
from optimizer.models.tasks import CaseSource, Score, Source

EVALUATOR, EVENT = "EVALUATOR", "EVENT"
ERROR = "ERROR"
ANNOTATION = "ANNOTATION"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
US = timedelta(microseconds=1)
NS_PER_US, NS_PER_MS, MS_PER_S = 1_000, 1_000_000, 1_000


class Observed(Struct, kw_only=True):
    """What is kept of a task until its row is made.

    Attributes:
        key: What finds it again: its trace and observation.
        trace_id: Its trace.
        names: What it is called by.
        case_id: Which case.
        case_source: How that is known.
        experiment: The experiment or dataset run it belongs to, or None.
        experiment_id: The id of that, or None.
        title: Name of its trace or observation, or None.
        failure: Why it did not end well, or None.
        started_at: When it began, or None.
        ended_at: When it ended, or None.
        latency_ms: How long it took, or None.
        scores: What was said of it, by people before others.
        made: What it was executed with.
        usage: Tokens and cost, under the names that outcomes have for them.
        asked: The row that says what was put in, or None.
        answered: The row that says what came out, or None.
    """

    key: str
    trace_id: str
    names: Names
    case_id: str
    case_source: CaseSource
    experiment: str | None
    experiment_id: str | None
    title: str | None
    failure: Failure | None
    started_at: datetime | None
    ended_at: datetime | None
    latency_ms: float | None
    scores: tuple[Score, ...]
    made: Made
    usage: dict[str, Any]
    asked: Raw | None
    answered: Raw | None


class _Rows:
    """The rows of one trace."""

    def __init__(self) -> None:
        self.trace: Found | None = None
        self.items: dict[str | None, Found] = {}
        self.observations: dict[str, Found] = {}
        self.run_items: list[Row] = []
        self.scores: list[Row] = []

    def add(self, found: Found) -> None:
        """Take a row; the last one with an id counts."""
        row = found.row
        match found.kind:
            case Kind.ITEM:
                self.items[row.id] = found
            case Kind.OBSERVATION:
                self.observations[row.id or ""] = found
            case Kind.TRACE:
                self.trace = found
            case Kind.RUN_ITEM:
                self.run_items.append(row)
            case Kind.SCORE:
                self.scores.append(row)


class ObservedTasks:
    """The tasks of a file, in order of traces; each trace is let go when it has been told.

    Attributes:
        n_cut: How many observations stand below one that is not in the file.
        n_lost: How many scores belong to no task.
    """

    def __init__(self, rows: Observations, source: Source) -> None:
        """Take the rows of the file."""
        self.n_cut = self.n_lost = 0
        self._source = source
        self._interned: dict[Any, Any] = {}
        self._traces: dict[str, _Rows] = defaultdict(_Rows)
        for found in rows:
            self._traces[_trace_id(found)].add(found)

    def __iter__(self) -> Iterator[Observed]:
        self.n_lost += len(self._traces.pop("", _Rows()).scores)
        for trace_id in list(self._traces):
            about = self._traces.pop(trace_id)
            assembly = _Assembly(trace_id, about, self._source)
            self.n_cut += assembly.n_cut
            tasks = list(assembly.tasks())
            self.n_lost += 0 if tasks else len(about.scores)
            yield from map(self._sparing, tasks)

    def _sparing(self, task: Observed) -> Observed:
        """Return a task that shares what it has in common with others."""
        task.names = self._interned.setdefault(task.names, task.names)
        task.made = self._interned.setdefault(task.made, task.made)
        return task


def _trace_id(found: Found) -> str:
    """Return the trace that a row is about, "" where it names none."""
    row = found.row
    if found.kind is Kind.TRACE:
        return row.id or ""
    subject = fields_of(row.subject)
    of_subject = subject.get("traceId") or (
        subject.get("id") if subject.get("kind") == "trace" else None
    )
    return row.trace_id or str(of_subject or "")


class _Assembly:
    """Puts the tasks of one trace together."""

    def __init__(self, trace_id: str, about: _Rows, source: Source) -> None:
        self._trace_id = trace_id
        self._about = about
        self._source = source
        self._tree = Trace([_step(found) for found in about.observations.values()])

    @property
    def n_cut(self) -> int:
        """How many observations stand below one that is not in the file."""
        return sum(root.parent_id is not None for root in self._tree.roots)

    def tasks(self) -> Iterator[Observed]:
        """Yield one task per experiment item; else per root that names a case; else one."""
        about, tree = self._about, self._tree
        if about.items:
            for item in about.items.values():
                yield self._task(tree.below(item.row.id), item)
        elif len(tree.roots) > 1 and all(root.names.case_id for root in tree.roots):
            yield from (self._task(tree.below(root.span_id), None) for root in tree.roots)
        elif tree.roots or about.trace:
            yield self._task(tree.below(None), None)

    def _task(self, task: Task, item: Found | None) -> Observed:
        """Return what is kept of a task."""
        top = self._about.observations[task.tops[-1].span_id] if task.tops else None
        rows = [found.row for found in (item, self._about.trace, top) if found]
        run = next(iter(self._about.run_items), None)
        said = said_by(rows)
        names = names_of(said, rows, run)
        asked = self._first((item, self._about.trace), (*task.tops, *task.calls), "has_input")
        lower = (*reversed(task.tops), *reversed(task.calls))
        answered = self._first((item, self._about.trace), lower, "has_output")
        content = row_of(asked.raw, self._source).input if asked else None
        case_id, case_source = names.case_id, CaseSource.GIVEN
        if case_id is None:
            case_source = CaseSource.TASK if content is None else CaseSource.CONTENT
            case_id = self._trace_id if content is None else case_of_content(content)
        started_at, ended_at, latency_ms = _times(task, item, self._about.trace, top)
        state = item or top
        return Observed(
            key=f"{self._trace_id}/{state.row.id}" if state else self._trace_id,
            trace_id=self._trace_id,
            names=names,
            case_id=case_id,
            case_source=case_source,
            experiment=first_text(row.experiment_name for row in rows)
            or (run.dataset_run_name if run else None)
            or names.run_id,
            experiment_id=first_text(row.experiment_id for row in rows)
            or (run.dataset_run_id if run else None),
            title=first_text(row.trace_name for row in rows)
            or first_text(row.name for row in rows),
            failure=_failure(state.row, is_open=answered is None) if state else None,
            started_at=started_at,
            ended_at=ended_at,
            latency_ms=latency_ms,
            scores=self._scores(task, item),
            made=made_by(task, names, said, rows),
            usage=usage_of(task),
            asked=asked.raw if asked else None,
            answered=answered.raw if answered else None,
        )

    def _first(
        self, upper: Iterable[Found | None], steps: Iterable[Step], has: str
    ) -> Found | None:
        """Return the first row that says something, from the outermost inwards."""
        rows = (*upper, *(self._about.observations[step.span_id] for step in steps))
        return next((found for found in rows if found and getattr(found, has)), None)

    def _scores(self, task: Task, item: Found | None) -> tuple[Score, ...]:
        """Return what was said: by people before others, on the task before below, the latest."""
        mine = {step.span_id for step in task.steps}
        tops = {None, "", *(step.span_id for step in task.tops)}
        if item is not None:
            mine.add(item.row.id or "")
            tops.add(item.row.id)
        whole = len(self._tree.roots) <= 1 or len(task.tops) > 1
        ranked = []
        for n, row in enumerate(self._about.scores):
            about = row.observation_id or observation_of(row)
            if about in mine or (about is None and (whole or item is not None)):
                rank = (row.source == ANNOTATION, about in tops, utc(row.timestamp) or EPOCH, n)
                ranked.append((rank, score_of(row)))
        best = {score.name: score for _, score in sorted(ranked, key=lambda pair: pair[0])}
        return tuple(best.values())


def _step(found: Found) -> Step:
    """Return an observation as a step of its trace."""
    row = found.row
    said = said_by([row])
    prompt = f"{row.prompt_name}@{row.prompt_version}" if row.prompt_version else row.prompt_name
    return Step(
        trace_id=row.trace_id or "",
        span_id=row.id or "",
        parent_id=row.parent_observation_id,
        has_remote_parent=None,
        name=row.name or "",
        start_ns=_ns(row.start_time),
        end_ns=_ns(row.end_time),
        duration_ms=None,
        names=names_of(said, [row], None),
        failure=_failure(row, is_open=False),
        passed=None,
        call=call_of(row),
        is_judge=row.type == EVALUATOR,
        scores=(),
        resource=(("prompt", prompt),) if prompt else (),
        raw=found.raw,
    )


def _failure(row: Row, *, is_open: bool) -> Failure | None:
    """Return why an observation did not end well; one without an end or a word is cut off."""
    if row.level == ERROR:
        message = row.status_message
        return failure_of((message or "").partition(":")[0], message)
    has_no_end = row.start_time is not None and row.end_time is None and row.type != EVENT
    return Failure("cancelled", None) if has_no_end and is_open else None


def _times(
    task: Task, item: Found | None, trace: Found | None, top: Found | None
) -> tuple[datetime | None, datetime | None, float | None]:
    """Return when a task began and ended, and how long it took: by its times, else as told."""
    if item is not None:
        spans = [item.row]
    else:
        starts = [step.start_ns for step in task.tops if step.start_ns is not None]
        ends = [step.end_ns for step in task.tops if step.end_ns is not None]
        if starts and len(ends) == len(task.tops):
            begun, ended = min(starts), max(ends)
            return _moment(begun), _moment(ended), (ended - begun) / NS_PER_MS
        spans = [found.row for found in (top, trace) if found]
    started_at = next((at for row in spans if (at := utc(row.start_time or row.timestamp))), None)
    ended_at = next((at for row in spans if (at := utc(row.end_time))), None)
    if started_at and ended_at:
        return started_at, ended_at, (ended_at - started_at) / US / MS_PER_S
    told = (amount(found.row.latency) for found in (trace, top) if found)
    seconds = next((one for one in told if one is not None), None)
    return started_at, ended_at, None if seconds is None else seconds * MS_PER_S


def _ns(time: datetime | None) -> int | None:
    moment = utc(time)
    return None if moment is None else (moment - EPOCH) // US * NS_PER_US


def _moment(time_ns: int) -> datetime:
    return EPOCH + timedelta(microseconds=time_ns // NS_PER_US)
