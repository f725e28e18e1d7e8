"""Reports of pydantic-evals, as `EvaluationReportAdapter.dump_json` writes them.

Written for pydantic-evals 1.0 to 2.62 (class `EvaluationReport`). The library writes no file of
its own: users dump the report, several as a list or one to a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from msgspec import Raw

from executor_bridge.amounts import known, whole
from executor_bridge.base import FormatNotes, Head, Shape
from executor_bridge.clock import Clock, told_time
from executor_bridge.files.texts import documents
from executor_bridge.formats.pydantic_evals.report import Report, Row
from executor_bridge.json_text import shown
from executor_bridge.judging import UNJUDGED, judged, pass_mark
from executor_bridge.lenient import Skipped, decoded, rows
from executor_bridge.outcomes import (
    NO_TIME,
    Outcome,
    RunFacts,
    case_of_content,
    file_time,
    variant_of,
)
from executor_bridge.runs import as_text, run_of
from optimizer.models.dataclass import dataclass
from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import CaseSource, Reading, Run, Score, Source, Variant

REPEAT = re.compile(r" \[(\d+)/\d+\]$")
DEFAULT_NAME = re.compile(r"Case \d+$")
TIMEOUT_RAISED = re.compile(r"[\w.]*Timeout")
TELLING = b'"task_duration"'
TIME_NAMES = ("started_at", "timestamp", "created_at", "date")
CACHED_NAMES = (
    "cache_read.input_tokens",
    "cache_read_tokens",
    "cache_read_input_tokens",
    "cached_tokens",
)
"""What the metric of tokens read from a cache is called, by the versions of pydantic-ai."""

MS_PER_S = 1000
BEGINNING = 1_024


class PydanticEvals:
    """The bridge of pydantic-evals."""

    name: ClassVar[str] = "pydantic_evals"
    wants: ClassVar[str] = "name, cases and failures or analyses of a report"
    notes: ClassVar[FormatNotes] = FormatNotes(
        summary="pydantic-evals: a report as EvaluationReportAdapter.dump_json writes it",
        versions="pydantic-evals 1.0 to 2.62",
        carried_over=(
            "cases and failures, a failure being an error of the task, or a timeout where it "
            "raised one",
            "all assertions true: passed; one false: failed; every score and assertion by name; "
            "the score is that of --score, else of the first scorer",
            "an evaluator that broke is a score without a value; a case that is left without any "
            "assertion by it is an error",
            "task_duration, tokens and cost from metrics, repeats from names such as `x [1/2]`",
            "labels, attributes and other metrics in the metadata of a task",
            "model, provider, prompt, parameters, prompt_variant, workflow, started_at, git_sha "
            "and branch from experiment_metadata",
            "several reports in a list or one to a line, each as a run",
        ),
        lost=(
            "analyses, stack traces, versions of evaluators",
            "where experiment_metadata does not say when it ran: the time of the file is taken",
            "total_duration, which includes grading",
        ),
        example='{"name": "answer", "cases": [{"name": "capital", "inputs": "Capital of France?",\n'
        '  "output": "Paris", "metrics": {}, "attributes": {}, "scores": {}, "labels": {},\n'
        '  "assertions": {"Equals": {"name": "Equals", "value": true}},\n'
        '  "task_duration": 0.8, "total_duration": 0.9}], "failures": []}',
    )

    def recognizes(self, head: Head, settings: IngestSettings) -> bool:
        """Tell whether the file begins with cases and with what only a report has."""
        own = {"failures", "analyses", "report_evaluator_failures"}
        return (
            head.shape in (Shape.OBJECT, Shape.LIST)
            and head.has("name", "cases")
            and (bool(own.intersection(head.keys)) or TELLING in head.start)
        )

    def read(self, source: Source, settings: IngestSettings) -> Reading:
        """Read each report of a file as a run.

        Raises:
            FormatError: The file is damaged; the error says where.
        """
        skipped = Skipped(settings)
        reports = [*_reports(source, skipped)]
        runs = [
            _run(report, place, len(reports), skipped, source=source, settings=settings)
            for place, report in enumerate(reports, 1)
        ]
        return skipped.reading(source, runs)


def _reports(source: Source, skipped: Skipped) -> Iterator[Report]:
    """Yield the reports of a file: one, a list of them, or one to a line."""
    texts = [*documents(source.content, source.sha256)]
    if len(texts) > 1:
        lines = ((f"line {one.line}", one.text) for one in texts)
        yield from (report for _, report in rows(lines, Report, skipped))
    elif bytes(texts[0].text[:BEGINNING]).lstrip()[:1] == b"[":
        told = decoded(source.content, list[Raw], source)
        listed = ((f"report[{n}]", raw) for n, raw in enumerate(told))
        yield from (report for _, report in rows(listed, Report, skipped))
    else:
        yield decoded(source.content, Report, source)


def _run(
    report: Report,
    place: int,
    n_reports: int,
    skipped: Skipped,
    *,
    source: Source,
    settings: IngestSettings,
) -> Run:
    """Return one of so many reports as a run."""
    told = [*_rows(report, skipped, f"report[{place - 1}]." if n_reports > 1 else "")]
    said = report.experiment_metadata or {}
    clock = Clock(settings.assume_timezone)
    text = _said(said, *TIME_NAMES) or ""
    started_at = told_time(text, clock, source, place="experiment_metadata")
    reading = _judging(report, told, settings)
    number = f"#{place}" if n_reports > 1 else ""
    facts = RunFacts(
        run_id=f"{report.name}-{report.trace_id or source.sha256[:16]}{number}",
        workflow_id=settings.workflow or _said(said, "workflow") or report.name,
        started_at=started_at or file_time(source),
        tool=PydanticEvals.name,
        git_sha=_said(said, "git_sha"),
        branch=_said(said, "branch"),
        assumed_timezone=clock.zone_name if clock.n_naive else None,
        metadata=said,
        warnings=(
            *(() if started_at else (NO_TIME,)),
            *(() if reading.is_judged else (UNJUDGED,)),
            *_doubts(report, [row for _, row in told]),
            *skipped.warnings(),
        ),
    )
    outcomes = [_outcome(at, row, reading) for at, row in told]
    return run_of(facts, outcomes, source=source, settings=settings, place=place)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judging:
    """What holds for all rows of a report.

    Attributes:
        variant: What was executed.
        dataset: Name of the data set, or None.
        scorer: Whose word is the score, or None.
        mark: The score from which on a task passes that has no assertions, or None.
        has_assertions: Whether any row has.
    """

    variant: Variant
    dataset: str | None
    scorer: str | None
    mark: float | None
    has_assertions: bool

    @property
    def is_judged(self) -> bool:
        """Whether anything tells pass from fail."""
        return self.has_assertions or self.mark is not None


def _judging(report: Report, told: Sequence[tuple[str, Row]], settings: IngestSettings) -> _Judging:
    """Return what holds for all rows."""
    first = next((name for _, row in told for name in row.scores), None)
    scorer = settings.score or first
    return _Judging(
        variant=_variant(report),
        dataset=report.dataset_name,
        scorer=scorer,
        mark=pass_mark((_primary(row, scorer) for _, row in told), settings.pass_score),
        has_assertions=any(row.assertions for _, row in told),
    )


def _doubts(report: Report, told: Sequence[Row]) -> Iterator[str]:
    """Yield what a reader should know of evaluators that broke."""
    n_broken = sum(bool(row.evaluator_failures) for row in told)
    if n_broken:
        yield f"in {n_broken} of {len(told)} cases an evaluator broke: its word is missing"
    for broken in report.report_evaluator_failures:
        yield f"the report evaluator {shown(broken.name)} broke: {broken.error_message}"


def _rows(report: Report, skipped: Skipped, prefix: str) -> Iterator[tuple[str, Row]]:
    """Yield the cases and then the failures, with their places."""
    cases = ((f"{prefix}cases[{n}]", raw) for n, raw in enumerate(report.cases))
    yield from rows(cases, Row, skipped)
    failures = ((f"{prefix}failures[{n}]", raw) for n, raw in enumerate(report.failures))
    yield from rows(failures, Row, skipped)


def _variant(report: Report) -> Variant:
    """Return what was executed, as far as the experiment says."""
    said = report.experiment_metadata or {}
    parameters = said.get("parameters")
    return variant_of(
        _said(said, "variant", "prompt_variant", "name") or report.name,
        prompt=_said(said, "prompt", "instructions", "system_prompt"),
        provider=_said(said, "provider"),
        model=_said(said, "model", "model_name"),
        parameters=parameters if isinstance(parameters, dict) else None,
    )


def _said(said: dict[str, Any], *names: str) -> str | None:
    """Return the first of some fields that is a text."""
    return next((said[name] for name in names if isinstance(said.get(name), str)), None)


def _outcome(place: str, row: Row, judging: _Judging) -> Outcome:
    """Return what a case or a failure says."""
    repeat = REPEAT.search(row.name)
    name = row.source_case_name or REPEAT.sub("", row.name)
    is_named = not DEFAULT_NAME.match(name)
    content = {"inputs": row.inputs, "expected_output": row.expected_output}
    seconds = known(row.task_duration)
    metrics = row.metrics
    cached = (count for key in CACHED_NAMES if (count := whole(metrics.get(key))) is not None)
    status = _status(row, judging)
    return Outcome(
        key=f"{place} {row.name}",
        case_id=name if is_named else case_of_content(content),
        case_source=CaseSource.GIVEN if is_named else CaseSource.CONTENT,
        variant=judging.variant,
        status=status,
        message=None if status == "succeeded" else _reasons(row),
        repeat=int(repeat[1]) - 1 if repeat else None,
        score=_primary(row, judging.scorer),
        scores=tuple(_scores(row)),
        latency_ms=None if seconds is None else seconds * MS_PER_S,
        tokens_in=whole(known(metrics.get("input_tokens"))),
        tokens_out=whole(known(metrics.get("output_tokens"))),
        tokens_cached=next(cached, None),
        cost_usd=known(metrics.get("cost")),
        dataset=judging.dataset,
        request_id=row.trace_id,
        inputs=as_text(content),
        outputs=None if row.output is None else as_text({"output": row.output}),
        metadata=as_text(_metadata(row)),
    )


def _status(row: Row, judging: _Judging) -> str:
    """Return the state of a task: assertions decide, scores only where there are none at all."""
    if row.error_message is not None:
        return "timeout" if TIMEOUT_RAISED.match(row.error_message) else "error"
    if row.assertions:
        is_passed = all(one.value is True for one in row.assertions.values())
        return "succeeded" if is_passed else "failed"
    score = _primary(row, judging.scorer)
    is_left_unjudged = judging.has_assertions or (judging.mark is not None and score is None)
    if row.evaluator_failures and is_left_unjudged:
        return "error"
    return judged(score, judging.mark)


def _reasons(row: Row) -> str | None:
    """Return why a task did not pass: its error, false assertions, evaluators that broke."""
    said = [row.error_message] if row.error_message else []
    said += [f"{k}: {one.reason or 'false'}" for k, one in row.assertions.items() if not one.value]
    said += [f"{one.name}: {one.error_message}" for one in row.evaluator_failures]
    return "; ".join(said) or None


def _scores(row: Row) -> Iterator[Score]:
    """Yield what each evaluator said, assertions as pass or fail."""
    for name, one in row.scores.items():
        yield Score(name, _number(one.value), None, one.reason)
    for name, one in row.assertions.items():
        yield Score(name, _number(one.value), one.value is True, one.reason)
    for broken in row.evaluator_failures:
        yield Score(broken.name, None, None, broken.error_message)


def _primary(row: Row, scorer: str | None) -> float | None:
    """Return the score of a scorer, None where it gave none."""
    values = (score.value for score in _scores(row) if score.name == scorer)
    return next(values, None)


def _metadata(row: Row) -> dict[str, Any]:
    """Return what else is said of a case."""
    own = row.metadata if isinstance(row.metadata, dict) else {"metadata": row.metadata}
    said = {
        "labels": {name: one.value for name, one in row.labels.items()},
        "attributes": row.attributes,
        "metrics": row.metrics,
    }
    return {name: value for name, value in (own | said).items() if value not in (None, {})}


def _number(value: bool | float | str | None) -> float | None:
    return None if value is None or isinstance(value, str) else float(value)
