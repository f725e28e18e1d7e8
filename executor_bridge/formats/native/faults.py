"""Every fault of a native file: the slow and exact reader, used where the fast one stopped."""

from __future__ import annotations

import difflib
import re
from collections.abc import Generator, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec
from pydantic import ValidationError

from executor_bridge.clock import Clock, UnusableTimeError
from executor_bridge.files.texts import Document, documents
from executor_bridge.formats.native import wire
from executor_bridge.formats.native.rows import figures
from executor_bridge.formats.native.shapes import INNER, RunShape, Shape
from executor_bridge.formats.native.totals import disagreements
from executor_bridge.formats.native.twice import twice_in
from executor_bridge.json_text import parse, payload_faults, shown
from executor_bridge.models import RunStatistics
from optimizer.models.errors import Fault, FormatError
from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import Source


def listed(source: Source, settings: IngestSettings, damage: Exception) -> FormatError:
    """Return the error that lists what is wrong with a native file.

    Args:
        source: The file.
        settings: How many faults to list; how times and statistics are taken.
        damage: What stopped the fast reader; told where nothing else is found.
    """
    faults = list(_file_faults(source, settings))
    if not faults:
        found = shown(str(damage) or type(damage).__name__)
        faults = [Fault(place="file", found=found, expected="a run that can be decoded")]
    hint = None
    if any(fault.place.rpartition(": ")[2].startswith("statistics.") for fault in faults):
        hint = "--trust-statistics accepts the file; what is shown is counted from its tasks."
    first = tuple(faults[: settings.max_faults])
    return FormatError(source.path, first, n_more=len(faults) - len(first), hint=hint)


def _file_faults(source: Source, settings: IngestSettings) -> Iterator[Fault]:
    """Yield the faults of a file, in its order."""
    first_lines: dict[str, int] = {}
    start = 0
    for document in documents(source.content, source.sha256):
        text = bytes(document.text)
        start = source.content.find(text, start)
        parsed = parse(text, first_byte=start, first_line=document.line or 1)
        yield from parsed.faults
        if not parsed.is_complete:
            continue
        prefix = f"line {document.line}: " if document.line else ""
        for fault in _run_faults(parsed.value, document, settings):
            yield Fault(place=prefix + fault.place, found=fault.found, expected=fault.expected)
        run_id = parsed.value.get("run_id") if isinstance(parsed.value, dict) else None
        if isinstance(run_id, str) and document.line:
            earlier = first_lines.setdefault(run_id, document.line)
            if earlier != document.line:
                found = f"{shown(run_id)} as in line {earlier}"
                yield Fault(place=f"{prefix}run_id", found=found, expected="an id used only once")


def _run_faults(run: Any, document: Document, settings: IngestSettings) -> Iterator[Fault]:
    """Yield the faults of one run."""
    if not isinstance(run, dict):
        yield Fault(place="the outermost value", found=shown(run), expected="an object, the run")
        return
    found: dict[str, Fault] = {}
    for fault in (
        *twice_in(run),
        *_shape_faults(run),
        *payload_faults(run, ""),
        *_sense_faults(run, settings),
    ):
        found.setdefault(fault.place, fault)
    yield from sorted(found.values(), key=_task_number)
    if not found and not settings.trust_statistics:
        yield from _statistics_faults(document)


def _task_number(fault: Fault) -> float:
    """Return which task a fault is in; those of the run come first, its statistics last."""
    match = re.match(r"task_results\[(\d+)\]", fault.place)
    if match:
        return int(match[1])
    return float("inf") if fault.place.startswith("statistics") else -1


def _shape_faults(run: dict[str, Any]) -> Iterator[Fault]:
    """Yield the fields that are missing, unknown, or not of the right kind."""
    try:
        RunShape.model_validate(run)
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_context=False):
            if detail["type"] != "string_unicode":
                yield _shape_fault(detail)


