"""Questions to a lake: those of the program by name, or SQL of the user's own."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import resources
from typing import Any

import duckdb

from optimizer.history import queries
from optimizer.history.store import History
from optimizer.history.troubles import first_line
from optimizer.models.errors import SelectionError
from optimizer.models.lakes import LakeAnswer
from optimizer.models.nearest import meant

PARAM = re.compile(r"^--(?: Params:)? +\$(?P<name>\w+) +(?P<type>[A-Z]+(?:\[\])?)", re.MULTILINE)
HIDDEN = frozenset({"has_repeats", "report_rows"})
"""Queries that need more than the tables."""

WITH_ZONE = "TIMESTAMP WITH TIME ZONE"
PLAIN = (str, int, float, bool, type(None))


def query_names() -> list[str]:
    """Return the names of the program's own queries, sorted."""
    names = (one.name for one in resources.files(queries).iterdir())
    return sorted(
        name for one in names if one.endswith(".sql") and (name := one[:-4]) not in HIDDEN
    )


def named_query(name: str) -> str:
    """Return the text of one of the program's own queries.

    Raises:
        SelectionError: There is none of this name.
    """
    names = query_names()
    if name not in names:
        raise SelectionError(
            f"query {name!r}: there is none of this name",
            hint=meant(name, names, "Queries: " + ", ".join(names)),
        )
    return queries.text(name)


def bound(text: str, said: Mapping[str, str]) -> dict[str, object]:
    """Return the parameters of a query, from texts; what is not said is NULL, or an empty list.

    Raises:
        SelectionError: One is not of the query, or not of its type.
    """
    types = {found["name"]: found["type"] for found in PARAM.finditer(text)}
    used = set(re.findall(r"\$([a-z_]\w*)", re.sub(r"--[^\n]*", "", text)))
    for name in said:
        if name not in used:
            listed = ", ".join(sorted(used)) or "none"
            raise SelectionError(f"--param {name}: not a parameter of the query, expected {listed}")
    kinds = {name: types.get(name, "VARCHAR") for name in sorted(used)}
    unsaid: dict[str, object] = {
        name: [] if k.endswith("[]") else None for name, k in kinds.items()
    }
    return unsaid | {name: _value(name, text, kinds[name]) for name, text in said.items()}


def require_reading(history: History, text: str) -> None:
    """Refuse what is not one statement that reads.

    Raises:
        SelectionError: It is another, or several, or no SQL.
    """
    try:
        statements = history.connection.extract_statements(text)
    except duckdb.Error as error:
        raise SelectionError(f"--sql: {first_line(error)}") from error
    kinds = [one.type for one in statements]
    if kinds not in ([duckdb.StatementType.SELECT], [duckdb.StatementType.EXPLAIN]):
        found = ", ".join(str(kind).rpartition(".")[2] for kind in kinds) or "nothing"
        raise SelectionError(f"--sql: {found}, expected one SELECT: a lake is only read")


def ask(history: History, text: str, params: Mapping[str, object]) -> LakeAnswer:
    """Ask a question of a lake and return the whole answer.

    Raises:
        SelectionError: The database cannot answer it.
    """
    try:
        cursor = history.engine.ask(text, dict(params))
        columns = [(str(column[0]), str(column[1])) for column in cursor.description]
        zoned = [name for name, kind in columns if kind == WITH_ZONE]
        if zoned:
            raise SelectionError(
                f"column {zoned[0]}: {WITH_ZONE}, expected TIMESTAMP",
                hint=f"Write CAST({zoned[0]} AS TIMESTAMP); times of a lake are in UTC.",
            )
        rows = cursor.fetchall()
    except (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException) as error:
        raise SelectionError(f"query: {first_line(error)}") from error
    except (duckdb.ConversionException, duckdb.InvalidInputException) as error:
        raise SelectionError(f"query: {first_line(error)}") from error
    return LakeAnswer(
        columns=_once([name for name, _ in columns]),
        types=tuple(kind for _, kind in columns),
        rows=tuple(tuple(map(_plain, row)) for row in rows),
    )


def _value(name: str, said: str, kind: str) -> object:
    """Return a parameter as its type asks for."""
    if kind.endswith("[]"):
        return [_value(name, one, kind[:-2]) for one in said.split(",") if one]
    try:
        match kind:
            case "INTEGER" | "BIGINT":
                return int(said)
            case "DOUBLE":
                return float(said)
            case "BOOLEAN":
                return {"true": True, "false": False}[said.lower()]
            case "TIMESTAMP":
                at = datetime.fromisoformat(said)
                return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
            case _:
                return said
    except (ValueError, KeyError) as error:
        raise SelectionError(f"--param {name}: {said!r}, expected {kind}") from error


def _once(names: Sequence[str]) -> tuple[str, ...]:
    """Return names of columns with a number at those that came before."""
    found: list[str] = []
    for name in names:
        n, one = 1, name
        while one in found:
            n, one = n + 1, f"{name}_{n + 1}"
        found.append(one)
    return tuple(found)


def _plain(value: Any) -> Any:
    """Return a value as one of the kinds that a table holds."""
    if isinstance(value, datetime):
        return f"{value.isoformat()}Z"
    if isinstance(value, PLAIN):
        return value
    if isinstance(value, bytes):
        return value.hex()
    return json.dumps(value, default=str) if isinstance(value, list | dict) else str(value)
