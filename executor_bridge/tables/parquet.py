"""Rows of a Parquet file, read by DuckDB."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from executor_bridge.files.spool import stretches
from optimizer.models.errors import Fault, FormatError
from optimizer.models.ingest import IngestSettings
from optimizer.models.redaction import is_secret, redact
from optimizer.models.secrets import REDACTED
from optimizer.models.tasks import Source

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation, Expression

OFFLINE: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "threads": 1,
}
"""DuckDB must not fetch anything because of what a file holds."""

PIECE_BYTES = 2**23
ZONED = "WITH TIME ZONE"
ZONED_TIME = "TIMESTAMP WITH TIME ZONE"
PLAIN: Mapping[type, Callable[[Any], Any]] = {
    Decimal: float,
    UUID: str,
    timedelta: timedelta.total_seconds,
    bytes: lambda value: value.decode("utf-8", "replace"),
    bytearray: lambda value: value.decode("utf-8", "replace"),
}
"""How values become what JSON has, by their type."""

START = datetime(1970, 1, 1, tzinfo=UTC)


def parquet_columns(source: Source) -> tuple[str, ...]:
    """Return the names of the columns.

    Raises:
        FormatError: The file is damaged.
    """
    with _relation(source) as relation:
        return tuple(relation.columns)


class Blanked:
    """What blanks the secrets in the texts of a file, and how many there were."""

    def __init__(self, settings: IngestSettings) -> None:
        """Begin with none."""
        self.n = 0
        self._redacts, self._patterns = settings.redact, settings.redact_patterns

    def of(self, value: Any, column: str = "") -> Any:
        """Return a plain value without secrets; all of it is one where its column says so."""
        if not self._redacts or not isinstance(value, (str, dict, list)):
            return value
        if value and is_secret(column):
            self.n += 1
            return REDACTED.decode()
        redacted = redact(msgspec.json.encode(value, enc_hook=str), self._patterns)
        if not redacted.n_redacted:
            return value
        self.n += redacted.n_redacted
        return msgspec.json.decode(redacted.content)


def parquet_rows(source: Source, blanked: Blanked) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the rows with their numbers, counted from 1, as plain values without secrets.

    Raises:
        FormatError: The file is damaged.
    """
    with _relation(source) as relation:
        columns = tuple(relation.columns)
        zoned = [str(kind) == ZONED_TIME for kind in relation.types]
        readable = relation.select(*_readable(relation))
        for number, cells in enumerate(readable.iter_rows(), start=1):
            values = (
                _moment(cell) if is_zoned else blanked.of(_plain(cell), name)
                for name, cell, is_zoned in zip(columns, cells, zoned, strict=True)
            )
            yield f"row {number}", dict(zip(columns, values, strict=True))


@contextmanager
def _relation(source: Source) -> Iterator[DuckDBPyRelation]:
    """Open the content as DuckDB sees it: as a file with a name, in memory it reads none.

    Raises:
        FormatError: The file is damaged; also when that shows while rows are read.
    """
    import duckdb  # noqa: PLC0415 - start-up time

    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        for piece in stretches(source.content, PIECE_BYTES):
            file.write(piece)
        file.flush()
        with duckdb.connect(config=OFFLINE) as connection:
            try:
                yield connection.read_parquet(file.name)
            except duckdb.Error as error:
                said = str(error).replace(file.name, source.path).partition("\n")[0]
                fault = Fault(place="file", found=f"damage ({said})", expected="a Parquet file")
                raise FormatError(source.path, (fault,)) from error


def _readable(relation: DuckDBPyRelation) -> Iterator[Expression]:
    """Yield the columns, those of times with a zone as microseconds, or inside others as text."""
    from duckdb import ColumnExpression, FunctionExpression  # noqa: PLC0415 - start-up time

    for name, kind in zip(relation.columns, relation.types, strict=True):
        column = ColumnExpression(name)
        if str(kind) == ZONED_TIME:
            column = FunctionExpression("epoch_us", column)
        elif ZONED in str(kind):
            column = column.cast("VARCHAR")
        yield column.alias(name)


def _moment(microseconds: int | None) -> datetime | None:
    if microseconds is None:
        return None
    try:
        return START + timedelta(microseconds=microseconds)
    except OverflowError:
        return None


def _plain(value: Any) -> Any:
    """Return a value as JSON has them, times as they are."""
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    plain = PLAIN.get(type(value))
    return value if plain is None else plain(value)
