from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from optimizer.models.evidence import Evidence
from optimizer.models.frontier import Frontier
from optimizer.models.lifecycle import PastDecision
from optimizer.models.proposals import Answer, DecisionType
from optimizer.models.summaries import RunPoint
from optimizer.pipeline.studies import with_studies
from optimizer.strategies.pareto_optimization import (
    ObjectiveWeights,
    ParetoOptimization,
    ParetoOptimizationSettings,
)

Measured = Callable[..., Evidence]
RNG = np.random.default_rng(23)
N = 80
HARD = RNG.random(N)
COST = RNG.lognormal(-6, 0.4, N)
LATENCY = RNG.lognormal(6.5, 0.3, N)


def ask(evidence: Evidence, **said: Any) -> Answer:
    strategy = ParetoOptimization(ParetoOptimizationSettings.model_validate(said))
    return strategy.propose(with_studies([strategy], evidence, {})[0])


def variant(rate: float = 0.9, cost: float = 1.0, latency: float = 1.0, **more: Any) -> Any:
    """A variant of its own price and time, each case a little off the common one."""
    rng = np.random.default_rng(round(1e4 * (rate + 10 * cost + 100 * latency)))
    return {
        "passed": (rate > HARD) * 1.0,
        "cost_usd": COST * cost * rng.lognormal(0, 0.05, N),
        "latency_ms": LATENCY * latency * rng.lognormal(0, 0.05, N),
    } | more


@pytest.fixture
def found(measured: Measured) -> Evidence:
    return measured(
        now=variant(0.85, 1.0, 1.0),
        beaten=variant(0.8, 1.3, 1.3),
        cheap=variant(0.85, 0.5, 0.9),
        good=variant(0.97, 1.5, 1.1),
        fast=variant(0.75, 0.9, 0.4),
    )


def test_goes_to_the_best_of_the_front_where_the_current_one_is_off_it(found: Evidence) -> None:
    (proposal,) = ask(found).proposals
    assert proposal.type is DecisionType.MODEL_SWITCH
    assert proposal.changes[0].new == "cheap"
    assert "now is on the front with probability" in proposal.rationale
    facts = {one.name: one for one in proposal.facts}
    assert facts["front_membership of now"].estimate < 0.05
    assert facts["front_membership of cheap"].estimate > 0.95
    assert facts["weighted_gain of cheap"].level == pytest.approx(1 - 0.05 / 4)
    assert proposal.confidence is not None
    assert proposal.confidence > 0.99


def test_lists_the_best_configurations_of_the_front(found: Evidence) -> None:
    (proposal,) = ask(found).proposals
    listed = [note for note in proposal.notes if note.startswith("Front ")]
    assert [note.split(": ")[1].split(",")[0] for note in listed] == ["cheap", "fast", "good"]


def test_is_silent_where_the_current_one_is_the_best_by_the_weights(measured: Measured) -> None:
    found = measured(
        now=variant(0.95, 0.5, 0.5),
        a=variant(0.9, 0.6, 0.6),
        b=variant(0.85, 0.6, 0.45),
        c=variant(0.97, 2.0, 1.0),
        d=variant(0.5, 1.0, 1.0),
    )
    silence = ask(found).silence
    assert silence is not None
    assert silence.startswith("now is on the front with probability 1; the best other of 4")


def test_few_variants_are_too_little(measured: Measured) -> None:
    silence = ask(measured(now=variant(), other=variant(cost=0.1))).silence
    assert silence == "not enough data: 2 of 5 variants measured in everything"


def test_a_variant_that_lacks_an_objective_is_named(measured: Measured) -> None:
    unpriced = variant() | {"cost_usd": np.full(N, np.nan)}
    found = measured(now=variant(), a=variant(cost=0.5), b=unpriced, c=variant(), d=variant())
    silence = ask(found).silence
    assert silence is not None
    assert "4 of 5 variants measured in everything; b: its list price is unknown" in silence


def test_what_breaks_a_limit_is_shown_and_not_chosen(found: Evidence) -> None:
    (proposal,) = ask(found, min_quality_threshold=0.9, cost_pressure=0.001).proposals or (None,)
    assert proposal is None or proposal.changes[0].new == "good"
    most = float(COST.mean()) * 0.45
    silence = ask(found, max_cost_threshold=most).silence
    assert silence is not None
    assert "is allowed" in silence


def changed(hours_ago: float, found: Evidence) -> Evidence:
    assert found.current
    applied_at = found.current.last_started_at - timedelta(hours=hours_ago)
    past = PastDecision(
        decision_id="d",
        decided_at=applied_at,
        seen_until=None,
        state="completed",
        strategies=("ab_testing",),
        applied_at=applied_at,
    )
    return replace(found, decisions=(past,))


