from __future__ import annotations

import numpy as np
import pytest

from optimizer.stats.arrays import counts, finite_pair, finite_values, require_positive


def test_whatever_holds_numbers_becomes_an_array_of_floats() -> None:
    for values in ([1, 2], (True, False), np.array([1, 2], dtype=np.int8), range(2)):
        assert finite_values(values, name="scores").dtype == np.float64


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), None])
def test_a_number_that_is_none_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="scores: found NaN or infinity"):
        finite_values([1, bad], name="scores")


def test_pairs_are_of_equal_length() -> None:
    with pytest.raises(ValueError, match="second: found n = 3, expected 2"):
        finite_pair([1, 2], [1, 2, 3])
    with pytest.raises(ValueError, match="first: found n = 1, expected at least 2"):
        finite_pair([1], [1], at_least=2)


def test_zero_has_no_logarithm() -> None:
    with pytest.raises(ValueError, match="prices: found 0, expected positive"):
        require_positive(np.array([1.0, 0.0]), name="prices")


def test_counts_beyond_what_is_exact_are_refused() -> None:
    with pytest.raises(ValueError, match="at most"):
        counts([3, 1e90], name="passes")
