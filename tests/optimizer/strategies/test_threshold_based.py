from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from optimizer.models.evidence import Evidence
from optimizer.models.proposals import Answer, DecisionType
from optimizer.models.summaries import WindowSummary
from optimizer.strategies.threshold_based import ThresholdBased, ThresholdBasedSettings

Window = Callable[..., WindowSummary]
Make = Callable[..., Evidence]


def ask(evidence: Evidence, **settings: Any) -> Answer:
    return ThresholdBased(ThresholdBasedSettings.model_validate(settings)).propose(evidence)


def test_goes_back_to_the_last_variant_that_met_the_thresholds(
    evidence: Make, window: Window
) -> None:
    answer = ask(
        evidence(
            window("new", 50, 100),
            window("poor", 60, 100),
            window("good", 99, 100),
            window("old", 100, 100),
        )
    )
    (proposal,) = answer.proposals
    assert proposal.type is DecisionType.ROLLBACK
    (change,) = proposal.changes
    assert (change.setting, change.old, change.new) == ("variant", "new", "good")


def test_the_effect_of_going_back_has_its_interval(evidence: Make, window: Window) -> None:
    (proposal,) = ask(evidence(window("new", 48, 80), window("old", 70, 70))).proposals
    (effect,) = proposal.effects
    assert effect.metric == "success_rate"
    assert effect.estimate == pytest.approx(0.4)
    assert effect.n == 150
    # Newcombe's method 10: Wilson 48/80 = (.4904, .7004), 70/70 = (.9480, 1)
    assert (effect.low, effect.high) == pytest.approx((0.2870, 0.5096), abs=1e-3)


def test_alerts_when_there_is_nothing_to_go_back_to(evidence: Make, window: Window) -> None:
    (proposal,) = ask(evidence(window("new", 50, 100), window("poor", 60, 100))).proposals
    assert proposal.type is DecisionType.ALERT
    assert proposal.changes == ()
    assert "No other variant meets every threshold" in proposal.rationale


def test_alerts_only_when_asked_to(evidence: Make, window: Window) -> None:
    found = evidence(window("new", 50, 100), window("good", 100, 100))
    (proposal,) = ask(found, on_threshold_violation="alert").proposals
    assert proposal.type is DecisionType.ALERT


def test_says_that_all_is_met(evidence: Make, window: Window) -> None:
    assert ask(evidence(window("v", 99, 100))).silence == "all thresholds are met on 100 tasks"


@pytest.mark.parametrize(
    ("changes", "settings"),
    [
        ({"n_error": 30, "n_timeout": 10}, {"min_success_rate": 0}),
        ({"n_slow": 40}, {}),
        ({"n_scored": 100, "score_mean": 0.5, "score_sd": 0.1}, {}),
        ({"n_cost": 100, "cost_mean_usd": 1.0, "cost_sd_usd": 0.1}, {}),
    ],
)
def test_each_threshold_alone_is_reason_enough(
    evidence: Make, window: Window, changes: dict[str, Any], settings: dict[str, Any]
) -> None:
    sound = window("v", 100, 100)
    assert ask(evidence(sound), **settings).proposals == ()
    assert ask(evidence(window("v", 100, 100, **changes)), **settings).proposals


def test_repeats_of_few_cases_are_not_enough(evidence: Make, window: Window) -> None:
    found = window("v", 90, 100)
    assert ask(evidence(found)).proposals
    repeated = window("v", 90, 100, n_cases=10, n_effective=10.0)
    assert ask(evidence(repeated)).proposals == ()


def test_an_unmeasured_figure_breaks_nothing(evidence: Make, window: Window) -> None:
    unknown = window("v", 100, 100, n_latency=0, n_slow=0, latency_mean_ms=None)
    assert ask(evidence(unknown)).proposals == ()


def test_a_pass_rate_that_nobody_judged_is_held_against_nothing(
    evidence: Make, window: Window
) -> None:
    answer = ask(evidence(window("new", 50, 100, n_unjudged=1)))
    assert answer.proposals == ()


def test_does_not_go_back_to_a_variant_that_nobody_judged(evidence: Make, window: Window) -> None:
    found = evidence(window("new", 50, 100), window("old", 100, 100, n_unjudged=1))
    (proposal,) = ask(found).proposals
    assert proposal.type is DecisionType.ALERT
