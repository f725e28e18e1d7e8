"""What the scorers of a task say together, where several of them speak."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from executor_bridge.judging import UNJUDGED, judged
from optimizer.models.tasks import Score


def primary(scores: Sequence[Score], asked: str | None) -> float | None:
    """Return the score asked for, else the first number that is no verdict, else the first."""
    if asked is not None:
        return next((one.value for one in scores if one.name == asked), None)
    told = [one for one in scores if one.value is not None]
    told.sort(key=lambda one: one.passed is not None)
    return told[0].value if told else None


def verdict(scores: Iterable[Score], asked: str | None) -> bool | None:
    """Return the verdict of the scorer asked for, else of all that give one; None of none."""
    spoken = (one.passed for one in scores if asked in (None, one.name))
    verdicts = [passed for passed in spoken if passed is not None]
    return all(verdicts) if verdicts else None


def status(scores: Sequence[Score], asked: str | None, mark: float | None) -> str:
    """Return the state of a task that ran to its end: by verdict, else by score and mark."""
    passed = verdict(scores, asked)
    if passed is not None:
        return "succeeded" if passed else "failed"
    return judged(primary(scores, asked), mark)


def is_judged(scores: Sequence[Score], asked: str | None, mark: float | None) -> bool:
    """Tell whether a verdict or a mark told pass from fail."""
    return mark is not None or verdict(scores, asked) is not None


def unjudged(judged_tasks: Iterable[bool]) -> tuple[str, ...]:
    """Return what to say of a run where nobody judged some of the tasks that came to their end."""
    tasks = list(judged_tasks)
    n_open = tasks.count(False)
    if not n_open:
        return ()
    if n_open == len(tasks):
        return (UNJUDGED,)
    return (f"{n_open} of {len(tasks)} tasks were judged by nobody: succeeded means that they ran",)


def reasons(scores: Iterable[Score]) -> str | None:
    """Return why scorers let a task fail, None where none did."""
    failed = (one for one in scores if one.passed is False)
    return "; ".join(f"{one.name}: {one.reason or 'failed'}" for one in failed) or None
