"""Files of feedback in, one record for each word of a user out.

A file is JSON: an object, one to a line, or a list of them; or a table whose first line is names
of columns (`event_rows`). What a row may be wrapped in is told in `events`, what it may say in
`signals`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, BinaryIO

import msgspec

from executor_bridge.amounts import number
from executor_bridge.clock import Clock, UnusableTimeError
from executor_bridge.feedback.events import SUBJECT, BadFieldError, Event, event_of, text_of
from executor_bridge.feedback.rows import Told, told_rows
from executor_bridge.feedback.signals import STARS, named_value, signals, unscaled_rating
from executor_bridge.files.source import load
from executor_bridge.json_text import shown
from executor_bridge.lenient import Skipped
from executor_bridge.outcomes import short_name
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import Fault, FormatError
from optimizer.models.feedback import Feedback, FeedbackKind, FeedbackReading, Scale
from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import Source, text_sha256

REQUESTS = ("request_id", "requestId", "trace_id", "traceId", SUBJECT)
RUNS = ("run_id", "runId")
TASKS = ("task_id", "taskId")
CASES = ("case_id", "caseId")
WORKFLOWS = ("workflow_id", "workflowId", "workflow")
TIMES = ("timestamp", "time", "happened_at", "created_at", "createdAt")
COMMENTS = ("comment", "note")

MILLISECONDS_FROM = 1e11
"""Seconds since 1970 that large are in the year 5138: such a time is in milliseconds."""

WANTED = "request_id, trace_id, task_id, or case_id with run_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """A row out of its wrapping, with its place and its JSON text."""

    place: str
    text: str
    event: Event


def read_feedback(
    path: str,
    settings: IngestSettings,
    *,
    rating_scale: Scale | None = None,
    strict: bool = False,
    stdin: BinaryIO | None = None,
) -> FeedbackReading:
    """Return what users said, as it stands in a file.

    Args:
        path: The file, or `-` for standard input.
        settings: How files are read.
        rating_scale: The scale of ratings that carry none.
        strict: Whether one bad row spoils the file.
        stdin: What to read for `-`; the process's own input where None.

    Raises:
        FormatError: The file cannot be read, no row of it can be used, one cannot while that is
            asked for, or the scale of its ratings is not known.
    """
    source = load(path, settings, stdin)
    skipped = Skipped(settings)
    clock = Clock(settings.assume_timezone)
    found = list(_events(source, skipped, settings))
    unscaled, warnings = _scale(found, source, rating_scale)
    said: list[Feedback] = []
    for row in found:
        try:
            said += _said(row, unscaled, clock)
        except BadFieldError as bad:
            skipped.add(f"{row.place}: {bad.field}", bad.found, bad.expected)
    if not said or (strict and skipped.faults):
        raise _refusal(source, skipped, settings)
    if clock.n_naive:
        n = f"{clock.n_naive} {'time carries' if clock.n_naive == 1 else 'times carry'} no zone"
        warnings += (f"{n}: {clock.zone_name} is taken",)
    return FeedbackReading(
        source=source, rows=tuple(said), skipped=tuple(skipped.faults), warnings=warnings
    )


def _events(source: Source, skipped: Skipped, settings: IngestSettings) -> Iterator[_Row]:
    """Yield the rows of a file out of their wrapping; those that cannot be are skipped."""
    for place, told in told_rows(source, skipped, settings):
        try:
            yield _Row(place=place, text=_text(told), event=event_of(told))
        except BadFieldError as bad:
            skipped.add(f"{place}: {bad.field}", bad.found, bad.expected)


def _scale(found: list[_Row], source: Source, asked: Scale | None) -> tuple[Scale, tuple[str, ...]]:
    """Return the scale of the ratings that carry none, and what to say of it.

    Raises:
        FormatError: It is not told, and the ratings are not all whole numbers from 1 to 5.
    """
    bare = [unscaled_rating(named_value(row.event)) for row in found]
    marks = [mark for mark in bare if mark is not None]
    if asked is not None or not marks:
        return asked or STARS, ()
    odd = [mark for mark in marks if mark != int(mark) or not STARS.low <= mark <= STARS.high]
    if not odd:
        n = f"{len(marks)} {'rating carries' if len(marks) == 1 else 'ratings carry'} no scale"
        return STARS, (f"{n}: whole numbers from 1 to 5 are taken as stars, 5 the best",)
    fault = Fault(
        place="rating",
        found=f"{odd[0]:g} without a scale",
        expected="whole numbers from 1 to 5, or a scale",
    )
    raise FormatError(
        source.path,
        (fault,),
        hint="Name it with --rating-scale MIN:MAX, or in each row as rating_min and rating_max.",
    )


def _said(row: _Row, unscaled: Scale, clock: Clock) -> Iterator[Feedback]:
    """Yield what a row says, one record for each kind.

    Raises:
        BadFieldError: A field cannot be used.
    """
    told = row.event.fields
    values = signals(row.event, unscaled)
    places = {name: _name(told, names) for name, names in _PLACES}
    is_placed = places["request_id"] or places["task_id"]
    is_placed = is_placed or (places["case_id"] and places["run_id"])
    if not is_placed and values[0][0] is not FeedbackKind.METRIC:
        raise BadFieldError("request_id", "nothing", WANTED)
    happened_at = _time(told, clock)
    comment = _comment(told)
    own_id = short_name(row.event.event_id or text_sha256(row.text))
    for n, (kind, value) in enumerate(values):
        yield Feedback(
            feedback_id=own_id if len(values) == 1 else f"{own_id}#{kind}",
            happened_at=happened_at,
            kind=kind,
            value=value,
            comment=comment if n == 0 else None,
            event=row.text,
            place=row.place,
            **places,
        )


_PLACES = (
    ("request_id", REQUESTS),
    ("run_id", RUNS),
    ("task_id", TASKS),
    ("case_id", CASES),
    ("workflow_id", WORKFLOWS),
)


def _name(told: Told, names: tuple[str, ...]) -> str | None:
    """Return the first of some fields that is there, as the history would name it."""
    found = (text_of(name, told.get(name)) for name in names)
    text = next((text for text in found if text), None)
    return None if text is None else short_name(text)


def _comment(told: Told) -> str | None:
    name = next((name for name in COMMENTS if told.get(name) not in (None, "")), None)
    if name is None:
        return None
    if not isinstance(told[name], str):
        raise BadFieldError(name, shown(told[name]), "a text")
    return str(told[name])


def _time(told: Told, clock: Clock) -> datetime | None:
    """Return when something was said: a time as text, or seconds or milliseconds since 1970."""
    name = next((name for name in TIMES if told.get(name) not in (None, "")), None)
    if name is None:
        return None
    value = told[name]
    try:
        return clock.utc(_moment(value))
    except (UnusableTimeError, ValueError, OverflowError, OSError) as error:
        expected = str(error) if isinstance(error, UnusableTimeError) else "a time as ISO 8601"
        raise BadFieldError(name, shown(value), expected) from error


def _moment(value: Any) -> datetime:
    """Return a time as it is written.

    Raises:
        ValueError: It is none.
    """
    seconds = number(value)
    if isinstance(value, str):
        try:
            seconds = float(value)
        except ValueError:
            return datetime.fromisoformat(value.strip())
    if seconds is None:
        raise ValueError("not a time")
    return datetime.fromtimestamp(
        seconds / 1000 if seconds >= MILLISECONDS_FROM else seconds,
        UTC,
    )


def _text(told: Told) -> str:
    return msgspec.json.encode(told, order="sorted").decode()


def _refusal(source: Source, skipped: Skipped, settings: IngestSettings) -> FormatError:
    nothing = Fault(place="file", found="no feedback", expected="at least one row")
    limit = settings.max_faults
    return FormatError(
        source.path,
        tuple(skipped.faults[:limit]) or (nothing,),
        n_more=max(0, len(skipped.faults) - limit),
    )
