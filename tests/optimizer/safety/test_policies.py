from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from optimizer.models.proposals import DecisionType
from optimizer.safety.constraints import Constraint, ConstraintType, breaches
from optimizer.safety.policies import Policy, violations

Make = Callable[..., Any]
LEVEL = 0.95


def policy(**more: Any) -> Policy:
    return Policy(**({"name": "p", "metric": "cost_relative", "op": "<=", "value": 0.2} | more))


@pytest.mark.parametrize(
    ("severity", "blocks"),
    [("info", False), ("warning", False), ("error", True), ("critical", True)],
)
def test_only_grave_violations_hold_back(
    effect: Make, proposal: Make, evidence: Make, severity: str, blocks: bool
) -> None:
    dear = proposal(DecisionType.MODEL_SWITCH, effect("cost_relative", 0.1, 0.0, 0.21))
    (found,) = violations(dear, evidence(), (policy(severity=severity),))
    assert found.blocks == blocks
    assert found.text == "cost_relative may be 0.21, cost_relative <= 0.2 is due"


def test_a_floor_is_held_against_the_lower_end(
    effect: Make, proposal: Make, evidence: Make
) -> None:
    made = proposal(DecisionType.MODEL_SWITCH, effect("success_rate", 0.1, -0.01, 0.2))
    assert violations(made, evidence(), (policy(metric="success_rate", op=">=", value=0),))
    assert not violations(made, evidence(), (policy(metric="success_rate", op=">=", value=-0.01),))


def test_what_is_not_known_is_said_and_does_not_hold_back(proposal: Make, evidence: Make) -> None:
    (found,) = violations(proposal(), evidence(), (policy(severity="critical"),))
    assert not found.blocks
    assert "is not known" in found.text


def test_policies_look_at_the_variant_in_use_and_at_the_proposal(
    proposal: Make, evidence: Make
) -> None:
    slow = policy(scope="current", metric="latency_p95_ms", op="<", value=150)
    sure = policy(scope="proposal", metric="confidence", op=">", value=0.99)
    assert len(violations(proposal(), evidence(), (slow, sure))) == 2


def test_a_policy_for_some_kinds_leaves_others_alone(proposal: Make, evidence: Make) -> None:
    rule = policy(scope="proposal", metric="changes", op="<", value=1, types=("rollback",))
    assert not violations(proposal(), evidence(), (rule,))
    assert violations(proposal(DecisionType.ROLLBACK), evidence(), (rule,))


def limit(kind: str, value: float | str, **more: Any) -> Constraint:
    return Constraint(name="limit", constraint_type=kind, value=value, **more)


def test_kinds_of_the_documents_are_read_as_ours() -> None:
    assert limit("MaxLatencyMs", 5).constraint_type is ConstraintType.MAX_LATENCY_MS
    assert limit("max_latency_ms", 5).constraint_type is ConstraintType.MAX_LATENCY_MS


@pytest.mark.parametrize(
    ("kind", "value"), [("MaxLatencyMs", "x"), ("ForbiddenProvider", 5), ("MinQualityScore", 70)]
)
def test_a_value_that_does_not_fit_its_kind_is_refused(kind: str, value: float | str) -> None:
    with pytest.raises(ValidationError, match="expected a"):
        limit(kind, value)


@pytest.mark.parametrize(
    ("kind", "value", "objects"),
    [
        ("MaxCostPerRequest", 0.13, False),
        ("MaxCostPerRequest", 0.12, True),
        ("MaxLatencyMs", 181, False),
        ("MaxLatencyMs", 179, True),
        ("MinQualityScore", 0.84, False),
        ("MinQualityScore", 0.86, True),
    ],
)
def test_effects_on_top_of_what_is_in_use_are_held_against_limits(
    effect: Make, proposal: Make, evidence: Make, kind: str, value: float, objects: bool
) -> None:
    made = proposal(
        DecisionType.MODEL_SWITCH,
        effect("cost_relative", 0.2, 0.1, 0.25),
        effect("latency_relative", 0.1, 0.0, 0.2),
        effect("success_rate", 0.0, -0.05, 0.05),
    )
    found = breaches(made, evidence(), (limit(kind, value),), level=LEVEL)
    assert bool(found) == objects
    assert all(one.blocks for one in found)


def test_a_soft_limit_warns(proposal: Make, evidence: Make) -> None:
    (found,) = breaches(
        proposal(), evidence(), (limit("MaxLatencyMs", 100, hard=False),), level=LEVEL
    )
    assert not found.blocks


def test_a_change_for_the_better_passes_though_the_limit_is_still_broken(
    effect: Make, proposal: Make, evidence: Make
) -> None:
    better = proposal(DecisionType.MODEL_SWITCH, effect("cost_relative", -0.3, -0.4, -0.2))
    worse = proposal(DecisionType.MODEL_SWITCH, effect("cost_relative", 0.3, 0.2, 0.4))
    cheap = (limit("MaxCostPerRequest", 0.01),)
    (found,) = breaches(better, evidence(), cheap, level=LEVEL)
    assert not found.blocks
    (found,) = breaches(worse, evidence(), cheap, level=LEVEL)
    assert found.blocks


def test_providers_are_known_by_the_variant_a_change_leads_to(
    proposal: Make, evidence: Make, window: Make
) -> None:
    found = evidence(current=window("a", provider="ours"), others=(window("b", provider="Theirs"),))
    (objection,) = breaches(proposal(), found, (limit("ForbiddenProvider", "theirs"),), level=LEVEL)
    assert objection.blocks
    (objection,) = breaches(proposal(), found, (limit("RequiredProvider", "ours"),), level=LEVEL)
    assert objection.blocks
    assert not breaches(proposal(), found, (limit("RequiredProvider", "THEIRS"),), level=LEVEL)
    (unknown,) = breaches(proposal(), evidence(), (limit("RequiredProvider", "x"),), level=LEVEL)
    assert not unknown.blocks


def test_an_unknown_figure_is_said(proposal: Make, evidence: Make) -> None:
    (found,) = breaches(proposal(), evidence(), (limit("MaxTokensPerMinute", 1000),), level=LEVEL)
    assert "not known" in found.text
    assert not found.blocks
