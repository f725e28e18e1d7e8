"""Rows that the pages of Langfuse download: scores as columns, a trace with the sums of its calls.

Such a row is taken apart into what the other exports have: observations and scores.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from executor_bridge.amounts import number
from executor_bridge.tracing.genai import parsed
from executor_bridge.tracing.steps import verdict_of

TRACE = frozenset({"id", "timestamp", "bookmarked", "observationCount"})
OBSERVATION = frozenset({"id", "traceId", "startTime", "traceTags", "traceTimestamp"})
"""What only downloaded rows have together."""

NO_SCORES = frozenset(
    {
        "tags",
        "input",
        "output",
        "metadata",
        "usage",
        "traceTags",
        "comments",
        "modelParameters",
        "usagePricingTierName",
        "toolDefinitions",
        "toolCalls",
        "toolCallNames",
    }
)
"""Columns whose cells may be lists and are no scores."""


def parts_of(named: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what stands in a downloaded row beside itself, nothing for a row of another origin."""
    if named.keys() >= TRACE:
        yield _call(named)
        yield from _scores(named, {"traceId": named["id"]})
    elif named.keys() >= OBSERVATION:
        yield from _scores(named, {"traceId": named["traceId"], "observationId": named["id"]})


def _call(trace: Mapping[str, Any]) -> dict[str, Any]:
    """Return all calls of a trace as one observation; an error that was answered was overcome."""
    has_failed = trace.get("level") == "ERROR" and trace.get("output") is None
    usage = {
        "input": trace.get("inputTokens"),
        "output": trace.get("outputTokens"),
        "total": trace.get("totalTokens"),
    }
    return {
        "id": trace["id"],
        "traceId": trace["id"],
        "type": "GENERATION",
        "name": trace.get("name"),
        "startTime": trace["timestamp"],
        "endTime": _end(trace),
        "level": "ERROR" if has_failed else "DEFAULT",
        "usageDetails": usage,
        "totalCost": trace.get("totalCost"),
    }


def _end(trace: Mapping[str, Any]) -> datetime | None:
    """Return when a trace ended, None where that cannot be told."""
    try:
        begun = msgspec.convert(trace["timestamp"], datetime, strict=False)
        seconds = number(float(trace.get("latency") or "nan"))
        return None if seconds is None else begun + timedelta(seconds=seconds)
    except (msgspec.ValidationError, TypeError, ValueError, OverflowError):
        return None


def _scores(named: Mapping[str, Any], about: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the scores in the columns of a row, of several with one name each."""
    for name, text in named.items():
        cell = None if name in NO_SCORES else parsed(text)
        for value in cell if isinstance(cell, list) else ():
            if isinstance(value, bool) or not isinstance(value, str | int | float):
                continue
            is_verdict = isinstance(value, str) and value.lower() in ("true", "false")
            kind = "BOOLEAN" if is_verdict else "CATEGORICAL"
            kind = kind if isinstance(value, str) else "NUMERIC"
            told = verdict_of(value) if is_verdict else value
            yield {**about, "name": name, "source": "API", "dataType": kind, "value": told}
