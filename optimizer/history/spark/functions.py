"""DuckDB's functions for Spark, so that one text means the same to both.

Most are said in Spark's own SQL. What has to agree to the last bit, and what Spark words in its own
way, is answered by the DuckDB of each worker.
"""

from __future__ import annotations

from typing import Any

import duckdb
import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql.pandas.functions import arrow_udf

SAID_IN_SQL = (
    "array_to_string(parts ARRAY<STRING>, between STRING) RETURNS STRING"
    " RETURN array_join(parts, between)",
    "divide(value DECIMAL(20, 0), divisor INT) RETURNS BIGINT RETURN value DIV divisor",
    "epoch_us(moment TIMESTAMP_NTZ) RETURNS BIGINT"
    " RETURN unix_micros(CAST(moment AS TIMESTAMP_LTZ))",
    "starts_with(text STRING, beginning STRING) RETURNS BOOLEAN RETURN startswith(text, beginning)",
    "unnest(items ARRAY<STRING>) RETURNS TABLE (item STRING) RETURN SELECT explode(items)",
)
"""Functions by signature and meaning."""

ASKED_OF_DUCKDB = {
    "hash": ("DECIMAL(20, 0)", "decimal(20, 0)"),
    "json_extract_string": ("VARCHAR", "string"),
    "json_valid": ("BOOLEAN", "boolean"),
    "list_grade_up": ("BIGINT[]", "array<bigint>"),
    "list_select": ("VARCHAR[]", "array<string>"),
    "regexp_full_match": ("BOOLEAN", "boolean"),
}
"""Functions by name, with the type of their results for DuckDB and for Spark."""


def teach(session: SparkSession) -> None:
    """Make DuckDB's functions known to a session."""
    for signature in SAID_IN_SQL:
        session.sql(f"CREATE OR REPLACE TEMPORARY FUNCTION {signature}")
    for name, (type_, spark_type) in ASKED_OF_DUCKDB.items():
        _by_duckdb(session, name, type_, spark_type)


def _by_duckdb(session: SparkSession, name: str, type_: str, spark_type: str) -> None:
    def answered(*columns: pa.Array) -> pa.Array:
        names = [f"c{place}" for place in range(len(columns))]
        with duckdb.connect() as connection:
            connection.register("asked", pa.table(dict(zip(names, columns, strict=True))))
            text = f"SELECT CAST({name}({', '.join(names)}) AS {type_}) AS said FROM asked"
            return connection.sql(text).to_arrow_table()["said"].combine_chunks()

    answered.__annotations__ = {"columns": pa.Array, "return": pa.Array}  # Spark reads no texts
    as_udf: Any = arrow_udf
    session.udf.register(name, as_udf(answered, spark_type))
