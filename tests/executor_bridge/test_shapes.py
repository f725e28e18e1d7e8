from __future__ import annotations

import typing
from dataclasses import fields

import msgspec
import pytest

from executor_bridge import models
from executor_bridge.formats.native import shapes, wire
from executor_bridge.metadata import EXPECTED, RunMetadata, TaskMetadata

PAIRS = [
    (wire.Run, shapes.RunShape, models.RunExecutionResult),
    (wire.Task, shapes.TaskShape, models.TaskResult),
    (wire.TestResult, shapes.TestResultShape, models.TestResult),
    (wire.Statistics, shapes.StatisticsShape, models.RunStatistics),
]


@pytest.mark.parametrize(("fast", "slow", "contract"), PAIRS)
def test_both_readers_and_the_contract_know_the_same_fields(fast, slow, contract):
    assert set(fast.__struct_fields__) == set(slow.model_fields)
    assert set(fast.__struct_fields__) == {field.name for field in fields(contract)}


@pytest.mark.parametrize(("fast", "slow", "contract"), PAIRS)
def test_both_readers_require_the_same_fields(fast, slow, contract):
    required = {field.name for field in msgspec.structs.fields(fast) if field.required}
    assert required == {name for name, field in slow.model_fields.items() if field.is_required()}


@pytest.mark.parametrize(("fast", "slow", "contract"), PAIRS)
def test_every_field_says_what_is_expected(fast, slow, contract):
    assert all(field.description for field in slow.model_fields.values())


def test_the_readers_know_the_states_of_the_contract():
    assert set(typing.get_args(wire.TaskStatus)) == set(models.TaskStatus)
    assert set(typing.get_args(wire.TestStatus)) == set(models.TestStatus)
    assert set(typing.get_args(wire.Scenario)) == set(models.Scenario)


def test_expectations_in_words_list_every_choice():
    for field, choices in (
        (shapes.TaskShape.model_fields["task_status"], models.TaskStatus),
        (shapes.TaskShape.model_fields["scenario"], models.Scenario),
        (shapes.TestResultShape.model_fields["status"], models.TestStatus),
    ):
        assert field.description == f"one of {', '.join(choices)}"


def test_every_metadata_key_says_what_is_expected():
    known = {*RunMetadata.__struct_fields__, *TaskMetadata.__struct_fields__}
    assert set(EXPECTED) == known


VALUES = [
    None,
    True,
    0,
    1,
    -1,
    0.5,
    1.0,
    -0.5,
    2**63,
    2**70,
    "",
    "x",
    "12",
    [],
    [1],
    {},
    {"a": 1},
    "2026-03-01T12:00:00Z",
    "2026-03-01 12:00:00",
    "2026-03-01",
    "normal",
    "success",
    "failed",
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
@pytest.mark.parametrize("field", sorted({*wire.Task.__struct_fields__} - {"test_result"}))
def test_both_readers_agree_on_a_value_of_a_task(native, field, value):
    assert_agreement(native, native.run(native.task(**{field: value})), f"task_results[0].{field}")


@pytest.mark.parametrize("value", VALUES, ids=repr)
@pytest.mark.parametrize("field", wire.TestResult.__struct_fields__)
def test_both_readers_agree_on_a_value_of_a_result(native, field, value):
    run = native.run(native.task(test_result=native.result(**{field: value})))
    assert_agreement(native, run, f"task_results[0].test_result.{field}")


@pytest.mark.parametrize("value", VALUES, ids=repr)
@pytest.mark.parametrize("field", wire.Run.__struct_fields__)
def test_both_readers_agree_on_a_value_of_a_run(native, field, value):
    assert_agreement(native, native.run(**{field: value}), field)


def assert_agreement(native, run, place):
    """Assert that a run is read, or refused with faults at the place that was changed."""
    broken = {**run, "run_id": ""} if place != "run_id" else {**run, "finished_at": "soon"}
    slow = {fault.place for fault in native.refused(broken).faults} - {"run_id", "finished_at"}
    try:
        native.all_rows(run)
    except native.error as error:
        fast = {fault.place for fault in error.faults}
        assert "file" not in fast
    else:
        assert not {found for found in slow if found.startswith(place)}
