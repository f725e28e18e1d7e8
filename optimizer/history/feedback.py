"""Writing feedback: each word once, whenever it comes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from optimizer.history import queries
from optimizer.history.audit import AuditLine, append_audit
from optimizer.history.columns import as_stored, packed, source_values
from optimizer.history.settings import StoreSettings
from optimizer.history.store import History
from optimizer.history.texts import kept_texts
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import Fault
from optimizer.models.feedback import Feedback, FeedbackReading
from optimizer.models.tasks import text_sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedFeedback:
    """What became of the feedback in one file.

    Attributes:
        n_stored: Words written.
        n_replaced: Those of them that took the place of others.
        n_unchanged: Words that were there already, or stand in the file twice.
        refused: Those whose id is stored with other content, and was not to be replaced.
    """

    n_stored: int
    n_replaced: int
    n_unchanged: int
    refused: tuple[Fault, ...]


def record_feedback(
    history: History,
    reading: FeedbackReading,
    settings: StoreSettings,
    *,
    replace: bool,
    strict: bool,
    actor: str,
    now: datetime,
) -> RecordedFeedback:
    """Store the feedback of a file in one transaction, and what of it was refused.

    Args:
        history: An open history.
        reading: The file.
        settings: What is kept.
        replace: Whether a word of the same id but other content is replaced.
        strict: Whether nothing is stored where one word is refused.
        actor: Who, for the audit log.
        now: The time of ingest, UTC.
    """
    known = queries.known_feedback(history, [row.feedback_id for row in reading.rows])
    taken = dict(known)
    new: dict[str, Feedback] = {}
    refused: list[Fault] = []
    for row in reading.rows:
        if taken.get(row.feedback_id) == _said(row):
            continue
        if row.feedback_id in taken and not replace:
            refused.append(_conflict(row))
            continue
        taken[row.feedback_id] = _said(row)
        new[row.feedback_id] = row
    is_spoiled = strict and bool(refused)
    if is_spoiled:
        new.clear()
    replaced = sorted(new.keys() & known.keys())
    with history.transaction():
        _remove(history, replaced, reading, actor=actor, now=now)
        if new:
            _append(history, "sources", [_source(reading, settings, now)])
            _append(history, "feedback", list(_values(list(new.values()), reading, settings, now)))
        path = reading.source.path
        faults = [*reading.skipped, *refused]
        _append(history, "ingest_rejects", [(path, str(f), as_stored(now)) for f in faults])
    return RecordedFeedback(
        n_stored=len(new),
        n_replaced=len(replaced),
        n_unchanged=0 if is_spoiled else len(reading.rows) - len(new) - len(refused),
        refused=tuple(refused),
    )


def _said(row: Feedback) -> str:
    return text_sha256(f"{row.value}:{row.event}")


def _conflict(row: Feedback) -> Fault:
    return Fault(
        place=f"{row.place}: id",
        found=f"{row.feedback_id!r} with other content than stored",
        expected="the same content, or --replace",
    )


def _remove(
    history: History,
    feedback_ids: Sequence[str],
    reading: FeedbackReading,
    *,
    actor: str,
    now: datetime,
) -> None:
    """Take words out that others of the same id replace; a line in the audit log stays."""
    if not feedback_ids:
        return
    history.connection.execute(
        "DELETE FROM feedback WHERE array_contains($ids, feedback_id)", {"ids": list(feedback_ids)}
    )
    detail = {"source_sha256": reading.source.sha256, "feedback_ids": list(feedback_ids)}
    line = AuditLine(
        logged_at=now,
        actor=actor,
        action="feedback.replaced",
        subject=reading.source.path,
        detail=detail,
    )
    append_audit(history, [line])


def _source(reading: FeedbackReading, settings: StoreSettings, now: datetime) -> tuple[Any, ...]:
    return source_values(reading.source, packed(reading.source, settings), settings, now)


def _values(
    rows: Sequence[Feedback], reading: FeedbackReading, settings: StoreSettings, now: datetime
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of the table `feedback`, in the order of its columns."""
    comments = kept_texts([row.comment for row in rows], settings)
    events = kept_texts([row.event for row in rows], settings)
    for row, comment, event in zip(rows, comments, events, strict=True):
        yield (
            row.feedback_id,
            None if row.happened_at is None else as_stored(row.happened_at),
            str(row.kind),
            row.value,
            row.request_id,
            row.run_id,
            row.task_id,
            row.case_id,
            row.workflow_id,
            comment,
            event,
            _said(row),
            reading.source.sha256,
            row.place,
            as_stored(now),
        )


def _append(history: History, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        with history.connection.appender(table) as appender:
            appender.append_rows(list(rows))
