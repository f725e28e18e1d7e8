from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from optimizer.experiments.pilot import pilot_of
from optimizer.models.cases import LoadedArm
from optimizer.models.errors import SelectionError
from optimizer.models.terms import Metric
from optimizer.stats.intervals import wilson

Build = Callable[..., LoadedArm]
Flips = Callable[..., tuple[LoadedArm, LoadedArm]]


def test_single_runs_tell_the_share_that_flips_and_its_limit(flips: Flips) -> None:
    found = pilot_of(*flips(both=40, broken=4, fixed=8, neither=8), Metric.SUCCESS)
    assert (found.n, found.n_changed, found.spread) == (60, 12, pytest.approx(0.2))
    assert found.spread_limit == pytest.approx(wilson(12, 60, level=0.8).high)
    assert found.parts.noise is None
    assert found.pass_rate == pytest.approx(44 / 60)


def test_repeats_tell_noise_from_cases(arm: Build) -> None:
    old = arm("old", {"a": "++", "b": "+-", "c": "--", "d": "++"})
    new = arm("new", {"a": "++", "b": "++", "c": "+-", "d": "--"})
    found = pilot_of(old, new, Metric.SUCCESS)
    # a case flips with chance p(1 - q) + q(1 - p): 0, 1/2, 1/2, 1
    assert found.spread == pytest.approx(2 / 4)
    # within: one case of four with s² = 1/2 in either arm; differences 0, 1/2, 1/2, -1
    assert (found.parts.first, found.parts.second) == (pytest.approx(1 / 8), pytest.approx(1 / 8))
    total = np.var([0, 0.5, 0.5, -1], ddof=1)
    assert found.parts.between == pytest.approx(total - 1 / 16 - 1 / 16)
    assert found.parts.first_repeats == 2


def test_noise_of_one_arm_alone_is_not_split_off(arm: Build) -> None:
    old, new = arm("old", {"a": "++", "b": "+-", "c": "--"}), arm("new", dict.fromkeys("abc", "+"))
    parts = pilot_of(old, new, Metric.SUCCESS).parts
    assert (parts.first, parts.second, parts.noise) == (None, None, None)
    assert parts.between == pytest.approx(np.var([0, 0.5, 1], ddof=1))


def test_amounts_are_compared_by_their_log_ratios(arm: Build) -> None:
    outcomes = dict.fromkeys("abcd", "+")
    old = arm("old", outcomes, costs={"a": 1.0, "b": 2.0, "c": 4.0, "d": 0.0})
    new = arm("new", outcomes, costs={"a": 2.0, "b": 2.0, "c": 2.0, "d": 1.0})
    found = pilot_of(old, new, Metric.COST)
    logs = [math.log(2), 0.0, math.log(0.5)]
    assert (found.n, found.n_dropped) == (3, 1)
    assert found.spread == pytest.approx(np.std(logs, ddof=1))
    limit = np.std(logs, ddof=1) * math.sqrt(2 / stats.chi2.ppf(0.1, 2))
    assert found.spread_limit == pytest.approx(limit)


def test_families_that_move_together_are_worth_fewer_cases(arm: Build) -> None:
    cases = [f"c{i:02}" for i in range(20)]
    families = {case: f"f{i // 5}" for i, case in enumerate(cases)}
    old = arm("old", dict.fromkeys(cases, "+"), families=families)
    new = arm("new", {c: "-" if i < 10 else "+" for i, c in enumerate(cases)}, families=families)
    found = pilot_of(old, new, Metric.SUCCESS)
    assert (found.n_families, found.family_size) == (4, 5.0)
    assert found.icc == pytest.approx(1.0)
    assert found.design_effect == pytest.approx(5.0)


def test_one_family_alone_tells_nothing_of_others(arm: Build) -> None:
    families = {"a": "f", "b": "f"}
    old = arm("old", {"a": "+", "b": "+"}, families=families)
    new = arm("new", {"a": "+", "b": "-"}, families=families)
    found = pilot_of(old, new, Metric.SUCCESS)
    assert (found.n_families, found.icc, found.design_effect) == (1, None, 1.0)


def test_one_shared_case_is_no_pilot(arm: Build) -> None:
    old, new = arm("old", {"a": "+", "b": "+"}), arm("new", {"a": "-", "c": "+"})
    with pytest.raises(SelectionError, match="1 shared case knows success, expected at least 2"):
        pilot_of(old, new, Metric.SUCCESS)
    with pytest.raises(SelectionError, match="0 shared cases know cost"):
        pilot_of(old, new, Metric.COST)


def test_the_same_run_twice_is_no_pilot(arm: Build) -> None:
    old = arm("old", {"a": "+", "b": "+"})
    with pytest.raises(SelectionError, match="both are old in run run-old"):
        pilot_of(old, old, Metric.SUCCESS)


def test_cases_that_change_between_runs_are_not_paired(arm: Build) -> None:
    old = arm("old", {"a": "+", "b": "+"})
    new = arm("new", {"a": "+", "b": "-"}, pairable=False)
    with pytest.raises(SelectionError, match="the cases of new are not the same between runs"):
        pilot_of(old, new, Metric.SUCCESS)


def test_scores_without_any_difference_leave_nothing_to_plan_with(arm: Build) -> None:
    scores = {"a": [0.5], "b": [0.7]}
    old = arm("old", {"a": "+", "b": "+"}, scores=scores)
    new = arm("new", {"a": "+", "b": "+"}, scores=scores)
    with pytest.raises(SelectionError, match="none of 2 cases differs in score"):
        pilot_of(old, new, Metric.SCORE)
