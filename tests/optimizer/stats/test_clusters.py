from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from optimizer.stats.clusters import (
    clustered_mcnemar,
    cr1,
    cv3,
    design_effect,
    intraclass_correlation,
    kish,
)
from optimizer.stats.means import paired_t


@given(values=st.lists(st.integers(-20, 20), min_size=2, max_size=30))
def test_families_of_one_are_student_s_t(values: list[int]) -> None:
    plain = paired_t(values)
    for kernel in (cr1, cv3):
        found = kernel(values, range(len(values)))
        assert found.standard_error == pytest.approx(plain.standard_error)
        assert found.df == pytest.approx(plain.df)
        assert found.p_value == pytest.approx(plain.p_value)


@given(values=st.lists(st.integers(-20, 20), min_size=6, max_size=6 * 8))
def test_families_of_one_size_give_both_the_same(values: list[int]) -> None:
    values = values[: len(values) // 3 * 3]
    families = np.arange(len(values)) // 3
    one, other = cr1(values, families), cv3(values, families)
    assert one.standard_error == pytest.approx(other.standard_error)
    assert (one.low, one.high) == pytest.approx((other.low, other.high))


def test_the_jackknife_leaves_out_one_family_at_a_time() -> None:
    values, families = np.array([1.0, 2, 4, 8, 3, 5]), np.array(list("aabbbc"))
    left = [values[families != name].mean() for name in "abc"]
    variance = 2 / 3 * sum((mean - values.mean()) ** 2 for mean in left)
    found = cv3(values, families)
    assert found.standard_error == pytest.approx(math.sqrt(variance))
    assert found.df == pytest.approx(36 / 14 - 1)
    assert found.n == 3


def test_unequal_families_break_the_robust_error_but_not_the_jackknife() -> None:
    rng = np.random.default_rng(3)
    families = np.repeat(np.arange(12), [30, 20, 15, 10, 8, 6, 5, 4, 3, 2, 1, 1])
    wrong = {cr1: 0, cv3: 0}
    for _ in range(1200):
        values = rng.normal(size=12)[families] + rng.normal(0, 0.5, families.size)
        for kernel in wrong:
            wrong[kernel] += kernel(values, families).p_value < 0.05
    assert wrong[cv3] / 1200 < 0.07 < wrong[cr1] / 1200


@pytest.mark.parametrize(
    "families",
    [
        ["a", "a", "b", "c"],
        np.array(["a", "a", "b", "c"]),
        [1, 1, 7, 3],
        np.array([1.5, 1.5, 0, 2]),
        [("x", 1), ("x", 1), ("x", 2), ("y", 1)],
        np.array(["a", "a", 3, 4.5], dtype=object),
    ],
)
def test_any_label_names_a_family(families) -> None:
    assert cr1([1, 2, 4, 8], families) == cr1([1, 2, 4, 8], [0, 0, 1, 2])


@pytest.mark.parametrize(
    ("families", "message"),
    [
        ([0, 0, 0], "at least 2 families"),
        ([0, 1], "one family per value"),
        (["a", None, "b"], "missing label"),
        (["a", math.nan, "b"], "missing label"),
        (np.array([1, math.nan, 2]), "missing label"),
    ],
)
def test_families_that_tell_nothing_are_refused(families, message) -> None:
    for kernel in (cr1, cv3, intraclass_correlation):
        with pytest.raises(ValueError, match=message):
            kernel([1, 2, 3], families)


def test_very_unequal_families_are_nearly_one_and_say_so() -> None:
    found = cv3([*[0.0, 1.0] * 500, 0.3], [0] * 1000 + [1])
    assert found.low < -1e6
    assert found.high > 1e6


@given(b=st.integers(0, 30), c=st.integers(0, 30), ties=st.integers(0, 10))
def test_one_run_per_case_is_mcnemar_without_correction(b: int, c: int, ties: int) -> None:
    if b + c == 0:
        return
    found = clustered_mcnemar([-1] * b + [1] * c + [0] * ties)
    assert found.statistic == pytest.approx((c - b) ** 2 / (b + c))
    assert found.p_value == pytest.approx(stats.chi2.sf((c - b) ** 2 / (b + c), 1))


def test_counts_and_rates_give_the_same_clustered_test() -> None:
    counts = np.array([1, -1, 2, 3, 0, 1])
    assert clustered_mcnemar(counts).p_value == pytest.approx(clustered_mcnemar(counts / 3).p_value)


def test_without_a_difference_there_is_no_statistic() -> None:
    found = clustered_mcnemar([0, 0])
    assert math.isnan(found.statistic)
    assert found.p_value == 1


def test_the_mean_squares_are_those_of_scipy_s_f() -> None:
    rng = np.random.default_rng(6)
    families = np.repeat(np.arange(9), rng.integers(1, 6, 9))
    values = rng.normal(size=families.size) + rng.normal(size=9)[families]
    found = intraclass_correlation(values, families)
    groups = [values[families == name] for name in range(9)]
    assert found.msb / found.msw == pytest.approx(stats.f_oneway(*groups).statistic)


def test_families_that_agree_within_are_fully_correlated() -> None:
    assert intraclass_correlation([1, 1, 2, 2, 5, 5], [0, 0, 1, 1, 2, 2]).icc == 1
    assert intraclass_correlation([0, 1, 0, 1], [0, 0, 1, 1]).icc == -1


def test_a_correlation_nobody_can_know_is_nan() -> None:
    single, constant = (
        intraclass_correlation([1, 2, 3], "abc"),
        intraclass_correlation([1] * 4, "aabb"),
    )
    assert math.isnan(single.icc)
    assert math.isnan(single.msw)
    assert math.isnan(constant.icc)


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=30))
def test_weights_are_worth_at_most_their_number(weights: list[float]) -> None:
    assert 1 - 1e-9 <= kish(weights) <= len(weights) + 1e-9
    assert kish([3 * weight for weight in weights]) == pytest.approx(kish(weights))


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1], [math.inf]])
def test_weights_that_weigh_nothing_are_refused(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="weights"):
        kish(weights)


@pytest.mark.parametrize(("size", "icc"), [(0.5, 0.1), (3, 1.1), (3, math.nan)])
def test_a_design_effect_needs_a_family(size: float, icc: float) -> None:
    with pytest.raises(ValueError, match="need size"):
        design_effect(size, icc)
