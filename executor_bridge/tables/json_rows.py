"""Rows of JSON: objects in a list, or one to a line."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from msgspec import Raw

from executor_bridge.files.texts import documents
from executor_bridge.lenient import Skipped, decoded, rows
from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import Source

LOOKED_AT = 1000
"""In so many rows the names of columns are looked for; a row may leave some out."""

Rows = Iterator[tuple[str, dict[str, Any]]]


def json_columns(source: Source, settings: IngestSettings) -> tuple[str, ...]:
    """Return the names found in the first rows, in the order they were met.

    Raises:
        FormatError: It is a list, but no JSON.
    """
    found: dict[str, None] = {}
    for _, row in islice(json_rows(source, Skipped(settings)), LOOKED_AT):
        found |= dict.fromkeys(row)
    return tuple(found)


def json_rows(source: Source, skipped: Skipped) -> Rows:
    """Yield the rows with their places; those that are no objects are skipped.

    Raises:
        FormatError: It is a list, but no JSON.
    """
    if bytes(source.content[:64]).lstrip()[:1] == b"[":
        items = decoded(source.content, list[Raw], source)
        yield from rows(((f"[{n}]", raw) for n, raw in enumerate(items)), dict[str, Any], skipped)
        return
    texts = (
        (f"line {one.line}" if one.line else "object 1", one.text)
        for one in documents(source.content, source.sha256)
    )
    yield from rows(texts, dict[str, Any], skipped)
