from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Write = Callable[..., Path]


@pytest.fixture
def lake(tmp_path: Path, optimizer: Run, once: Run, run_file: Write) -> str:
    """A lake of two runs, by two variants."""

    def publish() -> None:
        for name, marks, day in (("old", "+-" * 20, 1), ("new", "++-+" * 10, 2)):
            run_file(
                f"{name}.json",
                marks,
                run_id=name,
                started_at=f"2026-03-{day:02}T12:00:00Z",
                finished_at=f"2026-03-{day:02}T12:10:00Z",
                metadata={"prompt_variant": name},
            )
        assert optimizer("lake", "publish", "old.json", "new.json", "--lake", "lake").code == 0

    once(tmp_path, publish)
    return "lake"


@pytest.mark.parametrize(
    "command",
    [
        "status",
        "runs",
        "show latest",
        "analyze latest",
        "report --portfolio",
        "report -w wf",
        "compare wf:old wf:new",
        "windows -w wf --every 1d",
        "flaky -w wf",
        "drift -w wf",
        "anomalies -w wf",
        "models",
        "frontier -w wf",
        "feedback",
        "power --from-history wf",
        "audit",
    ],
)
def test_what_only_reads_says_the_same_of_a_lake_as_of_a_history(
    optimizer: Run, lake: str, command: str
) -> None:
    assert optimizer("ingest", "old.json", "new.json").code == 0
    of_lake = optimizer(*command.split(), "--json", "--store", lake)
    of_history = optimizer(*command.split(), "--json")
    assert of_lake.code == of_history.code, of_lake.err
    assert without_storage(of_lake.json) == without_storage(of_history.json)


def without_storage(found: Any) -> Any:
    if isinstance(found, dict):
        dropped = {"store", "n_bytes", "ingested_at"}
        return {k: without_storage(v) for k, v in found.items() if k not in dropped}
    return [without_storage(one) for one in found] if isinstance(found, list) else found


@pytest.mark.parametrize(
    "command", ["ingest old.json", "decide -w wf", "baseline set wf:old", "store migrate"]
)
def test_what_writes_refuses_a_lake_and_names_publish(
    optimizer: Run, lake: str, command: str
) -> None:
    found = optimizer(*command.split(), "--store", lake)
    assert found.code == 2
    assert "error: lake: a lake, which commands only read; expected a history file" in found.err
    assert "optimizer lake publish FILES --lake LAKE" in found.err


def test_a_folder_that_is_no_lake_is_no_history(tmp_path: Path, optimizer: Run) -> None:
    (tmp_path / "folder").mkdir()
    found = optimizer("runs", "--store", "folder")
    assert found.code == 2
    assert "error: folder: a folder, expected a history file, or a lake" in found.err


def test_a_query_of_the_program_is_asked_by_name(optimizer: Run, lake: str) -> None:
    found = optimizer("lake", "query", "run_ids", "--param", "prefix=n", "--lake", lake, "--json")
    assert found.json["rows"] == [["new"]]
    assert optimizer("lake", "query", "run_ids", "--lake", lake).out.startswith("0 rows.")


def test_sql_of_ones_own_is_answered_as_a_table_and_as_files(
    tmp_path: Path, optimizer: Run, lake: str
) -> None:
    sql = "SELECT run_id, count(*) AS n, max(created_at) AS at FROM tasks GROUP BY ALL ORDER BY 1"
    outputs = ("-o", "out.csv", "-o", "out.parquet", "-o", "out.json")
    found = optimizer("lake", "query", "--sql", sql, "--lake", lake, *outputs)
    assert found.out.splitlines()[:3] == ["2 rows.", "", "run_id   n  at"]
    with (tmp_path / "out.csv").open() as file:
        assert [row["run_id"] for row in csv.DictReader(file)] == ["new", "old"]
    assert json.loads((tmp_path / "out.json").read_text())["columns"] == ["run_id", "n", "at"]
    again = "SELECT n FROM 'out.parquet' WHERE run_id = $run_id"
    asked = ("lake", "query", "--sql", again, "--param", "run_id=old", "--lake", lake)
    assert optimizer(*asked, "--json").json["rows"] == [[40]]


