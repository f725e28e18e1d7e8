from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np
import pytest

from optimizer.analysis.contrasts import contrasts
from optimizer.models.contrasts import CaseTable
from optimizer.models.evidence import Evidence
from optimizer.models.experiments import (
    Allocation,
    Experiment,
    ExperimentArm,
    ExperimentDesign,
    ExperimentSummary,
)
from optimizer.models.policies import BanditStudy
from optimizer.models.proposals import Answer, DecisionType
from optimizer.models.requests import Requests
from optimizer.models.summaries import Stability, WindowSummary
from optimizer.models.terms import (
    AllocationPolicy,
    BanditAlgorithm,
    ExperimentStatus,
    Looks,
    Metric,
)
from optimizer.strategies.reinforcement_feedback import (
    ReinforcementFeedback,
    ReinforcementFeedbackSettings,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
Window = Callable[..., WindowSummary]
Make = Callable[..., Evidence]
IDS = ("id-v1", "id-v2")


def experiment(status: ExperimentStatus) -> ExperimentSummary:
    design = ExperimentDesign(
        experiment_id="e1",
        workflow_id="wf",
        baseline=ExperimentArm(label="v1", variant_id="id-v1"),
        candidates=(ExperimentArm(label="v2", variant_id="id-v2"),),
        primary=Metric.SUCCESS,
        secondary=(),
        guardrails=(),
        alpha=0.05,
        power=0.8,
        min_effect=0.05,
        n_max=120,
        n_max_reason="as stated",
        min_cases=20,
        max_duration_days=7.0,
        early_stopping=True,
        looks=Looks.OBF,
        futility=0.1,
        allocation=Allocation(
            policy=AllocationPolicy.FIXED,
            weights=(1.0, 1.0),
            max_traffic=0.1,
            epsilon=0.1,
            exploration=1.4,
        ),
    )
    made = Experiment(design=design, status=status, created_at=NOON, started_at=NOON, outcome=None)
    return ExperimentSummary(experiment=made, looks=())


def trace(variant: Any, ok: Any, **columns: Any) -> Requests:
    """Tests a second apart, each of its own case, in one run."""
    n = len(ok)
    nan, zero = np.full(n, np.nan), np.zeros(n, dtype=np.int64)
    fields: dict[str, Any] = {
        "at_s": np.arange(n, dtype=np.float64),
        **dict.fromkeys(("segment", "answer", "repeat"), zero),
        **dict.fromkeys(("tenant", "task_type"), zero - 1),
        **dict.fromkeys(("key", "case"), np.arange(n)),
        **dict.fromkeys(
            ("score", "latency_ms", "tokens_in", "tokens_out", "cost_usd", "deadline_ms"), nan
        ),
        **dict.fromkeys(("failed", "throttled", "cached"), np.zeros(n, dtype=np.bool_)),
        "ok": np.asarray(ok, dtype=np.float64),
        "variant": np.asarray(variant, dtype=np.int64),
        "variants": IDS,
        "propensity": nan,
        "priority": np.full(n, 2),
        "first_at": NOON,
    }
    return Requests(**(fields | columns))


def paired(window: Window, evidence: Make, first: Any, second: Any, **columns: Any) -> Evidence:
    """Two variants that ran the same cases, in a run each."""
    n = len(first)
    both = np.concatenate([first, second]).astype(np.float64)
    nan = np.full(2 * n, np.nan)
    fields: dict[str, Any] = {
        "variant": np.repeat([0, 1], n),
        "case": np.tile(np.arange(n), 2),
        "n": np.ones(2 * n),
        "passed": both,
        **dict.fromkeys(("score", "latency_ms", "cost_usd", "tokens"), nan),
    }
    cases = CaseTable(variants=IDS, **(fields | columns))
    asked = {name: columns[name] for name in ("cost_usd", "latency_ms") if name in columns}
    requests = trace(
        fields["variant"],
        both,
        segment=np.repeat([0, 1], n),
        case=np.tile(np.arange(n), 2),
        **asked,
    )
    return replace(
        evidence(
            window("v1", int(sum(first)), n, model="m"),
            window("v2", int(sum(second)), n, model="m"),
        ),
        cases=cases,
        contrasts=contrasts(cases, IDS[0], level=0.95),
        requests=requests,
    )


def chosen_by_chance(
    window: Window, evidence: Make, rates: tuple[float, float], *, n: int = 1000, **columns: Any
) -> Evidence:
    """A trace in which a coin chose the variant of each request."""
    rng = np.random.default_rng(0)
    arm = rng.integers(0, 2, n)
    ok = (rng.random(n) < np.array(rates)[arm]).astype(float)
    windows = (
        window(f"v{place + 1}", int(ok[arm == place].sum()), int((arm == place).sum()), model="m")
        for place in (0, 1)
    )
    return replace(evidence(*windows), requests=trace(arm, ok, **columns))


def ask(found: Evidence, **settings: Any) -> Answer:
    made = ReinforcementFeedback(ReinforcementFeedbackSettings.model_validate(settings))
    stored = msgspec.json.encode(made.study(found))
    study = msgspec.json.decode(stored, type=BanditStudy | None)
    return made.propose(replace(found, studies={made.name: study}))


def test_switches_to_the_variant_that_earns_more_on_the_same_cases(
    evidence: Make, window: Window
) -> None:
    found = paired(window, evidence, [1] * 60 + [0] * 40, [1] * 90 + [0] * 10)
    (proposal,) = ask(found).proposals
    assert proposal.type is DecisionType.PROMPT_VARIANT
    assert proposal.changes[0].setting == "variant"
    assert (proposal.changes[0].old, proposal.changes[0].new) == ("v1", "v2")
    reward, success, *_ = proposal.effects
    assert (reward.metric, reward.n) == ("reward", 100)
    assert reward.estimate == pytest.approx(0.3)
    assert success.metric == "success_rate"
    assert proposal.confidence is not None
    assert proposal.confidence > 0.99
    assert "v1 passed 60 of 100, v2 passed 90 of 100" in proposal.rationale
    assert "quality (0.5)" in proposal.notes[0]


def test_another_model_is_a_switch_of_the_model(evidence: Make, window: Window) -> None:
    found = paired(window, evidence, [0] * 50 + [1] * 50, [1] * 100)
    other = replace(found.others[0], model="n")
    (proposal,) = ask(replace(found, others=(other,))).proposals
    assert proposal.type is DecisionType.MODEL_SWITCH
    assert [change.setting for change in proposal.changes] == ["variant", "model"]


def test_shares_out_tests_where_nothing_is_settled(evidence: Make, window: Window) -> None:
    found = paired(window, evidence, [1] * 30 + [0] * 10, [0] * 8 + [1] * 32)
    (proposal,) = ask(found).proposals
    assert proposal.type is DecisionType.ALLOCATE_TRAFFIC
    (change,) = proposal.changes
    assert change.setting == "allocation"
    assert set(change.new) == {"v1", "v2"}
    assert sum(change.new.values()) == pytest.approx(1, abs=1e-3)
    assert proposal.effects == ()
    assert proposal.effects_note
    (gain,) = proposal.facts
    assert (gain.name, gain.n) == ("gain in reward of v2", 40)
    assert gain.low is not None
    assert gain.high is not None
    assert gain.low < 0 < gain.high


@pytest.mark.parametrize("algorithm", BanditAlgorithm)
def test_every_algorithm_shares_out_a_batch(
    evidence: Make, window: Window, algorithm: BanditAlgorithm
) -> None:
    found = paired(window, evidence, [1] * 30 + [0] * 10, [0] * 8 + [1] * 32)
    (proposal,) = ask(found, algorithm=algorithm).proposals
    assert algorithm.value in proposal.rationale
    assert ask(found, algorithm=algorithm) == ask(found, algorithm=algorithm)


def test_the_current_variant_is_best_where_no_other_can_earn_more(
    evidence: Make, window: Window
) -> None:
    found = paired(window, evidence, [1] * 95 + [0] * 5, [1] * 40 + [0] * 60)
    answer = ask(found)
    assert answer.proposals == ()
    assert answer.silence == (
        "v1 is the best: none of 1 others may earn 0.01 more (v1 passed 95 of 100)"
    )


def test_a_tie_on_many_cases_is_no_reason_to_go_on(evidence: Make, window: Window) -> None:
    found = paired(window, evidence, [1] * 2000, [1] * 2000)
    assert ask(found).proposals == ()
    assert "is the best" in (ask(found).silence or "")


def test_an_equally_good_but_cheaper_variant_earns_more(evidence: Make, window: Window) -> None:
    cost = np.repeat([2.0, 1.0], 200)
    found = paired(window, evidence, [1] * 200, [1] * 200, cost_usd=cost)
    (proposal,) = ask(found).proposals
    assert proposal.changes[0].new == "v2"
    assert {effect.metric for effect in proposal.effects} >= {"reward", "cost_relative"}


def test_logged_propensities_settle_a_switch_without_shared_cases(
    evidence: Make, window: Window
) -> None:
    found = chosen_by_chance(window, evidence, (0.5, 0.8), propensity=np.full(1000, 0.5))
    (proposal,) = ask(replace(found, contrasts=())).proposals
    assert proposal.type is DecisionType.PROMPT_VARIANT
    (effect,) = proposal.effects
    assert effect.estimator == "doubly robust, logged propensities"
    assert effect.low < 0.3 < effect.high
    assert proposal.effects_note == "the two share no cases: only the reward is known"


def test_an_unknown_choice_settles_nothing_and_says_so(evidence: Make, window: Window) -> None:
    found = chosen_by_chance(window, evidence, (0.5, 0.8))
    (proposal,) = ask(found).proposals
    assert proposal.type is DecisionType.ALLOCATE_TRAFFIC
    assert any("propensities are estimated" in note for note in proposal.notes)
    assert proposal.facts[0].estimate == pytest.approx(0.3, abs=0.1)


def test_a_run_of_one_variant_has_no_propensity(evidence: Make, window: Window) -> None:
    rng = np.random.default_rng(1)
    arm = np.repeat([0, 1], 200)
    ok = (rng.random(400) < 0.7).astype(float)
    found = replace(
        evidence(window("v1", int(ok[:200].sum()), 200), window("v2", int(ok[200:].sum()), 200)),
        requests=trace(arm, ok, segment=arm),
    )
    (proposal,) = ask(found).proposals
    assert proposal.type is DecisionType.ALLOCATE_TRAFFIC
    assert proposal.facts == ()


def test_values_of_policies_by_context_are_told_on_later_rounds(
    evidence: Make, window: Window
) -> None:
    rng = np.random.default_rng(2)
    arm, kind = rng.integers(0, 2, 1200), rng.integers(0, 2, 1200)
    ok = (rng.random(1200) < np.where(arm == kind, 0.9, 0.2)).astype(float)
    found = replace(
        evidence(
            window("v1", int(ok[arm == 0].sum()), int((arm == 0).sum())),
            window("v2", int(ok[arm == 1].sum()), int((arm == 1).sum())),
        ),
        requests=trace(
            arm, ok, propensity=np.full(1200, 0.5), task_type=kind, task_types=("chat", "rank")
        ),
    )
    (proposal,) = ask(found).proposals
    assert proposal.type is DecisionType.ALLOCATE_TRAFFIC
    values = {fact.name: fact for fact in proposal.facts}
    by_context = values["reward of lin_ucb by context"]
    in_use = values["reward of the variant in use"]
    assert by_context.low is not None
    assert by_context.low < 0.9
    assert by_context.high is not None
    assert by_context.high > 0.85
    assert in_use.high is not None
    assert in_use.high < by_context.low


def test_replay_chooses_the_exploration(evidence: Make, window: Window) -> None:
    found = chosen_by_chance(window, evidence, (0.6, 0.62), propensity=np.full(1000, 0.5))
    (proposal,) = ask(found, exploration_grid=(0.5, 2.0)).proposals
    assert any(note.startswith("replay chose the exploration") for note in proposal.notes)
    (without,) = ask(found).proposals
    assert not any("replay" in note for note in without.notes)


def test_repeats_and_what_nobody_judged_teach_nothing(evidence: Make, window: Window) -> None:
    ok = np.array([1.0, np.nan] * 40 + [0.0] * 20)
    found = replace(
        evidence(window("v1", 40, 60), window("v2", 40, 60)),
        requests=trace([0] * 100, ok, repeat=np.repeat([0, 1], [80, 20])),
    )
    study = ReinforcementFeedback(ReinforcementFeedbackSettings()).study(found)
    assert study is not None
    assert study.n_rounds == 40


def test_counts_alone_share_out_tests_but_switch_nothing(evidence: Make, window: Window) -> None:
    (proposal,) = ask(evidence(window("v1", 60, 100), window("v2", 70, 100))).proposals
    assert proposal.type is DecisionType.ALLOCATE_TRAFFIC
    shares = proposal.changes[0].new
    assert shares["v2"] == pytest.approx(0.93, abs=0.02)  # P(Beta(71, 31) > Beta(61, 41))
    assert "thompson_sampling" in proposal.rationale


@pytest.mark.parametrize("status", [ExperimentStatus.RUNNING, ExperimentStatus.PAUSED])
def test_silent_while_an_experiment_decides_what_is_tested(
    evidence: Make, window: Window, status: ExperimentStatus
) -> None:
    found = paired(window, evidence, [1] * 60 + [0] * 40, [1] * 90 + [0] * 10)
    busy = replace(found, experiments=(experiment(status),))
    assert ask(busy).silence == "experiment e1 decides what is tested"
    over = replace(found, experiments=(experiment(ExperimentStatus.COMPLETED),))
    assert ask(over).proposals


def test_silent_while_runs_are_unstable(evidence: Make, window: Window) -> None:
    found = evidence(window("v1", 60, 100), window("v2", 70, 100))
    shaky = replace(found, stability=Stability(n_runs=10, n_outside=4, value=0.6))
    assert ask(shaky).silence == "not stable: 4 of 10 runs of v1 are outside their control limits"
    assert ask(shaky, min_stability=0.6).proposals


@pytest.mark.parametrize(
    ("first", "second", "silence"),
    [
        ({"n": 29}, {}, "not enough data: 29 and 100 judged tests, 30 of each are needed"),
        ({}, {"n": 5}, "not enough data: 100 and 5 judged tests, 30 of each are needed"),
        ({"n_unjudged": 100}, {}, "no judged outcomes: nobody told pass from fail"),
        ({}, {"n_unjudged": 100}, "no judged outcomes: nobody told pass from fail"),
    ],
)
def test_silent_on_too_little(
    evidence: Make, window: Window, first: Any, second: Any, silence: str
) -> None:
    windows = [
        window(name, one.get("n", 100), one.get("n", 100), n_unjudged=one.get("n_unjudged", 0))
        for name, one in (("v1", first), ("v2", second))
    ]
    assert ask(evidence(*windows)).silence == silence


def test_silent_where_nothing_else_has_run(evidence: Make, window: Window) -> None:
    assert ask(evidence(window("v1", 60, 100))).silence == "no other variant has run"


def test_the_order_of_the_others_does_not_matter(
    evidence: Make, window: Window, swapped: Callable[[Evidence], Evidence]
) -> None:
    found = evidence(window("v1", 60, 100), window("v2", 70, 100), window("v3", 66, 100))
    there, back = (ask(one).proposals[0].changes[0].new for one in (found, swapped(found)))
    assert there == back
