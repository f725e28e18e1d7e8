from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.models import (
    ErrorDistribution,
    IssueSeverity,
    IssueType,
    PromptAnalysis,
    PromptIssue,
    TestExecutionReport,
)
from optimizer.models.rules import Outcome, RuleCheck
from optimizer.scoring_rules import (
    ScoringRules,
    ScoringSettings,
    _convert_legacy_baseline_metrics,
)

RULES = ScoringRules()
legacy = pytest.mark.filterwarnings("ignore:baseline_metrics is deprecated")


def analysis(
    overall: float = 90, clarity: float = 90, efficiency: float = 90, critical: int = 0
) -> PromptAnalysis:
    issue = PromptIssue(
        severity=IssueSeverity.CRITICAL, type=IssueType.POOR_FORMATTING, description="x"
    )
    return PromptAnalysis(
        prompt_id="p",
        overall_score=overall,
        clarity_score=clarity,
        efficiency_score=efficiency,
        issues=[issue] * critical,
    )


def report(passed: int = 95, total: int = 100, **changes: Any) -> TestExecutionReport:
    fields: dict[str, Any] = {
        "workflow_id": "wf",
        "run_id": "r",
        "total_tests": total,
        "successful_tests": passed,
        "failed_tests": total - passed,
        "success_rate": passed / total,
        "avg_response_time_ms": 1000.0,
        "total_tokens": 10_000,
        "avg_tokens_per_request": 100.0,
        "total_cost": 1.0,
        "cost_per_request": 0.01,
    }
    return TestExecutionReport(**(fields | changes))


def timeouts(n: int) -> ErrorDistribution:
    return ErrorDistribution(timeout_errors=n)


def check(rule: str, explanation: Any) -> RuleCheck:
    return next(c for c in explanation.checks if c.rule == rule)


def test_good_prompts_with_good_results_stay() -> None:
    assert RULES.should_optimize(analysis(), report()) is False
    assert RULES.should_optimize(analysis(), test_results=None) is False


@pytest.mark.parametrize(
    ("static", "results"),
    [
        (analysis(overall=79.9), None),
        (analysis(critical=1), None),
        (analysis(), report(passed=70)),
        (analysis(), report(avg_response_time_ms=8000.0)),
        (analysis(), report(cost_per_request=0.11)),
        (analysis(), report(error_distribution=timeouts(6), passed=90)),
    ],
)
def test_each_rule_alone_is_reason_enough(
    static: PromptAnalysis, results: TestExecutionReport | None
) -> None:
    assert RULES.should_optimize(static, results) is True


def test_a_value_at_its_threshold_does_not_fire() -> None:
    at = report(
        passed=80,
        avg_response_time_ms=5000.0,
        cost_per_request=0.1,
        error_distribution=timeouts(5),
    )
    assert RULES.should_optimize(analysis(overall=80), at) is False


def test_a_caller_s_score_threshold_replaces_the_rule_s() -> None:
    config = SimpleNamespace(score_threshold=95.0)
    assert RULES.should_optimize(analysis(), config=config) is True
    assert (
        RULES.should_optimize(analysis(overall=50), config=SimpleNamespace(score_threshold=40))
        is False
    )


@legacy
def test_older_metrics_are_judged_by_their_own_rate() -> None:
    assert RULES.should_optimize(analysis(), baseline_metrics={"success_rate": 0.75}) is True
    assert RULES.should_optimize(analysis(), baseline_metrics={"success_rate": 0.9}) is False


@legacy
def test_results_come_before_older_metrics() -> None:
    assert RULES.should_optimize(analysis(), report(), {"success_rate": 0.1}) is False


@legacy
def test_older_metrics_are_converted_with_seconds_and_rounded_counts() -> None:
    converted = _convert_legacy_baseline_metrics(
        {"success_rate": 0.9, "avg_response_time": 1.5, "total_tests": 10}
    )
    assert converted is not None
    assert (converted.successful_tests, converted.failed_tests) == (9, 1)
    assert converted.avg_response_time_ms == 1500.0
    minimal = _convert_legacy_baseline_metrics({"success_rate": 0.90})
    assert minimal is not None
    assert (minimal.workflow_id, minimal.run_id) == ("unknown", "legacy")
    assert (minimal.total_tests, minimal.success_rate) == (1, 1.0)


def test_older_metrics_without_a_rate_are_nothing() -> None:
    assert _convert_legacy_baseline_metrics({}) is None
    assert _convert_legacy_baseline_metrics({"avg_cost": 1}) is None
    assert ScoringRules._convert_legacy_baseline_metrics(None) is None


def test_older_metrics_are_announced_as_deprecated() -> None:
    with pytest.warns(DeprecationWarning, match="give test_results"):
        RULES.should_optimize(analysis(), baseline_metrics={"success_rate": 0.9})


@legacy
def test_implausible_seconds_are_pointed_out() -> None:
    with pytest.warns(UserWarning, match="avg_response_time_ms"):
        _convert_legacy_baseline_metrics({"success_rate": 1.0, "avg_response_time": 2000})


@pytest.mark.parametrize(
    ("static", "results", "strategy"),
    [
        (
            analysis(clarity=75, efficiency=75),
            report(85, error_distribution=timeouts(15)),
            "clarity_focus",
        ),
        (analysis(clarity=90, efficiency=60), report(), "efficiency_focus"),
        (analysis(clarity=60, efficiency=60), report(), "efficiency_focus"),
        (analysis(clarity=60, efficiency=60), None, "structure_focus"),
        (analysis(clarity=60, efficiency=75), None, "clarity_focus"),
        (analysis(clarity=90, efficiency=75), None, "efficiency_focus"),
        (analysis(clarity=80, efficiency=75), None, "clarity_focus"),
        (analysis(clarity=70, efficiency=80), None, "clarity_focus"),
    ],
)
def test_strategies_are_chosen_in_the_published_order(
    static: PromptAnalysis, results: TestExecutionReport | None, strategy: str
) -> None:
    assert RULES.select_strategy(static, results) == strategy
    choice = RULES.explain_optimize(static, results).choice
    assert choice is not None
    assert choice.strategy == strategy
    assert choice.reason


