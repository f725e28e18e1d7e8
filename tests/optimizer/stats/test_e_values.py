import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy.integrate import quad
from scipy.special import betaln
from scipy.stats import beta, norm

from optimizer.stats.e_values import e_value_p, msprt, sequential_mcnemar

ALPHA = 0.05


@cache
def rejects(b, c):
    return sequential_mcnemar(b, c).p_value <= ALPHA


def chance_of_ever_rejecting(*, cases, discordance):
    surviving, rejected = {(0, 0): 1.0}, 0.0
    for _ in range(cases):
        moved = {}
        for (b, c), p in surviving.items():
            for state, share in (
                ((b, c), 1 - discordance),
                ((b + 1, c), discordance / 2),
                ((b, c + 1), discordance / 2),
            ):
                moved[state] = moved.get(state, 0.0) + p * share
        rejected += sum(p for state, p in moved.items() if rejects(*state))
        surviving = {state: p for state, p in moved.items() if not rejects(*state)}
    return rejected


def test_peeking_at_each_of_200_cases_keeps_the_error_rate():
    assert chance_of_ever_rejecting(cases=200, discordance=0.2) == pytest.approx(0.021, abs=0.002)


def test_peeking_at_each_change_for_long_keeps_the_error_rate():
    assert 0.02 < chance_of_ever_rejecting(cases=150, discordance=1.0) < ALPHA


def test_peeking_with_a_seed_rejects_as_often_as_enumerated():
    experiments = 4000
    draws = np.random.default_rng(7).random((experiments, 200))
    b = np.cumsum(draws < 0.1, axis=1)
    c = np.cumsum(draws > 0.9, axis=1)
    hits = [
        any(rejects(*pair) for pair in set(zip(*pairs, strict=True)))
        for pairs in zip(b.tolist(), c.tolist(), strict=True)
    ]
    assert np.mean(hits) == pytest.approx(0.021, abs=4 * math.sqrt(0.021 * 0.979 / experiments))


def test_the_e_value_is_the_mixture_of_likelihood_ratios():
    def ratio(share):
        return (2 * share) ** 9 * (2 * (1 - share)) ** 3 * beta.pdf(share, 2.5, 1.5)

    found = sequential_mcnemar(3, 9, prior=(2.5, 1.5))
    assert found.e_value == pytest.approx(quad(ratio, 0, 1)[0], rel=1e-9)
    assert found.log_e_value == pytest.approx(math.log(found.e_value))
    assert found.n == 12


@given(
    b=some.integers(0, 500), c=some.integers(0, 500), u=some.floats(0.1, 5), v=some.floats(0.1, 5)
)
def test_swapping_sides_and_prior_changes_nothing(b, c, u, v):
    found = sequential_mcnemar(b, c, prior=(u, v))
    swapped = sequential_mcnemar(c, b, prior=(v, u))
    assert swapped.log_e_value == pytest.approx(found.log_e_value, rel=1e-9, abs=1e-9)


def test_no_changes_are_no_evidence():
    found = sequential_mcnemar(0, 0)
    assert (found.e_value, found.log_e_value, found.p_value, found.n) == (1.0, 0.0, 1.0, 0)


def test_huge_counts_do_not_overflow():
    found = sequential_mcnemar(1_000_000, 3_000_000)
    assert found.e_value == math.inf
    assert found.p_value == 0.0
    expected = 4_000_000 * math.log(2) + betaln(3_000_001, 1_000_001)
    assert found.log_e_value == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("b", "c", "prior"),
    [
        (-1, 2, (1, 1)),
        (1, -2, (1, 1)),
        (1, 2, (0, 1)),
        (1, 2, (1, math.nan)),
        (1, 2, (math.inf, 1)),
    ],
)
def test_counts_and_shapes_out_of_range_are_refused(b, c, prior):
    with pytest.raises(ValueError, match="must"):
        sequential_mcnemar(b, c, prior=prior)


def test_msprt_is_the_ratio_of_marginal_to_null_density():
    x = np.array([0.4, 1.9, -0.3])

    def joint(mean):
        return np.prod(norm.pdf(x, mean, 1.5)) * norm.pdf(mean, 0.2, 0.7)

    expected = quad(joint, -8, 8)[0] / np.prod(norm.pdf(x, 0.2, 1.5))
    assert msprt(x, sigma=1.5, tau=0.7, null=0.2).e_value == pytest.approx(expected, rel=1e-9)


def test_msprt_remembers_its_strongest_evidence():
    strong = msprt([3.0, 3.0, 3.0], sigma=1, tau=1)
    faded = msprt([3.0, 3.0, 3.0, -3.0, -3.0, -3.0], sigma=1, tau=1)
    assert faded.e_value < 1
    assert faded.p_value == pytest.approx(strong.p_value)
    assert strong.p_value == pytest.approx(1 / strong.e_value)


def test_msprt_keeps_the_error_rate_at_every_look():
    x = np.random.default_rng(11).normal(size=(3000, 200))
    rate = np.mean([msprt(row, sigma=1, tau=0.3).p_value <= ALPHA for row in x])
    assert 0.01 < rate <= ALPHA + 4 * math.sqrt(ALPHA * (1 - ALPHA) / 3000)


def test_msprt_of_a_vast_mean_does_not_overflow():
    found = msprt([1e6] * 10, sigma=1, tau=1)
    assert found.e_value == math.inf
    assert math.isfinite(found.log_e_value)


@pytest.mark.parametrize(
    ("x", "given_"),
    [
        ([], {"sigma": 1, "tau": 1}),
        ([1, math.nan], {"sigma": 1, "tau": 1}),
        ([[1, 2]], {"sigma": 1, "tau": 1}),
        ([1], {"sigma": 0, "tau": 1}),
        ([1], {"sigma": 1, "tau": -1}),
        ([1], {"sigma": 1, "tau": 1, "null": math.inf}),
    ],
)
def test_msprt_refuses_what_it_cannot_use(x, given_):
    with pytest.raises(ValueError, match=r"needed|must"):
        msprt(x, **given_)


def test_p_follows_the_greatest_e_value_so_far():
    assert e_value_p([0.5, 4.0, 2.0, 40.0, math.inf]).tolist() == [1.0, 0.25, 0.25, 0.025, 0.0]


@pytest.mark.parametrize("wrong", [[], [1.0, -1.0], [math.nan]])
def test_p_refuses_what_is_no_e_value(wrong):
    with pytest.raises(ValueError, match="e-values"):
        e_value_p(wrong)
