from __future__ import annotations

import json
import os
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimizer.history import queries
from optimizer.history.audit import first_broken
from optimizer.history.export import export_parquet
from optimizer.history.importing import ImportJob, import_store
from optimizer.history.manifest import MANIFEST
from optimizer.history.store import open_history, read_history
from optimizer.history.tables import TABLES
from optimizer.models.errors import HistoryError
from optimizer.models.upkeep import Imported

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROOT = Path(__file__).parents[3]
Rows = dict[str, list[tuple[Any, ...]]]
Stored = Callable[..., None]
RowsAt = Callable[[Path], Rows]
Make = Callable[..., Any]


def export(path: Path, target: Path, **said: Any) -> list[Any]:
    with read_history(path, lock_timeout_s=5) as history:
        return export_parquet(history, target, now=NOON, **said)


def take(source: Path, store: Path, *, replace: bool = False) -> Imported:
    return import_store(
        ImportJob(
            source=source, store=store, replace=replace, lock_timeout_s=5, actor="ann", now=NOON
        )
    )


@pytest.fixture
def exported(tmp_path: Path, run: Make, history_at: Stored) -> Path:
    """An export of two runs, of which one was replaced before."""
    history_at(tmp_path / "h.duckdb", run("r1", "+"), run("r1", "+-"), run("r2", "++"))
    export(tmp_path / "h.duckdb", tmp_path / "out")
    return tmp_path / "out"


texts = st.one_of(
    st.none(), st.text(max_size=30), st.sampled_from(["long " * 900, "\0", 'ü"\n' * 400])
)
histories = st.lists(
    st.tuples(st.sampled_from("abc"), st.text("+-tec", min_size=1, max_size=5), texts), max_size=5
)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=histories, ending=st.sampled_from(["", ".tar"]))
def test_an_import_into_a_new_history_is_equal_to_what_was_exported(
    tmp_path: Path, run: Make, history_at: Stored, rows_at: RowsAt, made: list[Any], ending: str
) -> None:
    path, target, new = tmp_path / "h.duckdb", tmp_path / f"out{ending}", tmp_path / "new.duckdb"
    for old in (path, new):
        old.unlink(missing_ok=True)
    runs = [
        run(f"r{n}", marks, workflow_id=workflow, tasks={"outputs": text, "error_message": text})
        for n, (workflow, marks, text) in enumerate(made)
    ]
    history_at(path, *runs)
    export(path, target)
    done = take(target, new)
    assert rows_at(new) == rows_at(path)
    assert (done.n_new_runs, done.n_known_runs) == (len(made), 0)
    with read_history(path, lock_timeout_s=1) as old, read_history(new, lock_timeout_s=1) as other:
        for table in TABLES:
            ordered = f"SELECT * FROM {table.name}"
            assert (
                old.connection.execute(ordered).fetchall()
                == other.connection.execute(ordered).fetchall()
            )


def test_every_table_is_exported(exported: Path) -> None:
    manifest = json.loads((exported / MANIFEST).read_text())
    assert [one["table"] for one in manifest["tables"]] == [table.name for table in TABLES]
    files = [file["name"] for one in manifest["tables"] for file in one["files"]]
    assert sorted(os.listdir(exported)) == sorted([MANIFEST, *files])
    assert {one["table"]: one["n_rows"] for one in manifest["tables"]}["tasks"] == 4


def test_a_folder_that_is_there_gets_the_new_files_and_keeps_others(
    tmp_path: Path, exported: Path, rows_at: RowsAt, history_at: Stored, run: Make
) -> None:
    (exported / "notes.txt").write_text("mine")
    history_at(tmp_path / "h.duckdb", run("r3"))
    export(tmp_path / "h.duckdb", exported, whole_texts=True)
    assert (exported / "notes.txt").read_text() == "mine"
    take(exported, tmp_path / "new.duckdb")
    assert rows_at(tmp_path / "new.duckdb") == rows_at(tmp_path / "h.duckdb")
    payloads = duckdb.sql(f"SELECT count(*) FROM '{exported}/task_payloads.parquet'").fetchall()
    assert payloads == [(5,)]


def test_importing_again_changes_nothing(tmp_path: Path, exported: Path, rows_at: RowsAt) -> None:
    new = tmp_path / "new.duckdb"
    take(exported, new)
    before = rows_at(new)
    done = take(exported, new)
    assert rows_at(new) == before
    assert (done.n_new_runs, done.n_known_runs, done.n_audit_lines_left) == (0, 2, 0)


