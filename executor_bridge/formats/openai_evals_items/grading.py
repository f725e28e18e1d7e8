"""How the items of the OpenAI platform's Evals were graded, and what that makes of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from executor_bridge.amounts import known, number, whole
from executor_bridge.formats.openai_evals_items.items import Item, Result
from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import Score

UNIQUE_SUFFIX = re.compile(r"-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
"""What the platform puts behind the names of graders."""

GRADER = "grader"
"""What a grader without a name is called."""

DONE, UNGRADED = "completed", "ungraded"
STATES = {
    "pass": "succeeded",
    "passed": "succeeded",
    "fail": "failed",
    "failed": "failed",
    "error": "error",
    "errored": "error",
    "canceled": "cancelled",
    "cancelled": "cancelled",
    "skipped": "cancelled",
}


def status_of(item: Item, sample: Mapping[str, Any]) -> tuple[str, str | None]:
    """Return the state of a task, and why it is no success."""
    error = sample.get("error")
    said = error if isinstance(error, dict) else {}
    reason = ": ".join(str(said[name]) for name in ("code", "message") if said.get(name))
    status = STATES.get((item.status or "").lower())
    results = item.results or []
    if status == "error" or (reason and status != "succeeded"):
        return "error", reason or "error"
    if status is None:
        words = [result.passed for result in results if result.passed is not None]
        status = ("succeeded" if all(words) else "failed") if words else unjudged(item)
    broken = [_broken(result) for result in results if result.passed is None]
    if status == UNGRADED:
        return "error", "; ".join(filter(None, broken))
    lost = [_reason(result) for result in results if result.passed is False]
    return status, "; ".join(lost) or None if status == "failed" else None


def unjudged(item: Item) -> str:
    """Return the state of a task that no grader passes or fails."""
    if any(_broken(result) for result in item.results or ()):
        return UNGRADED
    is_done = (item.status or "").lower() == DONE and item.results
    return "succeeded" if is_done else "cancelled"


def _broken(result: Result) -> str | None:
    """Return why a grader broke, None where it did not."""
    error = result.sample.get("error") if isinstance(result.sample, dict) else None
    if not error and STATES.get((result.status or "").lower()) != "error":
        return None
    said = error.get("message") if isinstance(error, dict) else error
    return f"{UNIQUE_SUFFIX.sub('', result.name or GRADER)}: {said or 'error'}"


def _reason(result: Result) -> str:
    """Return which grader was not content, and why."""
    name = UNIQUE_SUFFIX.sub("", result.name or GRADER)
    score = number(result.score)
    why = result.reason if isinstance(result.reason, str) else None
    return f"{name}: {why or ('failed' if score is None else f'score {score:g}')}"


def scores_of(item: Item) -> Iterator[Score]:
    """Yield what each grader said."""
    for result in item.results or ():
        reason = result.reason if isinstance(result.reason, str) else None
        yield Score(result.name or GRADER, number(result.score), result.passed, reason)


def primary(item: Item, settings: IngestSettings) -> float | None:
    """Return the score of the grader asked for, by its name or what begins it; else the first."""
    for result in item.results or ():
        name = result.name or GRADER
        if settings.score in (None, name, UNIQUE_SUFFIX.sub("", name)):
            return number(result.score)
    return None


def judge_tokens(item: Item) -> int | None:
    """Return the tokens of the graders that are models, None where none tells."""
    counts = []
    for result in item.results or ():
        usage = result.sample.get("usage") if isinstance(result.sample, dict) else None
        count = whole(known(usage.get("total_tokens"))) if isinstance(usage, dict) else None
        counts += [] if count is None else [count]
    return sum(counts) if counts else None
