from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from optimizer.stats.ranks import mann_whitney, sign_flip, wilcoxon

tenths = st.lists(st.integers(-9, 9).map(lambda i: i / 10), min_size=1, max_size=25)


@given(values=st.lists(st.integers(-9, 9), min_size=1, max_size=8))
def test_sign_flips_are_counted_one_by_one(values: list[int]) -> None:
    sums = [
        abs(sum(sign * value for sign, value in zip(signs, values, strict=True)))
        for signs in itertools.product((-1, 1), repeat=len(values))
    ]
    expected = np.mean([total >= abs(sum(values)) for total in sums])
    assert sign_flip(np.array(values) / 10).p_value == expected


def test_sign_flips_see_ties_through_the_noise_of_the_arithmetic() -> None:
    clean = sign_flip([5, 5, 5, -5, 10])
    noisy = sign_flip([0.85 - 0.8, 0.25 - 0.2, 0.05, 0.65 - 0.7, 1.1 - 1.0])
    assert noisy.p_value == clean.p_value


def test_a_random_pattern_is_counted_with_the_observed_one() -> None:
    found = sign_flip([1.0] * 30, resamples=999)
    assert found.p_value == 1 / 1000
    assert sign_flip([1.0, -1.0] * 10).p_value == 1.0


def test_random_sign_flips_agree_with_the_exact_test() -> None:
    rng = np.random.default_rng(2)
    d = rng.normal(0.3, 1, 16)
    exact = sign_flip(d).p_value
    # a 17th difference that is next to nothing asks for the random patterns
    drawn = sign_flip(np.append(d, 1e-13), resamples=40_000).p_value
    assert drawn == pytest.approx(exact, abs=4 * np.sqrt(exact / 40_000))


def test_random_sign_flips_agree_with_t_where_both_hold() -> None:
    d = np.random.default_rng(5).normal(0.01, 1, 20_000)
    assert sign_flip(d, seed=3).p_value == pytest.approx(stats.ttest_1samp(d, 0).pvalue, abs=0.02)


def test_the_seed_decides_the_patterns() -> None:
    d = np.random.default_rng(1).normal(0.2, 1, 40)
    assert sign_flip(d, seed=1) == sign_flip(d, seed=1)
    assert sign_flip(d, seed=1).p_value == sign_flip(-d, seed=1).p_value


def test_no_change_at_all_has_a_p_value_of_1() -> None:
    assert sign_flip([0, 0, 0]).p_value == 1
    assert wilcoxon([0, 0, 0]).p_value == 1
    assert wilcoxon([0, 0, 0], zero_method="wilcox").p_value == 1
    assert wilcoxon([0, 0, 0], zero_method="pratt").p_value == 1
    assert wilcoxon([0, 0, 0], method="exact").p_value == 1
    assert mann_whitney([3, 3], [3, 3, 3]).p_value == 1


@given(values=tenths.filter(any), zeros=st.sampled_from(["wilcox", "pratt", "zsplit"]))
def test_wilcoxon_by_the_normal_is_that_of_scipy(values: list[float], zeros: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = stats.wilcoxon(values, zero_method=zeros, method="asymptotic")
    ours = wilcoxon(values, zero_method=zeros)
    assert ours.statistic == theirs.statistic
    assert ours.p_value == pytest.approx(theirs.pvalue, rel=1e-9)


@given(values=st.lists(st.integers(1, 60), min_size=1, max_size=30, unique=True), data=st.data())
def test_wilcoxon_without_ties_counts_as_scipy_does(values: list[int], data: st.DataObject) -> None:
    signs = data.draw(
        st.lists(st.sampled_from([-1, 1]), min_size=len(values), max_size=len(values))
    )
    d = np.array(values) * signs
    ours, theirs = wilcoxon(d, method="exact"), stats.wilcoxon(d, method="exact")
    assert ours.p_value == pytest.approx(theirs.pvalue, rel=1e-9)


@given(values=st.lists(st.integers(-3, 3), min_size=1, max_size=8))
def test_wilcoxon_with_ties_counts_the_ranks_there_are(values: list[int]) -> None:
    d = np.array(values)
    ranks = stats.rankdata(np.abs(d))
    half = ranks[d == 0].sum() / 2
    observed = min(ranks[d > 0].sum(), ranks[d < 0].sum())
    live = ranks[d != 0]
    sums = [live[list(signs)].sum() for signs in itertools.product((False, True), repeat=live.size)]
    expected = min(2 * np.mean([total <= observed for total in sums]), 1)
    ours = wilcoxon(d, method="exact")
    assert ours.statistic == observed + half
    assert ours.p_value == pytest.approx(expected)


def test_wilcoxon_does_not_count_what_would_take_too_long() -> None:
    with pytest.raises(ValueError, match="at most 1000 differences, got 1001"):
        wilcoxon(np.arange(1, 1002), method="exact")


@pytest.mark.parametrize("choice", [{"zero_method": "drop"}, {"method": "auto"}])
def test_wilcoxon_refuses_a_choice_it_does_not_have(choice: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="zero_method must be"):
        wilcoxon([1, 2], **choice)


def test_u_counts_the_pairs_the_second_sample_wins() -> None:
    # 3 beats 1 and 2, 5 beats all three, 2.5 beats 1 and 2
    found = mann_whitney([1, 2, 4], [3, 5, 2.5])
    assert found.statistic == 7
    assert found.p_value == pytest.approx(stats.mannwhitneyu([3, 5, 2.5], [1, 2, 4]).pvalue)
    assert mann_whitney([3, 5, 2.5], [1, 2, 4]).p_value == found.p_value


def test_u_with_ties_takes_the_normal() -> None:
    first, second = [1, 2, 2, 3], [2, 3, 3, 4, 5]
    theirs = stats.mannwhitneyu(second, first, method="asymptotic")
    assert mann_whitney(first, second).p_value == pytest.approx(theirs.pvalue)


def test_sign_flips_need_a_resample() -> None:
    with pytest.raises(ValueError, match="resamples must be at least 1"):
        sign_flip([1, 2], resamples=0)
