from __future__ import annotations

import numpy as np
import pytest

from optimizer.replay.shares import change, parts_of, rate, saved
from optimizer.stats.intervals import wilson
from optimizer.stats.means import paired_t

ALTERNATING = np.arange(100) % 2 == 0


def test_runs_are_the_parts_where_there_are_enough_of_them() -> None:
    runs = parts_of(np.repeat(np.arange(25), 4), 20)
    assert (runs.n, runs.estimator) == (25, "batch means, 25 runs")
    stretches = parts_of(np.zeros(100, dtype=np.int64), 20)
    assert (stretches.n, stretches.estimator) == (20, "batch means, 20 stretches of time")
    assert np.bincount(stretches.label).tolist() == [5] * 20


def test_a_rate_over_equal_parts_is_the_t_interval_of_their_means() -> None:
    hits = np.random.default_rng(3).random(200) < 0.4
    parts = parts_of(np.zeros(200, dtype=np.int64), 20)
    means = hits.reshape(20, 10).mean(axis=1)
    expected = paired_t(means)
    found = rate(hits, parts, level=0.95)
    assert found.estimate == pytest.approx(hits.mean())
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_hits_that_come_together_make_the_interval_wider() -> None:
    together = np.arange(400) < 200
    apart = np.random.default_rng(1).permutation(together)
    parts = parts_of(np.zeros(400, dtype=np.int64), 20)
    wide, narrow = (rate(hits, parts, level=0.95) for hits in (together, apart))
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)


def test_a_rate_without_any_hit_has_the_interval_of_wilson() -> None:
    parts = parts_of(np.zeros(50, dtype=np.int64), 20)
    found = rate(np.zeros(50, dtype=np.bool_), parts, level=0.95)
    assert (found.low, found.high) == (wilson(0, 50).low, wilson(0, 50).high)
    assert found.estimator == "wilson"


def test_what_is_saved_is_a_share_of_what_is_known() -> None:
    amounts = np.where(np.arange(100) < 50, 2.0, np.nan)
    parts = parts_of(np.zeros(100, dtype=np.int64), 10)
    found = saved(amounts, ALTERNATING, parts, level=0.95)
    assert found is not None
    assert found.estimate == pytest.approx(0.5)
    assert found.n == 50
    assert saved(np.full(100, np.nan), ALTERNATING, parts, level=0.95) is None
    assert saved(np.zeros(100), ALTERNATING, parts, level=0.95) is None


def test_a_change_counts_both_ways() -> None:
    own = ALTERNATING.astype(np.float64)
    served = own.copy()
    served[:10] = 1.0
    parts = parts_of(np.zeros(100, dtype=np.int64), 10)
    found = change(served, own, parts, level=0.95)
    assert found is not None
    assert found.estimate == pytest.approx(0.05)
    worse = change(own, served, parts, level=0.95)
    assert worse is not None
    assert (worse.low, worse.high) == pytest.approx((-found.high, -found.low))


def test_where_nothing_changed_something_still_might() -> None:
    parts = parts_of(np.zeros(100, dtype=np.int64), 10)
    found = change(np.ones(100), np.ones(100), parts, level=0.95)
    assert found is not None
    assert found.low == -found.high < 0 == found.estimate
    assert change(np.full(100, np.nan), np.ones(100), parts, level=0.95) is None
