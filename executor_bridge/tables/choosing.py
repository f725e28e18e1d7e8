"""By which mapping a table is read: the user's, a saved one that fits, or its own names."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence

from executor_bridge.outcomes import short_name
from executor_bridge.tables.fields import ALL, VERDICTS, field_of
from executor_bridge.tables.guesses import example
from executor_bridge.tables.known import KNOWN
from executor_bridge.tables.mapping import Column, Line, Pattern, lines_of, own_lines, place_of
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import ConfigError, Fault, FormatError
from optimizer.models.ingest import IngestSettings, TableSettings
from optimizer.models.tasks import Source

SHOWN_COLUMNS = 40
ONE_COLUMN = field_of("metadata")
ANY_COLUMN = field_of("metadata.*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A mapping to read a table by.

    Attributes:
        name: What it is called: `--map`, the name of a saved one, or `own names`.
        lines: What it says.
        required: Whether a column that is in no row is a mistake.
    """

    name: str
    lines: tuple[Line, ...]
    required: bool


def is_understood(columns: Sequence[str], settings: IngestSettings) -> bool:
    """Tell whether a table of these columns can be read without being told how."""
    return bool(
        _fitting(columns, settings.tables)
        or _fitting(columns, KNOWN)
        or _has_own_names(tuple(columns))
    )


def chosen(source: Source, columns: tuple[str, ...], settings: IngestSettings) -> Choice:
    """Return the mapping that a table is read by.

    Raises:
        ConfigError: The mapping means nothing, or there is none of that name.
        FormatError: None fits, or several do.
    """
    if settings.map:
        base = _named(settings.table, settings).map if settings.table else {}
        return Choice(name="--map", lines=lines_of({**base, **settings.map}), required=True)
    if settings.table:
        table = _named(settings.table, settings)
        return Choice(name=settings.table, lines=lines_of(table.map), required=not table.columns)
    for tables in (settings.tables, KNOWN):
        fitting = _fitting(columns, tables)
        if len(fitting) > 1:
            raise _several(source, fitting)
        if fitting:
            name = fitting[0]
            return Choice(name=name, lines=lines_of(tables[name].map), required=False)
    if not _has_own_names(columns):
        raise not_understood(source, columns)
    return Choice(name="own names", lines=own_lines(columns), required=False)


def not_understood(source: Source, columns: Sequence[str]) -> FormatError:
    """Return the error for a table whose columns mean nothing to us."""
    names = map(short_name, columns[:SHOWN_COLUMNS])
    shown = ", ".join(names) + (", ..." if len(columns) > SHOWN_COLUMNS else "")
    fault = Fault(
        place="columns",
        found=shown or "none",
        expected="case_id or input, and success, status or score; or what they mean by --map",
    )
    return FormatError(source.path, (fault,), hint=hint(columns))


def hint(columns: Sequence[str]) -> str:
    """Return how to say what the columns of a table mean, with guesses where there are any."""
    options = example(columns)
    if options is None:
        return "If it is a table of results, say what its columns mean: --map FIELD=COLUMN."
    return f"If it is a table of results, say what its columns mean, perhaps: {options}"


def missing(choice: Choice, columns: frozenset[str]) -> Iterator[Fault]:
    """Yield a fault for each column of a user's mapping that a table does not have."""
    for line in choice.lines if choice.required else ():
        place = line.place
        if isinstance(place, (Column, Pattern)) and not place.roots(columns):
            shown = ", ".join(sorted(columns)[:SHOWN_COLUMNS])
            name = place.name if isinstance(place, Column) else f"{place.before}*{place.after}"
            close = difflib.get_close_matches(name, columns, n=1)
            nearest = f"; the nearest is {close[0]}" if close else ""
            yield Fault(
                place=f"{choice.name} {line.text}",
                found="no such column",
                expected=f"one of {shown}{nearest}",
            )


def _fitting(columns: Sequence[str], tables: Mapping[str, TableSettings]) -> list[str]:
    """Return the names of the saved mappings that fit."""
    names = frozenset(columns)
    return [name for name, table in tables.items() if _fits(table, names)]


def _fits(table: TableSettings, names: frozenset[str]) -> bool:
    if table.columns:
        return all(_is_there(column, names) for column in table.columns)
    places = [line.place for line in lines_of(table.map)]
    found = [place.roots(names) for place in places if isinstance(place, (Column, Pattern))]
    return bool(found) and all(found)


def _is_there(column: str, names: frozenset[str]) -> bool:
    """Tell whether there is such a column, a path into one, or one that fits a pattern."""
    field = ANY_COLUMN if ALL in column and column not in names else ONE_COLUMN
    return bool(place_of(field, column).roots(names))


def _has_own_names(columns: tuple[str, ...]) -> bool:
    """Tell whether the columns say which case a row is and how it went, in our own words."""
    fields = {line.field.name for line in own_lines(columns)}
    return bool(fields & {"case_id", "input"}) and bool(fields.intersection(VERDICTS))


def _named(name: str, settings: IngestSettings) -> TableSettings:
    tables = {**KNOWN, **settings.tables}
    if name in tables:
        return tables[name]
    close = difflib.get_close_matches(name, tables, n=1)
    raise ConfigError(
        f"--table {name}: no such mapping, expected one of {', '.join(tables)}",
        hint=f"Did you mean `{close[0]}`?" if close else "Save one as ingest.tables.NAME.map.",
    )


def _several(source: Source, names: Sequence[str]) -> FormatError:
    fault = Fault(place="columns", found=f"what {' and '.join(names)} fit", expected="one of them")
    return FormatError(source.path, (fault,), hint="Choose one with --table.")