def _shape_fault(detail: Mapping[str, Any]) -> Fault:
    *parents, last = detail["loc"]
    shape: type[Shape] = RunShape
    for part in parents:
        shape = INNER.get(str(part), shape)
    if detail["type"] == "extra_forbidden":
        return _unknown_field(_place(parents), str(last), shape)
    if isinstance(last, int):
        expected = "an object, a task"
    else:
        expected = shape.model_fields[last].description or ""
    found = None if detail["type"] == "missing" else shown(detail["input"])
    if detail["type"] == "too_short":
        found, expected = "no tasks", "at least one task"
    return Fault(place=_place(detail["loc"]), found=found, expected=expected)


def _unknown_field(place: str, name: str, shape: type[Shape]) -> Fault:
    """Return the fault for a field that the format does not have."""
    close = difflib.get_close_matches(name, shape.model_fields, n=1)
    return Fault(
        place=f"{place}.{name}" if place else name,
        found=f"unknown field `{name}`",
        expected=f"no such field; did you mean `{close[0]}`?" if close else "no such field",
    )


def _place(parts: Any) -> str:
    """Return a path into a value the way people write it."""
    written = ""
    for part in parts:
        written += f"[{part}]" if isinstance(part, int) else f".{part}" if written else str(part)
    return written


def _sense_faults(run: dict[str, Any], settings: IngestSettings) -> Iterator[Fault]:
    """Yield what has the right kind and still cannot be right."""
    clock = Clock(settings.assume_timezone)
    started = yield from _time_faults(run, "started_at", "", clock)
    finished = yield from _time_faults(run, "finished_at", "", clock)
    if started and finished and finished < started:
        place, found = "finished_at", shown(run["finished_at"])
        expected = f"a time not before started_at, {shown(run['started_at'])}"
        yield Fault(place=place, found=found, expected=expected)
    tasks = run.get("task_results")
    first_places: dict[str, str] = {}
    for n, task in enumerate(tasks if isinstance(tasks, list) else ()):
        if isinstance(task, dict):
            yield from _task_faults(task, f"task_results[{n}]", run.get("workflow_id"), clock)
            task_id = task.get("task_id")
            if isinstance(task_id, str) and task_id:
                earlier = first_places.setdefault(task_id, f"task_results[{n}]")
                if earlier != f"task_results[{n}]":
                    place, found = f"task_results[{n}].task_id", f"{shown(task_id)} as in {earlier}"
                    yield Fault(place=place, found=found, expected="an id used only once in a run")


def _task_faults(
    task: dict[str, Any], place: str, workflow_id: object, clock: Clock
) -> Iterator[Fault]:
    """Yield what cannot be right in one task."""
    yield from _time_faults(task, "created_at", f"{place}.", clock)
    yield from _time_faults(task, "finished_at", f"{place}.", clock)
    own = task.get("workflow_id")
    if isinstance(own, str) and own and workflow_id and own != workflow_id:
        expected = f"{shown(workflow_id)}, the workflow of the run"
        yield Fault(place=f"{place}.workflow_id", found=shown(own), expected=expected)


def _time_faults(
    owner: dict[str, Any], name: str, prefix: str, clock: Clock
) -> Generator[Fault, None, datetime | None]:
    """Yield what is wrong with a time, and return it as UTC, None where it is of no use."""
    value = owner.get(name)
    try:
        time = msgspec.convert(value, datetime) if isinstance(value, str) else None
    except ValueError:
        return None
    try:
        return time and clock.utc(time)
    except UnusableTimeError as error:
        yield Fault(place=prefix + name, found=shown(value), expected=str(error))
    return None


def _statistics_faults(document: Document) -> Iterator[Fault]:
    """Yield the figures that a run's tasks contradict, once all else is in order."""
    try:
        run = wire.decode_run(document.text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    if run.statistics is None:
        return
    counted = RunStatistics.from_figures(figures(task) for task in run.task_results)
    for one in disagreements(run.statistics, counted):
        yield Fault(
            place=f"statistics.{one.name}",
            found=str(one.given),
            expected=f"{one.counted} (counted in task_results)",
        )
