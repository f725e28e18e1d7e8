from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from optimizer.models.evidence import Evidence
from optimizer.models.experiments import (
    Allocation,
    Experiment,
    ExperimentArm,
    ExperimentDesign,
    ExperimentSummary,
    Look,
    LookKey,
    Outcome,
)
from optimizer.models.proposals import Answer, DecisionType
from optimizer.models.summaries import Stability, WindowSummary
from optimizer.models.terms import AllocationPolicy, ExperimentStatus, Looks, Metric, VerdictKind
from optimizer.strategies.ab_testing import AbTesting, AbTestingSettings

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
Window = Callable[..., WindowSummary]
Make = Callable[..., Evidence]


def ask(evidence: Evidence, **settings: Any) -> Answer:
    return AbTesting(AbTestingSettings.model_validate(settings)).propose(evidence)


def look(candidate: str = "v2", n: int = 43, **changes: Any) -> Look:
    key = LookKey(
        suite_sha256="s", metric=Metric.SUCCESS, baseline_id="id-v1", candidate_id=f"id-{candidate}"
    )
    fields: dict[str, Any] = {
        "experiment_id": "e1",
        "seq": 1,
        "key": key,
        "candidate": candidate,
        "looked_at": NOON,
        "n": n,
        "n_max": 120,
        "fraction": n / 120,
        "z_bound": 3.4,
        "alpha_k": 0.0008,
        "alpha_spent": 0.0008,
        "z": 4.0,
        "p_value": 0.0001,
        "verdict": VerdictKind.INCONCLUSIVE,
        "estimate": 0.2,
        "low": 0.05,
        "high": 0.35,
        "broken": (),
        "data_sha256": "d",
        "run_ids": ("r1",),
    }
    return Look(**(fields | changes))


def summary(
    *looks: Look, status: ExperimentStatus = ExperimentStatus.RUNNING, **changes: Any
) -> ExperimentSummary:
    outcome = changes.pop("outcome", None)
    fields: dict[str, Any] = {
        "experiment_id": "e1",
        "workflow_id": "wf",
        "baseline": ExperimentArm(label="v1", variant_id="id-v1"),
        "candidates": (ExperimentArm(label="v2", variant_id="id-v2"),),
        "primary": Metric.SUCCESS,
        "secondary": (),
        "guardrails": (),
        "alpha": 0.05,
        "power": 0.8,
        "min_effect": 0.05,
        "n_max": 120,
        "n_max_reason": "as stated",
        "min_cases": 20,
        "max_duration_days": 7.0,
        "early_stopping": True,
        "looks": Looks.OBF,
        "futility": 0.1,
        "allocation": Allocation(
            policy=AllocationPolicy.FIXED,
            weights=(1.0, 1.0),
            max_traffic=0.1,
            epsilon=0.1,
            exploration=1.4,
        ),
    }
    experiment = Experiment(
        design=ExperimentDesign(**(fields | changes)),
        status=status,
        created_at=NOON,
        started_at=NOON,
        outcome=outcome,
    )
    return ExperimentSummary(experiment=experiment, looks=looks)


def test_starts_an_experiment_with_the_cases_it_takes(evidence: Make, window: Window) -> None:
    (proposal,) = ask(evidence(window("v1", 80, 100), window("v2", 86, 100))).proposals
    assert proposal.type is DecisionType.START_EXPERIMENT
    (change,) = proposal.changes
    # independent outcomes: .8 * .14 + .2 * .86 = .284 change; 889 find 5 pp with power 80 %
    assert change.new == "v2 against v1: 890 cases"
    assert "v1 passed 80 of 100; v2 passed 86 of 100" in proposal.rationale
    assert proposal.effects == ()
    assert proposal.effects_note


def test_starts_none_with_a_variant_that_passes_less(evidence: Make, window: Window) -> None:
    answer = ask(evidence(window("v1", 80, 100), window("v2", 70, 100)))
    assert answer.silence == "no other variant passes more than v1 (80 of 100)"


