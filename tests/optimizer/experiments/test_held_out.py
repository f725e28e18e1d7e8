from __future__ import annotations

from collections.abc import Callable

from optimizer.experiments.held_out import held_out
from optimizer.models.cases import LoadedArm


def test_cases_that_were_seen_are_left_out_with_their_times(
    arm: Callable[..., LoadedArm],
) -> None:
    loaded = arm(
        "v2", {"a": "++", "b": "+-", "c": "-"}, latencies={"a": [1, 2], "b": [3], "c": [4, 5]}
    )
    kept = held_out(loaded, {"a", "x"})
    assert kept.arm == loaded.arm
    assert kept.cases.case_id.tolist() == ["b", "c"]
    assert kept.cases.n_passed.tolist() == [1, 0]
    assert kept.latencies is not None
    assert kept.latencies.tolist() == [3, 4, 5]


def test_nothing_may_be_left(arm: Callable[..., LoadedArm]) -> None:
    assert held_out(arm("v2", {"a": "+"}), {"a"}).cases.case_id.tolist() == []
