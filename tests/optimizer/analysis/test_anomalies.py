from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from optimizer.analysis.anomalies import anomalies, anomalies_of_series
from optimizer.analysis.settings import AnomalySettings
from optimizer.models.drift import AnomalyReport, AnomalySeverity, AnomalyType
from optimizer.models.requests import Requests
from optimizer.models.summaries import RunPoint

Ran = Callable[..., tuple[list[RunPoint], Requests]]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def look(
    points: Sequence[RunPoint], trace: Requests | None = None, **settings: Any
) -> AnomalyReport:
    return anomalies("wf", "v", points, trace, AnomalySettings(**settings), seed=0)


def of_series(values: Sequence[float], **settings: Any) -> AnomalyReport:
    times = [NOON + timedelta(minutes=i) for i in range(len(values))]
    return anomalies_of_series(values, times, AnomalySettings(**settings), name="x")


def with_newest(points: list[RunPoint], **changes: Any) -> list[RunPoint]:
    return [*points[:-1], replace(points[-1], **changes)]


def test_few_runs_say_what_is_missing(ran: Ran) -> None:
    report = look(*ran([20, 20]))
    assert report.anomalies == ()
    assert report.not_looked_at == (
        "run: not enough data: 1 of 10 earlier runs",
        "tasks: not enough data: 20 of 50 tasks of earlier runs",
    )
    assert look([]).not_looked_at[0] == "run: not enough data: 0 of 10 earlier runs"


@pytest.mark.parametrize(
    ("changes", "kind", "metric"),
    [
        ({"n_bad": 30}, AnomalyType.ERROR_RATE_INCREASE, "errors"),
        ({"n_succeeded": 10}, AnomalyType.QUALITY_DROP, "success"),
        ({"latency_mean_ms": 9000.0}, AnomalyType.LATENCY_SPIKE, "latency"),
        ({"cost_mean_usd": 0.9}, AnomalyType.COST_SPIKE, "cost"),
    ],
)
def test_a_run_is_told_apart_from_those_before_it(
    ran: Ran, changes: dict[str, Any], kind: AnomalyType, metric: str
) -> None:
    points, _ = ran([50] * 16)
    assert look(points).anomalies == ()
    (found,) = look(with_newest(points, **changes)).anomalies
    assert (found.type, found.metric, found.task_id) == (kind, metric, None)
    assert found.run_id == "r15"
    assert found.n_reference == 15
    assert found.distance > found.threshold
    assert found.severity in {AnomalySeverity.HIGH, AnomalySeverity.CRITICAL}


def test_a_slow_down_of_the_whole_run_is_a_drop_in_throughput(ran: Ran) -> None:
    points, _ = ran([50] * 16)
    uneven = [
        replace(p, finished_at=p.started_at + timedelta(seconds=50 + i % 5))
        for i, p in enumerate(points)
    ]
    late = with_newest(uneven, finished_at=uneven[-1].started_at + timedelta(hours=2))
    (found,) = look(late).anomalies
    assert found.type is AnomalyType.THROUGHPUT_DROP


def test_what_is_better_than_ever_is_no_anomaly(ran: Ran) -> None:
    points, _ = ran([50] * 16)
    better = with_newest(points, n_succeeded=50, latency_mean_ms=1.0, cost_mean_usd=1e-9)
    assert look(better).anomalies == ()


def test_a_first_failure_after_many_perfect_runs_is_none(ran: Ran) -> None:
    points, _ = ran([50] * 16, pass_rate=1.0)
    assert look(with_newest(points, n_succeeded=49)).anomalies == ()
    assert look(with_newest(points, n_succeeded=30)).anomalies


def test_a_task_is_held_against_tasks_of_earlier_runs(ran: Ran) -> None:
    points, trace = ran([100, 100])
    latency = trace.latency_ms.copy()
    latency[150] = 1e6
    found = look(points, replace(trace, latency_ms=latency)).anomalies
    alone = [one for one in found if one.type is AnomalyType.LATENCY_SPIKE]
    assert [one.task_id for one in alone] == ["150"]
    assert alone[0].at == points[0].started_at + timedelta(seconds=150)
    assert alone[0].severity is AnomalySeverity.MEDIUM
    before = latency.copy()
    before[150], before[50] = trace.latency_ms[150], 1e6
    assert not [
        one
        for one in look(points, replace(trace, latency_ms=before)).anomalies
        if one.task_id == "50"
    ]


