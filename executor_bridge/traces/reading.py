"""Files of requests in, a trace out.

A file is a table of any kind that `executor_bridge.tables` reads (CSV, JSON, one object to a
line, Parquet), packed or not. A row that cannot be read is left out, with its line, its field,
what stands there and what should; a file without any that can is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from executor_bridge.clock import Clock, UnusableTimeError
from executor_bridge.files.source import load
from executor_bridge.json_text import shown
from executor_bridge.lenient import Skipped
from executor_bridge.tables.cells import UnclearError
from executor_bridge.tables.table import Table, table_of
from executor_bridge.traces.cells import READERS, Times
from executor_bridge.traces.columns import block_tokens, requests_of
from executor_bridge.traces.layouts import NAMES, Column, layout_of, read_columns
from optimizer.models.errors import Fault, FormatError
from optimizer.models.ingest import REFUSE, IngestSettings
from optimizer.models.requests import Trace
from optimizer.models.tasks import Source

AT = "at"

MAX_NAMED = 8
"""Columns of a file that a message names at most."""


def read_trace(
    path: str, settings: IngestSettings | None = None, *, stdin: BinaryIO | None = None
) -> Trace:
    """Return the requests in a file, in order of time.

    Nothing of it is stored, so no secret is blanked: a hash of an input may look like one.

    Args:
        path: The file, or `-` for standard input.
        settings: How files are read; the defaults where None.
        stdin: What to read for `-`; the process's own input where None.

    Raises:
        FormatError: The file cannot be read, has no column of times, or no row of it can be used.
    """
    given = settings or IngestSettings()
    plain = given.model_copy(update={"redact": False})
    source = load(path, plain, stdin)
    if not source.n_bytes:
        raise FormatError(source.path, (Fault(place="file", found="nothing", expected="a trace"),))
    table = table_of(source, plain)
    layout = layout_of(table.columns)
    columns = read_columns(table.columns, layout)
    _require_times(source, table, columns)
    skipped = Skipped(plain)
    clock = Clock(plain.assume_timezone)
    rows = list(_rows(table, columns, skipped, clock))
    if not rows:
        raise _refusal(source, skipped)
    requests, n_backwards = requests_of(rows)
    return Trace(
        path=source.path,
        sha256=source.sha256,
        layout=layout,
        requests=requests,
        columns={column.field: column.name for column in columns},
        ignored=tuple(name for name in table.columns if name not in {c.name for c in columns}),
        block_tokens=block_tokens(requests),
        warnings=tuple(_warnings(skipped, clock, n_backwards, len(rows))),
    )


def _rows(
    table: Table, columns: Sequence[Column], skipped: Skipped, clock: Clock
) -> Iterator[dict[str, Any]]:
    """Yield the rows that can be read, by field; the others are skipped and counted."""
    by_field = {column.field: column for column in columns}
    at = by_field[AT]
    readers = dict(READERS)
    readers[AT] = Times(clock, at.factor, has_unit=at.has_unit)
    read = [(column, readers[column.field]) for column in columns]
    for place, row in table.rows(skipped):
        values: dict[str, Any] = {}
        for column, reader in read:
            value = row.get(column.name)
            try:
                found = reader(value)
            except (UnclearError, UnusableTimeError) as error:
                skipped.add(f"{place}: {column.name}", shown(value), str(error))
                break
            is_scaled = column.field != AT and column.factor != 1 and found is not None
            values[column.field] = found * column.factor if is_scaled else found
        else:
            yield values


def _require_times(source: Source, table: Table, columns: Sequence[Column]) -> None:
    """Refuse a table without a column of times.

    Raises:
        FormatError: It has none.
    """
    if any(column.field == AT for column in columns):
        return
    named = ", ".join(table.columns[:MAX_NAMED]) + (", ..." * (len(table.columns) > MAX_NAMED))
    fault = Fault(
        place="line 1",
        found=f"the columns {named}" if named else "no columns",
        expected=f"a column of times, called one of {', '.join(NAMES[AT])}",
    )
    raise FormatError(source.path, (fault,))


def _refusal(source: Source, skipped: Skipped) -> FormatError:
    limit = skipped.settings.max_faults
    nothing = (Fault(place="file", found="no requests", expected="at least one request"),)
    return FormatError(
        source.path,
        tuple(skipped.faults[:limit]) or nothing,
        n_more=max(0, len(skipped.faults) - limit),
    )


def _warnings(skipped: Skipped, clock: Clock, n_backwards: int, n: int) -> Iterator[str]:
    yield from skipped.warnings()
    if n_backwards:
        times = "once" if n_backwards == 1 else f"{n_backwards} times"
        yield f"the clock goes backwards {times} in {n} rows: they were put in order of time"
    if 0 < clock.n_naive < n and clock.zone_name != REFUSE:
        yield f"{clock.n_naive} of {n} times carry no zone: {clock.zone_name} is taken"
