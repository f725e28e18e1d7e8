from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial import distance

from optimizer.stats.outliers import iqr_fences, mahalanobis, modified_z, z_scores

VALUES = st.lists(st.integers(-1000, 1000).map(float), min_size=2, max_size=40)


@given(VALUES)
def test_z_scores_are_those_of_scipy(values: list[float]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = z_scores(values)
    if len(set(values)) == 1:
        assert np.isnan(found).all()
    else:
        assert found == pytest.approx(stats.zscore(values, ddof=1))


@given(VALUES)
def test_modified_z_is_deviation_over_mad(values: list[float]) -> None:
    mad = stats.median_abs_deviation(values)
    if mad > 0:
        expected = 0.6745 * (np.array(values) - np.median(values)) / mad
        assert modified_z(values) == pytest.approx(expected)


def test_one_that_differs_from_many_equal_ones_stands_out() -> None:
    # mean deviation 1 / 10, times 1.2533
    found = modified_z([2.0] * 9 + [3.0])
    assert found == pytest.approx([0] * 9 + [10 / math.sqrt(math.pi / 2)])
    assert found[-1] > 3.5


def test_equal_values_have_no_scores() -> None:
    assert np.isnan(modified_z([0.1, 0.1, 0.1])).all()
    assert np.isnan(z_scores([0.1, 0.1, 0.1])).all()


@given(VALUES, st.floats(0, 3))
def test_fences_stand_beyond_the_quartiles(values: list[float], factor: float) -> None:
    found = iqr_fences(values, factor=factor)
    first, third = np.quantile(values, [0.25, 0.75])
    spread = stats.iqr(values)
    assert found.low == pytest.approx(first - factor * spread, abs=1e-9)
    assert found.high == pytest.approx(third + factor * spread, abs=1e-9)
    assert found.n == len(values)


def table(n: int, *, outliers: int = 0) -> np.ndarray:
    rng = np.random.default_rng(n)
    rows = rng.normal(size=(n, 3)) @ [[1, 0.5, 0.2], [0, 1, 0.5], [0, 0, 1]]
    rows[:outliers] += 8
    return rows


def test_distances_are_those_of_scipy() -> None:
    rows = table(40) * [1, 1000, 1e-4]
    inverse = np.linalg.inv(np.cov(rows.T))
    found = mahalanobis(rows)
    expected = [distance.mahalanobis(row, rows.mean(axis=0), inverse) for row in rows]
    assert found.distances == pytest.approx(expected)
    assert found.p_values == pytest.approx(stats.chi2.sf(np.square(expected), 3))
    assert (found.df, found.n) == (3, 40)


@pytest.mark.parametrize("robust", [False, True])
def test_distances_do_not_depend_on_units_and_offsets(robust: bool) -> None:
    rows = table(50)
    found = mahalanobis(rows, robust=robust).distances
    other = mahalanobis(rows * [1000, 0.01, -1] + [5, 6, 7], robust=robust).distances
    assert other == pytest.approx(found)


def test_outliers_cannot_hide_behind_each_other() -> None:
    rows = table(60, outliers=8)
    assert (mahalanobis(rows).p_values[:8] > 0.001).all()
    assert (mahalanobis(rows, robust=True).p_values[:8] < 0.001).all()


def test_few_clean_rows_are_called_unusual() -> None:
    false = [(mahalanobis(table(n), robust=True).p_values < 0.001).mean() for n in range(200, 300)]
    assert np.mean(false) < 0.004


def test_robust_distances_of_clean_rows_are_nearly_the_classical() -> None:
    rows = table(5000)
    ratio = mahalanobis(rows, robust=True).distances / mahalanobis(rows).distances
    assert np.median(ratio) == pytest.approx(1, abs=0.05)
    assert (np.abs(ratio - 1) < 0.2).mean() > 0.9


def test_one_column_is_the_distance_in_standard_deviations() -> None:
    rows = table(30)[:, :1]
    assert mahalanobis(rows).distances == pytest.approx(np.abs(z_scores(rows[:, 0])))


DEPENDENT = np.column_stack([table(20)[:, 0], 2 * table(20)[:, 0]])
CONSTANT = np.column_stack([table(20)[:, 0], np.full(20, 0.1)])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: modified_z([]), "at least 1"),
        (lambda: modified_z([1, math.nan]), "NaN"),
        (lambda: iqr_fences([]), "at least 1"),
        (lambda: iqr_fences([1, 2], factor=-1), "factor"),
        (lambda: z_scores([1]), "at least 2"),
        (lambda: z_scores([1, 2], ddof=2), "ddof"),
        (lambda: mahalanobis([1, 2, 3]), "rows and columns"),
        (lambda: mahalanobis(table(4)), "columns \\+ 2"),
        (lambda: mahalanobis([[1, 2], [3, math.inf], [5, 6], [7, 9]]), "NaN"),
        (lambda: mahalanobis(DEPENDENT), "follow from each other"),
        (lambda: mahalanobis(DEPENDENT, robust=True), "without spread|follow from each other"),
        (lambda: mahalanobis(CONSTANT), "without spread"),
        (lambda: mahalanobis(CONSTANT, robust=True), "without spread"),
    ],
)
def test_refuses_what_has_no_spread_or_sense(call, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=message):
        call()
