"""How a task ended, by what the columns of a table say of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from executor_bridge.tables import cells
from executor_bridge.tables.cells import RAN, UnclearError

FIRST_FINE = 200
FIRST_ERROR, LAST_ERROR = 400, 599
"""Codes of HTTP: from the first to the last for an answer, from FIRST_ERROR on for none."""

NO_ERROR = frozenset({"0", "200", "ok", "false", "success"})
"""Error codes that say there was none."""

CUT_SHORT = frozenset({"timeout", "cancelled", "error", "pending"})
"""States in which there is nothing to judge."""


class UnclearFieldError(ValueError):
    """A cell does not say how a task went, although its column is mapped to that."""

    def __init__(self, field: str, value: Any, expected: str) -> None:
        """Take the field, what its cell holds and what it should."""
        super().__init__(expected)
        self.field, self.value, self.expected = field, value, expected


class Ending(NamedTuple):
    """How a task ended.

    Attributes:
        status: Its state.
        message: Why it failed, or None.
        is_open: Whether only a score can say if it passed.
        is_refused: Whether HTTP refused the request: nothing was answered, nothing used.
    """

    status: str
    message: str | None
    is_open: bool
    is_refused: bool


def ending_of(values: Mapping[str, Any]) -> Ending:
    """Return how a task ended.

    Args:
        values: The cells by field; success, status, error and error_code are looked at.

    Raises:
        UnclearFieldError: What is mapped to success or status is neither.
    """
    stated = RAN if _is_http(values.get("status")) else _word("status", values)
    passed = _word("success", values)
    if passed == RAN:
        passed = "succeeded"
    code = _code(values)
    text = cells.text(values.get("error"))
    status = _status(stated, passed, code, text)
    return Ending(
        status=status or "succeeded",
        message=_message(code, text),
        is_open=status is None,
        is_refused=is_http_error(code) and status == "error",
    )


def is_http_error(code: str | None) -> bool:
    """Tell whether a code says that HTTP refused a request."""
    return code is not None and code.isdecimal() and FIRST_ERROR <= int(code) <= LAST_ERROR


def _status(
    stated: str | None, passed: str | None, code: str | None, text: str | None
) -> str | None:
    """Return the state of a task, None where only a score can tell."""
    for word in (stated, passed):
        if word in CUT_SHORT:
            return word
    if code is not None and passed != "succeeded":
        return "timeout" if cells.WORDS.get(code.lower()) == "timeout" else "error"
    decided = passed or (stated if stated != RAN else None)
    if decided is None and text is not None and stated is None:
        return "error"
    return decided


def _word(field: str, values: Mapping[str, Any]) -> str | None:
    """Return how a column says the task went.

    Raises:
        UnclearFieldError: It says something else.
    """
    value = values.get(field)
    try:
        return cells.verdict(value)
    except UnclearError as error:
        raise UnclearFieldError(field, value, str(error)) from error


def _code(values: Mapping[str, Any]) -> str | None:
    """Return the code of an error, None where there is none."""
    code = cells.text(values.get("error_code"))
    if code is not None and code.lower() not in NO_ERROR:
        return code
    status = cells.text(values.get("status"))
    return status if is_http_error(status) else None


def _message(code: str | None, text: str | None) -> str | None:
    """Return the message of an error, its code before it where it does not say it."""
    if code is None or (text is not None and code in text):
        return text
    name = f"HTTP {code}" if is_http_error(code) else f"error code {code}"
    return name if text is None else f"{name}: {text}"


def _is_http(value: Any) -> bool:
    """Tell whether a value is a code of HTTP, whatever it says."""
    code = cells.text(value)
    return code is not None and code.isdecimal() and FIRST_FINE <= int(code) <= LAST_ERROR
