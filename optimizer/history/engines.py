"""Who answers the questions of this package: DuckDB, or Apache Spark on many machines.

Both are given the text of a `.sql` file as it stands. DuckDB is told of its parameters `$name`
aside. Spark writes parameters `:name`: that marker is put for `$`, outside of strings and comments,
and nothing else of a text is changed. What Spark lacks of DuckDB's functions it is taught by
`spark.functions`.

Whoever answers, answers come through a DuckDB connection: rows, columns and types are the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from optimizer.history.duck import set_up_arrow
from optimizer.models.errors import ConfigError

if TYPE_CHECKING:
    import duckdb
    from pyspark.sql import SparkSession

    from optimizer.history.lake import Days
    from optimizer.history.store import History

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
    """Answers from views of a Spark session; an answer is held in memory."""

    def __init__(self, session: SparkSession, answers: duckdb.DuckDBPyConnection) -> None:
        set_up_arrow()
        self.session = session
        self._answers = answers

    def ask(self, text: str, params: Mapping[str, object]) -> duckdb.DuckDBPyConnection:
        """Run a query and return what its rows are fetched from."""
        bound = {name: _bound(value) for name, value in params.items()}
        answer = self.session.sql(with_colons(text), args=bound).toArrow()
        cursor = self._answers.cursor()
        cursor.register("answer", answer)
        return cursor.execute("FROM answer")


@contextmanager
def spark_engine(
    lake: Path | str,
    *,
    master: str,
    python: str,
    days: Days | None = None,
    settings: Mapping[str, str] | None = None,
) -> Iterator[tuple[History, SparkEngine]]:
    """Open a lake as a history that is only read, and that a Spark cluster answers for.

    Args:
        lake: The lake; all workers see it under this name.
        master: Where the cluster is: spark://HOST:PORT, or local[N].
        python: The Python of the workers.
        days: Days that are read; None: all.
        settings: More settings of Spark.

    Raises:
        ConfigError: The extra `spark` is not installed.
        HistoryError: There is no such lake or cluster, or it fails.
    """
    require_spark()
    from optimizer.history.lake import EVERY_DAY, NEVER, committed_parts
    from optimizer.history.spark.session import spark_session
    from optimizer.history.spark.tables import show_tables
    from optimizer.history.store import History, temporary_history

    parts = committed_parts(lake, days or EVERY_DAY)
    with (
        temporary_history(NEVER) as beside,
        spark_session(master, python=python, settings=settings) as session,
    ):
        show_tables(session, beside, parts)
        engine = SparkEngine(session, beside.connection)
        yield History(beside.connection, engine=engine), engine


def require_spark() -> None:
    """Refuse where the packages of the extra are not installed.

    Raises:
        ConfigError: One is not.
    """
    for name in ("pyspark", "pyarrow", "pandas"):
        if find_spec(name) is None:
            raise ConfigError(
                f"--engine spark: {name} is not installed",
                hint="Run: pip install 'prompt-optimizer[spark]'",
            )


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
