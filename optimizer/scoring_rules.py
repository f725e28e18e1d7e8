"""Should this prompt be optimized, and which way? The published thresholds and their explanation.

The published answers (`should_optimize`, `select_strategy`) compare plain figures with plain
thresholds, strictly. `explain_optimize` gives the same answer rule by rule, with margins, n and
intervals, so that one failure of three tests reads as too little data.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Annotated, Any, Protocol, Self

from pydantic import Field

from optimizer.models.rules import Explanation, Outcome, RuleCheck, StrategyChoice, Unit
from optimizer.models.settings import Settings
from optimizer.stats.intervals import Interval, mean_interval, wilson

if TYPE_CHECKING:
    from optimizer.models.contract import PromptAnalysis, TestExecutionReport

CLARITY = "clarity_focus"
EFFICIENCY = "efficiency_focus"
STRUCTURE = "structure_focus"

PLAUSIBLE_SECONDS = 600.0
"""A legacy response time above this was probably given in milliseconds."""

Percent = Annotated[float, Field(ge=0, le=100)]
Rate = Annotated[float, Field(ge=0, le=1)]


class ScoringSettings(Settings):
    """Thresholds of the scoring rules; only a count of issues fires at its threshold."""

    optimization_threshold: Percent = 80.0
    """Static score of a prompt below which it should be optimized, 0 to 100."""

    critical_issue_threshold: Annotated[int, Field(ge=1)] = 1
    """Number of critical issues from which a prompt should be optimized."""

    clarity_efficiency_gap: Percent = 10.0
    """How far clarity and efficiency must differ for the lower one to be the focus, in points."""

    low_score_threshold: Percent = 70.0
    """Score below which clarity or efficiency counts as low, 0 to 100."""

    min_confidence: Rate = 0.6
    """Confidence below which an optimization result is not used."""

    high_confidence: Rate = 0.8
    """Confidence from which a result can be of high quality."""

    major_version_min_improvement: Annotated[float, Field(ge=0)] = 15.0
    """Improvement from which a new prompt is a major version, in points."""

    minor_version_min_improvement: Annotated[float, Field(ge=0)] = 5.0
    """Improvement from which a new prompt is a minor version, in points."""

    min_success_rate: Rate = 0.8
    """Pass rate below which a prompt should be optimized."""

    max_acceptable_latency_ms: Annotated[float, Field(ge=0)] = 5000.0
    """Mean response time above which a prompt should be optimized, in ms."""

    max_cost_per_request: Annotated[float, Field(ge=0)] = 0.1
    """Mean price of a call above which a prompt should be optimized, in USD."""

    max_timeout_error_rate: Rate = 0.05
    """Share of timeouts above which a prompt should be optimized."""

    strategy_timeout_rate: Rate = 0.1
    """Share of timeouts above which clarity is the focus."""


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
            choice=None if analysis is None else self._choice(analysis, test_results),
            advice=_advice(test_results, baseline_tokens),
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
        return self._choice(analysis, test_results).strategy

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
        score = _Rule("overall_score", "optimization_threshold", Unit.POINTS, True, score_below)
        critical = _Rule(
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
        success = _Rule("success_rate", "min_success_rate", Unit.RATE, True, self.min_success_rate)
        latency = _Rule(
            "mean_latency",
            "max_acceptable_latency_ms",
            Unit.MS,
            False,
            self.max_acceptable_latency_ms,
        )
        cost = _Rule(
            "mean_cost", "max_cost_per_request", Unit.USD, False, self.max_cost_per_request
        )
        timeouts = _Rule(
            "timeout_rate", "max_timeout_error_rate", Unit.RATE, False, self.max_timeout_error_rate
        )
        if report is None:
            return tuple(r.skipped("no test results") for r in (success, latency, cost, timeouts))
        unknown = report.metadata.get("unknown_fields", ())
        n, n_effective = report.total_tests, report.metadata.get("n_effective")
        return (
            success.judged(legacy_rate)
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

    def _choice(
        self, analysis: PromptAnalysis, report: TestExecutionReport | None
    ) -> StrategyChoice:
        """Choose in the published order; what that order hides becomes the runner-up."""
        clarity, efficiency = analysis.clarity_score, analysis.efficiency_score
        low = self.low_score_threshold
        scores = f"clarity {clarity:.0f}, efficiency {efficiency:.0f}"
        if report is not None and report.get_timeout_error_rate() > self.strategy_timeout_rate:
            n_timeouts = report.error_distribution.timeout_errors
            return StrategyChoice(
                strategy=CLARITY,
                reason=f"{n_timeouts} of {report.total_tests} tests timed out",
                rival_causes=_rival_causes(report),
            )
        both_low = clarity < low and efficiency < low
        if report is not None and efficiency < low:
            return StrategyChoice(
                strategy=EFFICIENCY,
                reason=f"efficiency is low: {scores}",
                runner_up=STRUCTURE if both_low else None,
                runner_up_reason=f"clarity is low as well: {scores}" if both_low else None,
            )
        if clarity < efficiency - self.clarity_efficiency_gap:
            return StrategyChoice(strategy=CLARITY, reason=f"clarity is the weaker: {scores}")
        if efficiency < clarity - self.clarity_efficiency_gap:
            return StrategyChoice(strategy=EFFICIENCY, reason=f"efficiency is the weaker: {scores}")
        if both_low:
            return StrategyChoice(strategy=STRUCTURE, reason=f"both are low: {scores}")
        return StrategyChoice(strategy=CLARITY, reason=f"neither stands out: {scores}")


def _convert_legacy_baseline_metrics(
    baseline_metrics: Mapping[str, Any] | None,
) -> TestExecutionReport | None:
    """Make a report of the older form of test results, or None where it has no success rate.

    `avg_response_time` is in seconds; `avg_response_time_ms` is taken as it is. Counts are
    rounded, so that the report's rate may differ from the one given.
    """
    from optimizer.models.contract import TestExecutionReport  # noqa: PLC0415 - start-up time

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


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule before it is judged."""

    rule: str
    setting: str
    unit: Unit
    fires_below: bool
    threshold: float
    fires_at_threshold: bool = False

    def skipped(self, note: str) -> RuleCheck:
        """Return the rule as not evaluated."""
        return self._check(outcome=Outcome.NOT_EVALUATED, note=note)

    def judged(
        self, value: float, interval: Interval | None = None, *, n: int | None = None
    ) -> RuleCheck:
        """Return how the rule comes out for a value that was measured on `n` tests."""
        fired = self._beyond(value)
        margin = value - self.threshold if self.fires_below else self.threshold - value
        if interval is None:
            outcome = Outcome.FIRED if fired else Outcome.QUIET
            return self._check(outcome=outcome, value=value, margin=margin, n=n)
        settled = all(self._beyond(bound) == fired for bound in (interval.low, interval.high))
        return self._check(
            outcome=Outcome.FIRED if fired else Outcome.QUIET,
            value=value,
            margin=margin,
            n=n,
            n_effective=interval.n_effective,
            low=interval.low,
            high=interval.high,
            level=interval.level,
            settled=settled,
            note=None if settled else "not enough data: the interval reaches the threshold",
        )

    def _beyond(self, value: float) -> bool:
        if value == self.threshold:
            return self.fires_at_threshold
        return value < self.threshold if self.fires_below else value > self.threshold

    def _check(self, **judgement: Any) -> RuleCheck:
        return RuleCheck(
            rule=self.rule,
            setting=self.setting,
            unit=self.unit,
            fires_below=self.fires_below,
            threshold=self.threshold,
            fires_at_threshold=self.fires_at_threshold,
            **judgement,
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


def _rival_causes(report: TestExecutionReport) -> tuple[str, ...]:
    """Return what but an unclear prompt could make tests time out, by this run's figures."""
    errors = report.error_distribution
    rivals = ["a slow or overloaded model: a timeout says nothing of the prompt by itself"]
    if errors.api_errors:
        rivals.append(f"trouble on the way to the model: {errors.api_errors} API failures")
    if errors.llm_errors:
        rivals.append(f"limits of the model's service: {errors.llm_errors} model-side failures")
    if report.p95_response_time_ms is not None:
        rivals.append(
            f"a time limit set too tight: the 95th percentile is "
            f"{report.p95_response_time_ms:.0f} ms, timed-out tests included"
        )
    return tuple(rivals)


def _advice(report: TestExecutionReport | None, baseline_tokens: float | None) -> tuple[str, ...]:
    """Return facts that matter but do not change the published answer."""
    if report is None:
        return ()
    advice = []
    errors = report.error_distribution
    kinds: tuple[tuple[str, int], ...] = (
        ("timeout", errors.timeout_errors),
        ("API", errors.api_errors),
        ("validation", errors.validation_errors),
        ("model-side", errors.llm_errors),
    )
    seen = [f"{n} {name}" for name, n in kinds if n]
    n_elsewhere = errors.timeout_errors + errors.api_errors + errors.llm_errors
    if 2 * n_elsewhere > report.failed_tests:
        advice.append(
            f"{n_elsewhere} of {report.failed_tests} failures are timeouts, API or model-side "
            "failures: look at those before the prompt"
        )
    if len(seen) > 1:
        advice.append(f"failures are of several kinds ({', '.join(seen)}): consider {STRUCTURE}")
    tokens = report.avg_tokens_per_request
    if baseline_tokens and tokens > baseline_tokens:
        advice.append(
            f"{tokens:.0f} tokens per request, {tokens / baseline_tokens - 1:.0%} more than "
            f"the median of earlier versions ({baseline_tokens:.0f})"
        )
    return tuple(advice)
