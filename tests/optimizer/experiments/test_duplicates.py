from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from optimizer.experiments.comparing import compare
from optimizer.experiments.duplicates import merge_duplicates
from optimizer.experiments.settings import ComparisonSettings
from optimizer.models.cases import LoadedArm

Build = Callable[..., LoadedArm]


def test_cases_of_one_input_are_one_case_with_their_repeats(arm: Build) -> None:
    made = replace(
        arm(
            "v1",
            {"a": "+", "b": "-", "c": "++"},
            costs={"a": 1.0, "c": 5.0},
            latencies={"a": [10.0], "b": [20.0], "c": [1.0, 3.0]},
            scores={"a": [0.2], "c": [0.6, 0.8]},
        ),
        contents={"a": "x", "b": "y", "c": "x"},
    )
    merged = merge_duplicates([made])
    (found,) = merged.arms
    assert list(found.cases.case_id) == ["a", "b"]
    assert list(found.cases.n) == [3, 1]
    assert list(found.cases.n_passed) == [3, 0]
    assert found.cases.score[0] == pytest.approx((0.2 + 0.6 + 0.8) / 3)
    assert found.cases.cost_usd[0] == pytest.approx(3.0)
    assert found.latencies is not None
    assert list(found.latencies) == [10.0, 1.0, 3.0, 20.0]
    assert merged.findings[0].code == "duplicated_cases"


def test_a_case_is_merged_in_both_arms_although_one_kept_no_inputs(arm: Build) -> None:
    cases = {f"c{i:02}": "+-"[i % 2] for i in range(40)}
    contents = {case: case for case in cases} | {"c07": "c05"}
    old = replace(arm("old", cases), contents=contents)
    found = compare(old, [arm("new", cases)], settings=ComparisonSettings()).comparisons[0]
    assert found.n_shared == 39
    assert "duplicated_cases" in [finding.code for finding in found.findings]


def test_inputs_that_are_nearly_all_alike_tell_no_cases_apart(arm: Build) -> None:
    cases = {f"c{i:02}": "+" for i in range(40)}
    old = replace(arm("old", cases), contents=dict.fromkeys(cases, "same"))
    merged = merge_duplicates([old])
    assert merged.arms == (old,)
    assert merged.findings[0].code == "inputs_alike"


def test_different_inputs_change_nothing(arm: Build) -> None:
    cases = {f"c{i:02}": "+" for i in range(4)}
    old = replace(arm("old", cases), contents={case: case for case in cases})
    assert merge_duplicates([old]).findings == ()
