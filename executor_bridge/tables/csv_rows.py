"""Rows of a text table: columns separated by commas, semicolons or tabs, quoted where need be."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from executor_bridge.files.spool import PASSED_BYTES, let_go
from executor_bridge.heads import separator_of
from executor_bridge.lenient import Skipped
from optimizer.models.errors import Fault, FormatError
from optimizer.models.redaction import is_secret
from optimizer.models.secrets import REDACTED
from optimizer.models.tasks import Content, Source

CELL_CHARS = 2**26
"""A cell of more characters is one whose quotes are not closed."""

UTF_16 = (b"\xff\xfe", b"\xfe\xff")
NOT_UTF_8 = "Convert it, for instance: iconv -f windows-1252 -t utf-8"


def csv_columns(source: Source) -> tuple[str, ...]:
    """Return the names of the columns.

    Raises:
        FormatError: The first line cannot be read.
    """
    try:
        return tuple(name.strip() for name in next(_reader(source), []))
    except csv.Error as error:
        raise _refused(source, "line 1", str(error), "the names of columns") from error


def csv_rows(source: Source, skipped: Skipped) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the rows with the lines they begin in; rows of another length are skipped.

    Cells of columns whose name makes them secret are blanked.

    Raises:
        FormatError: The text is not UTF-8, or quotes are not closed.
    """
    columns = csv_columns(source)
    secret = [name for name in columns if skipped.settings.redact and is_secret(name)]
    reader = _reader(source)
    next(reader, None)
    n_columns = len(columns)
    while True:
        place = f"line {reader.line_num + 1}"
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            skipped.add(place, str(error), "a row of a table")
            continue
        if len(cells) == n_columns:
            row = dict(zip(columns, cells, strict=True))
            for name in secret:
                row[name] = row[name] and REDACTED.decode()
            yield place, row
        elif any(cells):
            skipped.add(place, f"{len(cells)} cells", f"{n_columns}, as there are columns")


def _reader(source: Source) -> Any:
    """Return a reader of the rows of cells."""
    csv.field_size_limit(CELL_CHARS)
    first = next(_lines(source), "")
    separator = separator_of(first) or ","
    return csv.reader(_lines(source), delimiter=separator, strict=True)


def _lines(source: Source) -> Iterator[str]:
    """Yield the lines with their ends.

    Raises:
        FormatError: One is not UTF-8.
    """
    content: Content = source.content
    if content[:2] in UTF_16:
        raise _refused(source, "byte 0", "UTF-16", "UTF-8", hint=NOT_UTF_8)
    start = passed = 0
    while start < len(content):
        end = content.find(b"\n", start) + 1 or len(content)
        try:
            yield content[start:end].decode("utf-8")
        except UnicodeDecodeError as error:
            place, found = f"byte {start + error.start}", f"0x{error.object[error.start]:02x}"
            raise _refused(source, place, found, "UTF-8", hint=NOT_UTF_8) from error
        start = end
        if start - passed > PASSED_BYTES:
            let_go(content, passed, start)
            passed = start


def _refused(
    source: Source, place: str, found: str, expected: str, *, hint: str | None = None
) -> FormatError:
    return FormatError(
        source.path, (Fault(place=place, found=found, expected=expected),), hint=hint
    )
