from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from optimizer.models.evidence import Evidence
from optimizer.models.proposals import Answer, DecisionType
from optimizer.strategies.model_selection import ModelSelection, ModelSelectionSettings

Measured = Callable[..., Evidence]
RNG = np.random.default_rng(17)
N = 80
HARD = RNG.random(N)
PASSED = (HARD < 0.9).astype(float)
COST = RNG.lognormal(-6, 0.4, N)
LATENCY = RNG.lognormal(6.5, 0.3, N)


def ask(evidence: Evidence, **said: Any) -> Answer:
    return ModelSelection(ModelSelectionSettings.model_validate(said)).propose(evidence)


def variant(
    passed: Any = PASSED, cost: float = 1.0, latency: float = 1.0, **more: Any
) -> dict[str, Any]:
    return {"passed": passed, "cost_usd": COST * cost, "latency_ms": LATENCY * latency} | more


def test_a_cheaper_model_that_passes_as_much_is_switched_to(measured: Measured) -> None:
    (proposal,) = ask(measured(dear=variant(), cheap=variant(cost=0.5))).proposals
    assert proposal.type is DecisionType.MODEL_SWITCH
    changes = {one.setting: one.new for one in proposal.changes}
    assert changes == {
        "variant": "cheap",
        "model": "model-cheap",
        "provider": "provider-cheap",
    }
    (cost,) = (one for one in proposal.effects if one.metric == "cost_relative")
    assert cost.estimate == pytest.approx(-0.5)
    gain = proposal.facts[0]
    # 0.4 * 0 quality + 0.4 * half the price + 0.2 * 0 time
    assert gain.estimate == pytest.approx(0.2)
    assert gain.low is not None
    assert gain.low > 0
    assert proposal.confidence is not None
    assert proposal.confidence > 0.999


def test_a_faster_model_that_passes_as_much_is_switched_to(measured: Measured) -> None:
    (proposal,) = ask(measured(slow=variant(), fast=variant(latency=0.4))).proposals
    assert proposal.changes[0].new == "fast"
    assert proposal.facts[0].estimate == pytest.approx(0.2 * 0.6)


def test_a_dearer_model_that_passes_more_is_a_matter_of_the_weights(measured: Measured) -> None:
    better = measured(weak=variant(passed=(HARD < 0.5) * 1.0), strong=variant(cost=1.2))
    assert ask(better, quality_weight=0.8, cost_weight=0.2, latency_weight=0.0).proposals
    silence = ask(better, quality_weight=0.1, cost_weight=0.9, latency_weight=0.0).silence
    assert silence is not None
    assert "no model is worth more beyond doubt" in silence


def test_what_chance_explains_is_no_reason_to_switch(measured: Measured) -> None:
    noise = np.random.default_rng(4)
    other = (noise.random(N) < 0.9).astype(float)
    found = measured(now=variant(), other=variant(passed=other, cost=0.995))
    answer = ask(found)
    assert answer.silence is not None
    assert "the best of 1, other" in answer.silence
    assert f"over {N} cases" in answer.silence


def test_the_level_of_the_interval_allows_for_the_number_of_candidates(measured: Measured) -> None:
    many = {f"v{i}": variant(cost=0.5 + i / 100) for i in range(10)}
    (proposal,) = ask(measured(now=variant(), **many)).proposals
    assert proposal.facts[0].level == pytest.approx(1 - 0.05 / 10)
    assert "10 candidates allowed for" in proposal.rationale


def test_the_next_best_models_are_the_fallbacks(measured: Measured) -> None:
    found = measured(
        now=variant(), a=variant(cost=0.4), b=variant(cost=0.5), c=variant(cost=0.6), d=variant()
    )
    (proposal,) = ask(found).proposals
    assert proposal.changes[0].new == "a"
    assert proposal.changes[-1].setting == "fallback_models"
    assert proposal.changes[-1].new == ["model-b", "model-c"]
    assert sum(note.startswith("Fallback ") for note in proposal.notes) == 2
    assert [one.setting for one in ask(found, num_fallbacks=0).proposals[0].changes] == [
        "variant",
        "model",
        "provider",
    ]


@pytest.mark.parametrize(
    ("broken", "said", "why"),
    [
        ({"passed": (HARD < 0.5) * 1.0}, {}, "at least 0.7 is due"),
        ({}, {"max_cost": 1e-6}, "USD per call"),
        ({}, {"max_latency_ms": 1}, "p95 of"),
        ({}, {"forbidden_providers": ["Provider-Other"]}, "is forbidden"),
        ({}, {"allowed_providers": ["openai"]}, "not among the allowed"),
        ({"provider": None}, {"allowed_providers": ["openai"]}, "was not recorded"),
    ],
)
def test_a_model_that_breaks_a_limit_is_no_choice(
    measured: Measured, broken: dict[str, Any], said: dict[str, Any], why: str
) -> None:
    found = measured(now=variant(), other=variant(cost=0.1, latency=0.1) | broken)
    silence = ask(found, **said).silence
    assert silence is not None
    assert silence.startswith("no viable model")
    assert why in silence


def test_variants_on_the_same_model_are_left_to_others(measured: Measured) -> None:
    found = measured(
        now=variant(model="m", provider="p"), other=variant(cost=0.1, model="m", provider="p")
    )
    assert ask(found).silence == "no other model than m has run"


def test_a_model_that_never_ran_needs_a_trial(measured: Measured) -> None:
    found = measured(now=variant(model="m"))
    silence = ask(found, candidate_models=["m", "new"]).silence
    assert silence is not None
    assert "new has never run on this workflow: it needs a trial" in silence
    switch = ask(measured(now=variant(), b=variant(cost=0.3)), candidate_models=["new"])
    assert "new has never run on this workflow: it needs a trial" in switch.proposals[0].notes


