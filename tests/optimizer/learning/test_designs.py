from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.learning.designs import (
    DESIGNS,
    grid,
    latin_hypercube,
    places_of,
    random,
    sobol,
    values_at,
)
from optimizer.learning.parameters import Parameter, ParameterKind

SPACE = (
    Parameter(name="temperature", low=0, high=2),
    Parameter(name="max_tokens", kind=ParameterKind.INTEGER, low=256, high=8192, log=True),
    Parameter(name="style", kind=ParameterKind.CHOICE, choices=("plain", "steps", "json")),
)

every_design = pytest.mark.parametrize("name", list(DESIGNS))


@every_design
@settings(max_examples=15, deadline=None)
@given(n=st.integers(1, 40), seed=st.integers(0, 2**32 - 1))
def test_every_value_is_one_that_may_be_taken(name: str, n: int, seed: int) -> None:
    points = DESIGNS[name](n, SPACE, seed)
    assert ((points >= 0) & (points <= 1)).all()
    assert name == "grid" or len(points) == n
    for setting in values_at(SPACE, points):
        assert 0 <= setting["temperature"] <= 2
        assert isinstance(setting["max_tokens"], int)
        assert 256 <= setting["max_tokens"] <= 8192
        assert setting["style"] in {"plain", "steps", "json"}


@every_design
@settings(max_examples=10, deadline=None)
@given(n=st.integers(1, 30), seed=st.integers(0, 2**32 - 1))
def test_a_seed_gives_the_same_design_again(name: str, n: int, seed: int) -> None:
    assert (DESIGNS[name](n, SPACE, seed) == DESIGNS[name](n, SPACE, seed)).all()


@settings(max_examples=25, deadline=None)
@given(n=st.integers(1, 60), seed=st.integers(0, 2**32 - 1))
def test_each_stratum_of_a_latin_hypercube_holds_one_trial(n: int, seed: int) -> None:
    strata = np.floor(latin_hypercube(n, SPACE, seed) * n).astype(int)
    for column in strata.T:
        assert sorted(column) == list(range(n))


@settings(max_examples=10, deadline=None)
@given(k=st.integers(0, 6), seed=st.integers(0, 2**32 - 1))
def test_each_dyadic_stratum_of_a_sobol_sequence_holds_one_trial(k: int, seed: int) -> None:
    strata = np.floor(sobol(2**k, SPACE, seed) * 2**k).astype(int)
    for column in strata.T:
        assert sorted(column) == list(range(2**k))


def test_seeds_scramble_and_shuffle() -> None:
    for design in (latin_hypercube, sobol, random):
        assert (design(8, SPACE, 0) != design(8, SPACE, 1)).any()


def test_a_grid_has_every_combination_of_ends_and_choices() -> None:
    found = values_at(SPACE, grid(12, SPACE, 0))
    assert len(found) == 12
    assert {(v["temperature"], v["max_tokens"], v["style"]) for v in found} == {
        (t, m, s) for t in (0.0, 2.0) for m in (256, 8192) for s in ("plain", "steps", "json")
    }


def test_a_grid_holds_no_more_than_there_are_values() -> None:
    few = (Parameter(name="k", kind=ParameterKind.INTEGER, low=1, high=3),)
    assert sorted(v["k"] for v in values_at(few, grid(10, few, 0))) == [1, 2, 3]


def test_values_come_back_to_their_places() -> None:
    # The middle of 256 to 8192 in logs is 256 * sqrt(32) = 1448.15.
    assert SPACE[1].at(0.5) == 1448
    assert SPACE[0].at(0.123456) == 0.25
    assert SPACE[2].at(1.0) == "json"
    chosen = values_at(SPACE, latin_hypercube(9, SPACE, 3))
    assert values_at(SPACE, places_of(SPACE, chosen)) == chosen


def test_values_outside_have_no_place() -> None:
    with pytest.raises(ValueError, match=r"temperature: 2\.5 is not a value"):
        places_of(SPACE, [{"temperature": 2.5, "max_tokens": 300, "style": "json"}])
    assert SPACE[2].place("haiku") is None
    assert SPACE[0].place(None) is None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"low": 1, "high": 1}, "expected low below high"),
        ({"low": 0, "high": 1, "log": True}, "log scale from 0"),
        ({"kind": ParameterKind.CHOICE, "choices": ("a",)}, "1 choices, expected 2"),
    ],
)
def test_a_range_that_leaves_nothing_to_search_is_refused(fields: dict, message: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(ValueError, match=message):
        Parameter(name="p", **fields)
