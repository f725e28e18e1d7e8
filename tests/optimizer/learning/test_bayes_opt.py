from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from optimizer.learning.bayes_opt import (
    Acquisition,
    Search,
    expected_improvement,
    upper_confidence_bound,
)
from optimizer.learning.parameters import Observation, Parameter, ParameterKind, inside
from optimizer.models.errors import ConfigError

TEMPERATURE = Parameter(name="temperature", low=0, high=2)
SPACE = (
    TEMPERATURE,
    Parameter(name="max_tokens", kind=ParameterKind.INTEGER, low=256, high=8192, log=True),
    Parameter(name="style", kind=ParameterKind.CHOICE, choices=("plain", "steps", "json")),
)


def measured(search: Search, n: int) -> Search:
    for place, one in enumerate(search.ask(n)):
        value = -((one.parameters["temperature"] - 0.7) ** 2)
        search = search.tell(
            Observation(parameters=one.parameters, value=value, variance=1e-4 * (place + 1), n=50)
        )
    return search


def test_first_trials_are_those_of_the_design() -> None:
    search = Search(parameters=SPACE, first_trials=8)
    found = search.ask(20)
    assert len(found) == 8
    assert {one.method for one in found} == {"latin_hypercube"}
    assert all(one.mean is None for one in found)


def test_first_trials_keep_away_from_what_was_measured() -> None:
    near = Observation(parameters={"temperature": 1.9}, value=0.5, variance=0.01, n=20)
    search = Search(parameters=(TEMPERATURE,), first_trials=4).tell(near)
    assert all(one.parameters["temperature"] < 1.5 for one in search.ask(3))


@pytest.mark.parametrize(
    "acquisition", [Acquisition.EXPECTED_IMPROVEMENT, Acquisition.UPPER_CONFIDENCE_BOUND]
)
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_suggestions_are_new_and_inside(acquisition: Acquisition, seed: int) -> None:
    search = measured(
        Search(parameters=SPACE, first_trials=6, acquisition=acquisition, seed=seed), 6
    )
    found = search.ask(3)
    assert found == search.ask(3)
    settings_ = [dict(one.parameters) for one in found]
    assert len({str(one) for one in settings_}) == 3
    assert all(inside(SPACE, one) for one in settings_)
    assert not any(one == dict(old.parameters) for one in settings_ for old in search.observed)
    assert all(one.sd is not None and one.sd >= 0 for one in found)


def test_recommends_near_the_optimum_of_a_smooth_curve() -> None:
    search = measured(Search(parameters=(TEMPERATURE,), first_trials=6), 6)
    for _ in range(4):
        search = measured(search, 1)
    assert search.recommended().parameters["temperature"] == pytest.approx(0.7, abs=0.05)


def test_nothing_is_left_to_suggest_where_all_values_were_measured() -> None:
    few = (Parameter(name="style", kind=ParameterKind.CHOICE, choices=("a", "b")),)
    search = Search(parameters=few, first_trials=2)
    for choice, value in (("a", 0.1), ("b", 0.9)):
        search = search.tell(
            Observation(parameters={"style": choice}, value=value, variance=0.001, n=9)
        )
    assert search.ask(3) == ()
    assert search.recommended().parameters == {"style": "b"}


def test_a_measurement_outside_the_space_is_refused() -> None:
    outside = Observation(parameters={"temperature": 3.0}, value=0.5, variance=0.01, n=20)
    with pytest.raises(ValueError, match="outside the space"):
        Search(parameters=(TEMPERATURE,)).tell(outside)


def test_expected_improvement_is_the_mean_of_the_gain() -> None:
    mean, sd = np.array([0.2, 0.5, 0.9]), np.array([0.3, 0.0, 0.1])
    found = expected_improvement(mean, sd, incumbent=0.4)
    grid = norm.ppf((np.arange(200_000) + 0.5) / 200_000)
    drawn = np.maximum(mean[:, None] + sd[:, None] * grid - 0.4, 0).mean(1)
    assert found == pytest.approx(drawn, rel=1e-4)


def test_upper_confidence_bound_is_mean_and_spread() -> None:
    found = upper_confidence_bound(np.array([0.5, 0.4]), np.array([0.1, 0.2]), beta=2.0)
    assert found == pytest.approx([0.7, 0.8])


def test_tpe_names_the_extra_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "optuna", None)
    search = measured(Search(parameters=(TEMPERATURE,), first_trials=2), 2)
    with pytest.raises(ConfigError, match="optuna") as raised:
        replace(search, acquisition=Acquisition.TPE).ask(1)
    assert raised.value.hint == "Install prompt-optimizer[tpe]."
