"""Traces and events in the JSON of OTLP, one request in all or one to a line.

Spans are yielded as they stand. What a span says stays where it lies in the file and is decoded
again when it is needed, so that a long file need not be kept in memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from msgspec import Raw, Struct

from executor_bridge.amounts import number, whole
from executor_bridge.files.texts import documents
from executor_bridge.lenient import Skipped, decoded, rows
from optimizer.models.tasks import Source

SNAKE_CASE = re.compile(
    rb'(?<!\\)"((?:resource|scope|instrumentation_library)_(?:spans|logs)|log_records'
    rb"|(?:parent_)?(?:span|trace)_id|(?:start_|end_|observed_)?time_unix_nano|event_name"
    rb'|(?:string|int|double|bool|array|kvlist|bytes)_value)"(?=\s*:)'
)
"""Names of fields as `MessageToJson(preserving_proto_field_name=True)` writes them."""

IS_SNAKE_CASE = re.compile(rb'^[\s\[{]*"resource_')
SEEN_BYTES = 1024
"""How much of a text is looked at to see how it begins."""

MAX_DIGITS = 20
"""How long a whole number of 64 bits is with its sign."""

ERROR = (2, "STATUS_CODE_ERROR")
HAS_IS_REMOTE, IS_REMOTE = 0x100, 0x200
"""Bits of a span's flags: whether it is known that its parent is in another process, and is."""


class _Value(Struct, rename="camel"):
    string_value: str | None = None
    int_value: int | str | None = None
    double_value: float | str | None = None
    bool_value: bool | None = None
    array_value: _Values | None = None
    kvlist_value: _Fields | None = None
    bytes_value: str | None = None


class _Attribute(Struct):
    key: str
    value: _Value | None = None


class _Values(Struct):
    values: list[_Value] = []


class _Fields(Struct):
    values: list[_Attribute] = []


class _Resource(Struct):
    attributes: list[_Attribute] | None = None


class _Spans(Struct):
    spans: list[Raw] | None = None


class _Logs(Struct, rename="camel"):
    log_records: list[Raw] | None = None


class _ResourceSpans(Struct, rename="camel"):
    resource: _Resource | None = None
    scope_spans: list[_Spans] | None = None
    instrumentation_library_spans: list[_Spans] | None = None


class _ResourceLogs(Struct, rename="camel"):
    scope_logs: list[_Logs] | None = None


class _Request(Struct, rename="camel"):
    """What one request holds; as a trace of Tempo or an answer of Jaeger it is wrapped."""

    resource_spans: list[_ResourceSpans] | None = None
    resource_logs: list[_ResourceLogs] | None = None
    batches: list[_ResourceSpans] | None = None
    trace: _Request | None = None
    result: _Request | None = None


class _Event(Struct, rename="camel"):
    name: str = ""
    time_unix_nano: int | str | None = None
    attributes: list[_Attribute] | None = None


class _Status(Struct):
    code: int | str | None = None
    message: str | None = None


class _Span(Struct, rename="camel"):
    trace_id: str
    span_id: str
    parent_span_id: str | None = None
    name: str = ""
    flags: int | None = None
    start_time_unix_nano: int | str | None = None
    end_time_unix_nano: int | str | None = None
    attributes: list[_Attribute] | None = None
    events: list[_Event] | None = None
    status: _Status | None = None


class _Record(Struct, rename="camel"):
    event_name: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    attributes: list[_Attribute] | None = None
    body: _Value | None = None


class Event(NamedTuple):
    """Something a span or a log record tells of."""

    name: str
    attributes: dict[str, Any]


class LogEvent(NamedTuple):
    """An event that stands in a log record, with the span it is about, as far as it is named."""

    trace_id: str | None
    span_id: str | None
    event: Event


class Span(NamedTuple):
    """One span.

    Attributes:
        trace_id: Its trace.
        span_id: Its id there.
        parent_id: The span above, or None.
        name: Its name.
        has_remote_parent: Whether the span above is of another process; None where unknown.
        start_ns: When it began, since 1970, or None.
        end_ns: When it ended, or None where it was cut off.
        is_error: Whether its status is that of an error.
        message: Of its status, or None.
        attributes: Its own.
        events: What happened in it.
        resource: Attributes of what it ran in.
        raw: Its JSON text.
    """

    trace_id: str
    span_id: str
    parent_id: str | None
    name: str
    has_remote_parent: bool | None
    start_ns: int | None
    end_ns: int | None
    is_error: bool
    message: str | None
    attributes: dict[str, Any]
    events: tuple[Event, ...]
    resource: dict[str, Any]
    raw: Raw


def told(source: Source, skipped: Skipped) -> Iterator[Span | LogEvent]:
    """Yield the spans of a file, and the events in its log records.

    Args:
        source: The file.
        skipped: Takes requests, spans and records that cannot be read.

    Raises:
        FormatError: The file is one list of requests and damaged.
    """
    for place, outer in rows(_requests(source), _Request, skipped):
        request = outer.trace or outer.result or outer
        for group in (*(request.resource_spans or ()), *(request.batches or ())):
            yield from _spans(place, group, skipped)
        for logs in request.resource_logs or ():
            yield from _log_events(place, logs, skipped)


