"""Pass or fail where a tool gives scores only."""

from __future__ import annotations

from collections.abc import Iterable

from optimizer.models.tasks import UNJUDGED

__all__ = ("UNJUDGED", "judged", "pass_mark")

FULL_MARKS = 1.0
PLAIN_MARKS = frozenset({0.0, 0.5, 1.0})
"""Scores that are marks for wrong, partly right and right."""


def pass_mark(scores: Iterable[float | None], asked: float | None) -> float | None:
    """Return the score from which on a task passes, None where nothing is judged.

    Args:
        scores: The primary scores of a run, None where there is none.
        asked: What the user asked for, or None; without a score it judges nothing.
    """
    given = {score for score in scores if score is not None}
    if asked is not None:
        return asked if given else None
    return FULL_MARKS if given and given <= PLAIN_MARKS else None


def judged(score: float | None, mark: float | None) -> str:
    """Return the status of a task that ran to its end: failed below the mark, else succeeded.

    One without a score among others that have one neither passed nor failed: it is cancelled.
    """
    if mark is None:
        return "succeeded"
    if score is None:
        return "cancelled"
    return "failed" if score < mark else "succeeded"
