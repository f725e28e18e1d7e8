"""What an event is wrapped in: CloudEvents 1.0, events of an optimizer, plain rows.

CloudEvents are read in structured mode, as version 1.0 describes it: `specversion`, `id`,
`source` and `type` are required, `data` holds what is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from executor_bridge.json_text import shown
from optimizer.models.dataclass import dataclass

Row = Mapping[str, Any]

SPEC_VERSION = "1.0"
REQUIRED = ("id", "source", "type")
ENVELOPED = ("event_type", "eventType")
WRAPPERS = ("data", "metadata", "tags")
IDS = ("feedback_id", "event_id", "id")
HINTS = ("kind", "feedback_type", "type")
SUBJECT = "subject of the event"
"""Field that holds what a CloudEvent is about; no row has one of that name."""

MOST_LAYERS = 4
"""Events within events beyond which nobody meant it."""


class BadFieldError(ValueError):
    """A row that cannot be used: which field, what stands there, what should."""

    def __init__(self, field: str, found: str | None, expected: str) -> None:
        super().__init__(f"{field}: {found}, expected {expected}")
        self.field = field
        self.found = found
        self.expected = expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A row out of its wrapping.

    Attributes:
        event_id: Its own id, or None.
        hint: What it calls itself; "" where it does not say.
        is_wrapped: Whether something was around it.
        fields: What it says.
    """

    event_id: str | None
    hint: str
    is_wrapped: bool
    fields: Row


def event_of(row: Row) -> Event:
    """Return what a row says, whatever it is wrapped in.

    Raises:
        BadFieldError: The wrapping is damaged.
    """
    if "specversion" in row:
        return _cloud_event(row)
    if any(name in row for name in ENVELOPED) and isinstance(row.get("data"), dict):
        return _unwrapped(row)
    return Event(
        event_id=_first(row, IDS),
        hint=_first(row, HINTS) or "",
        is_wrapped=False,
        fields=_flat(row),
    )


def text_of(field: str, value: Any) -> str | None:
    """Return a name as text, None where there is none.

    Raises:
        BadFieldError: It is neither a text nor a whole number.
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise BadFieldError(field, shown(value), "a text")
    return str(value)


def _cloud_event(row: Row) -> Event:
    if str(row["specversion"]) != SPEC_VERSION:
        raise BadFieldError("specversion", shown(row["specversion"]), f'"{SPEC_VERSION}"')
    for name in REQUIRED:
        if not text_of(name, row.get(name)):
            raise BadFieldError(name, "nothing", "a text, which CloudEvents 1.0 requires")
    if "data_base64" in row:
        raise BadFieldError("data_base64", "coded data", "data as a JSON object")
    data = row.get("data")
    if not isinstance(data, dict):
        found = "nothing" if data is None else shown(data)
        raise BadFieldError("data", found, "an object with what is said")
    inner = _inner(data)
    told = {"timestamp": row.get("time"), SUBJECT: row.get("subject")} | dict(inner.fields)
    return Event(
        event_id=f"{row['source']} {row['id']}",
        hint=f"{row['type']} {inner.hint}",
        is_wrapped=True,
        fields=told,
    )


def _unwrapped(row: Row) -> Event:
    """Return an event with its type, its data and what is said of it beside."""
    inner = _inner(row["data"])
    told = _flat({key: value for key, value in row.items() if key != "data"})
    return Event(
        event_id=_first(row, IDS),
        hint=f"{_first(row, ENVELOPED) or ''} {inner.hint}",
        is_wrapped=True,
        fields=told | dict(inner.fields),
    )


def _inner(data: Row) -> Event:
    """Return what the data of an event say, which may be an event again.

    Raises:
        BadFieldError: There is no end to it.
    """
    layer, depth = data, 0
    while isinstance(layer.get("data"), dict):
        layer, depth = layer["data"], depth + 1
        if depth == MOST_LAYERS:
            raise BadFieldError("data", "data in data in data", "what is said")
    return event_of(data)


def _flat(row: Row) -> dict[str, Any]:
    """Return a row with its metadata and tags beside its own fields, which go first."""
    beside: dict[str, Any] = {}
    for name in WRAPPERS:
        if isinstance(row.get(name), dict):
            beside |= row[name]
    return beside | dict(row)


def _first(row: Row, names: tuple[str, ...]) -> str | None:
    """Return the first of some fields that is there, as text."""
    found = (text_of(name, row.get(name)) for name in names)
    return next((text for text in found if text), None)
