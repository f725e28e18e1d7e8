from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from optimizer.models.evidence import Evidence
from optimizer.models.lifecycle import PastDecision
from optimizer.models.proposals import DecisionType, Effect, Proposal
from optimizer.models.reviews import RiskLevel, ViolationSeverity
from optimizer.safety.breaker import Circuit, CircuitState
from optimizer.safety.guards import broken_circuit, losses, pace, unmeasured
from optimizer.safety.risk import risk_of
from optimizer.safety.settings import DecisionCriteria, RiskBands, SafetySettings
from optimizer.safety.validity import weaknesses

Make = Callable[..., Any]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LIMITS = SafetySettings()


@pytest.mark.parametrize(
    ("metric", "low", "high", "objects"),
    [
        ("success_rate", -0.05, 0.2, False),
        ("success_rate", -0.051, 0.2, True),
        ("score", -0.06, 0.3, True),
        ("cost_relative", -0.5, 0.10, False),
        ("cost_relative", -0.5, 0.11, True),
        ("latency_relative", -0.5, 0.15, False),
        ("latency_relative", -0.5, 0.16, True),
        ("hit_rate", -1.0, 1.0, False),
    ],
)
def test_the_pessimistic_end_is_held_against_what_a_change_may_cost(
    effect: Make, proposal: Make, metric: str, low: float, high: float, objects: bool
) -> None:
    made = proposal(DecisionType.MODEL_SWITCH, effect(metric, (low + high) / 2, low, high))
    found = losses(made, LIMITS)
    assert bool(found) == objects
    assert all(one.blocks for one in found)


def test_a_rollback_is_warned_of_and_not_held_back(effect: Make, proposal: Make) -> None:
    (found,) = losses(
        proposal(DecisionType.ROLLBACK, effect("cost_relative", 0.5, 0.4, 0.6)), LIMITS
    )
    assert found.severity is ViolationSeverity.WARNING
    assert "60.0%" in found.text


def test_what_only_asks_for_tests_costs_nothing(effect: Make, proposal: Make) -> None:
    made = proposal(DecisionType.START_EXPERIMENT, effect("success_rate", -0.5, -0.6, -0.4))
    assert losses(made, LIMITS) == ()
    assert unmeasured(made) == ()
    assert risk_of(made, LIMITS).level is None


def test_what_nobody_measured_is_pointed_out_with_the_reason(proposal: Make) -> None:
    found = unmeasured(proposal(effects_note="nothing was compared"))
    assert [one.check for one in found] == ["quality", "cost", "latency"]
    assert {one.text for one in found} == {"not measured: nothing was compared"}
    assert not any(one.blocks for one in found)


def test_the_quality_of_a_cache_setting_is_not_asked_for(proposal: Make) -> None:
    made = proposal(DecisionType.ENABLE_CACHING, changes=(("cache.ttl_s", None, 60),))
    assert [one.check for one in unmeasured(made)] == ["cost", "latency"]


def past(applied_at: datetime | None) -> PastDecision:
    return PastDecision(
        decision_id="d",
        decided_at=NOON,
        seen_until=NOON,
        state="monitoring",
        strategies=("x",),
        applied_at=applied_at,
    )


@pytest.mark.parametrize(("ago_s", "objects"), [(300, False), (299, True), (-60, True)])
def test_changes_keep_their_distance_on_the_clock_of_the_runs(
    proposal: Make, evidence: Make, ago_s: int, objects: bool
) -> None:
    seen = evidence(decisions=(past(NOON - timedelta(seconds=ago_s)), past(None)))
    assert bool(pace(proposal(), seen, LIMITS)) == objects


def test_no_more_experiments_than_are_allowed_are_open(proposal: Make, evidence: Make) -> None:
    start = proposal(DecisionType.START_EXPERIMENT, changes=(("experiment", None, "b"),))
    none = LIMITS.model_copy(update={"max_concurrent_experiments": 0})
    (found,) = pace(start, evidence(), none)
    assert found.text == "0 are open, at most 0 are allowed"
    assert pace(start, evidence(), LIMITS) == ()
    assert pace(proposal(), evidence(), none) == ()


def test_an_open_circuit_holds_changes_back_but_not_a_rollback(proposal: Make) -> None:
    broken = Circuit(state=CircuitState.OPEN, n_failures=3, until=NOON)
    (found,) = broken_circuit(proposal(), broken)
    assert found.blocks
    (rescue,) = broken_circuit(proposal(DecisionType.ROLLBACK), broken)
    assert not rescue.blocks
    assert broken_circuit(proposal(), Circuit(state=CircuitState.HALF_OPEN, n_failures=3)) == ()


