"""Feedback of users, and what became of files of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from optimizer.models.feedback import (
    Comment,
    FeedbackKind,
    FeedbackOutcome,
    FeedbackView,
    KindFigures,
    TaskRate,
    VariantFeedback,
)
from optimizer.models.ingest import FileStatus
from reports.gallery.feedback import feedback
from reports.gallery.feedback_files import feedback_files

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
THIRD = TaskRate(n_tasks=120, mean=1 / 3, low=0.2553, high=0.4215)
LIKED = TaskRate(n_tasks=31, mean=0.871, low=0.7115, high=0.9487)
DISLIKED = TaskRate(n_tasks=9, mean=0.2222, low=0.0632, high=0.5474)
RATED = TaskRate(n_tasks=1, mean=0.75, low=0.1179, high=0.9854)


def variant(label: str, **more: Any) -> VariantFeedback:
    facts: dict[str, Any] = {
        "workflow_id": "support",
        "variant_id": "0123456789abcdef",
        "variant": label,
        "n_tasks": 120,
        "n_told": 41,
        "n_feedback": 52,
        "kinds": (
            KindFigures(kind=FeedbackKind.RATING, n=1, value=RATED),
            KindFigures(kind=FeedbackKind.THUMB, n=44, value=LIKED),
        ),
        "n_up": 29,
        "n_down": 15,
        "retried": THIRD,
        "liked_passed": LIKED,
        "liked_failed": DISLIKED,
    }
    return VariantFeedback(**(facts | more))


SILENT = {
    "n_told": 0,
    "n_feedback": 0,
    "kinds": (),
    "n_up": 0,
    "n_down": 0,
    "retried": TaskRate(),
    "liked_passed": TaskRate(),
    "liked_failed": TaskRate(),
}


def view(*variants: VariantFeedback, **more: Any) -> FeedbackView:
    facts: dict[str, Any] = {
        "workflow_id": "support",
        "run_id": None,
        "level": 0.95,
        "n_feedback": 57,
        "n_matched": 52,
        "n_unmatched": 4,
        "n_ambiguous": 1,
        "n_metrics": 3,
        "variants": variants,
        "comments": (),
        "n_comments": 0,
    }
    return FeedbackView(**(facts | more))


def comment(text: str, **more: Any) -> Comment:
    facts: dict[str, Any] = {
        "text": text,
        "kind": FeedbackKind.THUMB,
        "value": 1.0,
        "happened_at": NOON,
        "variant": "few_shot",
        "task_id": "t17",
        "status": "succeeded",
    }
    return Comment(**(facts | more))


COMMENTS = (
    comment("Just what I asked for."),
    comment("Half of it is missing.", kind=FeedbackKind.RATING, value=0.25, status="failed"),
    comment("Asked again.", kind=FeedbackKind.RETRY, value=0.0, happened_at=None),
)
NOTHING = {"n_feedback": 0, "n_matched": 0, "n_unmatched": 0, "n_ambiguous": 0, "n_metrics": 0}

CASES = {
    "feedback": (
        feedback,
        (
            view(
                variant("few_shot"),
                variant("clear", **SILENT),
                variant("few_shot", variant_id="fedcba9876543210"),
                comments=COMMENTS,
                n_comments=12,
            ),
        ),
    ),
    "feedback-all": (
        feedback,
        (
            view(
                variant("few_shot"),
                variant("short", workflow_id="triage"),
                workflow_id=None,
                n_unmatched=0,
                n_ambiguous=0,
                n_metrics=0,
            ),
        ),
    ),
    "feedback-empty": (feedback, (view(workflow_id=None, **NOTHING),)),
    "feedback-unmatched": (feedback, (view(n_matched=0, n_metrics=0),)),
    "feedback_files": (
        feedback_files,
        (
            (
                FeedbackOutcome(
                    path="thumbs.jsonl",
                    status=FileStatus.STORED,
                    n_stored=57,
                    n_unchanged=2,
                    n_matched=49,
                    n_unmatched=4,
                    n_ambiguous=1,
                    n_metrics=3,
                    warnings=("3 ratings carry no scale: whole numbers from 1 to 5 are stars",),
                    rejects=('line 6: rating: found "great", expected a number from 1 to 5',),
                    n_rejects=4,
                ),
                FeedbackOutcome(
                    path="ratings.csv",
                    status=FileStatus.REJECTED,
                    n_rejects=1,
                    reason="ratings.csv: rating: found 7 without a scale, expected a scale",
                    hint="Name it with --rating-scale MIN:MAX.",
                ),
            ),
        ),
    ),
    "feedback_files-empty": (feedback_files, ((),)),
    "feedback_files-unchanged": (
        feedback_files,
        ((FeedbackOutcome(path="f.jsonl", status=FileStatus.UNCHANGED, n_unchanged=3),),),
    ),
}
