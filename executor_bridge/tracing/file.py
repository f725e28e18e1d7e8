"""The tasks in a file of traces, each with what is kept of it until its row is made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from executor_bridge.lenient import Skipped
from executor_bridge.outcomes import case_of_content
from executor_bridge.tracing.genai import RESPONSE_ID, Talk, talk_of, text
from executor_bridge.tracing.otlp import LogEvent, Span, content_of, told
from executor_bridge.tracing.steps import RESULT, Step, score_of, step_of
from executor_bridge.tracing.tree import Task, Trace
from executor_bridge.tracing.usage import Made, made_of, usage_of
from optimizer.models.tasks import CaseSource, Score, Source

BY_CONTENT = (
    "no span names a case (optimizer.case_id): each trace with a call to a model is one task, and "
    "what was asked tells its case"
)


class ToldTask(msgspec.Struct, kw_only=True, gc=False):
    """What is kept of a task until its row is made.

    Attributes:
        top: Its uppermost span.
        case_id: Which case.
        case_source: How that is known.
        status: What its spans tell of its state, or None.
        message: Why it did not end well, or None.
        start_ns: When it began, since 1970, or None.
        end_ns: When it ended, or None.
        scores: What evaluators said.
        made: What it was executed with.
        usage: Tokens and cost, under the names that outcomes have for them.
        asked: The span that says what was asked, or None.
        answered: The span that says what was answered, or None.
    """

    top: Step
    case_id: str
    case_source: CaseSource
    status: str | None
    message: str | None
    start_ns: int | None
    end_ns: int | None
    scores: tuple[Score, ...]
    made: Made
    usage: dict[str, Any]
    asked: msgspec.Raw | None
    answered: msgspec.Raw | None


class TraceFile:
    """The traces of a file, and the tasks in them.

    Attributes:
        n_spans: How many spans could be read.
    """

    def __init__(self, source: Source, skipped: Skipped) -> None:
        """Read all spans and the evaluations in log records.

        Args:
            source: The file.
            skipped: Takes what cannot be read.
        """
        self.n_spans = 0
        self._source = source
        self._counts: dict[str, int] = defaultdict(int)
        self._interned: dict[Any, Any] = {}
        steps: dict[str, list[Step]] = defaultdict(list)
        late: list[LogEvent] = []
        for found in told(source, skipped):
            if isinstance(found, Span):
                self.n_spans += 1
                steps[found.trace_id].append(self._sparing(step_of(found)))
            elif found.event.name == RESULT:
                late.append(found)
        self._is_by_case = any(one.names.case_id for found in steps.values() for one in found)
        self._traces = {trace_id: Trace(found) for trace_id, found in steps.items()}
        self._add(late, [step for found in steps.values() for step in found] if late else [])

    def tasks(self) -> Iterator[ToldTask]:
        """Yield the tasks of all traces, once: each trace is let go when it has been told."""
        for trace_id in list(self._traces):
            trace = self._traces.pop(trace_id)
            self._count("spans stand above themselves and are left out", trace.n_circular)
            self._count("spans stand in the file more than once, the last counts", trace.n_repeated)
            found = list(trace.tasks_by_case() if self._is_by_case else trace.tasks_by_root())
            if not found and any(trace.tasks_by_root()):
                self._count("traces with calls to models name no case and are left out")
            for task in found:
                if len(task.tops) > 1:
                    self._count("tasks are made of spans below one that is not in the file")
                yield self._told(task)

    def warnings(self) -> Iterator[str]:
        """Yield what a reader should know of the whole file."""
        if not self._is_by_case:
            yield BY_CONTENT
        yield from (f"{n} {what}" for what, n in self._counts.items() if n)

    def _count(self, what: str, n: int = 1) -> None:
        self._counts[what] += n

    def _sparing(self, step: Step) -> Step:
        """Return a span that shares what it has in common with others."""
        step.names = self._interned.setdefault(step.names, step.names)
        step.resource = self._interned.setdefault(step.resource, step.resource)
        return step

    def _add(self, late: Iterable[LogEvent], steps: Iterable[Step]) -> None:
        """Add the evaluations in log records to the spans they are about."""
        answers = {one.call.response_id: one for one in steps if one.call}
        answers.pop(None, None)
        for found in late:
            trace = self._traces.get(found.trace_id or "")
            step = trace.step(found.span_id) if trace else None
            step = step or answers.get(text(found.event.attributes, RESPONSE_ID))
            if step is None:
                self._count("evaluations belong to no span of this file and are left out")
            else:
                step.scores += (score_of(found.event),)

    def _told(self, task: Task) -> ToldTask:
        """Return what is kept of a task."""
        top = task.tops[0]
        talks = {one.span_id: talk(one.raw, self._source) for one in (*task.tops, *task.calls)}
        first = talks[(task.calls or task.tops)[0].span_id]
        asked, answered = _speakers(task, talks)
        content = talks[asked.span_id].asked if asked else None
        failure = next((one.failure for one in task.tops if one.failure), None)
        case_source = CaseSource.CONTENT if content is not None else CaseSource.TASK
        case_id = case_of_content(content) if content is not None else key_of(top)
        if top.names.case_id:
            case_id, case_source = top.names.case_id, CaseSource.GIVEN
        made = made_of(task, top.names, first.instructions)
        return ToldTask(
            top=top,
            case_id=case_id,
            case_source=case_source,
            status=_ended(task),
            message=failure.message if failure else None,
            start_ns=min((one.start_ns for one in task.tops if one.start_ns), default=None),
            end_ns=max((one.end_ns for one in task.tops if one.end_ns), default=None),
            scores=_scores(task),
            made=self._interned.setdefault(made, made),
            usage=usage_of(task),
            asked=asked.raw if asked else None,
            answered=answered.raw if answered else None,
        )


def _speakers(task: Task, talks: Mapping[str, Talk]) -> tuple[Step | None, Step | None]:
    """Return the spans that say what was asked and answered: the uppermost, else the calls."""
    asking = (*task.tops, *task.calls)
    answering = (*task.tops, *reversed(task.calls))
    asked = next((one for one in asking if talks[one.span_id].asked is not None), None)
    answered = next((one for one in answering if talks[one.span_id].answered is not None), None)
    return asked, answered


def talk(raw: msgspec.Raw, source: Source) -> Talk:
    """Return what a span says was asked and answered."""
    return talk_of(*content_of(raw, source))


def key_of(step: Step) -> str:
    """Return what finds a span again in its file."""
    return f"{step.trace_id}/{step.span_id}"


def _ended(task: Task) -> str | None:
    """Return the state that the spans of a task tell, None where that is up to the scores."""
    if any(one.end_ns is None for one in task.tops):
        return "cancelled"
    for one in task.tops:
        if one.failure:
            return one.failure.status
    verdicts = [one.passed for one in task.tops if one.passed is not None]
    return ("succeeded" if all(verdicts) else "failed") if verdicts else None


def _scores(task: Task) -> tuple[Score, ...]:
    """Return what evaluators said, the word on an upper span before that on a lower one."""
    found: dict[str, Score] = {}
    for step in task.steps:
        found = {score.name: score for score in step.scores} | found
    return tuple(found.values())
