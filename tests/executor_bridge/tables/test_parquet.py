from __future__ import annotations

import json
from datetime import UTC, datetime

import duckdb
import pytest

from executor_bridge.tables.parquet import OFFLINE
from optimizer.history.store import OFFLINE as HISTORY_OFFLINE

KEY = "sk-" + "a1B2" * 12


@pytest.fixture
def parquet(tmp_path):
    def made(query):
        path = tmp_path / "made.parquet"
        with duckdb.connect() as connection:
            connection.sql(query).write_parquet(str(path))
        return path.read_bytes()

    return made


def test_values_become_plain_ones(native, parquet):
    content = parquet("""
        SELECT * FROM (VALUES
            ('a', true, 0.25::DECIMAL(5, 2), TIMESTAMPTZ '2026-03-01 13:00:00+01',
             {'n': 1, 'l': [1, 2]}, [0.5], 7::HUGEINT, NULL),
            ('b', false, NULL, NULL, NULL, NULL, NULL, 'boom')
        ) AS t(case_id, success, latency_s, created_at, input, scores, tokens, error)
    """)
    a, b = native.rows(content)
    assert (a.status, a.latency_ms, a.tokens) == ("succeeded", 250, 7)
    assert a.created_at == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert json.loads(a.inputs) == {"n": 1, "l": [1, 2]}
    assert (b.status, b.latency_ms, b.error_message, b.inputs) == ("failed", None, "boom", None)
    assert a.origin.row_key == "row 1"


def test_nested_values_are_reached_by_a_path(native, parquet):
    content = parquet("SELECT 'a' AS id, {'m': [{'score': 0.5}]} AS r, 'NaN'::DOUBLE AS n")
    mapping = {"case_id": "id", "score": "r.m[0].score", "score.n": "n"}
    (row,) = native.rows(content, map=mapping)
    assert row.score == 0.5
    assert len(row.origin.scores) == 1


def test_times_with_a_zone_inside_others_and_bytes_are_texts(native, parquet):
    content = parquet("""
        SELECT 'a' AS case_id, 1 AS success, [TIMESTAMPTZ '2026-03-01 12:00:00+00'] AS "input.t",
               'x'::BLOB AS "output.b", INTERVAL 2 SECONDS AS "metadata.i"
    """)
    (row,) = native.rows(content)
    assert "2026-03-01" in row.inputs
    assert json.loads(row.outputs) == {"b": "x"}
    assert json.loads(row.metadata) == {"i": 2.0}


def test_secrets_are_blanked_and_counted(native, parquet):
    content = parquet(f"""
        SELECT 'a' AS case_id, 0 AS success, 'bad key {KEY}' AS error, {{'k': '{KEY}'}} AS input
    """)
    reading = native.reading(content)
    (row,) = reading.runs[0].tasks
    assert KEY not in row.error_message + row.inputs
    assert reading.source.n_redacted == 2
    assert reading.source.is_packed


def test_a_table_that_is_not_understood_names_its_columns(native, parquet):
    error = native.refused(parquet("SELECT 1 AS question_id, 2 AS passed"))
    assert "a Parquet file with the columns question_id, passed" in str(error)
    assert error.hint.endswith("--map case_id=question_id --map success=passed")


def test_a_truncated_file_is_refused(native, parquet):
    content = parquet("SELECT 'a' AS case_id, 1 AS success")
    error = native.refused(content[:-9], bridge="table")
    assert "file: found damage" in str(error)
    assert "/tmp" not in str(error)
    assert "damaged" in str(native.refused(content[:-9]))


def test_a_file_without_rows_is_refused(native, parquet):
    (fault,) = native.faults(parquet("SELECT 'a' AS case_id, 1 AS success LIMIT 0"))
    assert fault == "file: found no tasks, expected at least one task"


def test_duckdb_fetches_nothing():
    assert OFFLINE.items() >= HISTORY_OFFLINE.items()
