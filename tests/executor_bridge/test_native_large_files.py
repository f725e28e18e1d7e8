from __future__ import annotations

import json

import pytest

N_TASKS = 12
DAMAGES = {
    "a wrong type": ('"task_id": "t7"', '"task_id": 7'),
    "an unknown field": ('"task_id": "t7"', '"task_id": "t7", "task_name": 1'),
    "an unknown state": ('"task_id": "t7", "workflow_id"', '"task_id": "t7", "workflow"'),
    "an id given twice": ('"task_id": "t7"', '"task_id": "t7", "task_id": "t7"'),
    "a state given twice": ('"task_id": "t7"', '"task_id": "t7", "task_status": "failed"'),
    "a result given twice": ('"task_id": "t7"', '"task_id": "t7", "test_result": null'),
    "tasks given twice": ('"metadata": {"end": 1}', '"task_results": []'),
    "an id of two tasks": ('"task_id": "t7"', '"task_id": "t6"'),
    "a payload of another type": ('{"question": 7}', "[7]"),
    "half a surrogate pair": ('{"question": 7}', '{"question": "\\ud800"}'),
    "a missing comma": ('"task_id": "t7",', '"task_id": "t7"'),
    "a missing bracket": ('"task_id": "t7"', '"task_id": ["t7"'),
    "an absurd time": ('"2026-03-01T12:00:07Z"', '"1026-03-01T12:00:07Z"'),
}


@pytest.fixture
def whole(native):
    tasks = [native.task(n) for n in range(N_TASKS)]
    return json.dumps(native.run(*tasks, metadata={"end": 1}))


@pytest.fixture
def lower_limits(monkeypatch):
    def lower(window: int) -> None:
        monkeypatch.setattr("executor_bridge.formats.native.bridge.KEPT_BYTES", 0)
        monkeypatch.setattr("executor_bridge.formats.native.bridge.LONG_BYTES", 0)
        monkeypatch.setattr("executor_bridge.files.long_lists.WINDOW_BYTES", window)

    return lower


@pytest.mark.parametrize("window", [64, 900, 3_000])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_large_file_has_the_faults_of_a_small_one(native, whole, lower_limits, damage, window):
    damaged = whole.replace(*DAMAGES[damage], 1).encode()
    assert damaged != whole.encode()
    expected = native.faults(damaged)
    lower_limits(window)
    assert native.faults(damaged) == expected


@pytest.mark.parametrize("window", [64, 900])
@pytest.mark.parametrize("share", [0.1, 0.35, 0.5, 0.81, 0.99])
def test_a_large_file_that_breaks_off_does_so_at_the_same_place(
    native, whole, lower_limits, share, window
):
    cut = whole.encode()[: int(share * len(whole))]
    expected = native.faults(cut)
    lower_limits(window)
    assert native.faults(cut) == expected


@pytest.mark.parametrize("window", [64, 900, 3_000])
def test_a_large_file_has_the_rows_of_a_small_one(native, whole, lower_limits, window):
    expected = native.rows(whole.encode())
    lower_limits(window)
    assert native.rows(whole.encode()) == expected
