"""What a cell of a table says: a text, a number, a time, pass or fail, or nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import msgspec

from executor_bridge.clock import Clock, UnusableTimeError

NOTHING = frozenset({"", "nan", "none", "null", "n/a", "<na>", "nat"})
"""How tools write that a value is unknown, in lower case."""

LONGER_THAN_NOTHING = 16
"""A text of so many characters says something."""

RAN = "ran"
"""Word for a task that came to its end and was not judged."""

MOMENTS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3), (0, 1))
"""From which number on a time since 1970 is in ns, us, ms or s, and how many make a second."""

WORDS: Mapping[str, str] = {
    **dict.fromkeys(("true", "t", "yes", "y", "1", "pass", "passed", "correct"), "succeeded"),
    **dict.fromkeys(("right", "succeeded"), "succeeded"),
    **dict.fromkeys(("false", "f", "no", "n", "0", "fail", "failed", "incorrect"), "failed"),
    **dict.fromkeys(("wrong", "failure", "rejected"), "failed"),
    **dict.fromkeys(("error", "errored", "exception"), "error"),
    **dict.fromkeys(("timeout", "timed out", "timed_out", "timedout"), "timeout"),
    **dict.fromkeys(("cancelled", "canceled", "aborted", "interrupted"), "cancelled"),
    **dict.fromkeys(("pending", "queued", "running"), "pending"),
    **dict.fromkeys(("success", "ok", "complete", "completed", "done", "finished", "ran"), RAN),
}
"""What people write for how a task went, in lower case."""

TRUTHS: Mapping[str, bool] = {
    **dict.fromkeys(("true", "t", "yes", "y", "1", "hit"), True),
    **dict.fromkeys(("false", "f", "no", "n", "0", "miss"), False),
}


class UnclearError(ValueError):
    """A cell that holds something else than its column is mapped to."""


def is_nothing(value: Any) -> bool:
    """Tell whether a cell says that its value is unknown."""
    if isinstance(value, str):
        return len(value) < LONGER_THAN_NOTHING and value.strip().lower() in NOTHING
    return value is None or (isinstance(value, float) and math.isnan(value))


def text(value: Any) -> str | None:
    """Return a cell as a text, None where it says nothing."""
    if value is None or is_nothing(value):
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return _json(value)


def payload(value: Any) -> Any:
    """Return a cell as what was put in or came out; a text is kept whatever it says."""
    if isinstance(value, str):
        return value if value else None
    return None if is_nothing(value) else value


def number(value: Any) -> float | None:
    """Return a cell as a number, None where it says nothing.

    Raises:
        UnclearError: It says something else.
    """
    if is_nothing(value):
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        raise UnclearError("a number")
    try:
        found = float(value)
    except (ValueError, OverflowError):
        raise UnclearError("a number") from None
    if not math.isfinite(found):
        return None
    return found


def count(value: Any) -> int | None:
    """Return a cell as a whole number, None where it says nothing.

    Raises:
        UnclearError: It says something else.
    """
    found = number(value)
    if found is not None and found != int(found):
        raise UnclearError("a whole number")
    return None if found is None else int(found)


def score(value: Any) -> float | None:
    """Return a cell as a score: a number, or 1 and 0 for right and wrong.

    Raises:
        UnclearError: It says something else.
    """
    if isinstance(value, bool):
        return float(value)
    try:
        return number(value)
    except UnclearError:
        word = WORDS.get(str(value).strip().lower())
        if word not in ("succeeded", "failed"):
            raise
        return float(word == "succeeded")


def verdict(value: Any) -> str | None:
    """Return how a task went by a word or a number, None where the cell says nothing.

    Raises:
        UnclearError: It says something else.
    """
    if value is None or is_nothing(value):
        return None
    plain = value if isinstance(value, str) else text(value) or ""
    try:
        return WORDS[_whole(plain.strip().lower())]
    except KeyError:
        raise UnclearError(f"one of {', '.join(WORDS)}") from None


def truth(value: Any) -> bool | None:
    """Return a cell as true or false, None where it says nothing.

    Raises:
        UnclearError: It says something else.
    """
    if value is None or is_nothing(value):
        return None
    plain = value if isinstance(value, str) else text(value) or ""
    try:
        return TRUTHS[_whole(plain.strip().lower())]
    except KeyError:
        raise UnclearError("true or false") from None


def moment(value: Any, clock: Clock) -> datetime | None:
    """Return a cell as a time in UTC, None where it says nothing.

    Raises:
        UnclearError: It says something else.
        UnusableTimeError: The time cannot be what was meant.
    """
    if is_nothing(value):
        return None
    if isinstance(value, datetime):
        return clock.utc(value)
    if isinstance(value, date):
        return clock.utc(datetime.combine(value, time()))
    try:
        return clock.utc(_since_1970(number(value) or 0))
    except UnclearError:
        pass
    try:
        return clock.utc(datetime.fromisoformat(str(value).strip().replace(" UTC", "+00:00")))
    except ValueError as error:
        if isinstance(error, UnusableTimeError):
            raise
        raise UnclearError("a time, such as 2026-03-01T12:00:00Z") from None


def _since_1970(found: float) -> datetime:
    per_second = next((unit for least, unit in MOMENTS if abs(found) >= least), 1)
    try:
        return datetime.fromtimestamp(found / per_second, UTC)
    except (ValueError, OverflowError, OSError):
        raise UnclearError("a time") from None


def _whole(plain: str) -> str:
    """Return `1` and `0` for `1.0` and `0.0`, which tables with gaps hold."""
    return plain.removesuffix(".0")


def _json(value: Any) -> str:
    return msgspec.json.encode(value, enc_hook=str).decode()
