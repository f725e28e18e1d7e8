from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest

from optimizer.experiments.anytime import at_any_time
from optimizer.experiments.comparing import compare
from optimizer.experiments.settings import ComparisonSettings
from optimizer.models.cases import LoadedArm
from optimizer.models.experiments import Look
from optimizer.models.terms import Metric, VerdictKind
from optimizer.models.verdicts import Comparison
from optimizer.stats.e_values import sequential_mcnemar

Build = Callable[..., LoadedArm]
MakeLook = Callable[..., Look]
SETTINGS = ComparisonSettings()


def judged(old: LoadedArm, new: LoadedArm, earlier: tuple[Look, ...] = ()) -> Comparison:
    made = compare(old, [new], settings=SETTINGS, metrics=[Metric.SUCCESS])
    return at_any_time(made.comparisons[0], old, new, earlier, settings=SETTINGS, alpha=0.05)


def test_single_runs_are_judged_by_the_e_value(flips: Callable[..., tuple[LoadedArm, ...]]) -> None:
    old, new = flips(both=40, broken=2, fixed=20, neither=8)
    primary = judged(old, new).primary
    assert primary.p_value == pytest.approx(sequential_mcnemar(2, 20).p_value)
    assert primary.kind is VerdictKind.IMPROVED
    assert primary.low is not None
    assert primary.estimate == pytest.approx(18 / 70)
    assert primary.low < 18 / 70
    assert "e-value" in primary.method


def test_the_least_p_of_all_looks_counts(
    flips: Callable[..., tuple[LoadedArm, ...]], look: MakeLook
) -> None:
    old, new = flips(both=40, broken=9, fixed=11, neither=8)
    assert judged(old, new).primary.kind is not VerdictKind.IMPROVED
    before = look(1, 40, p_value=0.01)
    primary = judged(old, new, (before,)).primary
    assert primary.p_value == 0.01
    assert primary.kind is VerdictKind.IMPROVED


def test_repeats_are_judged_by_the_sequence(arm: Build) -> None:
    n = 60
    old = arm("old", {f"c{i:03}": "--+" for i in range(n)})
    new = arm("new", {f"c{i:03}": "++-" for i in range(n)})
    primary = judged(old, new).primary
    assert primary.p_value is None
    assert primary.kind is VerdictKind.IMPROVED
    assert primary.low is not None
    assert primary.low > 0


def test_cases_of_a_family_count_once(arm: Build) -> None:
    cases = [f"c{i:03}" for i in range(60)]
    families: Mapping[str, str] = {case: f"f{i // 3}" for i, case in enumerate(cases)}
    old = arm("old", dict.fromkeys(cases, "-"), families=families)
    new = arm("new", dict.fromkeys(cases, "+"), families=families)
    primary = judged(old, new).primary
    assert (primary.n, primary.unit) == (20, "family")


def test_different_cases_allow_no_anytime_verdict(arm: Build) -> None:
    old = arm("old", {f"a{i}": "-" for i in range(40)})
    new = arm("new", {f"b{i}": "+" for i in range(40)})
    found = judged(old, replace(new, arm=replace(new.arm, pairable=False))).primary
    assert found.kind is VerdictKind.INCONCLUSIVE
    assert found.reason is not None


def test_false_alarms_over_all_looks_stay_below_alpha() -> None:
    rng = np.random.default_rng(3)
    alarms = 0
    for _ in range(400):
        draws = rng.choice([-1, 0, 1], p=[0.1, 0.8, 0.1], size=200)
        better, worse = np.cumsum(draws == 1), np.cumsum(draws == -1)
        p = [sequential_mcnemar(int(b), int(c)).p_value for b, c in zip(worse, better, strict=True)]
        alarms += min(p) < 0.05
    assert alarms / 400 < 0.05