def test_few_cases_are_too_little(measured: Measured) -> None:
    few = {"passed": PASSED[:20], "cost_usd": COST[:20], "latency_ms": LATENCY[:20]}
    silence = ask(measured(now=few, other={**few, "cost_usd": COST[:20] / 9})).silence
    assert silence is not None
    assert silence.startswith("not enough data: 20 of 30 cases")


def test_models_that_share_no_case_are_compared_by_their_figures(measured: Measured) -> None:
    found = measured(paired=False, now=variant(), other=variant(cost=0.4))
    (proposal,) = ask(found).proposals
    assert {one.estimator for one in proposal.effects} == {
        "newcombe, unpaired",
        "log-delta, unpaired",
    }
    assert proposal.effects_note is not None
    assert "re-run both on the same" in proposal.effects_note


def test_a_model_without_a_price_is_not_held_against_one_that_has_one(measured: Measured) -> None:
    free = {"passed": PASSED, "latency_ms": LATENCY / 2}
    silence = ask(measured(now=variant(), other=free)).silence
    assert silence is not None
    assert "list price is unknown" in silence


def test_tokens_are_priced_as_other_runs_of_the_model_were(measured: Measured) -> None:
    tokens = np.round(COST * 1e6)
    unpriced = {
        "passed": PASSED, "latency_ms": LATENCY, "tokens": tokens, "model": "m", "provider": "p",
    }  # fmt: skip
    priced = variant(cost=0.25, tokens=tokens, model="m", provider="p", passed=(HARD < 0.75) * 1.0)
    found = measured(now=variant(), unpriced=unpriced, priced=priced)
    (proposal,) = ask(found, use_pareto=False).proposals
    assert proposal.changes[0].new == "unpriced"
    assert proposal.facts[0].estimate == pytest.approx(0.4 * 0.75, rel=1e-3)


def test_what_todays_tokens_would_cost_is_a_fact(measured: Measured) -> None:
    found = measured(
        now=variant(tokens=np.full(N, 300.0)), cheap=variant(cost=0.5, tokens=np.full(N, 150.0))
    )
    (proposal,) = ask(found).proposals
    (mix,) = (one for one in proposal.facts if "on the tokens of" in one.name)
    assert mix.estimate == pytest.approx(COST.mean() * 0.5 / 150 * 300)


def test_a_price_is_not_held_against_a_free_model(measured: Measured) -> None:
    free = {"passed": (HARD < 0.7) * 1.0, "cost_usd": np.zeros(N), "latency_ms": LATENCY}
    silence = ask(measured(now=free, dear=variant(passed=np.ones(N)))).silence
    assert silence is not None
    assert "the variant in use is free" in silence
    (proposal,) = ask(measured(paired=False, now=variant(), free=variant(cost=0.0))).proposals
    assert proposal.facts[0].estimate == pytest.approx(0.4)


def test_a_time_that_is_the_same_in_every_task_is_told(measured: Measured) -> None:
    flat = variant(cost=0.4) | {"latency_ms": np.full(N, 500.0)}
    (proposal,) = ask(measured(now=variant(), flat=flat)).proposals
    assert any("an average was written to each" in note for note in proposal.notes)


def test_the_order_of_the_others_does_not_matter(measured: Measured) -> None:
    found = measured(now=variant(), a=variant(cost=0.4), b=variant(cost=0.4), c=variant(cost=0.6))
    turned = replace(found, others=found.others[::-1], contrasts=found.contrasts[::-1])
    assert ask(found).proposals[0].changes == ask(turned).proposals[0].changes


def test_nobody_judged_is_no_quality_to_choose_by(measured: Measured) -> None:
    found = measured(now=variant(n_unjudged=1), b=variant(cost=0.1, n_unjudged=1))
    assert ask(found).silence == "nobody told pass from fail: there is no quality to choose by"


def test_weights_must_add_up_to_about_one() -> None:
    with pytest.raises(ValidationError, match=r"the weights add up to 1\.3"):
        ModelSelectionSettings(quality_weight=0.7)
    ModelSelectionSettings(quality_weight=0.45)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rates=st.lists(st.floats(0.3, 1), min_size=1, max_size=5),
    costs=st.lists(st.floats(0.05, 3), min_size=5, max_size=5),
    times=st.lists(st.floats(0.1, 5), min_size=5, max_size=5),
    limits=st.tuples(st.floats(0.3, 0.95), st.floats(1e-3, 6e-3), st.floats(300, 4000)),
    forbidden=st.sets(st.sampled_from(["provider-v0", "provider-v1", "provider-v2"])),
)
def test_no_choice_breaks_a_limit(
    measured: Measured, rates: Any, costs: Any, times: Any, limits: Any, forbidden: Any
) -> None:
    others = {
        f"v{i}": variant(passed=(rate > HARD) * 1.0, cost=costs[i], latency=times[i])
        for i, rate in enumerate(rates)
    }
    found = measured(now=variant(), **others)
    min_quality, max_cost, max_latency = limits
    said = {
        "min_quality": min_quality,
        "max_cost": max_cost,
        "max_latency_ms": max_latency,
        "forbidden_providers": sorted(forbidden),
    }
    windows = {one.variant: one for one in found.others}
    for proposal in ask(found, **said).proposals:
        chosen = windows[proposal.changes[0].new]
        named = [one.new for one in proposal.changes if one.setting == "fallback_models"]
        fallbacks = [one for one in found.others if named and one.model in named[0]]
        for one in (chosen, *fallbacks):
            assert one.success_rate >= min_quality
            assert one.cost_mean_usd <= max_cost
            assert one.latency_p95_ms <= max_latency
            assert one.provider not in forbidden