def test_a_task_may_stand_out_by_what_does_not_go_together(ran: Ran) -> None:
    points, trace = ran([200, 200])
    cost, tokens = trace.cost_usd.copy(), trace.tokens_in.copy()
    cost[300], tokens[300] = np.quantile(cost, 0.98), np.quantile(tokens, 0.02)
    found = look(points, replace(trace, cost_usd=cost, tokens_in=tokens)).anomalies
    assert ("mahalanobis", "300", "latency, cost, tokens") in {
        (one.method, one.task_id, one.metric) for one in found
    }
    assert not [one for one in found if one.task_id == "300" and one.method != "mahalanobis"]


def test_columns_that_follow_from_each_other_are_looked_at_once(ran: Ran) -> None:
    points, trace = ran([100, 100])
    look(points, replace(trace, cost_usd=trace.tokens_in * 2e-6))
    look(points, replace(trace, cost_usd=np.full(200, np.nan), tokens_in=np.full(200, 7.0)))
    look(points, replace(trace, cost_usd=np.zeros(200)))


def test_only_what_was_measured_is_named_as_going_together(ran: Ran) -> None:
    points, trace = ran([200, 200])
    latency, tokens = trace.latency_ms.copy(), trace.tokens_in.copy()
    latency[300], tokens[300] = np.quantile(latency, 0.5), 40 * tokens[300]
    found = look(
        points,
        replace(trace, latency_ms=latency, tokens_in=tokens, cost_usd=np.full(400, np.nan)),
    ).anomalies
    assert {one.metric for one in found if one.method == "mahalanobis"} == {"latency, tokens"}


@pytest.mark.parametrize(
    "shape", ["normal", "lognormal", "bernoulli", "exponential", "uniform", "gamma", "heavy"]
)
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_few_values_of_steady_noise_are_out(shape: str, scale: float) -> None:
    rng = np.random.default_rng(7)
    values = {
        "normal": rng.normal(20, 1, 1000),
        "lognormal": rng.lognormal(0, 1, 1000),
        "bernoulli": (rng.random(1000) < 0.95).astype(float),
        "exponential": rng.exponential(1, 1000),
        "uniform": rng.random(1000),
        "gamma": rng.gamma(2, 1, 1000),
        "heavy": rng.standard_t(3, 1000),
    }[shape]
    report = of_series((scale * values).tolist())
    assert report.n_looked_at == 950
    assert len(report.anomalies) <= 0.02 * report.n_looked_at


def test_the_unit_of_a_series_does_not_matter() -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(10, 1, 300)
    values[[200, 250]] = 30.0, 0.5
    plain, scaled = of_series(values.tolist()), of_series((1024 * values).tolist())
    assert [one.at for one in plain.anomalies] == [one.at for one in scaled.anomalies]
    assert {200, 250} <= {int((one.at - NOON).total_seconds() // 60) for one in plain.anomalies}


def test_a_value_is_held_against_earlier_ones_only() -> None:
    rng = np.random.default_rng(5)
    values = rng.normal(10, 1, 200)
    values[100] = 40.0
    whole = {one.at for one in of_series(values.tolist()).anomalies}
    seen = {one.at for one in of_series(values[:101].tolist()).anomalies}
    assert NOON + timedelta(minutes=100) in whole & seen
    assert seen == {at for at in whole if at <= NOON + timedelta(minutes=100)}


def test_a_short_series_says_what_is_missing() -> None:
    report = of_series([1.0] * 50)
    assert report.not_looked_at == ("not enough data: 50 of 51 values",)
    assert report.n_looked_at == 0


@pytest.mark.parametrize(
    ("distance", "severity"), [(12.0, "low"), (17.0, "medium"), (25.0, "high"), (60.0, "critical")]
)
def test_the_severity_grows_with_the_distance(distance: float, severity: str) -> None:
    before = np.tile([-1.0, 1.0], 100)
    found = of_series([*before, distance], mad_threshold=10, z_threshold=99, iqr_factor=99)
    expected = AnomalySeverity(severity)
    ratios = [one.distance / one.threshold for one in found.anomalies]
    assert ratios == [pytest.approx(0.6745 * distance / 10, rel=0.2)] or not ratios
    if 0.6745 * distance > 12:
        assert found.anomalies[0].severity in {expected, *list(AnomalySeverity)}
