from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from optimizer.analysis.drift import Watch, drift, drift_of_series
from optimizer.analysis.settings import DriftSettings
from optimizer.models.drift import DriftMethod, DriftReport
from optimizer.models.requests import Requests
from optimizer.models.summaries import RunPoint

Ran = Callable[..., tuple[list[RunPoint], Requests]]
SERIES = {DriftMethod.ADWIN, DriftMethod.PAGE_HINKLEY, DriftMethod.CUSUM}
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def watch(**settings: Any) -> Watch:
    return Watch(settings=DriftSettings(**settings), delta=0.002, window_size=1000, seed=0)


def look(points: Sequence[RunPoint], trace: Requests | None, **settings: Any) -> DriftReport:
    return drift("wf", "v", points, trace, watch(**settings))


def moved(report: DriftReport) -> set[tuple[str, str]]:
    return {(one.metric, one.method) for one in report.drifting}


def test_one_run_says_what_is_missing(ran: Ran) -> None:
    points, trace = ran([100])
    report = look(points, trace)
    assert report.findings == ()
    assert report.not_looked_at == ("not enough data: 1 of 2 runs",)


def test_few_tasks_say_what_is_missing(ran: Ran) -> None:
    report = look(*ran([20, 12]))
    assert report.findings == ()
    assert "windows: not enough data: 12 of 30 cases in the smaller one" in report.not_looked_at


@pytest.mark.parametrize("shared", [True, False])
def test_a_slower_run_has_drifted_in_latency_alone(ran: Ran, shared: bool) -> None:
    report = look(*ran([200, 200, 200], shared=shared, slower=1.6))
    assert {metric for metric, _ in moved(report)} == {"latency"}
    assert ("latency", "paired" if shared else "welch") in moved(report)
    assert ("latency", "ks") in moved(report)
    finding = report.drifting[0]
    assert (finding.after or 0.0) > (finding.before or 0.0)
    assert report.findings[: len(report.drifting)] == report.drifting


def test_a_fall_of_the_pass_rate_is_found_by_outcomes_and_by_pairs(ran: Ran) -> None:
    report = look(*ran([200, 200], newest_pass_rate=0.6))
    assert {("success", "chi2"), ("success", "paired")} <= moved(report)
    (pairs,) = (one for one in report.drifting if one.method is DriftMethod.PAIRED)
    assert (pairs.n_before, pairs.n_after) == (200, 200)


def test_the_same_cases_are_compared_as_pairs(ran: Ran) -> None:
    report = look(*ran([60, 60], slower=1.25))
    assert moved(report) == {("latency", "paired")}


def test_a_change_too_small_to_matter_is_none(ran: Ran) -> None:
    points, trace = ran([400, 400], slower=1.25)
    assert ("latency", "paired") in moved(look(points, trace))
    assert moved(look(points, trace, min_shift=2, min_distance=0.5, psi_threshold=2)) == set()


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_the_unit_does_not_matter(ran: Ran, scale: float) -> None:
    plain = look(*ran([80, 80, 80], slower=1.5))
    scaled = look(*ran([80, 80, 80], slower=1.5, scale=scale))
    assert moved(plain) == moved(scaled)
    for one, other in zip(plain.findings, scaled.findings, strict=True):
        assert (one.p_value or 0) == pytest.approx(other.p_value or 0, rel=1e-6, abs=1e-12)


def test_p_values_allow_for_the_number_of_looks(ran: Ran) -> None:
    report = look(*ran([100, 100], seed=3))
    looks = [one for one in report.findings if one.method not in SERIES]
    assert len(looks) >= 10
    assert min(one.p_value or 0.0 for one in looks) > 0.01


@pytest.mark.parametrize(
    "sizes", [[100, 100], [100] * 5, [40] * 12, [400, 30]], ids=["two", "five", "twelve", "uneven"]
)
@pytest.mark.parametrize("shared", [True, False], ids=["suite", "traffic"])
def test_runs_that_are_alike_have_seldom_drifted(ran: Ran, sizes: list[int], shared: bool) -> None:
    alarms = [bool(look(*ran(sizes, seed=seed, shared=shared)).drifting) for seed in range(40)]
    assert sum(alarms) <= 3


def test_repeats_of_a_case_in_a_run_are_one_value(ran: Ran) -> None:
    alarms = [
        bool(look(*ran([300, 300], seed=seed, shared=False, repeats=10)).drifting)
        for seed in range(30)
    ]
    assert sum(alarms) <= 2


def test_hard_cases_are_no_move(ran: Ran) -> None:
    points, trace = ran([100] * 5)
    order = np.argsort(trace.segment * 1e9 + trace.latency_ms * 0 + trace.case, kind="stable")
    assert np.array_equal(order, np.arange(500))
    slow_first = trace.latency_ms * np.where(trace.case < 50, 20.0, 1.0)
    report = look(points, replace(trace, latency_ms=slow_first))
    assert not {one.method for one in report.drifting} & SERIES


def test_tasks_beyond_those_read_leave_the_figures_of_the_runs(ran: Ran) -> None:
    points, trace = ran([300, 300], newest_pass_rate=0.6, slower=1.6)
    rows = trace.segment == 1
    own = {
        name: getattr(trace, name)[rows]
        for name in Requests.__dataclass_fields__
        if isinstance(getattr(trace, name), np.ndarray)
    }
    report = look(points, replace(trace, **own))
    assert {("success", "chi2"), ("latency", "welch")} <= moved(report)
    assert any("beyond those that were read" in text for text in report.not_looked_at)
    assert moved(look(points, None)) == moved(report)


def test_a_step_in_a_series_of_runs_is_dated(ran: Ran) -> None:
    points, _ = ran([40] * 30)
    late = [
        replace(point, latency_mean_ms=(point.latency_mean_ms or 0.0) * (3 if i >= 18 else 1))
        for i, point in enumerate(points)
    ]
    report = look(late, None)
    found = {one.method: one for one in report.drifting if one.metric == "latency"}
    assert {DriftMethod.CUSUM, DriftMethod.PAGE_HINKLEY} <= set(found)
    assert found[DriftMethod.CUSUM].changed_at == points[18].started_at


def test_every_step_of_any_series_is_told() -> None:
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.normal(level, 1, 150) for level in (5, 9, 5)]).tolist()
    times = [NOON + timedelta(minutes=i) for i in range(450)]
    report = drift_of_series(values, times, watch(), name="load.csv")
    by_method = {method: [f for f in report.findings if f.method is method] for method in SERIES}
    assert all(len(found) == 2 for found in by_method.values())
    for finding in report.findings:
        assert finding.changed_at is not None
        place = (finding.changed_at - NOON).total_seconds() / 60
        assert min(abs(place - 150), abs(place - 300)) <= 8


def test_a_short_series_says_what_is_missing() -> None:
    report = drift_of_series([1.0] * 60, [NOON] * 60, watch(), name="load.csv")
    assert report.not_looked_at == ("not enough data: 60 of 100 values",)


def test_values_that_never_change_have_not_drifted() -> None:
    report = drift_of_series([0.0] * 300, [NOON] * 300, watch(), name="flat")
    assert report.drifting == ()
