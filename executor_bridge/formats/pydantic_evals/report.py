"""What a report of pydantic-evals holds, as far as it is read.

After the classes `EvaluationReport`, `ReportCase`, `ReportCaseFailure`, `EvaluationResult` and
`EvaluatorFailure` of pydantic-evals 1.0 to 2.62; fields that are not listed are ignored.
"""

from __future__ import annotations

from typing import Any

from msgspec import Raw, Struct


class Judged(Struct):
    """What one evaluator said."""

    value: bool | float | str | None = None
    reason: str | None = None


class Broken(Struct):
    """An evaluator that raised."""

    name: str = "evaluator"
    error_message: str = "failed"


class Row(Struct):
    """What cases and failures have in common, and what either has."""

    name: str
    inputs: Any = None
    metadata: Any = None
    expected_output: Any = None
    output: Any = None
    metrics: dict[str, Any] = {}
    attributes: dict[str, Any] = {}
    scores: dict[str, Judged] = {}
    labels: dict[str, Judged] = {}
    assertions: dict[str, Judged] = {}
    task_duration: float | None = None
    source_case_name: str | None = None
    trace_id: str | None = None
    evaluator_failures: list[Broken] = []
    error_message: str | None = None


class Report(Struct):
    """A report: one experiment."""

    name: str
    cases: list[Raw]
    failures: list[Raw] = []
    report_evaluator_failures: list[Broken] = []
    experiment_metadata: dict[str, Any] | None = None
    trace_id: str | None = None
    dataset_name: str | None = None
