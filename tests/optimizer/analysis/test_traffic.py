from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from optimizer.analysis.traffic import traffic
from optimizer.models.requests import Requests

EVENING = datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC)


def requests(*at_s: float, segment: list[int] | None = None) -> Requests:
    n = len(at_s)
    unknown, codes, marks = np.full(n, np.nan), np.zeros(n, dtype=np.int64), np.zeros(n, dtype=bool)
    return Requests(
        at_s=np.array(at_s),
        segment=np.array(segment or [0] * n),
        key=np.arange(n),
        answer=codes - 1,
        ok=unknown,
        score=unknown,
        latency_ms=unknown,
        tokens_in=unknown,
        tokens_out=unknown,
        cost_usd=unknown,
        failed=marks,
        throttled=marks,
        cached=marks,
        repeat=codes,
        case=codes,
        variant=codes,
        tenant=codes,
        task_type=codes,
        priority=codes + 2,
        deadline_ms=unknown,
        propensity=unknown,
        first_at=EVENING,
    )


def test_the_time_between_runs_is_not_counted() -> None:
    found = traffic(requests(0, 1, 2, 1000, 1001, 1002, segment=[0, 0, 0, 1, 1, 1]))
    assert (found.n, found.n_runs, found.busy_s) == (6, 2, 4.0)
    assert found.rate_per_s == pytest.approx(1.0)


def test_even_arrivals_do_not_vary_and_bursts_do() -> None:
    even = traffic(requests(*range(20)))
    burst = traffic(requests(*[5.5] * 19, 0, 19.0))
    assert (even.dispersion, even.peak_per_s) == (0.0, 1)
    assert burst.peak_per_s == 19
    assert burst.dispersion is not None
    assert burst.dispersion > 10


def test_arrivals_by_chance_have_a_dispersion_of_about_one() -> None:
    times = np.sort(np.random.default_rng(1).uniform(0, 2000, 6000))
    found = traffic(requests(*times.tolist()))
    assert found.dispersion == pytest.approx(1.0, abs=0.1)


def test_the_hours_of_the_day_go_round() -> None:
    found = traffic(requests(0, 2, 3602))
    assert found.by_hour is not None
    assert found.by_hour[23] == pytest.approx(1 / 3)
    assert found.by_hour[0] == pytest.approx(1 / 3)
    assert found.by_hour[1] == pytest.approx(1 / 3)
    unknown = traffic(replace(requests(0, 2), first_at=None))
    assert unknown.by_hour is None


def test_a_single_request_has_no_rate() -> None:
    found = traffic(requests(0))
    assert (found.rate_per_s, found.dispersion, found.peak_per_s) == (None, None, 1)


def test_repeats_of_a_case_are_no_traffic() -> None:
    one = requests(0, 1, 2)
    assert traffic(replace(one, repeat=np.array([0, 1, 2]))).n == 1