def test_runs_that_are_lacking_are_taken_and_others_stay(
    tmp_path: Path, exported: Path, rows_at: RowsAt, history_at: Stored, run: Make
) -> None:
    other = tmp_path / "other.duckdb"
    history_at(other, run("r0", "t"), run("r2", "++"))
    done = take(exported, other)
    assert (done.n_new_runs, done.n_known_runs, done.replaced) == (1, 1, ())
    rows = rows_at(other)
    assert sorted(row[0] for row in rows["tasks"]) == ["r0", "r1", "r1", "r2", "r2"]
    assert sorted(row[0] for row in rows["runs"]) == ["r0", "r1", "r2"]
    assert len(rows["variants"]) == 1
    with read_history(other, lock_timeout_s=1) as history:
        lines = queries.audit(history)
    assert [line.action for line in lines] == ["run.replaced", "store.imported"]
    assert first_broken(lines) is None


def test_an_audit_log_of_another_chain_stays_in_the_export(
    tmp_path: Path, exported: Path, rows_at: RowsAt, history_at: Stored, run: Make
) -> None:
    other = tmp_path / "other.duckdb"
    history_at(other, run("x", "t"), run("x", "tt"))
    done = take(exported, other)
    assert done.n_audit_lines_left == 1
    assert [row[4] for row in rows_at(other)["audit_log"]] == ["x", str(exported)]


def test_a_run_with_other_content_is_listed_and_nothing_is_imported(
    tmp_path: Path, exported: Path, rows_at: RowsAt, history_at: Stored, run: Make
) -> None:
    other = tmp_path / "other.duckdb"
    history_at(other, run("r2", "---"))
    before = rows_at(other)
    with pytest.raises(HistoryError, match="1 of its rows are stored with other") as error:
        take(exported, other)
    assert "runs: r2" in str(error.value)
    assert "--replace" in str(error.value.hint)
    assert rows_at(other) == before


def test_a_run_with_other_content_is_replaced_if_asked(
    tmp_path: Path, exported: Path, rows_at: RowsAt, history_at: Stored, run: Make
) -> None:
    other = tmp_path / "other.duckdb"
    history_at(other, run("r2", "---"))
    done = take(exported, other, replace=True)
    assert done.replaced == ("r2",)
    rows = rows_at(other)
    assert sorted(row[0] for row in rows["tasks"]) == ["r1", "r1", "r2", "r2"]
    assert "run.replaced" in [row[3] for row in rows["audit_log"]]


def test_other_rows_of_the_same_key_are_conflicts_too(
    tmp_path: Path, history_at: Stored, rows_at: RowsAt
) -> None:
    paths = [tmp_path / "a.duckdb", tmp_path / "b.duckdb"]
    for path, variant in zip(paths, "xy", strict=True):
        history_at(path)
        with open_history(path, lock_timeout_s=1, now=NOON) as history:
            history.connection.execute(
                "INSERT INTO baselines VALUES ('wf', 'r1', ?, 'v1', '2026-01-01', 'ann')", [variant]
            )
    export(paths[0], tmp_path / "out")
    with pytest.raises(HistoryError, match="baselines: wf"):
        take(tmp_path / "out", paths[1])
    assert rows_at(paths[1])["baselines"][0][2] == "y"
    take(tmp_path / "out", paths[1], replace=True)
    assert [row[2] for row in rows_at(paths[1])["baselines"]] == ["x"]


def damage(folder: Path, kind: str) -> str:  # noqa: PLR0911 - one kind each
    tasks, manifest = folder / "tasks.parquet", folder / MANIFEST
    told = json.loads(manifest.read_text())
    match kind:
        case "half a file":
            tasks.write_bytes(tasks.read_bytes()[:-9])
            return "tasks.parquet: has .* bytes, expected"
        case "a flipped byte":
            content = bytearray(tasks.read_bytes())
            content[50] ^= 1
            tasks.write_bytes(content)
            return "tasks.parquet: sha256 is .*, expected"
        case "a missing file":
            tasks.unlink()
            return "tasks.parquet: is missing, expected 4 rows"
        case "no manifest":
            manifest.unlink()
            return f"there is no {MANIFEST} in it"
        case "half a manifest":
            manifest.write_bytes(manifest.read_bytes()[:100])
            return f"{MANIFEST}: .*expected what 'optimizer store export' writes"
        case "a newer program":
            manifest.write_text(json.dumps(told | {"schema_version": 999, "program": "9.9"}))
            return f"{MANIFEST}: program 9.9 wrote it with schema version 999"
        case "an older program":
            manifest.write_text(json.dumps(told | {"schema_version": 1}))
            return f"{MANIFEST}: schema version is 1, expected"
        case "a missing table":
            manifest.write_text(json.dumps(told | {"tables": told["tables"][1:]}))
            return f"{MANIFEST}: tables are not those of the schema: schema_version"
        case "a path out of the folder":
            told["tables"][0]["files"][0]["name"] = "../tasks.parquet"
            manifest.write_text(json.dumps(told))
            return f"{MANIFEST}: .*files"
    raise AssertionError(kind)


