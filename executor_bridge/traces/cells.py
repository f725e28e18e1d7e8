"""What the cells of a trace say: times since the first, amounts, states, blocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from executor_bridge.clock import Clock
from executor_bridge.limits import MAX_AMOUNT, MAX_COUNT
from executor_bridge.meaning import canonical
from executor_bridge.tables import cells
from executor_bridge.tables.cells import UnclearError

PRIORITIES: Mapping[str, int] = {"low": 1, "normal": 2, "high": 3, "critical": 4}
NORMAL = PRIORITIES["normal"]

SINCE_1970_FROM = 946_684_800
"""A number of seconds that large is a time since 1970; below it, one since the trace began."""

MAX_BLOCK = 2**63 - 1
"""Largest hash of a block that is kept as it is."""

STATES: Mapping[int, str] = {
    **dict.fromkeys(range(200, 400), cells.RAN),
    **dict.fromkeys(range(400, 600), "error"),
    **dict.fromkeys((408, 504), "timeout"),
    429: "throttled",
}
"""What a status of HTTP says of a request."""

REFUSED = frozenset({"throttled", "rate_limited", "rate limited", "rate_limit"})
"""How tools write that a provider refused a request for too many, in lower case."""


class Times:
    """Turns the times of a trace into seconds since its first row."""

    def __init__(self, clock: Clock, factor: float, *, has_unit: bool) -> None:
        """Take the clock, and what numbers are multiplied by where a unit is told."""
        self._clock = clock
        self._factor = factor
        self._has_unit = has_unit
        self._first: datetime | float | None = None

    def __call__(self, value: Any) -> float:
        """Return a time in seconds since the first row.

        Raises:
            UnclearError: It is none, or of another kind than the first.
            UnusableTimeError: It cannot be what was meant.
        """
        found = self._told(value)
        if self._first is None:
            self._first = found
        first = self._first
        if isinstance(found, datetime) and isinstance(first, datetime):
            return (found - first).total_seconds()
        if isinstance(found, datetime) or isinstance(first, datetime):
            kind = "a time of day" if isinstance(first, datetime) else "seconds since the start"
            raise UnclearError(f"{kind}, as in the first row")
        return found - first

    def _told(self, value: Any) -> datetime | float:
        try:
            plain = cells.number(value)
        except UnclearError:
            plain = None
        if plain is not None:
            seconds = plain * self._factor
            if abs(seconds) < SINCE_1970_FROM:
                return seconds
            value = seconds if self._has_unit else plain
        found = cells.moment(value, self._clock)
        if found is None:
            raise UnclearError("a time")
        return found


class Codes:
    """Gives equal things equal numbers, counted from 0."""

    def __init__(self) -> None:
        """Begin with none."""
        self._known: dict[Any, int] = {}

    def __call__(self, value: Any) -> int | None:
        """Return the number of a thing, None for nothing."""
        return None if value is None else self._known.setdefault(value, len(self._known))

    def names(self) -> tuple[str, ...]:
        """Return what has a number, by its number."""
        return tuple(map(str, self._known))


def amount(value: Any) -> float | None:
    """Return a number of 0 or more.

    Raises:
        UnclearError: It is none.
    """
    found = cells.number(value)
    if found is not None and not 0 <= found <= MAX_AMOUNT:
        raise UnclearError("a number of 0 or more")
    return found


def tokens(value: Any) -> float | None:
    """Return a count of tokens.

    Raises:
        UnclearError: It is none.
    """
    found = cells.count(value)
    if found is not None and not 0 <= found <= MAX_COUNT:
        raise UnclearError("a whole number of 0 or more")
    return found


def share(value: Any) -> float | None:
    """Return a number of 0 to 1.

    Raises:
        UnclearError: It is none.
    """
    found = cells.score(value)
    if found is not None and not 0 <= found <= 1:
        raise UnclearError("a number of 0 to 1")
    return found


def truth(value: Any) -> float | None:
    """Return 1 for true and 0 for false.

    Raises:
        UnclearError: It is neither.
    """
    found = cells.truth(value)
    return None if found is None else float(found)


def text(value: Any) -> str | None:
    """Return what was put in or came out as a text; None where nothing was recorded."""
    found = cells.payload(value)
    if found is None or isinstance(found, str):
        return found
    return canonical(found).decode("utf-8", "replace")


def priority(value: Any) -> int | None:
    """Return 1 to 4 for low to critical.

    Raises:
        UnclearError: It is neither a name nor a number of those.
    """
    if cells.is_nothing(value):
        return None
    found = PRIORITIES.get(str(value).strip().lower())
    if found is None:
        try:
            found = cells.count(value)
        except UnclearError:
            found = None
    if found not in PRIORITIES.values():
        raise UnclearError("low, normal, high, critical, or 1 to 4")
    return found


def state(value: Any) -> str | None:
    """Return `succeeded`, `failed`, `error`, `timeout`, `throttled` or `ran`.

    Raises:
        UnclearError: It is neither a state nor a status of HTTP.
    """
    if cells.is_nothing(value):
        return None
    if str(value).strip().lower() in REFUSED:
        return "throttled"
    try:
        code = cells.count(value)
    except UnclearError:
        return cells.verdict(value)
    return STATES.get(code or 0) or cells.verdict(value)


def blocks(value: Any) -> tuple[int, ...] | None:
    """Return the hashes of the prefix blocks of a prompt.

    Raises:
        UnclearError: It is no list of whole numbers.
    """
    if isinstance(value, str) and not cells.is_nothing(value):
        try:
            value = msgspec.json.decode(value)
        except msgspec.DecodeError:
            raise UnclearError("a list of whole numbers") from None
    if not isinstance(value, (list, tuple)):
        if cells.is_nothing(value):
            return None
        raise UnclearError("a list of whole numbers")
    if not all(type(one) is int and abs(one) <= MAX_BLOCK for one in value):
        raise UnclearError("a list of whole numbers")
    return tuple(value)


READERS: Mapping[str, Callable[[Any], Any]] = {
    "segment": cells.text,
    "key": cells.text,
    "input": text,
    "output": text,
    "blocks": blocks,
    "tokens_in": tokens,
    "tokens_out": tokens,
    "latency": amount,
    "cost_usd": amount,
    "status": state,
    "ok": truth,
    "score": share,
    "tenant": cells.text,
    "task_type": cells.text,
    "variant": cells.text,
    "case": cells.text,
    "repeat": tokens,
    "priority": priority,
    "deadline": amount,
    "cached": truth,
    "throttled": truth,
    "propensity": share,
}
"""How a field is read; the time is read by `Times`."""
