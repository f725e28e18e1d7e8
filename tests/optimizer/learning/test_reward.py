from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.learning.reward import (
    PRESETS,
    RewardSignal,
    RewardWeights,
    composite,
    known_to_all,
    thrift,
)

NAN = np.nan


def test_the_presets_are_those_of_the_documents() -> None:
    seed, quality = PRESETS["seed"], PRESETS["quality"]
    assert (seed.quality, seed.cost, seed.latency) == (0.5, 0.3, 0.2)
    assert (quality.quality, quality.cost, quality.latency) == (0.6, 0.3, 0.1)


def test_what_is_unknown_takes_its_weight_with_it() -> None:
    signal = RewardSignal(
        quality=np.array([1.0, 1.0, NAN, NAN]),
        cost=np.array([0.5, NAN, 0.5, NAN]),
        latency=np.array([0.0, 0.0, NAN, NAN]),
    )
    found = composite(signal, PRESETS["seed"])
    assert found == pytest.approx([0.65, 0.5 / 0.7, 0.5, NAN], nan_ok=True)


def test_feedback_counts_where_there_is_some() -> None:
    weights = RewardWeights(quality=1.0, cost=0.0, latency=0.0, feedback=1.0)
    one, nothing = np.array([1.0, 1.0]), np.array([NAN, NAN])
    signal = RewardSignal(quality=one, cost=nothing, latency=nothing, feedback=np.array([0.0, NAN]))
    assert composite(signal, weights).tolist() == [0.5, 1.0]


def test_thrift_is_half_at_the_median() -> None:
    assert thrift(np.array([1.0, 2.0, 6.0, NAN])) == pytest.approx(
        [2 / 3, 0.5, 0.25, NAN], nan_ok=True
    )


def test_thrift_of_mostly_free_tests_and_of_free_ones() -> None:
    assert thrift(np.array([0.0, 0.0, 0.0, 4.0])) == pytest.approx([1, 1, 1, 0.2])
    assert np.isnan(thrift(np.zeros(3))).all()
    assert np.isnan(thrift(np.array([NAN]))).all()


@given(st.lists(st.floats(0.001, 1e6), min_size=1, max_size=20), st.floats(0.001, 1e3))
def test_thrift_knows_no_unit_and_falls_with_the_amount(
    amounts: list[float], factor: float
) -> None:
    found = thrift(np.array(amounts))
    assert thrift(factor * np.array(amounts)) == pytest.approx(found)
    assert ((found > 0) & (found < 1)).all()
    order = np.argsort(amounts)
    assert (np.diff(found[order]) <= 1e-12).all()


def test_a_part_that_is_unknown_of_one_arm_counts_for_none() -> None:
    cost, arm = np.array([0.2, 0.3, NAN]), np.array([0, 0, 1])
    assert np.isnan(known_to_all(cost, arm, 2)).all()
    assert known_to_all(cost, np.array([0, 1, 1]), 2) is cost
