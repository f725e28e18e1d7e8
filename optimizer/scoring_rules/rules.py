"""The published rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Protocol, Self

from optimizer.models.rules import Explanation, Outcome, RuleCheck, Unit
from optimizer.scoring_rules.choice import advice, choose
from optimizer.scoring_rules.judging import Rule
from optimizer.scoring_rules.legacy import _convert_legacy_baseline_metrics
from optimizer.stats.intervals import Interval, mean_interval, wilson

if TYPE_CHECKING:
    from optimizer.models.contract import PromptAnalysis
    from optimizer.models.execution import TestExecutionReport


class HasScoreThreshold(Protocol):
    """All that is read of a caller's configuration."""

    score_threshold: float


@dataclass
class ScoringRules:
    """The published rules; see `ScoringSettings` for what each threshold means."""

    optimization_threshold: float = 80.0
    critical_issue_threshold: int = 1
    clarity_efficiency_gap: float = 10.0
    low_score_threshold: float = 70.0
    min_confidence: float = 0.6
    high_confidence: float = 0.8
    major_version_min_improvement: float = 15.0
    minor_version_min_improvement: float = 5.0
    min_success_rate: float = 0.8
    max_acceptable_latency_ms: float = 5000.0
    max_cost_per_request: float = 0.1
    max_timeout_error_rate: float = 0.05
    strategy_timeout_rate: float = 0.1

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Make rules of a mapping; unknown keys are ignored."""
        known = {field.name for field in fields(cls)}
        return cls(**{key: value for key, value in config.items() if key in known})

    def should_optimize(
        self,
        analysis: PromptAnalysis,
        test_results: TestExecutionReport | None = None,
        baseline_metrics: Mapping[str, Any] | None = None,
        config: HasScoreThreshold | None = None,
    ) -> bool:
        """Tell whether any rule fires.

        Args:
            analysis: Static analysis of the prompt.
            test_results: What a test run showed.
            baseline_metrics: The older form of `test_results`, read when that is not given.
            config: Its `score_threshold` replaces `optimization_threshold`.
        """
        return self.explain_optimize(
            analysis, test_results, baseline_metrics, config
        ).should_optimize

    def explain_optimize(
        self,
        analysis: PromptAnalysis | None = None,
        test_results: TestExecutionReport | None = None,
        baseline_metrics: Mapping[str, Any] | None = None,
        config: HasScoreThreshold | None = None,
        *,
        level: float = 0.95,
        baseline_tokens: float | None = None,
    ) -> Explanation:
        """Judge every rule and say how far each is from its threshold.

        Args:
            analysis: Static analysis, or None: the static rules are then not evaluated.
            test_results: What a test run showed, or None: likewise the rules on runs.
            baseline_metrics: As in `should_optimize`.
            config: As in `should_optimize`.
            level: Confidence level of the intervals, 0 to 1.
            baseline_tokens: Tokens per request of earlier versions, for comparison.
        """
        legacy_rate = None
        if test_results is None and baseline_metrics:
            test_results = _convert_legacy_baseline_metrics(baseline_metrics)
            legacy_rate = None if test_results is None else float(baseline_metrics["success_rate"])
        checks = (
            *self._static_checks(analysis, config),
            *self._run_checks(test_results, legacy_rate, level),
        )
        return Explanation(
            should_optimize=any(check.outcome is Outcome.FIRED for check in checks),
            checks=checks,
            choice=None if analysis is None else choose(self, analysis, test_results),
            advice=advice(test_results, baseline_tokens),
        )

    def select_strategy(
        self,
        analysis: PromptAnalysis,
        test_results: TestExecutionReport | None = None,
        baseline_metrics: Mapping[str, Any] | None = None,
    ) -> str:
        """Return the name of the way to rewrite the prompt."""
        if test_results is None and baseline_metrics:
            test_results = _convert_legacy_baseline_metrics(baseline_metrics)
        return choose(self, analysis, test_results).strategy

    def version_bump_type(self, improvement: float) -> str:
        """Return which part of the version an improvement in points raises."""
        if improvement >= self.major_version_min_improvement:
            return "major"
        if improvement >= self.minor_version_min_improvement:
            return "minor"
        return "patch"

    def is_high_quality(self, confidence: float, improvement: float) -> bool:
        """Tell whether a result is sure enough and large enough to be used without a look."""
        return (
            confidence >= self.high_confidence and improvement >= self.minor_version_min_improvement
        )

    @staticmethod
    def _convert_legacy_baseline_metrics(
        baseline_metrics: Mapping[str, Any] | None,
    ) -> TestExecutionReport | None:
        return _convert_legacy_baseline_metrics(baseline_metrics)

    def _static_checks(
        self, analysis: PromptAnalysis | None, config: HasScoreThreshold | None
    ) -> tuple[RuleCheck, RuleCheck]:
        score_below = self.optimization_threshold if config is None else config.score_threshold
        score = Rule("overall_score", "optimization_threshold", Unit.POINTS, True, score_below)
        critical = Rule(
            "critical_issues",
            "critical_issue_threshold",
            Unit.COUNT,
            False,
            self.critical_issue_threshold,
            fires_at_threshold=True,
        )
        if analysis is None:
            return score.skipped("no prompt"), critical.skipped("no prompt")
        n_critical = sum(
            getattr(issue.severity, "value", None) == "critical" for issue in analysis.issues
        )
        return (
            score.judged(analysis.overall_score),
            critical.judged(n_critical),
        )

    def _run_checks(
        self, report: TestExecutionReport | None, legacy_rate: float | None, level: float
    ) -> tuple[RuleCheck, ...]:
        success = Rule("success_rate", "min_success_rate", Unit.RATE, True, self.min_success_rate)
        latency = Rule(
            "mean_latency",
            "max_acceptable_latency_ms",
            Unit.MS,
            False,
            self.max_acceptable_latency_ms,
        )
        cost = Rule("mean_cost", "max_cost_per_request", Unit.USD, False, self.max_cost_per_request)
        timeouts = Rule(
            "timeout_rate", "max_timeout_error_rate", Unit.RATE, False, self.max_timeout_error_rate
        )
        if report is None:
            return tuple(r.skipped("no test results") for r in (success, latency, cost, timeouts))
        unknown = report.metadata.get("unknown_fields", ())
        n, n_effective = report.total_tests, report.metadata.get("n_effective")
        return (
            success.skipped("nobody told pass from fail")
            if "success_rate" in unknown
            else success.judged(legacy_rate)
            if legacy_rate is not None
            else success.judged(
                report.success_rate,
                wilson(report.successful_tests, n, level=level, n_effective=n_effective),
                n=n,
            ),
            latency.skipped("no times were measured")
            if "execution_time" in unknown
            else latency.judged(
                report.avg_response_time_ms,
                _mean_interval(report, "latency_cases", "latency_sd_ms", level),
                n=report.metadata.get("latency_n", n),
            ),
            cost.skipped("no prices are known")
            if "cost" in unknown
            else cost.judged(
                report.cost_per_request,
                _mean_interval(report, "cost_cases", "cost_sd_usd", level),
                n=report.metadata.get("cost_n", n),
            ),
            timeouts.judged(
                report.get_timeout_error_rate(),
                wilson(
                    report.error_distribution.timeout_errors,
                    n,
                    level=level,
                    n_effective=n_effective,
                ),
                n=n,
            ),
        )


def _mean_interval(
    report: TestExecutionReport, n_key: str, sd_key: str, level: float
) -> Interval | None:
    """Return the interval of a mean of which n and spread are in the metadata, else None."""
    n, sd = report.metadata.get(n_key), report.metadata.get(sd_key)
    mean = report.avg_response_time_ms if n_key == "latency_cases" else report.cost_per_request
    if n is None or sd is None or n < 2:  # noqa: PLR2004 - one observation has no spread
        return None
    interval = mean_interval(mean, sd, n, level=level)
    return replace(interval, low=max(interval.low, 0.0))
