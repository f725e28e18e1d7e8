"""Reports of pydantic-evals, as `EvaluationReportAdapter.dump_json` writes them.

Written for pydantic-evals 1.x and 2.x (class `EvaluationReport`). The library writes no file of
its own: users dump the report.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from msgspec import Raw, Struct

from executor_bridge.base import FormatNotes, Head, Shape
from executor_bridge.judging import UNJUDGED, judged, pass_mark
from executor_bridge.lenient import Skipped, decoded, rows
from executor_bridge.outcomes import (
    NO_TIME,
    Outcome,
    RunFacts,
    case_of_content,
    file_time,
    known,
    run_of,
    variant_of,
    whole,
)
from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import CaseSource, Reading, Score, Source, Variant

REPEAT = re.compile(r" \[(\d+)/\d+\]$")
DEFAULT_NAME = re.compile(r"Case \d+$")
MS_PER_S = 1000


class _Judged(Struct):
    value: bool | float | str | None = None
    reason: str | None = None


class _Row(Struct):
    """What cases and failures have in common, and what either has."""

    name: str
    inputs: Any = None
    metadata: Any = None
    expected_output: Any = None
    output: Any = None
    metrics: dict[str, Any] = {}
    attributes: dict[str, Any] = {}
    scores: dict[str, _Judged] = {}
    labels: dict[str, _Judged] = {}
    assertions: dict[str, _Judged] = {}
    task_duration: float | None = None
    source_case_name: str | None = None
    trace_id: str | None = None
    evaluator_failures: list[Any] = []
    error_message: str | None = None


class _Report(Struct):
    name: str
    cases: list[Raw]
    failures: list[Raw] = []
    experiment_metadata: dict[str, Any] | None = None
    trace_id: str | None = None


class PydanticEvals:
    """The bridge of pydantic-evals."""

    name: ClassVar[str] = "pydantic_evals"
    wants: ClassVar[str] = "name, cases and failures or analyses of a report"
    notes: ClassVar[FormatNotes] = FormatNotes(
        summary="pydantic-evals: a report as EvaluationReportAdapter.dump_json writes it",
        versions="pydantic-evals 1.x and 2.x",
        carried_over=(
            "cases and failures, a failure being an error of the task",
            "all assertions true: passed; one false: failed; every score and assertion by name",
            "task_duration, tokens and cost from metrics, repeats from names such as `x [1/2]`",
            "model, prompt and parameters from experiment_metadata",
        ),
        lost=(
            "labels and analyses, stack traces",
            "there is no time of the run: that of the file is taken",
            "total_duration, which includes grading",
        ),
        example='{"name": "answer", "cases": [{"name": "capital", "inputs": "Capital of France?",\n'
        '  "output": "Paris", "metrics": {}, "attributes": {}, "scores": {}, "labels": {},\n'
        '  "assertions": {"Equals": {"name": "Equals", "value": true}},\n'
        '  "task_duration": 0.8, "total_duration": 0.9}], "failures": []}',
    )

    def recognizes(self, head: Head, settings: IngestSettings) -> bool:
        """Tell whether the file is one object with cases and what only a report has."""
        is_report = head.has("name", "cases")
        return (
            head.shape is Shape.OBJECT
            and is_report
            and bool({"failures", "analyses", "report_evaluator_failures"}.intersection(head.keys))
        )

    def read(self, source: Source, settings: IngestSettings) -> Reading:
        """Read the report of a file as one run.

        Raises:
            FormatError: The file is damaged; the error says where.
        """
        report = decoded(source.content, _Report, source)
        skipped = Skipped(settings)
        told = [*_rows(report, skipped)]
        started_at = file_time(source)
        variant = _variant(report)
        mark = pass_mark((_primary(row, settings) for _, row in told), settings.pass_score)
        is_judged = mark is not None or any(row.assertions for _, row in told)
        facts = RunFacts(
            run_id=f"{report.name}-{report.trace_id or source.sha256[:16]}",
            workflow_id=settings.workflow or report.name,
            started_at=started_at,
            tool=self.name,
            metadata=report.experiment_metadata or {},
            warnings=(NO_TIME, *(() if is_judged else (UNJUDGED,)), *skipped.warnings()),
        )
        outcomes = [_outcome(place, row, variant, mark, settings) for place, row in told]
        return skipped.reading(source, [run_of(facts, outcomes, source=source, settings=settings)])


def _rows(report: _Report, skipped: Skipped) -> Iterator[tuple[str, _Row]]:
    """Yield the cases and then the failures, with their places."""
    yield from rows(((f"cases[{n}]", raw) for n, raw in enumerate(report.cases)), _Row, skipped)
    failures = ((f"failures[{n}]", raw) for n, raw in enumerate(report.failures))
    yield from rows(failures, _Row, skipped)


def _variant(report: _Report) -> Variant:
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


def _outcome(
    place: str, row: _Row, variant: Variant, mark: float | None, settings: IngestSettings
) -> Outcome:
    """Return what a case or a failure says."""
    repeat = REPEAT.search(row.name)
    name = row.source_case_name or REPEAT.sub("", row.name)
    is_named = not DEFAULT_NAME.match(name)
    content = {"inputs": row.inputs, "expected_output": row.expected_output}
    seconds = row.task_duration
    metrics = row.metrics
    return Outcome(
        key=f"{place} {row.name}",
        case_id=name if is_named else case_of_content(content),
        case_source=CaseSource.GIVEN if is_named else CaseSource.CONTENT,
        variant=variant,
        status=_status(row, mark, settings),
        message=row.error_message or _reasons(row),
        repeat=int(repeat[1]) - 1 if repeat else None,
        score=_primary(row, settings),
        scores=tuple(_scores(row)),
        latency_ms=seconds * MS_PER_S if seconds else None,
        tokens_in=whole(known(metrics.get("input_tokens"))),
        tokens_out=whole(known(metrics.get("output_tokens"))),
        tokens_cached=whole(metrics.get("cache_read.input_tokens")),
        cost_usd=known(metrics.get("cost")),
        request_id=row.trace_id,
        inputs={"inputs": row.inputs, "expected_output": row.expected_output},
        outputs=None if row.output is None else {"output": row.output},
        metadata=row.metadata if isinstance(row.metadata, dict) else None,
    )


def _status(row: _Row, mark: float | None, settings: IngestSettings) -> str:
    """Return the state of a task: assertions decide, scores only where there are none."""
    if row.error_message is not None:
        return "error"
    if row.assertions:
        return (
            "succeeded" if all(one.value is True for one in row.assertions.values()) else "failed"
        )
    return judged(_primary(row, settings), mark)


def _reasons(row: _Row) -> str | None:
    """Return why assertions are false, or None where none is."""
    false = [f"{k}: {one.reason or 'false'}" for k, one in row.assertions.items() if not one.value]
    return "; ".join(false) or None


def _scores(row: _Row) -> Iterator[Score]:
    """Yield what each evaluator said, assertions as pass or fail."""
    for name, one in row.scores.items():
        yield Score(name, _number(one.value), None, one.reason)
    for name, one in row.assertions.items():
        yield Score(name, _number(one.value), one.value is True, one.reason)


def _primary(row: _Row, settings: IngestSettings) -> float | None:
    """Return the score asked for, else the first one."""
    scores = {score.name: score.value for score in _scores(row)}
    if settings.score is not None:
        return scores.get(settings.score)
    return next((_number(one.value) for one in row.scores.values()), None)


def _number(value: bool | float | str | None) -> float | None:
    return None if value is None or isinstance(value, str) else float(value)
