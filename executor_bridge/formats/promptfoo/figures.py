"""The state and the numbers of a result of promptfoo."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from executor_bridge.amounts import known, whole
from executor_bridge.formats.promptfoo.rows import NO_RESPONSE, NO_USAGE, Row, Usage
from executor_bridge.formats.promptfoo.scores import primary_of, scores_of
from executor_bridge.seen import Seen
from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import Score

ASSERT = 1
"""`failureReason` of a task that an assertion failed."""

TIMED_OUT = re.compile(r"(?:Error: )?Evaluation (?:timed out after|exceeded max)")
ABORTED = re.compile(r"(?:Error: )?(?:Abort(?:ed|Error)|Operation (?:cancelled|aborted))\b")
PLAIN_AMOUNT = 1e9
"""No number up to this is out of range."""

FINISHED = frozenset({"succeeded", "failed"})


class Figures(NamedTuple):
    """The state and the numbers of a result, as in `Outcome`."""

    status: str
    score: float | None
    latency_ms: float | None
    tokens: int | None
    tokens_in: int | None
    tokens_out: int | None
    tokens_cached: int | None
    cost_usd: float | None
    judge_tokens: int | None


def figures_of(row: Row, scores: Sequence[Score], settings: IngestSettings) -> Figures:
    """Return the state and the numbers of a result.

    Args:
        row: The result.
        scores: What its scorers said; of no use where none is asked for.
        settings: Which scorer is asked for.
    """
    status, usage = status_of(row), _usage(row)
    response = row.response or NO_RESPONSE
    tokens_in, tokens_out = whole(usage.prompt), whole(usage.completion)
    if not tokens_in and not tokens_out:
        tokens_in = tokens_out = None
    return Figures(
        status,
        primary_of(row, scores, settings) if status in FINISHED else None,
        known(row.latency_ms) or known(response.latency_ms),
        whole(usage.total) or None,
        tokens_in,
        tokens_out,
        whole(usage.cached) or None,
        known(response.cost) or known(row.cost),
        _judge_tokens(row),
    )


def look(row: Row, seen: Seen, settings: IngestSettings) -> None:
    """Take the numbers of a result into account, as they are when it becomes an outcome."""
    seen.n += 1
    if settings.score is None and _is_plain(row):
        return
    scores = () if settings.score is None else scores_of(row)
    seen.scorers.update((score.name, None) for score in scores)
    figures = figures_of(row, scores, settings)
    seen.rate(figures.score)
    seen.amount("latency", figures.latency_ms)
    seen.count("tokens", figures.tokens)
    seen.count("tokens in", figures.tokens_in)
    seen.count("tokens out", figures.tokens_out)
    seen.count("cached tokens", figures.tokens_cached)
    seen.count("judge tokens", figures.judge_tokens)
    seen.amount("cost", figures.cost_usd)


def status_of(row: Row) -> str:
    """Return the state of a task.

    An error text does not make an error: it is where promptfoo puts the reason of a failed
    assertion. What did not pass and was not failed by an assertion is an error, as in promptfoo's
    own JUnit report; rows from before `failureReason` failed where they were graded.
    """
    if row.success:
        return "succeeded"
    is_failed = row.failure_reason == ASSERT
    if row.failure_reason is None:
        is_failed = row.grading_result is not None
    if is_failed:
        return "failed"
    return unfinished(message_of(row))


def unfinished(message: str | None) -> str:
    """Return the state of a task that did not come to its end: timeout, cancelled or error."""
    if TIMED_OUT.match(message or ""):
        return "timeout"
    return "cancelled" if ABORTED.match(message or "") else "error"


def message_of(row: Row) -> str | None:
    """Return why a task did not pass."""
    response, grading = row.response, row.grading_result
    candidates = (row.error, response and response.error, grading and grading.reason)
    return next((text for text in candidates if text and isinstance(text, str)), None)


def _is_plain(row: Row) -> bool:
    """Tell at one glance whether all numbers of a result are such as numbers mostly are."""
    response, grading, usage = row.response or NO_RESPONSE, row.grading_result, _usage(row)
    try:
        return (
            0 <= (row.score or 0) <= 1
            and 0 <= (row.latency_ms or response.latency_ms or 0) <= PLAIN_AMOUNT
            and 0 <= (response.cost or row.cost or 0) <= PLAIN_AMOUNT
            and 0 <= (usage.total or 0) <= PLAIN_AMOUNT
            and 0 <= (usage.prompt or 0) <= PLAIN_AMOUNT
            and 0 <= (usage.completion or 0) <= PLAIN_AMOUNT
            and 0 <= (usage.cached or 0) <= PLAIN_AMOUNT
            and (usage.assertions is None or _is_plain_total(usage.assertions))
            and (grading is None or _is_plain_total(grading.tokens_used))
        )
    except (TypeError, AttributeError):
        return False


def _is_plain_total(tokens: Any) -> bool:
    return not tokens or 0 <= (tokens.get("total") or 0) <= PLAIN_AMOUNT


def _usage(row: Row) -> Usage:
    """Return the tokens of the system under test.

    Those of a row without `assertions` may have the graders' added: its answer's are better.
    """
    own = row.token_usage
    answered = row.response and row.response.token_usage
    if own is not None and own.assertions is not None and known(own.total):
        return own
    return answered or own or NO_USAGE


def _judge_tokens(row: Row) -> int | None:
    """Return the tokens of those who graded."""
    usage, grading = row.token_usage, row.grading_result
    apart = _total(usage.assertions) if usage is not None else None
    if apart is not None or grading is None:
        return apart
    return _total(grading.tokens_used)


def _total(tokens: Any) -> int | None:
    """Return the sum that a count of tokens states, None where it is none or 0."""
    return whole(known(tokens.get("total"))) if isinstance(tokens, dict) else None
