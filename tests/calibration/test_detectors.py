"""How often detectors alarm while nothing changes, and how soon they do when something has."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from optimizer.analysis.anomalies import anomalies_of_series
from optimizer.analysis.settings import AnomalySettings
from optimizer.stats.steps import steps

AT_MOST = 0.02
SOON = 100
QUICK_SHARE = 20
"""Fewer repetitions than of other figures: a series takes about a millisecond."""

LONG = 300
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOISE = {
    "normal 1e-6": lambda rng, n: rng.normal(5e-6, 1e-6, n),
    "normal 1": lambda rng, n: rng.normal(0, 1, n),
    "normal 1e6": lambda rng, n: rng.normal(1e6, 1e6, n),
    "lognormal": lambda rng, n: rng.lognormal(0, 1, n),
    "Student t(3)": lambda rng, n: rng.standard_t(3, n),
    "Bernoulli .5": lambda rng, n: (rng.random(n) < 0.5).astype(float),
    "Bernoulli .95": lambda rng, n: (rng.random(n) < 0.95).astype(float),
}
every_noise = pytest.mark.parametrize("noise", NOISE)
every_method = pytest.mark.parametrize("method", ["adwin", "page_hinkley", "cusum"])


@every_noise
@every_method
def test_steady_series_seldom_alarm(bench, reps, method, noise):
    rng = np.random.default_rng(len(noise))
    alarms = [
        bool(steps(NOISE[noise](rng, LONG), method=method, seed=i))
        for i in range(reps // QUICK_SHARE)
    ]
    what = f"{method}, {noise}, series of {LONG}"
    bench.rate("detectors", what, alarms, 0.005, of=200, at_most=AT_MOST + 0.01)


@every_method
def test_a_step_of_three_sd_is_found_in_time(bench, reps, method):
    rng = np.random.default_rng(1)
    found = []
    for i in range(reps // QUICK_SHARE):
        values = rng.normal(0, 1, 300)
        values[200:] += 3
        found.append(
            any(200 <= one.index < 200 + SOON for one in steps(values, method=method, seed=i))
        )
    assert np.mean(found) >= 0.97


@every_noise
def test_steady_values_are_seldom_out(noise):
    rng = np.random.default_rng(2)
    values = NOISE[noise](rng, 3000).tolist()
    report = anomalies_of_series(values, [NOON] * 3000, AnomalySettings(), name=noise)
    assert len(report.anomalies) <= AT_MOST * report.n_looked_at
