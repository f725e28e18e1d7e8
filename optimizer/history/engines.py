"""Who answers the questions of this package: DuckDB, or Apache Spark on many machines.

Both are given the text of a `.sql` file as it stands. DuckDB is told of its parameters `$name`
aside. Spark writes parameters `:name`: that marker is put for `$`, outside of strings and comments,
and nothing else of a text is changed. What Spark lacks of DuckDB's functions it is taught by
`spark_functions`.

Whoever answers, answers come through a DuckDB connection: rows, columns and types are the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

import duckdb

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


PLACES = re.compile(r"('(?:[^']|'')*'|--[^\n]*)|\$(?=[a-z])")


class Engine(Protocol):
    """Who answers."""

    def ask(self, text: str, params: Mapping[str, object]) -> duckdb.DuckDBPyConnection:
        """Run a query and return what its rows are fetched from."""
        ...


class DuckEngine:
    """Answers from a DuckDB database."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def ask(self, text: str, params: Mapping[str, object]) -> duckdb.DuckDBPyConnection:
        """Run a query and return what its rows are fetched from."""
        return self._connection.execute(text, params)


class SparkEngine:
    """Answers from views of a Spark session; what it answered is held in memory."""

    def __init__(self, session: SparkSession, answers: duckdb.DuckDBPyConnection) -> None:
        self._session = session
        self._answers = answers

    def ask(self, text: str, params: Mapping[str, object]) -> duckdb.DuckDBPyConnection:
        """Run a query and return what its rows are fetched from."""
        bound = {name: _bound(value) for name, value in params.items()}
        answer = self._session.sql(with_colons(text), args=bound).toArrow()
        cursor = self._answers.cursor()
        cursor.register("answer", answer)
        return cursor.execute("FROM answer")


def with_colons(text: str) -> str:
    """Return a query with `:name` for `$name`; strings and comments stay as they are."""
    return PLACES.sub(lambda found: found[1] or ":", text)


def _bound(value: object) -> Any:
    """Return a parameter as Spark takes it: a time with its zone, a list with its type."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC)
    if value == []:
        return [None]
    return value
