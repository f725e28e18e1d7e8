from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from optimizer.models.drift import (
    Anomaly,
    AnomalyReport,
    AnomalySeverity,
    AnomalyType,
    DriftFinding,
    DriftMethod,
    DriftReport,
)
from optimizer.models.evidence import Evidence
from optimizer.models.proposals import Answer, DecisionType
from optimizer.models.summaries import RunPoint, WindowSummary
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


def point(day: int, **changes: Any) -> RunPoint:
    facts: dict[str, Any] = {
        "run_id": f"r{day}",
        "workflow_id": "wf",
        "variant_id": "id-new",
        "started_at": datetime(2026, 3, day, 12, tzinfo=UTC),
        "finished_at": datetime(2026, 3, day, 13, tzinfo=UTC),
        "n": 100,
        "n_succeeded": 98,
        "n_bad": 0,
        "score_mean": None,
        "score_sd": None,
        "latency_mean_ms": 100.0,
        "latency_sd_ms": 20.0,
        "cost_mean_usd": None,
        "cost_sd_usd": None,
        "tokens_mean": None,
    }
    return RunPoint(**(facts | changes))


def drifted(metric: str, method: str, before: float, after: float) -> DriftReport:
    finding = DriftFinding(
        metric=metric,
        method=DriftMethod(method),
        is_drifting=True,
        statistic=5.0,
        threshold=None,
        p_value=0.001,
        before=before,
        after=after,
        n_before=400,
        n_after=100,
        changed_at=None,
    )
    return DriftReport(workflow_id="wf", variant_id="id-new", findings=(finding,), not_looked_at=())


def stands_out(severity: str, task_id: str | None = None) -> AnomalyReport:
    found = Anomaly(
        type=AnomalyType.LATENCY_SPIKE,
        severity=AnomalySeverity(severity),
        metric="latency",
        method="mad",
        value=900.0,
        expected=100.0,
        distance=15.0,
        threshold=4.0,
        n_reference=14,
        at=datetime(2026, 3, 5, tzinfo=UTC),
        run_id="r5",
        task_id=task_id,
    )
    return AnomalyReport(
        workflow_id="wf",
        variant_id="id-new",
        anomalies=(found,),
        n_looked_at=1,
        not_looked_at=(),
    )


@pytest.fixture
def sound(evidence: Make, window: Window) -> Evidence:
    return evidence(window("new", 99, 100), window("good", 98, 100))


def test_drift_for_the_worse_is_an_alert_unless_set_otherwise(sound: Evidence) -> None:
    found = replace(sound, drift=drifted("latency", "ks", 100.0, 160.0))
    (proposal,) = ask(found).proposals
    assert proposal.type is DecisionType.ALERT
    assert "latency from 100 to 160 (ks, 400 and 100 values, p 0.001)" in proposal.rationale
    (fact,) = proposal.facts
    assert (fact.n, fact.estimate, fact.threshold) == (500, 160.0, 100.0)
    (proposal,) = ask(found, on_drift="rollback").proposals
    assert proposal.type is DecisionType.ROLLBACK
    assert proposal.changes[0].new == "good"


def test_drift_for_the_better_is_an_alert_whatever_is_set(sound: Evidence) -> None:
    for metric, before, after in (("latency", 160.0, 100.0), ("success", 0.8, 0.9)):
        found = replace(sound, drift=drifted(metric, "ks", before, after))
        (proposal,) = ask(found, on_drift="rollback").proposals
        assert proposal.type is DecisionType.ALERT


@pytest.mark.parametrize("detector", ["adwin", "page_hinkley", "cusum"])
def test_of_the_detectors_of_series_one_is_asked(sound: Evidence, detector: str) -> None:
    found = replace(sound, drift=drifted("latency", detector, 100.0, 160.0))
    assert ask(found, drift_algorithm=detector).proposals
    others = {"adwin", "page_hinkley", "cusum"} - {detector}
    assert not any(ask(found, drift_algorithm=other).proposals for other in others)


@pytest.mark.parametrize(
    ("severity", "kind"),
    [
        ("critical", DecisionType.CIRCUIT_BREAK),
        ("high", DecisionType.ROLLBACK),
        ("medium", DecisionType.ALERT),
        ("low", DecisionType.ALERT),
    ],
)
def test_the_severity_of_an_anomaly_decides_what_is_done(
    sound: Evidence, severity: str, kind: DecisionType
) -> None:
    (proposal,) = ask(replace(sound, anomalies=stands_out(severity))).proposals
    assert proposal.type is kind
    assert "over 14 runs" in proposal.rationale


def test_a_task_that_stands_out_alone_is_no_reason(sound: Evidence) -> None:
    assert ask(replace(sound, anomalies=stands_out("medium", "t7"))).proposals == ()


def test_a_pause_ends_some_time_after_the_newest_run(sound: Evidence) -> None:
    found = replace(sound, anomalies=stands_out("critical"), runs=(point(4), point(5)))
    (proposal,) = ask(found, circuit_break_s=600).proposals
    (change,) = proposal.changes
    assert change.setting == "optimization.paused_until"
    assert (change.old, change.new) == (None, "2026-03-05T13:10:00+00:00")