def test_the_strategy_that_the_order_hides_is_the_runner_up() -> None:
    choice = RULES.explain_optimize(analysis(clarity=60, efficiency=60), report()).choice
    assert choice is not None
    assert choice.runner_up == "structure_focus"


def test_timeouts_come_with_their_rival_causes() -> None:
    results = report(85, error_distribution=ErrorDistribution(timeout_errors=13, api_errors=2))
    choice = RULES.explain_optimize(analysis(), results).choice
    assert choice is not None
    assert choice.reason == "13 of 100 tests timed out"
    assert any("2 API failures" in cause for cause in choice.rival_causes)


def test_mixed_failures_and_growing_prompts_are_advice_only() -> None:
    results = report(error_distribution=ErrorDistribution(validation_errors=3, api_errors=2))
    explained = RULES.explain_optimize(analysis(), results, baseline_tokens=80)
    assert explained.should_optimize is False
    assert len(explained.advice) == 2
    assert "25% more" in explained.advice[1]


def test_one_failure_of_three_fires_but_is_not_settled() -> None:
    explained = RULES.explain_optimize(analysis(), report(passed=2, total=3))
    success = check("success_rate", explained)
    assert explained.should_optimize is True
    assert (success.outcome, success.settled, success.n) == (Outcome.FIRED, False, 3)
    assert success.note is not None
    assert "not enough data" in success.note


def test_many_failures_fire_and_are_settled() -> None:
    success = check("success_rate", RULES.explain_optimize(analysis(), report(passed=50)))
    assert (success.outcome, success.settled) == (Outcome.FIRED, True)
    assert success.margin == pytest.approx(-0.3)


def test_repeated_cases_are_less_certain_than_as_many_cases() -> None:
    once = check("success_rate", RULES.explain_optimize(None, report(passed=70)))
    twice = check(
        "success_rate",
        RULES.explain_optimize(None, report(passed=70, metadata={"n_effective": 50.0})),
    )
    assert once.settled
    assert once.high is not None
    assert twice.high is not None
    assert twice.high > once.high


def test_without_a_prompt_the_static_rules_are_not_evaluated() -> None:
    explained = RULES.explain_optimize(None, report())
    assert explained.choice is None
    for rule in ("overall_score", "critical_issues"):
        assert check(rule, explained).outcome is Outcome.NOT_EVALUATED
        assert check(rule, explained).note == "no prompt"


def test_unmeasured_figures_are_not_judged() -> None:
    metadata = {"unknown_fields": ["execution_time", "cost"]}
    explained = RULES.explain_optimize(
        None, report(avg_response_time_ms=0.0, cost_per_request=0.0, metadata=metadata)
    )
    assert check("mean_latency", explained).note == "no times were measured"
    assert check("mean_cost", explained).note == "no prices are known"


def test_means_have_intervals_where_their_spread_is_known() -> None:
    metadata = {"latency_cases": 100, "latency_sd_ms": 500.0}
    latency = check("mean_latency", RULES.explain_optimize(None, report(metadata=metadata)))
    # 1000 -+ t(.975, 99) * 500 / 10 = 1000 -+ 1.984217 * 50
    assert (latency.low, latency.high) == pytest.approx((900.789, 1099.211), abs=1e-3)


@given(
    overall=st.floats(0, 100),
    critical=st.integers(0, 2),
    passed=st.integers(0, 40),
    latency=st.floats(0, 10_000),
    cost=st.floats(0, 1),
    n_timeouts=st.integers(0, 10),
)
def test_the_explanation_always_agrees_with_the_published_rules(
    overall: float, critical: int, passed: int, latency: float, cost: float, n_timeouts: int
) -> None:
    results = report(
        passed,
        50,
        avg_response_time_ms=latency,
        cost_per_request=cost,
        error_distribution=timeouts(n_timeouts),
    )
    published = (
        overall < 80
        or critical >= 1
        or passed / 50 < 0.8
        or latency > 5000
        or cost > 0.1
        or n_timeouts / 50 > 0.05
    )
    static = analysis(overall=overall, critical=critical)
    assert RULES.should_optimize(static, results) is published
    assert RULES.explain_optimize(static, results).should_optimize is published


@pytest.mark.parametrize(
    ("improvement", "bump"),
    [(15, "major"), (14.9, "minor"), (5, "minor"), (4.9, "patch"), (-3, "patch")],
)
def test_improvements_raise_the_version(improvement: float, bump: str) -> None:
    assert RULES.version_bump_type(improvement) == bump


def test_high_quality_needs_confidence_and_improvement() -> None:
    assert RULES.is_high_quality(0.8, 5.0)
    assert not RULES.is_high_quality(0.79, 5.0)
    assert not RULES.is_high_quality(0.8, 4.9)


def test_unknown_keys_of_a_configuration_are_ignored() -> None:
    rules = ScoringRules.from_config({"min_success_rate": 0.9, "surprise": 1})
    assert rules == dataclasses.replace(RULES, min_success_rate=0.9)


def test_settings_and_rules_have_the_same_thresholds() -> None:
    assert ScoringSettings().model_dump() == dataclasses.asdict(RULES)
