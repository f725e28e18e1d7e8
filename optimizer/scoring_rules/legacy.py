"""The older form of test results, still accepted."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optimizer.models.execution import TestExecutionReport

PLAUSIBLE_SECONDS = 600.0
"""A legacy response time above this was probably given in milliseconds."""


def _convert_legacy_baseline_metrics(
    baseline_metrics: Mapping[str, Any] | None,
) -> TestExecutionReport | None:
    """Make a report of the older form of test results, or None where it has no success rate.

    `avg_response_time` is in seconds; `avg_response_time_ms` is taken as it is. Counts are
    rounded, so that the report's rate may differ from the one given.
    """
    from optimizer.models.execution import TestExecutionReport  # noqa: PLC0415 - start-up time

    if not baseline_metrics or "success_rate" not in baseline_metrics:
        return None
    warnings.warn(
        "baseline_metrics is deprecated; give test_results", DeprecationWarning, stacklevel=4
    )
    seconds = baseline_metrics.get("avg_response_time", 0.0)
    if seconds > PLAUSIBLE_SECONDS:
        warnings.warn(
            f"avg_response_time is in seconds, and {seconds} s is long; "
            "give avg_response_time_ms if it is milliseconds",
            UserWarning,
            stacklevel=4,
        )
    total = baseline_metrics.get("total_tests", 1)
    successful = round(total * baseline_metrics["success_rate"])
    return TestExecutionReport(
        workflow_id=baseline_metrics.get("workflow_id", "unknown"),
        run_id=baseline_metrics.get("run_id", "legacy"),
        total_tests=total,
        successful_tests=successful,
        failed_tests=total - successful,
        success_rate=successful / total,
        avg_response_time_ms=baseline_metrics.get("avg_response_time_ms", seconds * 1000),
        total_tokens=baseline_metrics.get("total_tokens", 0),
        avg_tokens_per_request=baseline_metrics.get("avg_tokens", 0.0),
        total_cost=baseline_metrics.get("total_cost", 0.0),
        cost_per_request=baseline_metrics.get("avg_cost", 0.0),
    )
