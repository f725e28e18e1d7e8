"""Traces of OpenTelemetry in OTLP JSON, with spans of calls to models.

Written for OTLP 1.x as the collector's file exporter and the SDKs' JSON file exporters write it,
and for the GenAI conventions up to 1.44 of the core registry and their own repository since.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from executor_bridge.base import FormatNotes, Head, Shape
from executor_bridge.judging import pass_mark
from executor_bridge.lenient import Skipped
from executor_bridge.outcomes import NO_TIME, NORMAL, Outcome, RunFacts, file_time
from executor_bridge.runs import run_of
from executor_bridge.tracing.file import ToldTask, TraceFile, key_of, talk
from executor_bridge.tracing.usage import Made, variants_of
from executor_bridge.verdicts import is_judged, primary, reasons, status, unjudged
from optimizer.models.dataclass import dataclass
from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import Reading, Run, Source, Variant

KINDS = frozenset({"resourceSpans", "resource_spans", "resourceLogs", "resource_logs"})
WRAPPERS = frozenset({"batches", "trace", "result"})
INNER = (b'"resourceSpans"', b'"scopeSpans"', b'"instrumentationLibrarySpans"')
"""What shows in the beginning of a trace that Tempo or Jaeger wrapped."""

NS_PER_MS = 1_000_000
NS_PER_US = 1_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Otel:
    """The bridge of OpenTelemetry traces."""

    name: ClassVar[str] = "otel"
    wants: ClassVar[str] = "resourceSpans of OTLP JSON, one request in all or one to a line"
    notes: ClassVar[FormatNotes] = FormatNotes(
        summary="OpenTelemetry: OTLP JSON with GenAI spans, as file exporters write it",
        versions="OTLP 1.x; GenAI conventions from 1.27 on, OpenInference, OpenLLMetry, "
        "Pydantic AI, OpenLIT, Langfuse, LangSmith, MLflow, Vercel's AI SDK; also as Tempo and "
        "Jaeger wrap it",
        carried_over=(
            "task: the uppermost span with optimizer.case_id (or langfuse.experiment.item.id, "
            "langsmith.reference_example_id, or test.case.name), on the span or its resource, with "
            "all below it; where no span of the file has one, each root span with a call to a "
            "model below it",
            "of requests kept whole (input.value), the messages: they tell the case, the system's "
            "instructions and parameters the variant",
            "optimizer.run_id, variant_id, repeat, workflow_id, dataset, scenario, family and "
            "tenant from the span or its resource; without a run_id, one run per service and "
            "variant",
            "latency from start to end of the task's span; error, timeout, cancelled and failed "
            "assertion from its status, error.type and exception; cancelled where it has no end",
            "tokens and cost of the lowest spans that tell any, because spans above repeat the "
            "sum; unknown where a call that ended well tells none; gen_ai.usage.*, "
            "llm.token_count.*, operation.cost, llm.cost.total and older names",
            "cached prompt tokens as part of those in, as the conventions have it; on top where "
            "they are more than all",
            "calls below spans that grade (openinference.span.kind EVALUATOR) as the judge's",
            "spans of cases that pydantic-evals writes: case, assertions, scores, task_duration",
            "gen_ai.evaluation.result events, on spans or in log records of the same file, as "
            "scores; labels pass or fail (also correct, true and their contrary) decide, those "
            "on the task's span before those of the same name below it",
            "model, provider and sampling parameters without the seed; instructions of the system "
            "as the prompt; for a named variant only what is the same in all its tasks",
            "the trace id as request id, which feedback can name",
        ),
        lost=(
            "spans of no task; traces with calls to models that name no case, where others of the "
            "file do, are counted in a warning",
            "links, metrics, other events, attributes of tools",
            "retries inside a span: latency covers them",
        ),
        example='{"resourceSpans": [{"resource": {"attributes": [\n'
        '  {"key": "service.name", "value": {"stringValue": "faq"}},\n'
        '  {"key": "optimizer.variant_id", "value": {"stringValue": "short"}}]},\n'
        ' "scopeSpans": [{"spans": [{"traceId": "5b8efff798038103d269b633813fc60c",\n'
        '  "spanId": "eee19b7ec3c1b174", "name": "chat small",\n'
        '  "startTimeUnixNano": "1772366400000000000", "endTimeUnixNano": "1772366400800000000",\n'
        '  "attributes": [\n'
        '   {"key": "optimizer.case_id", "value": {"stringValue": "capital"}},\n'
        '   {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},\n'
        '   {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "12"}},\n'
        '   {"key": "gen_ai.usage.output_tokens", "value": {"intValue": "3"}}],\n'
        '  "events": [{"name": "gen_ai.evaluation.result", "attributes": [\n'
        '   {"key": "gen_ai.evaluation.name", "value": {"stringValue": "equals"}},\n'
        '   {"key": "gen_ai.evaluation.score.label", "value": {"stringValue": "pass"}}]}]\n'
        " }]}]}]}",
    )

    def recognizes(self, head: Head, settings: IngestSettings) -> bool:
        """Tell whether the file begins with a request of OTLP."""
        if head.shape not in (Shape.OBJECT, Shape.LIST):
            return False
        is_wrapped = not WRAPPERS.isdisjoint(head.keys) and any(one in head.start for one in INNER)
        return is_wrapped or not KINDS.isdisjoint(head.keys)

    def read(self, source: Source, settings: IngestSettings) -> Reading:
        """Read the tasks of a file, one run per run id.

        Raises:
            FormatError: The file is damaged, or nothing in it is a task; the error says where.
        """
        skipped = Skipped(settings)
        file = TraceFile(source, skipped)
        tasks = sorted(file.tasks(), key=lambda task: task.start_ns or 0)
        if not tasks:
            expected = "a span with optimizer.case_id, or with gen_ai attributes of a call"
            skipped.add("spans", f"{file.n_spans} without a call to a model", expected)
        mark = pass_mark(
            (primary(task.scores, settings.score) for task in tasks), settings.pass_score
        )
        warnings = (*file.warnings(), *skipped.warnings())
        runs = [
            _run(found, warnings, source, settings, place=place)
            for place, found in enumerate(_by_run(tasks, mark, source, settings), 1)
        ]
        return skipped.reading(source, runs)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tasks:
    """The tasks of one run, told anew whenever they are asked for."""

    run_id: str
    tasks: list[ToldTask]
    variants: Mapping[Made, Variant]
    mark: float | None
    source: Source
    settings: IngestSettings

    def __iter__(self) -> Iterator[Outcome]:
        return map(self._outcome, self.tasks)

    def judged_tasks(self) -> Iterator[bool]:
        """Yield for each task that came to its end whether anything told pass from fail."""
        for task in self.tasks:
            if task.status in (None, "succeeded", "failed"):
                judged = is_judged(task.scores, self.settings.score, self.mark)
                yield task.status is not None or judged

    def _outcome(self, task: ToldTask) -> Outcome:
        asking = talk(task.asked, self.source) if task.asked else None
        answering = asking
        if task.answered is not task.asked:
            answering = talk(task.answered, self.source) if task.answered else None
        asked = asking.asked if asking else None
        answered = answering.answered if answering else None
        names, top = task.top.names, task.top
        return Outcome(
            key=key_of(top),
            case_id=task.case_id,
            case_source=task.case_source,
            variant=self.variants[task.made],
            status=self._status(task),
            message=task.message or reasons(task.scores),
            repeat=names.repeat,
            score=primary(task.scores, self.settings.score),
            scores=task.scores,
            latency_ms=_latency_ms(task),
            dataset=names.dataset,
            scenario=names.scenario or NORMAL,
            family=names.family,
            tenant=names.tenant,
            request_id=top.trace_id,
            created_at=_time(task.start_ns),
            finished_at=_time(task.end_ns),
            inputs=None if asked is None else {"input": asked},
            outputs=None if answered is None else {"output": answered},
            metadata={"span": top.name} if top.name else None,
            **task.usage,
        )

    def _status(self, task: ToldTask) -> str:
        if task.status:
            return task.status
        return status(task.scores, self.settings.score, self.mark)


def _latency_ms(task: ToldTask) -> float | None:
    if task.top.duration_ms is not None:
        return task.top.duration_ms
    if task.start_ns is None or task.end_ns is None:
        return None
    return (task.end_ns - task.start_ns) / NS_PER_MS


def _time(time_ns: int | None) -> datetime | None:
    return None if time_ns is None else EPOCH + timedelta(microseconds=time_ns // NS_PER_US)


def _by_run(
    tasks: Iterable[ToldTask], mark: float | None, source: Source, settings: IngestSettings
) -> Iterator[_Tasks]:
    """Yield the tasks of each run."""
    variants = variants_of({task.made for task in tasks})
    runs: dict[str, list[ToldTask]] = defaultdict(list)
    owners: dict[str, str] = {}
    for task in tasks:
        names, variant = task.top.names, variants[task.made]
        name = names.run_id
        if name is None:
            name = f"{names.workflow or 'traces'}-{variant.label}-{source.sha256[:16]}"
            if owners.setdefault(name, variant.variant_id) != variant.variant_id:
                name = f"{name}-{variant.variant_id}"
        runs[name].append(task)
    for run_id, found in runs.items():
        yield _Tasks(
            run_id=run_id,
            tasks=found,
            variants=variants,
            mark=mark,
            source=source,
            settings=settings,
        )


def _run(
    run: _Tasks, warnings: tuple[str, ...], source: Source, settings: IngestSettings, *, place: int
) -> Run:
    """Return one run; what it ran in is told by its first task."""
    first = run.tasks[0]
    resource = dict(first.top.resource)
    started_at = _time(min((task.start_ns for task in run.tasks if task.start_ns), default=None))
    if started_at is None:
        warnings = (NO_TIME, *warnings)
    facts = RunFacts(
        run_id=run.run_id,
        workflow_id=settings.workflow or first.top.names.workflow or "traces",
        started_at=started_at or file_time(source),
        tool="otel",
        git_sha=resource.pop("vcs.ref.head.revision", None),
        branch=resource.pop("vcs.ref.head.name", None),
        pull_request=resource.pop("vcs.change.id", None),
        metadata=resource,
        warnings=(*warnings, *unjudged(run.judged_tasks())),
    )
    return run_of(facts, run, source=source, settings=settings, place=place)
