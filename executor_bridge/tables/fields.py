"""What a column of a table may be mapped to."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from enum import StrEnum

from optimizer.models.dataclass import dataclass
from optimizer.models.errors import ConfigError

ALL = "*"
"""The part of a field that stands for whatever columns a pattern finds."""


class Kind(StrEnum):
    """What the cells of a column are read as."""

    TEXT = "a text"
    VERDICT = "pass or fail: true, false, pass, fail, 1, 0, yes, no, correct, incorrect"
    STATUS = "a state: succeeded, failed, error, timeout, cancelled, success, 200, 429 ..."
    SCORE = "a number, or true or false"
    AMOUNT = "a number"
    COUNT = "a whole number"
    TRUTH = "true or false"
    TIME = "a time: ISO 8601, or seconds, ms or ns since 1970"
    VALUE = "anything"


FIELDS: Mapping[str, Kind] = {
    "case_id": Kind.TEXT,
    "success": Kind.VERDICT,
    "status": Kind.STATUS,
    "score": Kind.SCORE,
    "error": Kind.TEXT,
    "error_code": Kind.TEXT,
    "input": Kind.VALUE,
    "expected": Kind.VALUE,
    "output": Kind.VALUE,
    "latency_ms": Kind.AMOUNT,
    "tokens": Kind.COUNT,
    "tokens_in": Kind.COUNT,
    "tokens_out": Kind.COUNT,
    "tokens_cached": Kind.COUNT,
    "cost_usd": Kind.AMOUNT,
    "judge_tokens": Kind.COUNT,
    "judge_cost_usd": Kind.AMOUNT,
    "cached": Kind.TRUTH,
    "variant": Kind.TEXT,
    "prompt": Kind.TEXT,
    "model": Kind.TEXT,
    "provider": Kind.TEXT,
    "parameters": Kind.VALUE,
    "repeat": Kind.COUNT,
    "attempts": Kind.COUNT,
    "run_id": Kind.TEXT,
    "workflow": Kind.TEXT,
    "dataset": Kind.TEXT,
    "family": Kind.TEXT,
    "tenant": Kind.TEXT,
    "task_type": Kind.TEXT,
    "request_id": Kind.TEXT,
    "created_at": Kind.TIME,
    "finished_at": Kind.TIME,
    "git_sha": Kind.TEXT,
    "branch": Kind.TEXT,
    "metadata": Kind.VALUE,
    "only": Kind.TRUTH,
}
"""Every field, in the order in which they are explained."""

SAME: Mapping[str, tuple[str, float]] = {
    "latency_s": ("latency_ms", 1e3),
    "latency_us": ("latency_ms", 1e-3),
    "latency_ns": ("latency_ms", 1e-6),
    "cost": ("cost_usd", 1),
    "cost_cents": ("cost_usd", 0.01),
    "judge_cost": ("judge_cost_usd", 1),
    "judge_cost_cents": ("judge_cost_usd", 0.01),
    "started_at": ("created_at", 1),
}
"""Other names of fields, with what their numbers are multiplied by."""

FAMILIES = ("score", "input", "expected", "output", "parameters", "metadata")
"""Fields of which there may be several: `score.NAME`, or `score.*` for a pattern of columns."""

VERDICTS = ("success", "status", "score")
"""Fields that say how a task went."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """What a column is mapped to.

    Attributes:
        name: One of FIELDS.
        part: The name behind the dot, "*" for all that a pattern finds, None where there is none.
        factor: What its numbers are multiplied by.
    """

    name: str
    part: str | None = None
    factor: float = 1


def is_field(text: str) -> bool:
    """Tell whether a name is that of a field."""
    name, dot, part = text.partition(".")
    if dot:
        return name in FAMILIES and bool(part)
    return name in FIELDS or name in SAME


def field_of(text: str) -> Field:
    """Return the field of a name.

    Raises:
        ConfigError: There is none.
    """
    if not is_field(text):
        raise _unknown(text)
    name, dot, part = text.partition(".")
    name, factor = SAME.get(name, (name, 1))
    return Field(name=name, part=part if dot else None, factor=factor)


def _unknown(text: str) -> ConfigError:
    if text == "latency":
        message, names = "its unit is missing", ("latency_ms", "latency_s", "latency_ns")
        return ConfigError(f"--map latency: {message}, expected one of {', '.join(names)}")
    known = [*FIELDS, *SAME]
    close = difflib.get_close_matches(text.partition(".")[0], known, n=1)
    families = ", ".join(f"{family}.NAME" for family in FAMILIES)
    return ConfigError(
        f"--map {text}: unknown field, expected one of {', '.join(known)}, {families}",
        hint=f"Did you mean `{close[0]}`?" if close else None,
    )