def test_days_can_be_chosen(optimizer: Run, lake: str) -> None:
    sql = ("lake", "query", "--sql", "SELECT run_id FROM runs", "--lake", lake, "--json")
    assert optimizer(*sql, "--since", "2026-03-02").json["rows"] == [["new"]]
    assert optimizer(*sql, "--until", "2026-03-01").json["rows"] == [["old"]]
    assert optimizer(*sql, "--since", "2027-01-01").json["rows"] == []


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["run"], "query 'run': there is none of this name"),
        (["--sql", "DROP VIEW runs"], "--sql: DROP, expected one SELECT: a lake is only read"),
        (["--sql", "SELECT 1; SELECT 2"], "--sql: SELECT, SELECT, expected one SELECT"),
        (["--sql", "SELEKT 1"], "--sql: Parser Error"),
        (["--sql", "SELECT nothing FROM runs"], "query: Binder Error"),
        (["--sql", "SELECT now()"], "TIMESTAMP WITH TIME ZONE, expected TIMESTAMP"),
        (["runs", "--param", "limits=3"], "--param limits: not a parameter of the query"),
        (["runs", "--param", "limit=three"], "--param limit: 'three', expected BIGINT"),
        (["runs", "--param", "limit"], "'limit': expected NAME=VALUE"),
        (["runs", "--sql", "SELECT 1"], "expected the name of a query, or --sql"),
        ([], "expected the name of a query, or --sql"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    optimizer: Run, lake: str, words: list[str], error: str
) -> None:
    found = optimizer("lake", "query", *words, "--lake", lake)
    assert found.code == 2
    assert error in found.err


def test_the_bad_file_is_told_and_the_good_ones_are_published(
    tmp_path: Path, optimizer: Run, lake: str
) -> None:
    (tmp_path / "bad.json").write_text("{}")
    found = optimizer("lake", "publish", "bad.json", "old.json", "gone.json", "-k", "--lake", lake)
    assert found.code == 2
    assert found.out.startswith("1 unchanged; 2 rejected.")
    assert optimizer("lake", "publish", "--lake", lake).code == 2


def test_another_content_of_a_run_is_named_with_what_to_do(
    optimizer: Run, lake: str, run_file: Write
) -> None:
    run_file("other.json", "+++", run_id="old")
    found = optimizer("lake", "publish", "other.json", "--lake", lake)
    assert found.code == 2
    assert "run 'old' is already published with other" in found.out
    assert "--replace" in found.out
    assert optimizer("lake", "publish", "other.json", "--replace", "--lake", lake).code == 0


def test_a_history_is_published_and_the_lake_told_of(optimizer: Run, lake: str) -> None:
    optimizer("ingest", "old.json", "new.json")
    optimizer("decide", "-w", "wf")
    found = optimizer("lake", "publish", "--from-store", "--lake", lake)
    assert found.out.startswith("Published 0 runs and 1 decision.")
    assert optimizer("explain", "latest", "--store", lake).code == 0
    told = optimizer("lake", "status", "--lake", lake, "--json").json
    assert (told["n_runs"], told["n_decisions"], told["n_mergeable"]) == (2, 1, 0)


def test_an_endpoint_of_the_settings_is_used(optimizer: Run) -> None:
    found = optimizer(
        "lake",
        "status",
        "--lake",
        "s3://bucket/lake",
        "--set",
        "lake.endpoint_url=http://127.0.0.1:9",
        AWS_ACCESS_KEY_ID="of-a-test",
        AWS_SECRET_ACCESS_KEY="of-a-test",
        AWS_MAX_ATTEMPTS="1",
    )
    assert found.code == 2
    assert "error: s3://bucket/lake: cannot be used" in found.err
    assert "127.0.0.1:9" in found.err
