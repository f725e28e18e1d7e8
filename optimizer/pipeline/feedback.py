"""From files of feedback to the history, and from there to what users say of each variant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from optimizer.history import queries
from optimizer.history.feedback import RecordedFeedback, record_feedback
from optimizer.history.recording import record_rejects
from optimizer.history.settings import StoreSettings
from optimizer.history.store import History, open_history
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import FormatError
from optimizer.models.feedback import (
    Comment,
    FeedbackKind,
    FeedbackOutcome,
    FeedbackReading,
    FeedbackView,
    KindFigures,
    MatchedFeedback,
    TaskRate,
    VariantFeedback,
    VariantTasks,
)
from optimizer.models.ingest import FileStatus
from optimizer.models.summaries import Reject
from optimizer.pipeline.select import select_run
from optimizer.pipeline.workflow import require_workflow
from optimizer.stats.intervals import wilson

LISTED_REJECTS = 20
"""How many refused rows of a file an outcome lists; the history has all."""

Read = Callable[[str], FeedbackReading]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackJob:
    """What to do with files of feedback.

    Attributes:
        store: The history.
        settings: What is kept.
        replace: Whether a word of the same id but other content is replaced.
        strict: Whether one word that cannot be stored spoils its file.
        actor: Who, for the audit log.
        now: The time of ingest, UTC.
    """

    store: Path
    settings: StoreSettings
    replace: bool
    strict: bool
    actor: str
    now: datetime


def ingest_feedback(
    paths: Iterable[str], read: Read, job: FeedbackJob
) -> Iterator[FeedbackOutcome]:
    """Store files of feedback and yield what became of each, in their order."""
    for path in paths:
        try:
            reading = read(path)
        except FormatError as error:
            yield _rejected(error, job)
        else:
            yield _stored(reading, job)


def feedback_view(
    history: History, *, workflow_id: str | None, run: str | None, limit: int, level: float
) -> FeedbackView:
    """Return what users said of a workflow, of a run, or of all that is stored.

    Args:
        history: An open history.
        workflow_id: Only this workflow; None: all.
        run: Only the run that this selector means; None: all.
        limit: How many comments are shown.
        level: Level of the intervals, 0 to 1.

    Raises:
        SelectionError: There is no such workflow or run.
    """
    if workflow_id is not None:
        require_workflow(history, workflow_id)
    run_id = None if run is None else select_run(history, run)
    said = queries.matched_feedback(history, workflow_id=workflow_id, run_id=run_id)
    words = [word for word in said if word.kind != FeedbackKind.METRIC]
    by_variant: dict[tuple[str | None, str | None], list[MatchedFeedback]] = defaultdict(list)
    for word in words:
        if word.variant_id is not None:
            by_variant[word.workflow_id, word.variant_id].append(word)
    known = queries.variant_tasks(history, workflow_id=workflow_id, run_id=run_id)
    is_all = workflow_id is None and run_id is None
    retrying = {word.workflow_id for word in words if word.kind == FeedbackKind.RETRY}
    variants = [
        _of_variant(
            tasks,
            by_variant[tasks.workflow_id, tasks.variant_id],
            level,
            tells_retries=tasks.workflow_id in retrying,
        )
        for tasks in known
        if not is_all or (tasks.workflow_id, tasks.variant_id) in by_variant
    ]
    labels = {(v.workflow_id, v.variant_id): v.variant for v in variants}
    comments = list(_comments(words, labels))
    return FeedbackView(
        workflow_id=workflow_id,
        run_id=run_id,
        level=level,
        n_feedback=len(words),
        n_matched=sum(word.n_candidates == 1 for word in words),
        n_unmatched=sum(word.n_candidates == 0 for word in words),
        n_ambiguous=sum(word.n_candidates > 1 for word in words),
        n_metrics=len(said) - len(words),
        variants=tuple(variants),
        comments=tuple(comments[:limit]),
        n_comments=len(comments),
    )


def _stored(reading: FeedbackReading, job: FeedbackJob) -> FeedbackOutcome:
    with open_history(
        job.store, lock_timeout_s=job.settings.lock_timeout_s, now=job.now
    ) as history:
        recorded = record_feedback(
            history,
            reading,
            job.settings,
            replace=job.replace,
            strict=job.strict,
            actor=job.actor,
            now=job.now,
        )
        said = queries.matched_feedback(history, source_sha256=reading.source.sha256)
    return _outcome(reading, recorded, said)


def _outcome(
    reading: FeedbackReading, recorded: RecordedFeedback, said: Sequence[MatchedFeedback]
) -> FeedbackOutcome:
    words = [word for word in said if word.kind != FeedbackKind.METRIC]
    faults = [*reading.skipped, *recorded.refused]
    is_good = recorded.n_stored + recorded.n_unchanged > 0
    status = FileStatus.STORED if is_good else FileStatus.REJECTED
    if recorded.n_stored == 0 and is_good:
        status = FileStatus.UNCHANGED
    path = reading.source.path
    return FeedbackOutcome(
        path=path,
        status=status,
        n_stored=recorded.n_stored,
        n_replaced=recorded.n_replaced,
        n_unchanged=recorded.n_unchanged,
        n_matched=sum(word.n_candidates == 1 for word in words),
        n_unmatched=sum(word.n_candidates == 0 for word in words),
        n_ambiguous=sum(word.n_candidates > 1 for word in words),
        n_metrics=len(said) - len(words),
        n_redacted=reading.source.n_redacted,
        warnings=reading.warnings,
        rejects=tuple(str(fault) for fault in faults[:LISTED_REJECTS]),
        n_rejects=len(faults),
        reason=None if is_good else f"{path}: no row could be stored",
    )


def _rejected(error: FormatError, job: FeedbackJob) -> FeedbackOutcome:
    with open_history(
        job.store, lock_timeout_s=job.settings.lock_timeout_s, now=job.now
    ) as history:
        record_rejects(history, [Reject(path=error.source, reason=str(error), rejected_at=job.now)])
    return FeedbackOutcome(
        path=error.source,
        status=FileStatus.REJECTED,
        n_rejects=len(error.faults) + error.n_more,
        reason=str(error),
        hint=error.hint,
    )


def _of_variant(
    tasks: VariantTasks, words: Sequence[MatchedFeedback], level: float, *, tells_retries: bool
) -> VariantFeedback:
    thumbs = [word for word in words if word.kind == FeedbackKind.THUMB]
    retried = {
        (word.run_id, word.task_id)
        for word in words
        if word.kind == FeedbackKind.RETRY and word.value == 0
    }
    return VariantFeedback(
        workflow_id=tasks.workflow_id,
        variant_id=tasks.variant_id,
        variant=tasks.variant,
        n_tasks=tasks.n_tasks,
        n_told=len({(word.run_id, word.task_id) for word in words}),
        n_feedback=len(words),
        kinds=tuple(_kinds(words, level)),
        n_up=sum(word.value == 1 for word in thumbs),
        n_down=sum(word.value == 0 for word in thumbs),
        retried=_rate(len(retried), tasks.n_tasks if tells_retries and words else 0, level),
        liked_passed=_mean([w for w in thumbs if w.status == "succeeded"], level),
        liked_failed=_mean([w for w in thumbs if w.status in FAILED], level),
    )


VALUED = (FeedbackKind.RATING, FeedbackKind.THUMB, FeedbackKind.REWARD, FeedbackKind.OTHER)
"""Kinds whose values are averaged; of retries the share of tasks is told."""

FAILED = frozenset({"failed", "timeout", "error"})
"""What became of tasks whose test did not pass."""


def _kinds(words: Sequence[MatchedFeedback], level: float) -> Iterator[KindFigures]:
    for kind in VALUED:
        of_kind = [word for word in words if word.kind == kind and word.value is not None]
        if of_kind:
            yield KindFigures(kind=kind, n=len(of_kind), value=_mean(of_kind, level))


def _mean(words: Sequence[MatchedFeedback], level: float) -> TaskRate:
    """Return the mean value over tasks, each the mean of what was said of it.

    Values from 0 to 1 vary at most as much as a rate of the same mean: the interval of a rate
    covers theirs too, at any n.
    """
    by_task: dict[tuple[str | None, str | None], list[float]] = defaultdict(list)
    for word in words:
        if word.value is not None:
            by_task[word.run_id, word.task_id].append(word.value)
    total = sum(sum(values) / len(values) for values in by_task.values())
    return _rate(min(total, len(by_task)), len(by_task), level)


def _rate(successes: float, n: int, level: float) -> TaskRate:
    if n == 0:
        return TaskRate()
    found = wilson(successes, n, level=level)
    return TaskRate(n_tasks=n, mean=found.estimate, low=found.low, high=found.high)


def _comments(
    words: Sequence[MatchedFeedback], labels: dict[tuple[str, str], str]
) -> Iterator[Comment]:
    """Yield what users wrote of tasks in the history, newest first."""
    for word in words:
        if word.comment is None or word.workflow_id is None or word.variant_id is None:
            continue
        yield Comment(
            text=word.comment,
            kind=word.kind,
            value=word.value,
            happened_at=word.happened_at,
            variant=labels[word.workflow_id, word.variant_id],
            task_id=word.task_id or "",
            status=word.status or "",
        )