@pytest.mark.parametrize(
    "kind",
    [
        "half a file",
        "a flipped byte",
        "a missing file",
        "no manifest",
        "half a manifest",
        "a newer program",
        "an older program",
        "a missing table",
        "a path out of the folder",
    ],
)
def test_a_damaged_export_is_refused_by_name(
    tmp_path: Path, exported: Path, rows_at: RowsAt, kind: str
) -> None:
    said = damage(exported, kind)
    with pytest.raises(HistoryError, match=said) as error:
        take(exported, tmp_path / "h.duckdb")
    assert error.value.hint
    assert not (tmp_path / "new.duckdb").exists()


def test_an_archive_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_text("no archive " * 100)
    with pytest.raises(HistoryError, match=r"x\.tar: .*expected an archive"):
        take(tmp_path / "x.tar", tmp_path / "h.duckdb")
    with pytest.raises(HistoryError, match="there is none"):
        take(tmp_path / "y.tar", tmp_path / "h.duckdb")


def test_nothing_in_an_archive_is_put_elsewhere(tmp_path: Path, exported: Path) -> None:
    archive = tmp_path / "x.tar"
    with tarfile.open(archive, "w") as made:
        for path in exported.iterdir():
            made.add(path, arcname=path.name)
        made.add(exported / MANIFEST, arcname="../escaped.parquet")
    take(archive, tmp_path / "deep" / "new.duckdb")
    assert not (tmp_path / "escaped.parquet").exists()
    assert os.listdir(tmp_path / "deep") == ["new.duckdb"]


IMPORT = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from optimizer.history.importing import ImportJob, import_store
from optimizer.models.errors import HistoryError
if len(sys.argv) > 3:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
job = ImportJob(source=Path(sys.argv[1]), store=Path(sys.argv[2]), replace=False,
                lock_timeout_s=5, actor="ann", now=datetime(2026, 3, 1, tzinfo=UTC))
print("begun", flush=True)
try:
    import_store(job)
except HistoryError as error:
    print(error, flush=True)
    sys.exit(2)
"""


@pytest.mark.slow
def test_killed_at_any_moment_it_has_imported_all_or_nothing(
    tmp_path: Path,
    rows_at: RowsAt,
    history_at: Stored,
    large_at: Stored,
    run: Make,
    killed: Callable[..., bool],
) -> None:
    path, store = tmp_path / "h.duckdb", tmp_path / "s.duckdb"
    large_at(path)
    export(path, tmp_path / "out")
    n_killed = 0
    for n in range(10):
        store.unlink(missing_ok=True)
        Path(f"{store}.wal").unlink(missing_ok=True)
        history_at(store, run("mine"))
        n_killed += killed(IMPORT, tmp_path / "out", store, after_s=0.05 * n)
        rows = rows_at(store)
        assert (len(rows["runs"]), len(rows["task_texts"])) in [(1, 1), (21, 60_001)]
    assert n_killed >= 3
    take(tmp_path / "out", store)
    assert len(rows_at(store)["task_texts"]) == 60_001


@pytest.mark.parametrize("limit", [300_000, 2_000_000])
def test_a_full_disk_leaves_the_history_as_it_was(
    tmp_path: Path,
    rows_at: RowsAt,
    history_at: Stored,
    large_at: Stored,
    run: Make,
    script: Make,
    limit: int,
) -> None:
    path, store = tmp_path / "h.duckdb", tmp_path / "s.duckdb"
    large_at(path)
    export(path, tmp_path / "out")
    history_at(store, run("mine"))
    before = rows_at(store)
    process = script(IMPORT, tmp_path / "out", store, limit)
    said, _ = process.communicate()
    assert process.returncode == 2
    assert "it may not grow any further; nothing of this step was stored" in said
    assert rows_at(store) == before
