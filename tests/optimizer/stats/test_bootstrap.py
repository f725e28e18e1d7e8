from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from optimizer.stats.bootstrap import bootstrap_bca, bootstrap_percentile


@pytest.fixture(scope="module")
def arms() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(8)
    first = rng.lognormal(0, 1, 40)
    return first, first * 1.2 + rng.exponential(0.4, 40)


@pytest.mark.parametrize(
    ("ours", "method"), [(bootstrap_percentile, "percentile"), (bootstrap_bca, "BCa")]
)
@pytest.mark.parametrize("statistic", ["mean", "median"])
def test_the_interval_is_that_of_scipy_but_for_the_draws(ours, method, statistic, arms) -> None:
    first, second = arms
    found = ours(first, second, statistic=statistic, seed=1)
    theirs = stats.bootstrap(
        (second - first,),
        getattr(np, statistic),
        method=method,
        n_resamples=9999,
        random_state=np.random.default_rng(1),
    ).confidence_interval
    width = theirs.high - theirs.low
    assert (found.low, found.high) == pytest.approx(
        (theirs.low, theirs.high), abs=(0.05 if statistic == "mean" else 0.15) * width
    )
    assert found.estimate == getattr(np, statistic)(second - first)


@pytest.mark.parametrize("kernel", [bootstrap_percentile, bootstrap_bca])
def test_the_seed_decides_the_resamples(kernel, arms) -> None:
    assert kernel(*arms, seed=5, resamples=200) == kernel(*arms, seed=5, resamples=200)
    assert kernel(*arms, seed=5, resamples=200) != kernel(*arms, seed=6, resamples=200)


@pytest.mark.parametrize("kernel", [bootstrap_percentile, bootstrap_bca])
def test_the_interval_mirrors_when_the_arms_change_places(kernel, arms) -> None:
    first, second = arms
    forward, backward = kernel(first, second), kernel(second, first)
    assert (forward.low, forward.high) == pytest.approx((-backward.high, -backward.low), rel=0.05)


@pytest.mark.parametrize("kernel", [bootstrap_percentile, bootstrap_bca])
def test_pairs_that_all_differ_alike_have_a_point_for_an_interval(kernel) -> None:
    found = kernel([1, 2, 3], [2, 3, 4], resamples=50)
    assert (found.low, found.estimate, found.high) == (1, 1, 1)


def test_resamples_that_do_not_fit_at_once_are_taken_in_parts() -> None:
    d = np.random.default_rng(0).normal(size=300_000)
    found = bootstrap_percentile(np.zeros_like(d), d, resamples=20)
    assert found.low < found.estimate < found.high


@pytest.mark.parametrize("kernel", [bootstrap_percentile, bootstrap_bca])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"statistic": "mode"}, "statistic must be"),
        ({"resamples": 0}, "resamples must be"),
        ({"level": 1}, "level must be"),
    ],
)
def test_options_out_of_range_are_named(kernel, options, message) -> None:
    with pytest.raises(ValueError, match=message):
        kernel([1, 2, 3], [2, 4, 5], **options)
