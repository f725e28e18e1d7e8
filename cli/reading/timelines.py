"""Reading a series from a file of times and values."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from optimizer.models.errors import MAY_NOT_READ, ConfigError, Fault, FormatError
from optimizer.models.series import Timeline

COLUMNS = ("timestamp", "value")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

LARGEST = 1e150
"""Of a larger value the square, and so the spread, cannot be told."""


def read_timeline(path: Path) -> Timeline:
    """Read a CSV file with the columns timestamp and value, the oldest first.

    A timestamp is ISO 8601 (UTC unless it says), or a number: seconds since 1970, or a place.

    Raises:
        ConfigError: There is no such file, or it may not be read.
        FormatError: A line is not a time and a number, or is earlier than the one before.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(_rows(path, csv.DictReader(file)))
    except PermissionError as error:
        raise ConfigError(f"{path}: may not be read", hint=MAY_NOT_READ) from error
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}, expected a CSV file") from error
    except (UnicodeDecodeError, csv.Error) as error:
        fault = Fault(place="file", found=str(error), expected="CSV text in UTF-8")
        raise FormatError(str(path), (fault,)) from error
    return Timeline(
        name=path.name,
        times=tuple(at for at, _ in rows),
        values=tuple(value for _, value in rows),
    )


def _rows(path: Path, reader: csv.DictReader[str]) -> Iterator[tuple[datetime, float]]:
    names = tuple(reader.fieldnames or ())
    if not set(COLUMNS) <= set(names):
        fault = Fault(
            place="line 1", found=", ".join(names) or "nothing", expected="timestamp,value"
        )
        raise FormatError(str(path), (fault,))
    before = None
    for row in reader:
        place = f"line {reader.line_num}"
        at = _time(path, place, row["timestamp"] or "")
        if before is not None and at < before:
            fault = Fault(
                place=f"{place}: timestamp", found=row["timestamp"], expected=f"{before} or later"
            )
            raise FormatError(str(path), (fault,))
        before = at
        yield at, _value(path, place, row["value"] or "")


def _time(path: Path, place: str, text: str) -> datetime:
    try:
        return EPOCH + timedelta(seconds=float(text))
    except (ValueError, OverflowError):
        pass
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        fault = Fault(place=f"{place}: timestamp", found=text, expected="a time or a number")
        raise FormatError(str(path), (fault,)) from error


def _value(path: Path, place: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        fault = Fault(place=f"{place}: value", found=text, expected="a finite number")
        raise FormatError(str(path), (fault,))
    if abs(value) > LARGEST:
        expected = f"a number between {-LARGEST:g} and {LARGEST:g}"
        fault = Fault(place=f"{place}: value", found=text, expected=expected)
        raise FormatError(str(path), (fault,))
    return value