def test_starts_none_with_a_variant_that_passes_more_at_any_number_of_looks(
    measured: Callable[..., Evidence],
) -> None:
    # of n changes all for the better: E = 2^n / (n + 1), 512/10 = 51 and 64/7 = 9.1; 20 is due
    def found(n_won: int) -> Evidence:
        before = [0.0] * n_won + [1.0] * (40 - n_won)
        return measured(v1={"passed": before}, v2={"passed": [1.0] * 40})

    (proposal,) = ask(found(6)).proposals
    assert proposal.type is DecisionType.START_EXPERIMENT
    assert ask(found(9)).silence == (
        "v2 passes more of the shared cases than v1 beyond chance, at any number of looks: "
        "nothing is left to test"
    )
    assert ask(found(9), alpha=0.01).proposals


def test_starts_none_while_the_current_variant_is_unstable(evidence: Make, window: Window) -> None:
    found = evidence(window("v1", 80, 100), window("v2", 86, 100))
    shaky = replace(found, stability=Stability(n_runs=10, n_outside=3, value=0.7))
    answer = ask(shaky)
    assert answer.proposals == ()
    assert answer.silence == (
        "not stable: 3 of 10 runs of v1 are outside their control limits, at most 20% may be"
    )
    assert ask(shaky, min_stability=0.7).proposals
    steady = replace(found, stability=Stability(n_runs=10, n_outside=2, value=0.8))
    assert ask(steady).proposals
    assert ask(replace(found, stability=None)).proposals


def test_an_unstable_variant_still_gives_way_to_the_winner_of_an_experiment(
    evidence: Make, window: Window
) -> None:
    found = replace(
        evidence(window("v1", 80, 100), window("v2", 90, 100)),
        stability=Stability(n_runs=10, n_outside=5, value=0.5),
        experiments=(summary(look(verdict=VerdictKind.IMPROVED)),),
    )
    (proposal,) = ask(found).proposals
    assert proposal.type is DecisionType.PROMPT_VARIANT


def test_takes_as_many_candidates_as_it_may(evidence: Make, window: Window) -> None:
    found = evidence(window("v1", 80, 100), window("v2", 86, 100), window("v3", 90, 100))
    (one,) = ask(found).proposals
    assert "v3 against v1" in one.changes[0].new
    (two,) = ask(found, variant_count=2).proposals
    assert "v3 and v2 against v1" in two.changes[0].new


def test_says_how_far_an_experiment_is(evidence: Make, window: Window) -> None:
    found = evidence(window("v1", 80, 100), window("v2", 90, 100))
    running = replace(found, experiments=(summary(look()),))
    assert ask(running).silence == "experiment e1 runs: 43 of 120 cases were looked at"
    unseen = replace(found, experiments=(summary(),))
    assert ask(unseen).silence == "experiment e1 runs: 0 of 120 cases were looked at"
    paused = replace(found, experiments=(summary(look(), status=ExperimentStatus.PAUSED),))
    assert ask(paused).silence == "experiment e1 is paused: 43 of 120 cases were looked at"


def test_a_draft_waits_for_its_start(evidence: Make, window: Window) -> None:
    found = replace(
        evidence(window("v1", 80, 100), window("v2", 90, 100)),
        experiments=(summary(status=ExperimentStatus.DRAFT),),
    )
    assert ask(found).silence == "experiment e1 is planned and not started"


def test_promotes_the_winner_of_an_experiment(evidence: Make, window: Window) -> None:
    found = replace(
        evidence(window("v1", 80, 100), window("v2", 90, 100)),
        experiments=(summary(look(verdict=VerdictKind.IMPROVED)),),
    )
    (proposal,) = ask(found).proposals
    assert proposal.type is DecisionType.PROMPT_VARIANT
    (change,) = proposal.changes
    assert (change.setting, change.old, change.new) == ("variant", "v1", "v2")
    (effect,) = proposal.effects
    assert (effect.metric, effect.estimate, effect.low, effect.n) == ("success_rate", 0.2, 0.05, 43)
    assert effect.level == pytest.approx(0.9992)
    assert "43 of 120 planned cases" in proposal.rationale


