from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from optimizer.experiments.flakiness import flakiness
from optimizer.models.cases import LoadedArm
from optimizer.models.flakiness import Flakiness, VariantFlakiness
from optimizer.stats.intervals import wilson

Build = Callable[..., LoadedArm]


def alone(loaded: LoadedArm, k: int = 2) -> VariantFlakiness:
    (variant,) = flakiness([loaded], k=k, level=0.95).variants
    return variant


def of(*arms: LoadedArm) -> Flakiness:
    return flakiness(arms, k=2, level=0.95)


def test_pass_at_k_and_pass_hat_k_average_over_cases(arm: Build) -> None:
    # of 4 and 4 repeats 3 and 0 passed; two of the first: 3 pairs of 6 pass both, none fails both
    found = alone(arm("v", {"a": "+++-", "b": "----"}))
    assert found.pass_at_k == pytest.approx((1 + 0) / 2)
    assert found.pass_hat_k == pytest.approx((3 / 6 + 0) / 2)
    assert (found.n_k, found.pass_rate) == (2, pytest.approx(3 / 8))


def test_k_beyond_the_repeats_is_not_known(arm: Build) -> None:
    found = alone(arm("v", {"a": "++", "b": "+-"}), k=3)
    assert (found.pass_at_k, found.pass_hat_k, found.n_k) == (None, None, 0)
    assert found.flake_rate == pytest.approx(1 / 2)


def test_cases_with_fewer_than_k_repeats_are_left_out_of_pass_hat_k(arm: Build) -> None:
    found = alone(arm("v", {"a": "+++", "b": "+-"}), k=3)
    assert (found.pass_hat_k, found.n_k, found.n_cases) == (1.0, 1, 2)


def test_errors_count_as_failures_and_unfinished_tests_as_nothing(arm: Build) -> None:
    found = alone(arm("v", {"a": "+e", "b": "++.", "c": "."}))
    assert (found.n_cases, found.n_tasks, found.n_errors) == (2, 4, 1)
    assert [case.case_id for case in found.flaky] == ["a"]


def test_with_two_repeats_the_interval_is_that_of_the_share_of_flaky_cases(arm: Build) -> None:
    outcomes = {f"c{i:02}": "+-" if i < 3 else "++" for i in range(20)}
    found, expected = alone(arm("v", outcomes)), wilson(3, 20)
    assert (found.flake_low, found.flake_high) == (expected.low, expected.high)


def test_with_more_repeats_the_interval_is_students_over_cases(arm: Build) -> None:
    marks = ["+++-", "++--", "++++", "----", "+---", "++++"]
    found = alone(arm("v", {f"c{i}": mark for i, mark in enumerate(marks)}))
    chances = [2 * m.count("+") * m.count("-") / 12 for m in marks]
    half = 2.5705818 * np.std(chances, ddof=1) / math.sqrt(6)  # t of 5 degrees of freedom
    assert found.flake_rate == pytest.approx(np.mean(chances))
    assert found.flake_high == pytest.approx(np.mean(chances) + half)
    assert found.flake_low == pytest.approx(max(0.0, np.mean(chances) - half))


def test_no_flaky_case_leaves_room_for_some(arm: Build) -> None:
    found = alone(arm("v", {f"c{i}": "+++" for i in range(30)}))
    assert (found.flake_rate, found.flake_low) == (0.0, 0.0)
    assert found.flake_high == pytest.approx(wilson(0, 30).high)
    assert found.icc is None


def test_the_variances_add_up_to_what_icc_says(arm: Build) -> None:
    # cases of 2: means 1, .5, 0, 1; MSB = 2 · Σ(m - .625)² / 3 = 11/24, MSW = .5 / 4 = 1/8
    found = alone(arm("v", {"a": "++", "b": "+-", "c": "--", "d": "++"}))
    assert found.within_variance == pytest.approx(1 / 8)
    assert found.between_variance == pytest.approx((11 / 24 - 1 / 8) / 2)
    assert found.icc == pytest.approx((11 / 24 - 1 / 8) / (11 / 24 + 1 / 8))


def test_the_noisiest_case_comes_first_and_shares_add_up(arm: Build) -> None:
    found = alone(arm("v", {"a": "+++-", "b": "++--", "c": "++++"}))
    assert [(case.case_id, case.n_passed, case.n) for case in found.flaky] == [
        ("b", 2, 4),
        ("a", 3, 4),
    ]
    assert sum(case.noise_share for case in found.flaky) == pytest.approx(1)


def test_cases_alike_under_all_variants_tell_nothing(arm: Build) -> None:
    first = arm("v1", {"a": "++", "b": "--", "c": "++", "d": "+-", "e": "++"})
    second = arm("v2", {"a": "+", "b": "-", "c": "-", "d": "+", "f": "+"})
    found = of(first, second)
    assert found.n_shared == 4
    assert (found.always_passed, found.always_failed) == (("a",), ("b",))


@pytest.mark.parametrize(
    ("outcomes", "n_repeated"),
    [({"a": "+"}, 0), ({"a": "+-"}, 1), ({"a": "+", "b": "-"}, 0), ({"a": "++-"}, 1)],
)
def test_too_little_gives_nothing_but_what_is_known(
    arm: Build, outcomes: dict[str, str], n_repeated: int
) -> None:
    found = alone(arm("v", outcomes))
    assert found.n_repeated == n_repeated
    assert (found.flake_rate is None) == (n_repeated == 0)
    figures: list[Any] = [found.flake_rate, found.flake_low, found.flake_high, found.icc]
    assert not any(figure is not None and math.isnan(figure) for figure in figures)


def test_a_variant_that_completed_nothing_is_empty(arm: Build) -> None:
    found = of(arm("v1", {"a": ".."}), arm("v2", {"a": "++"}))
    assert found.variants[0].n_cases == 0
    assert found.variants[0].pass_rate is None
    assert (found.n_shared, found.always_passed) == (1, ("a",))
