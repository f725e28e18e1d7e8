"""The tables of a lake as views of a session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.functions import col, lit
from pyspark.sql.functions import min as least

from optimizer.history.lake import Part
from optimizer.history.lakes.names import SHARED
from optimizer.history.location import S3
from optimizer.history.store import History

TYPES = {
    "VARCHAR": "STRING",
    "INTEGER": "INT",
    "BIGINT": "BIGINT",
    "DOUBLE": "DOUBLE",
    "BOOLEAN": "BOOLEAN",
    "TIMESTAMP": "TIMESTAMP_NTZ",
    "BLOB": "BINARY",
}
"""DuckDB's types, as Spark calls them."""


def show_tables(
    session: SparkSession, history: History, parts: Mapping[str, Sequence[Part]]
) -> None:
    """Put a view on the files of each table of a history; a table without any is empty."""
    for table, schema in _schemas(history).items():
        found = [_part(session, schema, part) for part in parts.get(table, ())]
        whole = found[0] if found else session.createDataFrame([], schema)
        for more in found[1:]:
            whole = whole.unionAll(more)
        _once(table, whole).createOrReplaceTempView(table)


def _schemas(history: History) -> dict[str, str]:
    rows = history.connection.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE NOT internal ORDER BY table_name, column_index"
    ).fetchall()
    found: dict[str, list[str]] = {}
    for table, column, type_ in rows:
        found.setdefault(table, []).append(f"`{column}` {TYPES[type_]}")
    return {table: ", ".join(columns) for table, columns in found.items()}


def _part(session: SparkSession, schema: str, part: Part) -> DataFrame:
    files = [file.replace(S3, "s3a://", 1) for file in part.files]
    frame = session.read.schema(schema).parquet(*files)
    if not part.without:
        return frame
    return frame.where(~col(part.key).isin([lit(one) for one in part.without]))


def _once(table: str, frame: DataFrame) -> DataFrame:
    """Return a table without repeats of what several runs name."""
    key = SHARED.get(table)
    if key is None:
        return frame
    others = [least(name).alias(name) for name in frame.columns if name != key]
    return frame.groupBy(key).agg(*others).select(*frame.columns)
