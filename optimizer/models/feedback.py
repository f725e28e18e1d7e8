"""What users said of answers: the records that files of feedback are read into."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from optimizer.models.dataclass import dataclass
from optimizer.models.errors import Fault
from optimizer.models.ingest import FileStatus
from optimizer.models.tasks import Source


class FeedbackKind(StrEnum):
    """What sort of word it is."""

    RATING = "rating"
    """A mark on a scale."""

    THUMB = "thumb"
    """Up (1) or down (0)."""

    RETRY = "retry"
    """Whether the user asked again (0) or was content with the answer (1)."""

    REWARD = "reward"
    """What an answer was worth to who learns from it."""

    METRIC = "metric"
    """A point of a measured series; kept as it came, it has no value from 0 to 1."""

    OTHER = "other"
    """A score without a name, a comment, an alert."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """The ends of a scale of marks: `low` is the worst, `high` the best."""

    low: float
    high: float

    def share(self, mark: float) -> float:
        """Return a mark as a number from 0 (worst) to 1 (best)."""
        return (mark - self.low) / (self.high - self.low)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """One word of a user on one answer.

    Attributes:
        feedback_id: Unique; the event's own id, else a hash of its content.
        happened_at: When it was said, UTC, or None.
        kind: What sort of word it is.
        value: 0 (worst) to 1 (best), or None where it has none.
        request_id: The id of the request or trace that was answered, or None.
        run_id: The run, or None.
        task_id: The task in a run, or None.
        case_id: The test case, or None.
        workflow_id: The workflow, or None.
        comment: What the user wrote, or None.
        event: All of it as JSON text, keys sorted.
        place: Where in its file it stands.
    """

    feedback_id: str
    happened_at: datetime | None
    kind: FeedbackKind
    value: float | None
    request_id: str | None
    run_id: str | None
    task_id: str | None
    case_id: str | None
    workflow_id: str | None
    comment: str | None
    event: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackReading:
    """What is in one file.

    Attributes:
        source: The file.
        rows: What was said, in the order of the file.
        skipped: What is wrong with the rows that could not be read.
        warnings: What a reader should know of how it was read.
    """

    source: Source
    rows: tuple[Feedback, ...]
    skipped: tuple[Fault, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackOutcome:
    """What became of one file of feedback.

    Attributes:
        path: The file as the user named it.
        status: What became of it.
        n_stored: Words of users written.
        n_replaced: Those of them that took the place of others of the same id.
        n_unchanged: Words that were stored already, or stand in the file twice.
        n_matched: Of all that came from the file: those whose task is in the history.
        n_unmatched: Those whose task is not in the history so far.
        n_ambiguous: Those that may be of more than one task, and are of none.
        n_metrics: Points of metrics, which are of no task.
        n_redacted: Secrets blanked.
        warnings: What a reader should know.
        rejects: What is wrong with the rows that were refused, the first of them.
        n_rejects: How many there are.
        reason: Why the file was rejected, or None.
        hint: What to try, or None.
    """

    path: str
    status: FileStatus
    n_stored: int = 0
    n_replaced: int = 0
    n_unchanged: int = 0
    n_matched: int = 0
    n_unmatched: int = 0
    n_ambiguous: int = 0
    n_metrics: int = 0
    n_redacted: int = 0
    warnings: tuple[str, ...] = ()
    rejects: tuple[str, ...] = ()
    n_rejects: int = 0
    reason: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedFeedback:
    """One word of a user, and the task it is of.

    Attributes:
        kind: As in `Feedback`, likewise value, happened_at and comment.
        n_candidates: Tasks it may be of; only where that is one is there a task.
        workflow_id: That of the task, else the one the user's word names, or None.
        run_id: The run of the task, or None where there is no task; likewise what follows.
        task_id: The task.
        variant_id: The variant that answered.
        status: What became of the task.
    """

    kind: FeedbackKind
    value: float | None
    happened_at: datetime | None
    comment: str | None
    n_candidates: int
    workflow_id: str | None
    run_id: str | None
    task_id: str | None
    variant_id: str | None
    status: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantTasks:
    """How many tasks of a variant there are.

    Attributes:
        workflow_id: The workflow.
        variant_id: The variant.
        variant: Its label in its newest run.
        n_tasks: Its tasks.
    """

    workflow_id: str
    variant_id: str
    variant: str
    n_tasks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRate:
    """A mean over tasks, with its bounds; tasks count once, however much was said of them.

    Attributes:
        n_tasks: Tasks it is of.
        mean: 0 to 1, or None without tasks.
        low: Lower bound, likewise.
        high: Upper bound, likewise.
    """

    n_tasks: int = 0
    mean: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KindFigures:
    """What one kind of feedback says.

    Attributes:
        kind: Which.
        n: Words with a value.
        value: Their mean over tasks.
    """

    kind: FeedbackKind
    n: int
    value: TaskRate


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantFeedback:
    """What users said of one variant.

    Attributes:
        workflow_id: The workflow.
        variant_id: The variant.
        variant: Its label.
        n_tasks: Its tasks, with feedback or without.
        n_told: Those of them that users said something of.
        n_feedback: Words on them.
        kinds: Each kind that has values.
        n_up: Thumbs up.
        n_down: Thumbs down.
        retried: Share of all its tasks that a user asked again after; unknown where nobody said
            anything of it, or told of retries in its workflow.
        liked_passed: Share of thumbs up of tasks that passed their test.
        liked_failed: Share of thumbs up of tasks that did not: failed, timed out or in error.
    """

    workflow_id: str
    variant_id: str
    variant: str
    n_tasks: int
    n_told: int
    n_feedback: int
    kinds: tuple[KindFigures, ...]
    n_up: int
    n_down: int
    retried: TaskRate
    liked_passed: TaskRate
    liked_failed: TaskRate


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """What a user wrote of one answer; as in `MatchedFeedback`.

    Attributes:
        text: What was written.
        kind: Kind of the feedback it came with.
        value: Its value, or None.
        happened_at: When, UTC, or None.
        variant: Label of the variant that answered.
        task_id: The task.
        status: What became of the task.
    """

    text: str
    kind: FeedbackKind
    value: float | None
    happened_at: datetime | None
    variant: str
    task_id: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackView:
    """What users said of a workflow, of a run, or of all that is stored.

    Attributes:
        workflow_id: Only this workflow was looked at; None: all.
        run_id: Only this run was looked at; None: all.
        level: Level of the intervals, 0 to 1.
        n_feedback: Words of users, points of metrics not counted.
        n_matched: Those whose task is in the history.
        n_unmatched: Those whose task is not, so far.
        n_ambiguous: Those that may be of more than one task.
        n_metrics: Points of metrics.
        variants: Each variant, by workflow and label.
        comments: What was written, newest first.
        n_comments: How many comments there are, shown or not.
    """

    workflow_id: str | None
    run_id: str | None
    level: float
    n_feedback: int
    n_matched: int
    n_unmatched: int
    n_ambiguous: int
    n_metrics: int
    variants: tuple[VariantFeedback, ...]
    comments: tuple[Comment, ...]
    n_comments: int
