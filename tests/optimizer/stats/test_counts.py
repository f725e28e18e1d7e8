from __future__ import annotations

import math

import numpy as np
import pytest

from optimizer.stats.counts import checked_pairs, checked_rate, two_sided_z, whole_counts


def test_whole_numbers_of_any_type_become_integers() -> None:
    found = whole_counts(b=np.int32(3), c=4.0)
    assert found == (3, 4)
    assert [type(count) for count in found] == [int, int]


@pytest.mark.parametrize("value", [-1, 0.5, math.nan, math.inf])
def test_the_message_names_what_is_no_count(value: float) -> None:
    with pytest.raises(ValueError, match=f"c must be a whole number of at least 0, got {value}"):
        whole_counts(b=1, c=value)


def test_a_rate_needs_observations_unless_told_otherwise() -> None:
    assert checked_rate(0, 0, fewest=0) == (0, 0)
    with pytest.raises(ValueError, match="got 0 of 0"):
        checked_rate(0, 0)
    with pytest.raises(ValueError, match="got 3 of 2"):
        checked_rate(3, 2)


def test_discordant_pairs_are_among_all_pairs() -> None:
    assert checked_pairs(2, 3, 5) == (2, 3, 5)
    with pytest.raises(ValueError, match=r"got 2 \+ 4 of 5"):
        checked_pairs(2, 4, 5)


def test_a_level_of_95_percent_is_1_96() -> None:
    assert two_sided_z(0.95) == pytest.approx(1.959963984540054)
    with pytest.raises(ValueError, match="level must be between 0 and 1, got 95"):
        two_sided_z(95)