def test_the_winner_over_a_variant_that_is_not_in_use_is_not_promoted(
    evidence: Make, window: Window
) -> None:
    found = replace(
        evidence(window("v3", 95, 100), window("v1", 80, 100)),
        experiments=(summary(look(verdict=VerdictKind.IMPROVED)),),
    )
    answer = ask(found, max_concurrent=1)
    assert not answer.proposals
    assert answer.silence == (
        "experiment e1 runs: 43 of 120 cases were looked at; it is not about v3, which is in use"
    )


def test_a_concluded_winner_is_proposed_until_it_is_in_use(evidence: Make, window: Window) -> None:
    won = summary(
        look(verdict=VerdictKind.IMPROVED),
        status=ExperimentStatus.COMPLETED,
        outcome=Outcome(winner="v2", reason="r", metric=Metric.SUCCESS),
    )
    before = replace(evidence(window("v1", 80, 100), window("v2", 90, 100)), experiments=(won,))
    (proposal,) = ask(before).proposals
    assert proposal.changes[0].new == "v2"
    after = replace(evidence(window("v2", 90, 100), window("v1", 80, 100)), experiments=(won,))
    assert ask(after).proposals == ()


@pytest.mark.parametrize(
    "changes", [{"broken": (Metric.COST,)}, {"verdict": VerdictKind.REGRESSED}]
)
def test_a_candidate_that_does_harm_ends_without_a_switch(
    evidence: Make, window: Window, changes: dict[str, Any]
) -> None:
    seen = look(**({"verdict": VerdictKind.IMPROVED} | changes))
    found = replace(
        evidence(window("v1", 80, 100), window("v2", 90, 100)), experiments=(summary(seen),)
    )
    (proposal,) = ask(found).proposals
    assert proposal.type is DecisionType.CONCLUDE_EXPERIMENT
    assert "v1 stays" in proposal.changes[0].new


def test_concludes_after_the_last_look_and_after_the_time(evidence: Make, window: Window) -> None:
    current, other = window("v1", 80, 100), window("v2", 90, 100)
    full = replace(evidence(current, other), experiments=(summary(look(n=120)),))
    assert ask(full).proposals[0].type is DecisionType.CONCLUDE_EXPERIMENT
    late = replace(current, last_started_at=NOON + timedelta(days=8))
    old = replace(evidence(late, other), experiments=(summary(look()),))
    (proposal,) = ask(old).proposals
    assert "7 days after its start" in proposal.rationale


def test_a_search_that_was_not_confirmed_promotes_nothing(evidence: Make, window: Window) -> None:
    unconfirmed = summary(look(verdict=VerdictKind.IMPROVED), selected_by_search=True)
    found = replace(
        evidence(window("v1", 80, 100), window("v2", 90, 100)), experiments=(unconfirmed,)
    )
    assert ask(found).proposals == ()


def test_what_an_experiment_settled_is_not_tried_again(evidence: Make, window: Window) -> None:
    lost = summary(
        look(n=120),
        status=ExperimentStatus.COMPLETED,
        outcome=Outcome(winner=None, reason="r", metric=Metric.SUCCESS),
    )
    found = replace(evidence(window("v1", 80, 100), window("v2", 90, 100)), experiments=(lost,))
    assert ask(found).proposals == ()


def test_an_effect_without_bounds_is_absent_and_says_why(evidence: Make, window: Window) -> None:
    won = look(verdict=VerdictKind.IMPROVED, high=None)
    found = replace(
        evidence(window("v1", 80, 100), window("v2", 90, 100)), experiments=(summary(won),)
    )
    (proposal,) = ask(found).proposals
    assert proposal.effects == ()
    assert proposal.effects_note == "the effect has no bounds"
