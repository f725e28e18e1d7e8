"""The rows of a file of events, whatever holds them: JSON, one object to a line, or a table."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from executor_bridge.files.texts import documents
from executor_bridge.heads import separator_of
from executor_bridge.json_text import shown
from executor_bridge.lenient import Skipped, decoded, rows
from optimizer.models.errors import Fault, FormatError
from optimizer.models.ingest import IngestSettings
from optimizer.models.redaction import redact
from optimizer.models.tasks import Source

Told = Mapping[str, Any]

LOOKED_BYTES = 1024
"""How much of a file tells whether it is JSON."""


def told_rows(
    source: Source, skipped: Skipped, settings: IngestSettings
) -> Iterator[tuple[str, Told]]:
    """Return the rows of a file with their places; what is no object is skipped.

    Raises:
        FormatError: It is neither JSON nor a table.
    """
    start = bytes(source.content[:LOOKED_BYTES]).lstrip()
    if source.is_packed or not start:
        found = "a zip archive or a Parquet file" if source.is_packed else "nothing"
        fault = Fault(place="file", found=found, expected="feedback as JSON, JSONL or CSV")
        raise FormatError(source.path, (fault,))
    if start.startswith(b"["):
        items = decoded(source.content, list[msgspec.Raw], source)
        texts = ((f"[{n}]", item) for n, item in enumerate(items))
        return rows(texts, dict[str, Any], skipped)
    if start.startswith(b"{"):
        found_texts = documents(source.content, source.sha256)
        numbered = ((f"line {one.place}", one.text) for one in found_texts)
        return rows(numbered, dict[str, Any], skipped)
    return _table(source, skipped, settings)


def _table(
    source: Source, skipped: Skipped, settings: IngestSettings
) -> Iterator[tuple[str, Told]]:
    """Yield the rows of a table; empty cells say nothing.

    Raises:
        FormatError: It is no table in UTF-8.
    """
    try:
        text = bytes(source.content).decode()
    except UnicodeDecodeError as error:
        fault = Fault(place=f"byte {error.start}", found=None, expected="text in UTF-8")
        raise FormatError(source.path, (fault,)) from error
    separator = separator_of(text)
    if separator is None:
        fault = Fault(
            place="line 1",
            found=shown(text.split("\n", 1)[0]),
            expected="JSON, or names of columns such as request_id,rating",
        )
        raise FormatError(source.path, (fault,))
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        _require_names(reader.fieldnames or (), source)
        for row in reader:
            if None in row:
                more = len(row[None]) + len(row) - 1
                skipped.add(f"line {reader.line_num}", f"{more} cells", f"{len(row) - 1}")
                continue
            told = {key.strip(): value for key, value in row.items() if key and value}
            if told:
                yield f"line {reader.line_num}", _blanked(told, settings)
    except csv.Error as error:
        fault = Fault(place=f"line {reader.line_num}", found=str(error), expected="a table")
        raise FormatError(source.path, (fault,)) from error


def _require_names(columns: Sequence[str], source: Source) -> None:
    """Refuse a table that has a name twice.

    Raises:
        FormatError: It has.
    """
    twice = [name for name, n in Counter(name.strip() for name in columns).items() if n > 1]
    if twice:
        fault = Fault(place="line 1", found=f"{shown(twice[0])} twice", expected="each name once")
        raise FormatError(source.path, (fault,))


def _blanked(told: Told, settings: IngestSettings) -> Told:
    """Return a row of a table without secrets: their patterns are those of JSON text."""
    if not settings.redact:
        return told
    text = redact(msgspec.json.encode(told), settings.redact_patterns).content
    found: Told = msgspec.json.decode(text)
    return found