def test_waits_a_day_after_a_change(found: Evidence) -> None:
    silence = ask(changed(5, found)).silence
    assert silence is not None
    assert "less than 24 h from the last change to the newest run" in silence
    (proposal,) = ask(changed(30, found)).proposals
    assert "Looked because the newest run began 30 h after the last change." in proposal.notes
    assert ask(changed(5, found), min_hours_between=4).proposals


def test_cost_pressure_and_a_degradation_do_not_wait(found: Evidence) -> None:
    dear = ask(changed(5, found), max_cost_threshold=float(COST.mean()) * 1.1).proposals
    assert "and 0.00" in dear[0].notes[0]
    assert found.current
    at = found.current.last_started_at
    points = tuple(
        RunPoint(
            run_id=f"r{i}",
            workflow_id="wf",
            variant_id="id-now",
            started_at=at,
            finished_at=at,
            n=100,
            n_succeeded=passed,
            n_bad=0,
            score_mean=None,
            score_sd=None,
            latency_mean_ms=None,
            latency_sd_ms=None,
            cost_mean_usd=None,
            cost_sd_usd=None,
            tokens_mean=None,
        )
        for i, passed in enumerate((95, 94, 60))
    )
    fallen = replace(changed(5, found), runs=points)
    assert (
        "the newest run passed 60 of 100, those before 189 of 200"
        in ask(fallen).proposals[0].notes[0]
    )
    assert not ask(replace(fallen, runs=points[:2])).proposals


def test_parameters_and_prompts_are_changes_of_their_own_kind(measured: Measured) -> None:
    same = {"model": "m", "provider": "p"}
    hot, cold = ('{"temperature":1}', '{"temperature":0}')
    others = {f"v{i}": variant(0.85, 1.2 + i / 10, 1.2, **same) for i in range(3)}

    def kind(**target: Any) -> DecisionType:
        now = variant(0.85, 1.0, 1.0, **same, prompt_sha256="a", parameters=hot)
        found = measured(now=now, better=variant(0.9, 0.5, 0.5, **same, **target), **others)
        return ask(found).proposals[0].type

    assert kind(prompt_sha256="a", parameters=cold) is DecisionType.PARAMETER_ADJUSTMENT
    assert kind(prompt_sha256="b", parameters=cold) is DecisionType.PROMPT_VARIANT
    assert kind(prompt_sha256=None, parameters=cold) is DecisionType.PROMPT_VARIANT


def test_the_study_survives_its_json_and_does_not_depend_on_the_order(found: Evidence) -> None:
    strategy = ParetoOptimization(ParetoOptimizationSettings())
    study = strategy.study(found)
    assert msgspec.json.decode(msgspec.json.encode(study), type=Frontier) == study
    turned = strategy.study(replace(found, others=found.others[::-1]))
    assert study is not None
    assert turned is not None
    assert [one.variant for one in turned.standings] == [one.variant for one in study.standings]
    assert turned == study


def test_the_weights_of_the_documents_are_a_table_of_their_own() -> None:
    said = {"weights": {"quality": 0.2, "cost": 0.7, "latency": 0.1}}
    assert ParetoOptimizationSettings.model_validate(said).weights.cost == 0.7
    with pytest.raises(ValidationError, match="add up to"):
        ObjectiveWeights(quality=0.9)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rates=st.lists(st.floats(0.3, 1), min_size=4, max_size=6),
    costs=st.lists(st.floats(0.05, 3), min_size=6, max_size=6),
    limits=st.tuples(st.floats(0.3, 0.95), st.floats(1e-3, 6e-3), st.floats(300, 4000)),
)
def test_no_choice_breaks_a_limit(measured: Measured, rates: Any, costs: Any, limits: Any) -> None:
    others = {f"v{i}": variant(rate, costs[i], costs[-i]) for i, rate in enumerate(rates)}
    found = measured(now=variant(), **others)
    min_quality, max_cost, max_latency = limits
    answer = ask(
        found,
        min_quality_threshold=min_quality,
        max_cost_threshold=max_cost,
        max_latency_threshold=max_latency,
        resamples=100,
    )
    windows = {one.variant: one for one in found.others}
    for proposal in answer.proposals:
        chosen = windows[proposal.changes[0].new]
        assert chosen.success_rate >= min_quality
        assert chosen.cost_mean_usd <= max_cost
        assert chosen.latency_p95_ms <= max_latency
