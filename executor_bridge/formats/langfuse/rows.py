"""Rows of Langfuse: its API's objects and its exports, under one set of names.

The API writes `traceId`, the blob export `trace_id`, and CSV everything as text. Pages, traces with
what belongs to them, and files that hold several kinds of rows are taken apart here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec
from msgspec import Raw, Struct

from executor_bridge.amounts import number, whole
from executor_bridge.base import Shape
from executor_bridge.files.texts import documents
from executor_bridge.formats.langfuse.downloads import parts_of
from executor_bridge.heads import heads
from executor_bridge.lenient import Skipped, decoded, rows
from executor_bridge.tables.csv_rows import csv_rows
from executor_bridge.tables.parquet import Blanked, parquet_rows
from executor_bridge.tracing.genai import parsed
from optimizer.models.tasks import Source

NESTED = ("data", "traces", "observations", "scores", "datasetRunItems", "experimentItems")
"""Fields of an object that hold rows."""

LISTS = ("data", "traces")
"""Those of them whose rows may hold rows again."""

SNAKE_CASE = re.compile("_([a-z])")


class Kind(StrEnum):
    """What a row is."""

    ITEM = "experiment item"
    OBSERVATION = "observation"
    TRACE = "trace"
    SCORE = "score"
    RUN_ITEM = "dataset run item"


class Row(Struct, rename="camel", kw_only=True):
    """A row of any kind: what is there depends on the kind."""

    id: str | None = None
    trace_id: str | None = None
    type: str | None = None
    name: str | None = None
    parent_observation_id: str | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    timestamp: datetime | None = None
    level: str | None = None
    status_message: str | None = None
    input: Any = None
    output: Any = None
    expected_output: Any = None
    metadata: Any = None
    model: str | None = None
    provided_model_name: str | None = None
    model_parameters: Any = None
    usage_details: Any = None
    usage: Any = None
    total_cost: Any = None
    calculated_total_cost: Any = None
    cost_details: Any = None
    latency: Any = None
    prompt_name: str | None = None
    prompt_version: int | None = None
    trace_name: str | None = None
    experiment_id: str | None = None
    experiment_name: str | None = None
    experiment_item_id: str | None = None
    experiment_dataset_id: str | None = None
    experiment_item_metadata: Any = None
    experiment_metadata: Any = None
    dataset_run_id: str | None = None
    dataset_run_name: str | None = None
    dataset_item_id: str | None = None
    observation_id: str | None = None
    data_type: str | None = None
    source: str | None = None
    value: Any = None
    string_value: str | None = None
    comment: str | None = None
    subject: Any = None
    details: Any = None


class Found(NamedTuple):
    """A row without what was said in it, which is read again when it is needed.

    Attributes:
        kind: What it is.
        row: Its other fields.
        has_input: Whether it says what was put in.
        has_output: Whether it says what came out.
        raw: Its JSON text.
    """

    kind: Kind
    row: Row
    has_input: bool
    has_output: bool
    raw: Raw


class Page(Struct):
    """What a page of the API says of all of them."""

    page: int | None = None
    total_items: int | None = msgspec.field(default=None, name="totalItems")
    total_pages: int | None = msgspec.field(default=None, name="totalPages")
    cursor: Any = None


class Observations:
    """The rows of a file, to be gone through once; what is told of them is known thereafter.

    Attributes:
        kinds: How many of each kind there are.
        n_promised: How many rows the pages speak of, or None.
        has_more: Whether the last page names a next one.
    """

    def __init__(self, source: Source, skipped: Skipped) -> None:
        """Take the file, and what takes the rows that cannot be read."""
        self.kinds: Counter[Kind] = Counter()
        self.n_promised: int | None = None
        self.has_more = False
        self._source = source
        self._skipped = skipped

    def __iter__(self) -> Iterator[Found]:
        for found in self._rows():
            self.kinds[found.kind] += 1
            yield found

    def _rows(self) -> Iterator[Found]:
        shape = next(heads(self._source)).shape
        if shape in (Shape.TABLE, Shape.PARQUET):
            table = csv_rows(self._source, self._skipped)
            if shape is Shape.PARQUET:
                table = parquet_rows(self._source, Blanked(self._skipped.settings))
            for place, cells in table:
                yield from self._row(place, Raw(msgspec.json.encode(cells, enc_hook=str)))
        elif shape is Shape.LIST:
            for n, raw in enumerate(decoded(self._source.content, list[Raw], self._source)):
                yield from self._unpacked(f"[{n}]", raw)
        else:
            for document in documents(self._source.content, self._source.sha256):
                place = "" if document.line is None else f"line {document.line}"
                yield from self._unpacked(place, document.text)

    def _unpacked(self, place: str, text: Any) -> Iterator[Found]:
        """Yield a row, or the rows in an object that holds them."""
        before = f"{place}." if place else ""
        for _, fields in rows([(place, text)], dict[str, Raw], self._skipped):
            self._turn(fields)
            if _is_object(fields.get("trace")):
                yield from self._row(f"{before}trace", fields["trace"])
            if not _is_list(fields.get("data")):
                yield from self._row(place, text)
            if "experimentItemId" in fields:
                continue
            for name in filter(lambda name: _is_list(fields.get(name)), NESTED):
                read = self._unpacked if name in LISTS else self._row
                for n, raw in enumerate(decoded(fields[name], list[Raw], self._source)):
                    if _is_object(raw):
                        yield from read(f"{before}{name}[{n}]", raw)

    def _turn(self, fields: dict[str, Raw]) -> None:
        """Take in what a page says of all pages."""
        if not (_is_list(fields.get("data")) and _is_object(fields.get("meta"))):
            return
        for _, page in rows([("meta", fields["meta"])], Page, self._skipped):
            if page.total_items is not None:
                self.n_promised = max(self.n_promised or 0, page.total_items)
            self.has_more = page.cursor is not None

    def _row(self, place: str, raw: Any) -> Iterator[Found]:
        """Yield one row, and the scores that stand in it."""
        for _, fields in rows([(place, raw)], dict[str, Any], self._skipped):
            named = _named(fields)
            kind = _kind(named)
            if kind is None:
                if named.keys().isdisjoint((*NESTED, "trace")):
                    self._skipped.add(place, "an object of no known kind", "a row of Langfuse")
                continue
            try:
                row = msgspec.convert(named, Row, strict=False)
            except msgspec.ValidationError as error:
                found, _, path = str(error).partition(" - at `$")
                where = f"{place}{path.rstrip('`')}" if place else path.strip("`.")
                self._skipped.add(where or "the row", found, f"the fields of this {kind}")
                continue
            has_input, has_output = row.input is not None, row.output is not None
            row.input = row.output = row.expected_output = None
            text = raw if isinstance(raw, Raw) else Raw(raw)
            yield Found(kind, row, has_input, has_output, text)
            if kind is Kind.ITEM:
                yield from self._scores_in(place, named, row)
            for part in parts_of(named):
                yield from self._row(place, Raw(msgspec.json.encode(part)))

    def _scores_in(self, place: str, named: dict[str, Any], owner: Row) -> Iterator[Found]:
        """Yield the scores that stand in an experiment item, as scores of its trace."""
        scores = parsed(named.get("scores"))
        for n, one in enumerate(scores if isinstance(scores, list) else ()):
            if not isinstance(one, dict):
                continue
            about = {"traceId": owner.trace_id, "observationId": owner.id}
            raw = Raw(msgspec.json.encode(about | one))
            yield from self._row(f"{place}.scores[{n}]", raw)


def row_of(raw: Raw, source: Source) -> Row:
    """Return a row that was read before."""
    return msgspec.convert(_named(decoded(raw, dict[str, Any], source)), Row, strict=False)


def utc(time: datetime | None) -> datetime | None:
    """Return a time as UTC, which exports write without a zone; None beyond the calendar."""
    if time is None:
        return None
    try:
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except OverflowError:
        return None


def fields_of(value: Any) -> dict[str, Any]:
    """Return an object that may be written as JSON text, empty where it is none."""
    found = parsed(value)
    return found if isinstance(found, dict) else {}


def amount(value: Any) -> float | None:
    """Return a number that may be written as a text."""
    if isinstance(value, str):
        try:
            return number(float(value))
        except ValueError:
            return None
    return number(value)


def count(value: Any) -> int | None:
    """Return a whole number that may be written as a text."""
    return whole(amount(value))


def _named(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a row under the API's names, without those that are empty."""
    told = {key: value for key, value in fields.items() if value is not None and value != ""}
    return {SNAKE_CASE.sub(_upper, key): value for key, value in told.items()}


def _upper(match: re.Match[str]) -> str:
    return match[1].upper()


def _kind(named: dict[str, Any]) -> Kind | None:
    """Return what a row is, None where it is no row."""
    has = named.keys().__contains__
    if has("experimentItemId") and has("startTime"):
        return Kind.ITEM
    if has("name") and has("dataType") and has("source"):
        return Kind.SCORE
    if has("datasetItemId") and has("traceId") and not has("startTime"):
        return Kind.RUN_ITEM
    if has("id") and has("traceId") and has("startTime"):
        return Kind.OBSERVATION
    return Kind.TRACE if has("id") and has("timestamp") else None


def _is_list(raw: Raw | None) -> bool:
    return raw is not None and bytes(memoryview(raw)[:1]) == b"["


def _is_object(raw: Raw | None) -> bool:
    return raw is not None and bytes(memoryview(raw)[:1]) == b"{"
