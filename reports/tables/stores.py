"""What was stored of each file, and what a history holds, as rows."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.data_tables import DataColumn, DataTable, number, text, time, whole
from optimizer.models.feedback import FeedbackOutcome, FeedbackView
from optimizer.models.ingest import FileOutcome
from optimizer.models.stores import StoreStatus

FILE: tuple[DataColumn, ...] = (
    text("path"),
    text("status"),
    text("run_ids"),
    whole("n_tasks"),
    whole("n_redacted"),
    text("warnings"),
    text("reason"),
)
FEEDBACK_FILE: tuple[DataColumn, ...] = (
    text("path"),
    text("status"),
    whole("n_stored"),
    whole("n_replaced"),
    whole("n_unchanged"),
    whole("n_matched"),
    whole("n_unmatched"),
    whole("n_ambiguous"),
    whole("n_metrics"),
    whole("n_redacted"),
    whole("n_rejects"),
    text("warnings"),
    text("reason"),
)
WORKFLOW: tuple[DataColumn, ...] = (
    text("workflow_id"),
    whole("n_runs"),
    whole("n_tasks"),
    whole("n_variants"),
    time("first_started_at"),
    time("last_started_at"),
    whole("n_decisions"),
)
REJECT: tuple[DataColumn, ...] = (text("path"), text("reason"), time("rejected_at"))
VARIANT: tuple[DataColumn, ...] = (
    text("workflow_id"),
    text("variant_id"),
    text("variant"),
    whole("n_tasks"),
    whole("n_told"),
    whole("n_feedback"),
    whole("n_up"),
    whole("n_down"),
    number("retried_rate", "retried.mean"),
    number("liked_passed_rate", "liked_passed.mean"),
    number("liked_failed_rate", "liked_failed.mean"),
)
COMMENT: tuple[DataColumn, ...] = (
    text("variant"),
    text("task_id"),
    text("status"),
    text("kind"),
    number("value"),
    time("happened_at"),
    text("text"),
)


def file_tables(outcomes: Sequence[FileOutcome]) -> tuple[DataTable, ...]:
    """Return what became of each file of results."""
    return (DataTable("files", FILE, outcomes),)


def feedback_file_tables(outcomes: Sequence[FeedbackOutcome]) -> tuple[DataTable, ...]:
    """Return what became of each file of feedback."""
    return (DataTable("files", FEEDBACK_FILE, outcomes),)


def feedback_tables(found: FeedbackView) -> tuple[DataTable, ...]:
    """Return what users say of each variant, and their newest comments."""
    return (
        DataTable("variants", VARIANT, found.variants),
        DataTable("comments", COMMENT, found.comments),
    )


def status_tables(found: StoreStatus) -> tuple[DataTable, ...]:
    """Return the workflows of a history, and the files that were refused."""
    return (
        DataTable("workflows", WORKFLOW, found.workflows),
        DataTable("rejects", REJECT, found.rejects),
    )
