"""Which way to rewrite a prompt, and what else is worth knowing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from optimizer.models.rules import StrategyChoice

if TYPE_CHECKING:
    from optimizer.models.contract import PromptAnalysis
    from optimizer.models.execution import TestExecutionReport

CLARITY = "clarity_focus"
EFFICIENCY = "efficiency_focus"
STRUCTURE = "structure_focus"


class ChoiceThresholds(Protocol):
    """All that the choice needs of the rules."""

    @property
    def low_score_threshold(self) -> float:
        """Score below which clarity or efficiency counts as low, 0 to 100."""

    @property
    def clarity_efficiency_gap(self) -> float:
        """How far they must differ for the lower one to be the focus, in points."""

    @property
    def strategy_timeout_rate(self) -> float:
        """Share of timeouts above which clarity is the focus."""


def choose(
    rules: ChoiceThresholds, analysis: PromptAnalysis, report: TestExecutionReport | None
) -> StrategyChoice:
    """Choose in the published order; what that order hides becomes the runner-up."""
    clarity, efficiency = analysis.clarity_score, analysis.efficiency_score
    low = rules.low_score_threshold
    scores = f"clarity {clarity:.0f}, efficiency {efficiency:.0f}"
    if report is not None and report.get_timeout_error_rate() > rules.strategy_timeout_rate:
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
    if clarity < efficiency - rules.clarity_efficiency_gap:
        return StrategyChoice(strategy=CLARITY, reason=f"clarity is the weaker: {scores}")
    if efficiency < clarity - rules.clarity_efficiency_gap:
        return StrategyChoice(strategy=EFFICIENCY, reason=f"efficiency is the weaker: {scores}")
    if both_low:
        return StrategyChoice(strategy=STRUCTURE, reason=f"both are low: {scores}")
    return StrategyChoice(strategy=CLARITY, reason=f"neither stands out: {scores}")


def advice(report: TestExecutionReport | None, baseline_tokens: float | None) -> tuple[str, ...]:
    """Return facts that matter but do not change the published answer."""
    if report is None:
        return ()
    found = []
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
        found.append(
            f"{n_elsewhere} of {report.failed_tests} failures are timeouts, API or model-side "
            "failures: look at those before the prompt"
        )
    if len(seen) > 1:
        found.append(f"failures are of several kinds ({', '.join(seen)}): consider {STRUCTURE}")
    tokens = report.avg_tokens_per_request
    if baseline_tokens and tokens > baseline_tokens:
        found.append(
            f"{tokens:.0f} tokens per request, {tokens / baseline_tokens - 1:.0%} more than "
            f"the median of earlier versions ({baseline_tokens:.0f})"
        )
    return tuple(found)


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
