from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from optimizer.models.evidence import Evidence
from optimizer.stats.ratios import log_delta
from optimizer.stats.two_rates import newcombe_counts

RNG = np.random.default_rng(7)
BEFORE, AFTER = RNG.lognormal(6, 0.3, 100), RNG.lognormal(5.8, 0.3, 80)


@pytest.fixture
def found(measured: Callable[..., Evidence]) -> Evidence:
    return measured(
        paired=False,
        now={"passed": np.arange(100) < 60, "latency_ms": BEFORE},
        other={"passed": np.arange(80) < 60, "latency_ms": AFTER},
        tiny={"passed": [1], "latency_ms": [1.0]},
    )


def test_pass_rates_are_compared_by_newcombes_interval(found: Evidence) -> None:
    effect = found.contrasts[0].effect("success_rate")
    expected = newcombe_counts(60, 100, 60, 80)
    assert effect is not None
    assert (effect.estimate, effect.low, effect.high) == pytest.approx(
        (expected.estimate, expected.low, expected.high)
    )
    assert (effect.n, effect.estimator) == (180, "newcombe, unpaired")


def test_amounts_are_compared_by_the_ratio_of_their_means(found: Evidence) -> None:
    effect = found.contrasts[0].effect("latency_relative")
    theirs = log_delta(BEFORE, AFTER, paired=False)
    assert effect is not None
    assert (effect.low + 1, effect.high + 1) == pytest.approx((theirs.low, theirs.high))


def test_the_posterior_is_that_of_two_betas(found: Evidence) -> None:
    draws = np.random.default_rng(1)
    before = stats.beta(60.5, 40.5).rvs(200_000, random_state=draws)
    after = stats.beta(60.5, 20.5).rvs(200_000, random_state=draws)
    assert found.contrasts[0].p_better == pytest.approx((after > before).mean(), abs=0.003)


def test_says_that_no_case_is_shared_and_leaves_out_what_was_not_measured(found: Evidence) -> None:
    (contrast,) = found.contrasts
    assert not contrast.is_paired
    assert contrast.n_shared == 0
    assert contrast.effect("cost_relative") is None