def test_a_run_that_is_slower_than_those_before_is_rolled_back(sound: Evidence) -> None:
    found = replace(sound, runs=(point(3), point(4), point(5, latency_mean_ms=150.0)))
    (proposal,) = ask(found).proposals
    assert proposal.type is DecisionType.ROLLBACK
    (fact,) = proposal.facts
    assert fact.name.startswith("latency_relative")
    # log ratio ln 1.5 +- t(.95, about 200) * sqrt((20/150)^2/100 + .2^2/200)
    assert (fact.estimate, fact.n, fact.threshold) == (pytest.approx(0.5), 300, 0.2)
    assert (fact.low, fact.high) == (
        pytest.approx(0.452, abs=0.003),
        pytest.approx(0.549, abs=3e-3),
    )
    assert ask(found, max_latency_increase=0.5).proposals == ()


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({}, {"n_succeeded": 70}),
        ({"score_mean": 0.9, "score_sd": 0.1}, {"score_mean": 0.7, "score_sd": 0.1}),
        (
            {"cost_mean_usd": 0.01, "cost_sd_usd": 0.001},
            {"cost_mean_usd": 0.02, "cost_sd_usd": 0.001},
        ),
    ],
)
def test_each_worse_figure_is_reason_enough(
    sound: Evidence, before: dict[str, Any], now: dict[str, Any]
) -> None:
    steady = (point(3, **before), point(4, **before))
    assert ask(replace(sound, runs=steady)).proposals == ()
    assert ask(replace(sound, runs=(*steady, point(5, **(before | now))))).proposals


def test_a_worse_run_of_few_tasks_is_too_little(sound: Evidence) -> None:
    small = {"n": 5, "n_succeeded": 4}
    assert ask(replace(sound, runs=(point(3), point(4), point(5, **small)))).proposals == ()


def test_runs_of_other_variants_are_not_its_own(sound: Evidence) -> None:
    other = point(4, variant_id="id-good", latency_mean_ms=10.0)
    assert ask(replace(sound, runs=(other, point(5)))).proposals == ()


def test_repeats_of_few_cases_show_no_worse_run(evidence: Make, window: Window) -> None:
    runs = (point(3), point(4), point(5, n_succeeded=80))
    plain = evidence(window("new", 99, 100), window("good", 98, 100))
    assert ask(replace(plain, runs=runs), max_quality_drop=0.05).proposals
    repeated = evidence(
        window("new", 99, 100, n_cases=10, n_effective=10.0), window("good", 98, 100)
    )
    assert ask(replace(repeated, runs=runs), max_quality_drop=0.05).proposals == ()


def test_of_what_changes_something_only_the_first_is_proposed(
    evidence: Make, window: Window
) -> None:
    found = replace(
        evidence(window("new", 50, 100), window("good", 98, 100)),
        drift=drifted("success", "chi2", 0.9, 0.5),
        anomalies=stands_out("critical"),
        runs=(point(3), point(4), point(5, n_succeeded=20)),
    )
    types = [proposal.type for proposal in ask(found).proposals]
    assert types == [DecisionType.ROLLBACK, DecisionType.ALERT]


def test_switches_to_the_safe_variant_with_all_that_it_changes(
    evidence: Make, window: Window
) -> None:
    found = evidence(window("new", 50, 100), window("plain", 90, 100, model="old-model"))
    settings = {"on_threshold_violation": "switch_to_safe", "safe_variant": "plain"}
    (proposal,) = ask(found, **settings).proposals
    assert proposal.type is DecisionType.PROMPT_VARIANT
    assert {(c.setting, c.new) for c in proposal.changes} == {
        ("variant", "plain"),
        ("model", "old-model"),
    }
    assert proposal.effects[0].estimate == pytest.approx(0.4)
    (proposal,) = ask(found, **(settings | {"safe_variant": "gone"})).proposals
    assert proposal.type is DecisionType.ALERT
    assert "The safe variant gone has never run." in proposal.rationale
    (proposal,) = ask(found, **(settings | {"safe_variant": "new"})).proposals
    assert "It is the safe variant new itself." in proposal.rationale


def test_a_safe_variant_must_be_named_to_be_switched_to() -> None:
    with pytest.raises(ValidationError, match="switch_to_safe needs safe_variant"):
        ThresholdBasedSettings.model_validate({"on_drift": "switch_to_safe"})


def test_reduces_the_traffic_of_the_variant(evidence: Make, window: Window) -> None:
    (proposal,) = ask(
        evidence(window("new", 50, 100)),
        on_threshold_violation="reduce_traffic",
        reduce_traffic_percent=25,
    ).proposals
    assert proposal.type is DecisionType.ALLOCATE_TRAFFIC
    (change,) = proposal.changes
    assert (change.setting, change.old, change.new) == ("allocation.new", 1.0, 0.75)


def test_the_figures_of_a_broken_threshold_are_its_facts(evidence: Make, window: Window) -> None:
    (proposal,) = ask(evidence(window("new", 50, 100), window("good", 98, 100))).proposals
    (fact,) = proposal.facts
    assert (fact.name, fact.n, fact.estimate, fact.threshold) == ("success_rate", 100, 0.5, 0.95)
    assert fact.high is not None
    assert fact.high < 0.95
