"""Pass or fail where a tool gives scores only."""

from __future__ import annotations

from collections.abc import Iterable

FULL_MARKS = 1.0
PLAIN_MARKS = frozenset({0.0, 0.5, 1.0})
"""Scores that are marks for wrong, partly right and right."""

UNJUDGED = (
    "pass or fail is not recorded and the scores are no plain marks: succeeded means that a task "
    "ran; --pass-score says from which score on it passes"
)
"""Warning of a run whose tasks were not judged."""


def pass_mark(scores: Iterable[float | None], asked: float | None) -> float | None:
    """Return the score from which on a task passes, None where nothing is judged.

    Args:
        scores: The primary scores of a run, None where there is none.
        asked: What the user asked for, or None.
    """
    if asked is not None:
        return asked
    given = {score for score in scores if score is not None}
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