def content_of(raw: Raw, source: Source) -> tuple[dict[str, Any], tuple[Event, ...]]:
    """Return the attributes and the events of a span that was read before."""
    return _content(decoded(raw, _Span, source))


def _requests(source: Source) -> Iterator[tuple[str, Any]]:
    """Yield the requests of a file as JSON text with their places."""
    for document in documents(source.content, source.sha256):
        text: Any = document.text
        if IS_SNAKE_CASE.match(text[:SEEN_BYTES]):
            text = SNAKE_CASE.sub(_camel_case, bytes(text))
        if document.line is not None:
            yield f"line {document.line}", text
        elif bytes(text[:SEEN_BYTES]).lstrip().startswith(b"["):
            many = decoded(text, list[Raw], source)
            yield from ((f"[{n}]", one) for n, one in enumerate(many))
        else:
            yield "", text


def _camel_case(match: re.Match[bytes]) -> bytes:
    first, *others = match[1].split(b"_")
    return b'"' + first + b"".join(word.capitalize() for word in others) + b'"'


def _spans(place: str, group: _ResourceSpans, skipped: Skipped) -> Iterator[Span]:
    """Yield the spans of one resource."""
    resource = _attributes(group.resource.attributes if group.resource else None)
    scopes = [*(group.scope_spans or ()), *(group.instrumentation_library_spans or ())]
    texts = [raw for scope in scopes for raw in scope.spans or ()]
    for raw, span in _readable(place, "span", texts, _Span, skipped):
        attributes, events = _content(span)
        yield Span(
            trace_id=span.trace_id,
            span_id=span.span_id,
            parent_id=span.parent_span_id or None,
            name=span.name,
            has_remote_parent=_is_remote(span.flags),
            start_ns=_whole(span.start_time_unix_nano) or None,
            end_ns=_whole(span.end_time_unix_nano) or None,
            is_error=span.status is not None and span.status.code in ERROR,
            message=(span.status.message if span.status else None) or None,
            attributes=attributes,
            events=events,
            resource=resource,
            raw=raw,
        )


def _log_events(place: str, logs: _ResourceLogs, skipped: Skipped) -> Iterator[LogEvent]:
    """Yield the events in the log records of one resource."""
    texts = [raw for scope in logs.scope_logs or () for raw in scope.log_records or ()]
    for _, record in _readable(place, "log record", texts, _Record, skipped):
        attributes = _attributes(record.attributes)
        body = _plain(record.body)
        if isinstance(body, dict):
            attributes = body | attributes
        name = record.event_name or attributes.get("event.name")
        if isinstance(name, str):
            yield LogEvent(record.trace_id, record.span_id, Event(name, attributes))


def _readable(
    place: str, what: str, texts: list[Raw], kind: Any, skipped: Skipped
) -> Iterator[tuple[Raw, Any]]:
    """Yield what can be read with its text; the rest is skipped and counted."""
    before = f"{place}, " if place else ""
    for n, raw in enumerate(texts, 1):
        for _, found in rows([(f"{before}{what} {n}", raw)], kind, skipped):
            yield raw, found


def _content(span: _Span) -> tuple[dict[str, Any], tuple[Event, ...]]:
    events = tuple(Event(one.name, _attributes(one.attributes)) for one in span.events or ())
    return _attributes(span.attributes), events


def _attributes(attributes: Iterable[_Attribute] | None) -> dict[str, Any]:
    return {one.key: _plain(one.value) for one in attributes or ()}


def _plain(value: _Value | None) -> Any:
    """Return a value of OTLP as a plain one; texts and numbers, which are most, come first."""
    if value is None:
        return None
    if value.string_value is not None:
        return value.string_value
    if value.int_value is not None:
        return _whole(value.int_value)
    if value.double_value is not None:
        return _number(value.double_value)
    return value.bool_value if value.bool_value is not None else _compound(value)


def _compound(value: _Value) -> Any:
    """Return a value of OTLP that is no plain one: a list, an object, or bytes."""
    if value.array_value is not None:
        return [_plain(one) for one in value.array_value.values]
    if value.kvlist_value is not None:
        return _attributes(value.kvlist_value.values)
    return value.bytes_value


def _whole(value: int | str | None) -> int | None:
    """Return a whole number, which OTLP writes as a text; none has more than 64 bits."""
    if isinstance(value, str):
        is_whole = len(value) <= MAX_DIGITS and value.removeprefix("-").isdecimal()
        return int(value) if is_whole else None
    return whole(value)


def _number(value: float | str) -> float | None:
    """Return a number, which OTLP may write as a text (NaN, Infinity)."""
    try:
        return number(float(value))
    except ValueError:
        return None


def _is_remote(flags: int | None) -> bool | None:
    return bool(flags & IS_REMOTE) if flags is not None and flags & HAS_IS_REMOTE else None
