"""The native format once more, for the slow and exact reader, with what to expect in words.

A test holds it to the fields of `wire`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from executor_bridge.formats.native import wire
from executor_bridge.limits import MAX_AMOUNT, MAX_COUNT, Scenario


def _time(value: object) -> object:
    """Return a time as the fast reader takes it."""
    if not isinstance(value, str):
        raise ValueError("not a text")  # noqa: TRY004 - pydantic turns ValueError into a fault
    return msgspec.convert(value, datetime)


Text = Annotated[str, Field(min_length=1, description="a text that is not empty")]
AnyText = Annotated[str | None, Field(description="a text or null")]
Time = Annotated[
    datetime,
    BeforeValidator(_time),
    Field(description="a time such as 2026-03-01T12:00:00Z"),
]
Count = Annotated[
    int | None, Field(ge=0, le=MAX_COUNT, description="a whole number from 0 to 10^12")
]
Amount = Annotated[float | None, Field(ge=0, le=MAX_AMOUNT, description="a number from 0 to 10^12")]
Total = Annotated[
    int | None, Field(ge=0, le=2**63 - 1, description="a whole number from 0 to 2^63 - 1")
]
TotalAmount = Annotated[float | None, Field(ge=0, description="a number from 0 on")]
Rate = Annotated[float | None, Field(ge=0, le=1, description="a number from 0 to 1")]
Payload = Annotated[dict[str, Any] | None, Field(description="an object")]
OptionalTime = Annotated[
    datetime | None,
    BeforeValidator(lambda value: None if value is None else _time(value)),
    Field(description="a time such as 2026-03-01T12:00:00Z, or null"),
]


class Shape(BaseModel):
    """An object of the format; `description` of a field says what to expect there."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class TestResultShape(Shape):
    """What came of one call."""

    __test__ = False

    status: Annotated[wire.TestStatus, Field(description="one of success, failed, timeout, error")]
    workflow_id: AnyText = None
    execution_id: AnyText = None
    timestamp: OptionalTime = None
    execution_time: Amount = None
    tokens_used: Count = None
    cost: Amount = None
    inputs: Payload = None
    outputs: Payload = None
    error_message: AnyText = None
    prompt_variant: AnyText = None
    dataset: AnyText = None
    score: Rate = None
    metadata: Payload = None


class TaskShape(Shape):
    """One task."""

    task_id: Text
    workflow_id: Text
    task_status: Annotated[
        wire.TaskStatus,
        Field(
            description="one of pending, queued, running, succeeded, failed, timeout, cancelled, "
            "error"
        ),
    ]
    created_at: Time
    dataset: AnyText = None
    scenario: Annotated[
        Scenario | None, Field(description="one of normal, boundary, error, custom")
    ] = None
    test_result: Annotated[TestResultShape | None, Field(description="an object or null")] = None
    error_message: AnyText = None
    attempt_count: Count = None
    finished_at: OptionalTime = None
    execution_time: Amount = None
    metadata: Payload = None


class StatisticsShape(Shape):
    """What the executor counted."""

    total_tasks: Count = None
    completed_tasks: Count = None
    succeeded_tasks: Count = None
    failed_tasks: Count = None
    timeout_tasks: Count = None
    cancelled_tasks: Count = None
    error_tasks: Count = None
    success_rate: Rate = None
    total_execution_time: TotalAmount = None
    avg_execution_time: Amount = None
    total_tokens: Total = None
    total_cost: TotalAmount = None
    total_retries: Count = None


class RunShape(Shape):
    """One run."""

    run_id: Text
    workflow_id: Text
    started_at: Time
    finished_at: Time
    task_results: Annotated[
        list[TaskShape], Field(min_length=1, description="a list of at least one task")
    ]
    total_duration: Amount = None
    statistics: Annotated[StatisticsShape | None, Field(description="an object or null")] = None
    metadata: Payload = None


INNER: dict[str, type[Shape]] = {
    "task_results": TaskShape,
    "test_result": TestResultShape,
    "statistics": StatisticsShape,
}
