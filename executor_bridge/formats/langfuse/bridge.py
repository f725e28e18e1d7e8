"""Langfuse: experiment items and observations of its API, exports of its pages and to blob storage.

Written for the API and the exports of Langfuse 3 and 4 (to 2026-10).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from executor_bridge.base import FormatNotes, Head, Shape
from executor_bridge.formats.langfuse.names import STAMP
from executor_bridge.formats.langfuse.rows import Kind, Observations, row_of
from executor_bridge.formats.langfuse.tasks import Observed, ObservedTasks
from executor_bridge.judging import pass_mark
from executor_bridge.lenient import Skipped
from executor_bridge.outcomes import NO_TIME, NORMAL, Outcome, RunFacts, file_time
from executor_bridge.runs import run_of
from executor_bridge.tracing.usage import Made, variants_of
from executor_bridge.verdicts import is_judged, primary, reasons, status, unjudged
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import Fault, FormatError
from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import Reading, Run, Source, Variant

SHAPES = (Shape.OBJECT, Shape.LIST, Shape.TABLE, Shape.PARQUET)
ROWS = (
    {"experimentItemId", "experimentName"},
    {"id", "traceId", "startTime"},
    {"id", "trace_id", "start_time", "project_id"},
    {"id", "timestamp", "htmlPath"},
    {"id", "timestamp", "project_id", "bookmarked"},
    {"id", "timestamp", "bookmarked", "observationCount"},
    {"traceId", "name", "dataType", "source"},
    {"trace_id", "name", "data_type", "source"},
    {"datasetRunId", "datasetItemId", "traceId"},
    {"trace", "observations"},
    {"id", "timestamp", "observations", "scores"},
    {"observations", "scores"},
    {"datasetName", "datasetRunItems"},
)
"""Names of fields that together only Langfuse has: of one row, or of an object that holds rows."""

PAGES = ("data", "traces", "observations", "experimentItems")
INNER = (b'"experimentItemId"', b'"traceId"', b'"datasetItemId"', b'"htmlPath"')
"""What shows in the beginning of a page whose rows are not seen by their names."""

NO_TASKS = (
    "Put observations and scores into one file (cat observations.jsonl scores.jsonl); scores alone "
    "are feedback on tasks that were read before: optimizer ingest feedback."
)
NO_ROWS = "Read them with their observations, or take the experiment items of the API."


class Langfuse:
    """The bridge of Langfuse."""

    name: ClassVar[str] = "langfuse"
    wants: ClassVar[str] = "experiment items, observations or traces of Langfuse"
    notes: ClassVar[FormatNotes] = FormatNotes(
        summary="Langfuse: experiment items, observations and traces of its API and exports",
        versions="Langfuse 3 and 4: blob exports observations_v2/, observations/ and traces/ as "
        "JSON, JSONL, CSV or Parquet; pages and lists of the API; downloads of its own pages",
        carried_over=(
            "a task: an experiment item; else a root observation whose metadata names a case; "
            "else a trace with all its observations",
            "case: experimentItemId, or datasetItemId of a dataset run item in the same file; else "
            "case_id, optimizer.case_id or dataset_item_id in the metadata; else by the input",
            "one run per experiment or dataset run; else one per trace name and variant",
            "variant: variant, prompt_variant or optimizer.variant_id in the metadata, else "
            "promptName@promptVersion, else the experiment without the time in its name; with the "
            "model and its parameters without the seed; a prompt in the experiment's metadata",
            "scores of the same file by trace and observation; of two with one name that of a "
            "person (source ANNOTATION) before others, that on the task before one below it, then "
            "the later; booleans, and categories called pass or fail, decide",
            "level ERROR: error with statusMessage, timeout or cancelled where that says so; no "
            "end and no output: cancelled",
            "latency from start to end; latency (seconds) only where there is no end",
            "tokens and cost of the lowest observations that tell any: those above repeat the sum; "
            "a cost of 0 is unknown; below EVALUATOR they are the judge's",
            "cached, reasoning and audio tokens on top of input and output where total is the sum "
            "of all, else as a part of them",
            "times without a zone are UTC, as Langfuse documents",
            "of a downloaded list of traces: the sums of their tokens and costs, ERROR only "
            "without an output; columns of scores, also of observations",
            "the trace id as request id, which feedback can name",
        ),
        lost=(
            "latency of blob exports set up before 2026-04-01 is in milliseconds: not used where "
            "an observation has its end",
            "values of categories (an index), corrections; tags, users, sessions, comments, prices",
            "scores without a task: of sessions, and of traces that are not in the file",
        ),
        example='{"data": [{"id": "a1", "traceId": "t1", "level": "DEFAULT",\n'
        '  "startTime": "2026-03-01T12:00:00.000Z", "endTime": "2026-03-01T12:00:00.800Z",\n'
        '  "experimentId": "e1", "experimentName": "short prompt",\n'
        '  "experimentItemId": "capital", "experimentDatasetId": "faq",\n'
        '  "input": "Capital of France?", "output": "Paris", "expectedOutput": "Paris",\n'
        '  "experimentMetadata": {"model": "small"},\n'
        '  "scores": [{"name": "equals", "dataType": "BOOLEAN", "value": true,\n'
        '    "source": "EVAL", "timestamp": "2026-03-01T12:00:01.000Z"}]}],\n'
        ' "meta": {}}',
    )

    def recognizes(self, head: Head, settings: IngestSettings) -> bool:
        """Tell whether the file begins with a row of Langfuse, or with a page of them."""
        if head.shape not in SHAPES:
            return False
        if any(head.has(*names) for names in ROWS):
            return True
        is_page = not {"resourceSpans", "results"}.intersection(head.keys) and any(
            head.has(name) for name in PAGES
        )
        return is_page and any(name in head.start for name in INNER)

    def read(self, source: Source, settings: IngestSettings) -> Reading:
        """Read the tasks of a file, one run per experiment or variant.

        Raises:
            FormatError: The file is damaged, or holds no task; the error says what it holds.
        """
        skipped = Skipped(settings)
        rows = Observations(source, skipped)
        observed = ObservedTasks(rows, source)
        tasks = sorted(observed, key=_order)
        if rows.kinds and not tasks:
            raise _refusal(rows, source)
        mark = pass_mark(
            (primary(task.scores, settings.score) for task in tasks), settings.pass_score
        )
        variants = variants_of({task.made for task in tasks})
        runs = _by_run(tasks, variants, source)
        warnings = (*_warnings(rows, observed), *skipped.warnings())
        made = (
            _run(
                _Tasks(
                    run_id=run_id,
                    tasks=found,
                    variants=variants,
                    mark=mark,
                    source=source,
                    settings=settings,
                ),
                warnings,
                place=place,
            )
            for place, (run_id, found) in enumerate(runs.items(), 1)
        )
        return skipped.reading(source, made)


def _order(task: Observed) -> tuple[float, str]:
    return task.started_at.timestamp() if task.started_at else 0.0, task.key


def _refusal(rows: Observations, source: Source) -> FormatError:
    """Return the error for rows that are no tasks by themselves."""
    names = " and ".join(sorted(f"{kind}s" for kind in rows.kinds))
    expected = "experiment items, observations or traces among them"
    fault = Fault(place="rows", found=f"{rows.kinds.total()} {names} only", expected=expected)
    hint = NO_TASKS if Kind.SCORE in rows.kinds else NO_ROWS
    return FormatError(source.path, (fault,), hint=hint)


def _warnings(rows: Observations, observed: ObservedTasks) -> Iterator[str]:
    """Yield what a reader should know of the whole file."""
    n_rows = rows.kinds.total() - rows.kinds[Kind.SCORE]
    if rows.n_promised is not None and rows.n_promised > n_rows:
        yield f"partial: the file holds {n_rows} of the {rows.n_promised} rows its pages speak of"
    elif rows.has_more:
        yield "partial: the last page in the file names a next one that is not in it"
    counts = {
        "observations stand below one that is not in the file, some tasks in part": observed.n_cut,
        "scores belong to no task of this file and are left out": observed.n_lost,
    }
    yield from (f"{n} {what}" for what, n in counts.items() if n)


def _by_run(
    tasks: Iterable[Observed], variants: Mapping[Made, Variant], source: Source
) -> dict[str, list[Observed]]:
    """Return the tasks of each run; experiments of one name are told apart by their ids."""
    runs: dict[str, list[Observed]] = defaultdict(list)
    owners: dict[str, str | None] = {}
    for task in tasks:
        name, owner = task.experiment, task.experiment_id
        if name is None:
            variant = variants[task.made]
            name = f"{task.title or 'traces'}-{variant.label}-{source.sha256[:16]}"
            owner = variant.variant_id
        if owners.setdefault(name, owner) != owner:
            name = f"{name}-{owner}"
        runs[name].append(task)
    return runs


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tasks:
    """The tasks of one run, told anew whenever they are asked for."""

    run_id: str
    tasks: list[Observed]
    variants: Mapping[Made, Variant]
    mark: float | None
    source: Source
    settings: IngestSettings

    def __iter__(self) -> Iterator[Outcome]:
        return map(self._outcome, self.tasks)

    def judged_tasks(self) -> Iterator[bool]:
        """Yield for each task that came to its end whether anything told pass from fail."""
        for task in self.tasks:
            if not task.failure:
                yield is_judged(task.scores, self.settings.score, self.mark)

    def _outcome(self, task: Observed) -> Outcome:
        names = task.names
        return Outcome(
            key=task.key,
            case_id=task.case_id,
            case_source=task.case_source,
            variant=self.variants[task.made],
            status=self._status(task),
            message=(task.failure.message if task.failure else None) or reasons(task.scores),
            repeat=names.repeat,
            score=primary(task.scores, self.settings.score),
            scores=task.scores,
            latency_ms=task.latency_ms,
            dataset=names.dataset,
            scenario=names.scenario or NORMAL,
            family=names.family,
            tenant=names.tenant,
            request_id=task.trace_id,
            created_at=task.started_at,
            finished_at=task.ended_at,
            inputs=self._inputs(task),
            outputs=self._outputs(task),
            metadata={"name": task.title} if task.title else None,
            **task.usage,
        )

    def _inputs(self, task: Observed) -> dict[str, Any] | None:
        if task.asked is None:
            return None
        row = row_of(task.asked, self.source)
        expected = {} if row.expected_output is None else {"expected_output": row.expected_output}
        return {"input": row.input} | expected

    def _outputs(self, task: Observed) -> dict[str, Any] | None:
        if task.answered is None:
            return None
        return {"output": row_of(task.answered, self.source).output}

    def _status(self, task: Observed) -> str:
        if task.failure:
            return task.failure.status
        return status(task.scores, self.settings.score, self.mark)


def _run(run: _Tasks, warnings: tuple[str, ...], *, place: int) -> Run:
    """Return one run."""
    first = run.tasks[0]
    started_at = min((task.started_at for task in run.tasks if task.started_at), default=None)
    if started_at is None:
        warnings = (NO_TIME, *warnings)
    experiment = STAMP.sub("", first.experiment) if first.experiment else None
    named = first.names.workflow or first.names.dataset or experiment or first.title
    facts = RunFacts(
        run_id=run.run_id,
        workflow_id=run.settings.workflow or named or "langfuse",
        started_at=started_at or file_time(run.source),
        tool="langfuse",
        metadata={"experiment_id": first.experiment_id} if first.experiment_id else {},
        warnings=(*warnings, *unjudged(run.judged_tasks())),
    )
    return run_of(facts, run, source=run.source, settings=run.settings, place=place)