def weak(made: Proposal, **criteria: Any) -> dict[str, bool]:
    found = weaknesses(made, DecisionCriteria(**criteria), min_confidence=0.8)
    return {one.check: one.blocks for one in found}


def test_a_change_needs_confidence_and_something_that_was_measured(
    effect: Make, proposal: Make
) -> None:
    good: Effect = effect("success_rate", 0.1, 0.05, 0.15)
    assert weak(proposal(DecisionType.MODEL_SWITCH, good)) == {}
    assert weak(proposal(DecisionType.MODEL_SWITCH, good, confidence=0.79)) == {"confidence": True}
    assert weak(proposal(DecisionType.MODEL_SWITCH, good, confidence=None)) == {"confidence": False}
    assert weak(proposal()) == {"evidence": True}
    assert weak(proposal(DecisionType.ROLLBACK, confidence=0.1)) == {
        "confidence": False,
        "evidence": False,
    }
    assert weak(proposal(DecisionType.START_EXPERIMENT, confidence=0.6)) == {}


def test_few_observations_and_little_gain_hold_back_only_where_the_settings_say_so(
    effect: Make, proposal: Make
) -> None:
    small = proposal(DecisionType.MODEL_SWITCH, effect("cost_relative", -0.02, -0.03, -0.01, n=60))
    assert weak(small) == {"sample size": False, "improvement": False}
    assert weak(small, severity="error") == {"sample size": True, "improvement": True}
    assert weak(small, min_improvement=0.02, min_sample_size=60) == {}


@pytest.mark.parametrize(
    ("low", "level", "approval"),
    [
        (0.01, RiskLevel.LOW, False),
        (-0.024, RiskLevel.LOW, False),
        (-0.026, RiskLevel.MEDIUM, False),
        (-0.041, RiskLevel.HIGH, True),
        (-0.11, RiskLevel.CRITICAL, True),
    ],
)
def test_risk_is_told_by_the_worst_end(
    effect: Make, proposal: Make, low: float, level: RiskLevel, approval: bool
) -> None:
    found = risk_of(
        proposal(DecisionType.MODEL_SWITCH, effect("success_rate", 0.1, low, 0.2)), LIMITS
    )
    assert (found.level, found.needs_approval) == (level, approval)
    assert any(one.blocks for one in found.objections) == (level is RiskLevel.CRITICAL)


def test_a_high_risk_is_held_back_where_no_approval_is_asked_for(proposal: Make) -> None:
    strict = LIMITS.model_copy(update={"require_approval_for_high_risk": False})
    unknown = proposal()
    assert risk_of(unknown, LIMITS).level is RiskLevel.HIGH, "its quality was not compared"
    assert not any(one.blocks for one in risk_of(unknown, LIMITS).objections)
    assert any(one.blocks for one in risk_of(unknown, strict).objections)


def test_a_limit_of_zero_makes_every_possible_loss_critical(effect: Make, proposal: Make) -> None:
    none = LIMITS.model_copy(update={"max_quality_degradation": 0.0})
    made = proposal(DecisionType.MODEL_SWITCH, effect("success_rate", 0.1, -0.001, 0.2))
    assert risk_of(made, none).level is RiskLevel.CRITICAL


def test_a_rollback_is_judged_by_quality_alone(effect: Make, proposal: Make) -> None:
    dear = effect("cost_relative", 3.0, 2.0, 4.0)
    better = effect("success_rate", 0.5, 0.3, 0.6)
    assert risk_of(proposal(DecisionType.ROLLBACK, dear, better), LIMITS).level is RiskLevel.LOW
    assert risk_of(proposal(DecisionType.MODEL_SWITCH, dear, better), LIMITS).level is (
        RiskLevel.CRITICAL
    )


def test_risk_bands_must_rise() -> None:
    with pytest.raises(ValueError, match="medium <= high <= critical"):
        RiskBands(medium=0.9, high=0.5)


def test_nothing_that_ran_has_no_pace(proposal: Make, evidence: Make) -> None:
    empty: Evidence = evidence(current=None, others=(), decisions=(past(NOON),))
    assert pace(proposal(), empty, LIMITS) == ()
