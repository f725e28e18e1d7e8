"""A published report made of stored figures."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from optimizer.models.errors import HistoryError
from optimizer.models.summaries import RunSummary, WindowSummary

if TYPE_CHECKING:
    from optimizer.models.execution import TestExecutionReport


def report_of(
    summary: RunSummary | WindowSummary, *, is_judged: bool = True
) -> TestExecutionReport | None:
    """Return the report of a run or of a window of runs, or None where no task completed.

    Figures that nobody measured are 0 in the report, as its model demands, and named in
    `metadata["unknown_fields"]`. What intervals need is in the metadata too: `n_effective` for
    rates, and for means their spread with the number of cases, as if none had been repeated.

    Args:
        summary: The figures.
        is_judged: Whether anybody told pass from fail; else the success rate is unknown.

    Raises:
        HistoryError: A stored figure is none that can be measured, such as NaN.
    """
    from optimizer.models.execution import ErrorDistribution, TestExecutionReport  # noqa: PLC0415

    said = _said(summary, is_judged)
    if said is None:
        return None
    errors = ErrorDistribution(**said.pop("error_distribution"))
    return TestExecutionReport(**said, error_distribution=errors)


def figures_of(
    summary: RunSummary | WindowSummary, *, is_judged: bool = True
) -> TestExecutionReport | None:
    """Return what the scoring rules read of `report_of`, without making and checking a model."""
    said = _said(summary, is_judged)
    if said is None:
        return None
    errors = SimpleNamespace(**said.pop("error_distribution"))
    return cast("TestExecutionReport", _Figures(**said, error_distribution=errors))


class _Figures(SimpleNamespace):
    """The figures of a report by the names of its fields."""

    def get_timeout_error_rate(self) -> float:
        """Return the share of tests that timed out, 0 to 1."""
        return float(self.error_distribution.timeout_errors / self.total_tests)


def _said(summary: RunSummary | WindowSummary, is_judged: bool) -> dict[str, Any] | None:
    """Return the fields of a report, None where no task completed."""
    if summary.n_completed == 0 or summary.success_rate is None:
        return None
    if isinstance(summary, RunSummary):
        run_id, executed_at = summary.run_id, summary.finished_at
    else:
        run_id, executed_at = f"newest {summary.n_runs} runs", summary.last_started_at
    said: dict[str, Any] = dict(
        workflow_id=summary.workflow_id,
        run_id=run_id,
        total_tests=summary.n_completed,
        successful_tests=summary.n_succeeded,
        failed_tests=summary.n_completed - summary.n_succeeded,
        success_rate=summary.success_rate,
        avg_response_time_ms=summary.latency_mean_ms or 0.0,
        p95_response_time_ms=summary.latency_p95_ms,
        p99_response_time_ms=summary.latency_p99_ms,
        total_tokens=summary.tokens_total or 0,
        avg_tokens_per_request=summary.tokens_mean or 0.0,
        total_cost=summary.cost_total_usd or 0.0,
        cost_per_request=summary.cost_mean_usd or 0.0,
        error_distribution=dict(
            timeout_errors=summary.n_timeout_failures,
            api_errors=summary.n_api_failures,
            validation_errors=summary.n_validation_failures,
            llm_errors=summary.n_llm_failures,
        ),
        executed_at=executed_at,
        metadata={
            "total_retries": summary.n_retries,
            "cancelled_tasks": summary.n_cancelled,
            "scheduled_tasks": summary.n_tasks,
            "percentile_method": "linear",
            "unclassified_failures": summary.n_unclassified_failures,
            "unknown_fields": [*_unknown_fields(summary), *([] if is_judged else ["success_rate"])],
            "n_cases": summary.n_cases,
            "n_effective": summary.n_effective,
            "latency_n": summary.n_latency,
            "latency_cases": min(summary.n_latency, summary.n_cases),
            "latency_sd_ms": summary.latency_sd_ms,
            "cost_n": summary.n_cost,
            "cost_cases": min(summary.n_cost, summary.n_cases),
            "cost_sd_usd": summary.cost_sd_usd,
        },
    )
    _require_measurable(summary, run_id, said)
    return said


def _require_measurable(
    summary: RunSummary | WindowSummary, run_id: str, figures: dict[str, Any]
) -> None:
    """Refuse stored figures that nobody can have measured.

    Raises:
        HistoryError: One is not finite, or below 0.
    """
    for field, value in figures.items():
        if isinstance(value, float) and not 0 <= value < math.inf:
            raise HistoryError(
                f"{summary.workflow_id}: {run_id}: {field} of the stored figures: found {value}, "
                "expected a number that can be measured",
                hint="See with 'optimizer doctor' what else is damaged.",
            )


def _unknown_fields(summary: RunSummary | WindowSummary) -> list[str]:
    known = {
        "execution_time": summary.n_latency,
        "tokens_used": summary.n_tokens,
        "cost": summary.n_cost,
    }
    return [field for field, n in known.items() if n == 0]
