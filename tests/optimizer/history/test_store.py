from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from optimizer.history import queries, store
from optimizer.history.migrate import migrate
from optimizer.history.store import History, open_history, read_history, schema_version
from optimizer.models.errors import HistoryError

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def open_(path: Path, timeout_s: float = 0.2) -> open_history:  # type: ignore[valid-type]
    return open_history(path, lock_timeout_s=timeout_s, now=NOON)


def test_a_new_history_has_this_program_s_schema(tmp_path: Path) -> None:
    with open_(tmp_path / "deep" / "er" / "h.duckdb") as history:
        assert schema_version(history) == store.SCHEMA_VERSION
    with read_history(tmp_path / "deep" / "er" / "h.duckdb", lock_timeout_s=1) as history:
        assert queries.workflows(history) == []


def test_reading_where_there_is_none_says_how_to_make_one(tmp_path: Path) -> None:
    with (
        pytest.raises(HistoryError, match="there is no history here yet") as error,
        read_history(tmp_path / "h.duckdb", lock_timeout_s=1),
    ):
        pass
    assert (
        error.value.hint
        == "Store the results of this folder with 'optimizer ingest .', or name files."
    )


def test_a_text_file_is_no_history(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database " * 1000)
    with pytest.raises(HistoryError, match="not a usable history"), open_(path):
        pass
    assert path.read_text().startswith("not a database")


def test_a_corrupt_history_is_named_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "h.duckdb"
    with open_(path):
        pass
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    damaged = path.read_bytes()
    with pytest.raises(HistoryError, match=r"h\.duckdb"), open_(path) as history:
        queries.workflows(history)
    assert path.read_bytes() == damaged


def test_another_program_s_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("CREATE TABLE accounts (id INTEGER)")
    with (
        pytest.raises(HistoryError, match="not a history \\(it has accounts\\)"),
        open_(path),
    ):
        pass
    with duckdb.connect(path) as connection:
        names = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    assert names == [("accounts",)]


def set_version(path: Path, version: int) -> None:
    with open_(path):
        pass
    with duckdb.connect(path) as connection:
        connection.execute("UPDATE schema_version SET version = ?", [version])


@pytest.mark.parametrize("opened", ["write", "read"])
def test_a_history_of_a_newer_program_is_refused(tmp_path: Path, opened: str) -> None:
    path = tmp_path / "h.duckdb"
    set_version(path, 999)
    context = open_(path) if opened == "write" else read_history(path, lock_timeout_s=1)
    with pytest.raises(HistoryError, match="schema version is 999, expected") as error, context:
        pass
    assert error.value.hint == "Update the program: a newer one wrote this file."


def test_a_history_of_an_older_program_is_to_be_migrated(tmp_path: Path) -> None:
    path = tmp_path / "h.duckdb"
    set_version(path, 0)
    with pytest.raises(HistoryError, match="schema version is 0") as error, open_(path):
        pass
    assert error.value.hint == "Run 'optimizer store migrate'."


def test_migrating_applies_what_is_missing_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "h.duckdb"
    with open_(path):
        pass
    monkeypatch.setattr("optimizer.history.migrate.SCHEMA_VERSION", store.SCHEMA_VERSION + 1)
    monkeypatch.setattr(
        "optimizer.history.migrate._sql",
        lambda step: f"ALTER TABLE runs ADD COLUMN x{step} INTEGER",
    )
    steps = migrate(path, lock_timeout_s=1, actor="ann", now=NOON)
    assert steps == (store.SCHEMA_VERSION + 1,)
    with duckdb.connect(path) as connection:
        history = History(connection)
        assert schema_version(history) == store.SCHEMA_VERSION + 1
        assert queries.audit(history)[0].action == "store.migrated"


def test_migrating_an_up_to_date_history_does_nothing(tmp_path: Path) -> None:
    path = tmp_path / "h.duckdb"
    with open_(path):
        pass
    assert migrate(path, lock_timeout_s=1, actor="ann", now=NOON) == ()


def test_a_newer_history_cannot_be_migrated(tmp_path: Path) -> None:
    path = tmp_path / "h.duckdb"
    set_version(path, 999)
    with pytest.raises(HistoryError, match="expected at most"):
        migrate(path, lock_timeout_s=1, actor="ann", now=NOON)


HOLD = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1])
print("open", flush=True)
sys.stdin.readline()
"""


def test_waits_for_another_process_and_then_says_who_has_it(tmp_path: Path) -> None:
    path = tmp_path / "h.duckdb"
    with open_(path):
        pass
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdin is not None
    holder.stdout.readline()
    try:
        with (
            pytest.raises(HistoryError, match="another process has it open") as error,
            open_(path, 0.1),
        ):
            pass
        assert str(holder.pid) in str(error.value)
    finally:
        holder.stdin.write("\n")
        holder.stdin.close()
        holder.wait()
        holder.stdout.close()
    with open_(path, 5):
        pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(HistoryError, match="cannot make its folder"),
        open_(tmp_path / "file" / "h.duckdb"),
    ):
        pass


def test_an_error_inside_a_transaction_undoes_it(tmp_path: Path) -> None:
    with open_(tmp_path / "h.duckdb") as history:

        def half() -> None:
            with history.transaction():
                history.connection.execute(
                    "INSERT INTO ingest_rejects VALUES ('a', 'b', '2026-01-01')"
                )
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            half()
        assert queries.rejects(history) == []


def test_a_row_that_comes_alone_is_put_beside_few(tmp_path: Path) -> None:
    path = tmp_path / "h.duckdb"
    insert = "INSERT INTO prompts SELECT hash(i), i FROM range($first, $end) AS r(i)"
    with open_(path) as history:
        history.connection.execute(insert, {"first": 0, "end": 5000}).fetchall()
    for first in (5000, 5001):
        with open_history(
            path, lock_timeout_s=1, now=NOON, row_group_rows=store.FEW_ROW_GROUP_ROWS
        ) as history:
            history.connection.execute(insert, {"first": first, "end": first + 1}).fetchall()
    with read_history(path, lock_timeout_s=1) as history:
        groups = history.connection.execute(
            "SELECT row_group_id, sum(count) FROM pragma_storage_info('prompts') "
            "WHERE column_id = 0 AND segment_type = 'VARCHAR' GROUP BY ALL ORDER BY ALL"
        ).fetchall()
    assert groups == [(0, 5000), (1, 2)]
