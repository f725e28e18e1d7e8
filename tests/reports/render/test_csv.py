from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.history.table_file import write_parquet
from optimizer.models.data_tables import DataTable, flag, number, text, time, whole
from optimizer.models.terms import Metric
from reports.render.csv import csv_text


@dataclass
class Row:
    name: object = None
    n: object = None
    cost_usd: object = None
    is_best: object = None
    at: object = None


COLUMNS = (text("name"), whole("n"), number("cost_usd"), flag("is_best"), time("at"))
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def csv_of(*records: Row) -> list[list[str]]:
    return list(csv.reader(io.StringIO(csv_text(DataTable("rows", COLUMNS, records)))))[1:]


def test_numbers_are_raw_and_times_in_utc() -> None:
    row = Row("a", 12_345, 1e-7, True, NOON.astimezone(timezone(timedelta(hours=2))))
    assert csv_text(DataTable("rows", COLUMNS, [row])) == (
        "name,n,cost_usd,is_best,at\na,12345,1e-07,true,2026-03-01T12:00:00Z\n"
    )


def test_what_is_unknown_or_without_a_bound_is_empty_and_never_zero() -> None:
    assert csv_of(Row(), Row(None, 0, float("nan"), False), Row(None, None, float("-inf"))) == [
        ["", "", "", "", ""],
        ["", "0", "", "false", ""],
        ["", "", "", "", ""],
    ]


def test_choices_are_their_words_and_lists_one_text() -> None:
    assert csv_of(Row(Metric.SUCCESS), Row(("a", Metric.COST)))[0][0] == "success"
    assert csv_of(Row(("a", Metric.COST)))[0][0] == "a; cost"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\uff1d", " =", "\n@", "\t="])
def test_a_text_that_a_spreadsheet_would_evaluate_has_an_apostrophe(start: str) -> None:
    ((shown, *_),) = csv_of(Row(f"{start}cmd|'/c calc'!A1"))
    assert shown.startswith("'")
    assert csv_of(Row("a-b", -3, -0.5))[0][:3] == ["a-b", "-3", "-0.5"]


def test_what_steers_a_terminal_is_spelled_out() -> None:
    assert csv_of(Row("a\x1b[2J\u202eb"))[0][0] == "a\\x1b[2J\\u202eb"


@given(st.lists(st.text(max_size=20), max_size=5))
def test_any_text_stays_in_its_cell(texts: list[str]) -> None:
    found = csv_of(*(Row(text, i) for i, text in enumerate(texts)))
    assert [row[1] for row in found] == [str(i) for i in range(len(texts))]
    csv_text(DataTable("rows", COLUMNS, [Row(text) for text in texts])).encode("utf-8")


def test_parquet_keeps_texts_as_they_are_and_types_of_empty_columns(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    records = [Row("=1+1\n\x1b\u202e"), Row("\ud800"), Row(None, 2**60, float("nan"), None, NOON)]
    write_parquet(DataTable("rows", COLUMNS, records), path)
    with duckdb.connect(":memory:") as connection:
        found = connection.read_parquet(str(path)).fetchall()
    assert found[0] == ("=1+1\n\x1b\u202e", None, None, None, None)
    assert found[1][0] == "?"
    assert found[2] == (None, 2**60, None, None, NOON.replace(tzinfo=None))
    write_parquet(DataTable("rows", COLUMNS, []), path)
    with duckdb.connect(":memory:") as connection:
        stored = connection.read_parquet(str(path))
        assert stored.fetchall() == []
        assert [str(type_) for type_ in stored.types] == [
            "VARCHAR",
            "BIGINT",
            "DOUBLE",
            "BOOLEAN",
            "TIMESTAMP",
        ]
