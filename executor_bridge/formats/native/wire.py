"""The native format as it stands in a file, for the fast and strict decoder.

Fields that may be missing may also be null. Payloads stay JSON text (`Raw`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Generic, Literal, TypeVar

from msgspec import Meta, Raw, Struct
from msgspec.json import Decoder

from executor_bridge.limits import Amount, Count, Rate, Scenario

Text = Annotated[str, Meta(min_length=1)]
Total = Annotated[int, Meta(ge=0, le=2**63 - 1)]
TotalAmount = Annotated[float, Meta(ge=0)]
TaskStatus = Literal[
    "pending", "queued", "running", "succeeded", "failed", "timeout", "cancelled", "error"
]
TestStatus = Literal["success", "failed", "timeout", "error"]

NOTHING = Raw(b"{}")

TaskT = TypeVar("TaskT")


class TestResult(Struct, forbid_unknown_fields=True, gc=False):
    """What came of one call."""

    __test__ = False

    status: TestStatus
    workflow_id: str | None = None
    execution_id: str | None = None
    timestamp: datetime | None = None
    execution_time: Amount | None = None
    tokens_used: Count | None = None
    cost: Amount | None = None
    inputs: Raw = NOTHING
    outputs: Raw = NOTHING
    error_message: str | None = None
    prompt_variant: str | None = None
    dataset: str | None = None
    score: Rate | None = None
    metadata: Raw = NOTHING


class Task(Struct, forbid_unknown_fields=True, gc=False):
    """One task."""

    task_id: Text
    workflow_id: Text
    task_status: TaskStatus
    created_at: datetime
    dataset: str | None = None
    scenario: Scenario | None = None
    test_result: TestResult | None = None
    error_message: str | None = None
    attempt_count: Count | None = None
    finished_at: datetime | None = None
    execution_time: Amount | None = None
    metadata: Raw = NOTHING


class Statistics(Struct, forbid_unknown_fields=True, gc=False):
    """What the executor counted."""

    total_tasks: Count | None = None
    completed_tasks: Count | None = None
    succeeded_tasks: Count | None = None
    failed_tasks: Count | None = None
    timeout_tasks: Count | None = None
    cancelled_tasks: Count | None = None
    error_tasks: Count | None = None
    success_rate: Rate | None = None
    total_execution_time: TotalAmount | None = None
    avg_execution_time: Amount | None = None
    total_tokens: Total | None = None
    total_cost: TotalAmount | None = None
    total_retries: Count | None = None


class Run(Struct, Generic[TaskT], forbid_unknown_fields=True):
    """One run, its tasks decoded or still text."""

    run_id: Text
    workflow_id: Text
    started_at: datetime
    finished_at: datetime
    task_results: Annotated[list[TaskT], Meta(min_length=1)]
    total_duration: Amount | None = None
    statistics: Statistics | None = None
    metadata: Raw = NOTHING


decode_run = Decoder(Run[Task]).decode
decode_run_of_texts = Decoder(Run[Raw]).decode
decode_tasks = Decoder(list[Task]).decode
