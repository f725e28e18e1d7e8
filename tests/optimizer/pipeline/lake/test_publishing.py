from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from optimizer.history import queries
from optimizer.history.lake import Days, committed_parts, open_lake
from optimizer.history.lakes.compacting import compact
from optimizer.history.lakes.querying import ask, bound, named_query, query_names
from optimizer.history.lakes.settings import LakeSettings
from optimizer.history.lakes.status import lake_status
from optimizer.history.settings import StoreSettings
from optimizer.history.store import open_history, read_history
from optimizer.models.errors import HistoryError, NoHistoryError
from optimizer.pipeline.publishing import PublishJob, publish_store

Native = Callable[..., str]
Publish = Callable[..., list[Any]]
Contents = Callable[..., dict[str, list[Any]]]

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
AT_ONCE = LakeSettings(grace_s=0, leftover_age_s=0)
SAMPLES = Path(__file__).parents[4] / "sample_runs"


def statuses(outcomes: list[Any]) -> list[str]:
    return [one.status.value for one in outcomes]


def passed(lake: Path) -> dict[str, int]:
    with open_lake(lake) as history:
        return {run.run_id: run.n_succeeded for run in queries.runs(history)}


def files(lake: Path, table: str) -> list[str]:
    return sorted(path.name for path in (lake / table).rglob("*.parquet"))


def compacted(lake: Path, settings: LakeSettings = AT_ONCE) -> Any:
    return compact(lake, settings, now=datetime.now(UTC) + timedelta(seconds=5))


def test_a_lake_holds_what_a_history_of_the_same_files_holds(
    tmp_path: Path, native: Native, publish_files: Publish, contents: Contents, contents_stored: Any
) -> None:
    samples = [
        str(SAMPLES / name) for name in ("native/sentiment-vague.json", "promptfoo/trouble.json")
    ]
    paths = samples + [native(tmp_path, f"r{i}", "+-te"[: i % 4 + 1], day=i) for i in (1, 2, 3)]
    publish_files(paths, tmp_path / "lake", keep_going=True)
    stored = contents_stored(paths, tmp_path / "history.duckdb")
    assert contents(tmp_path / "lake") == stored
    compacted(tmp_path / "lake")
    assert contents(tmp_path / "lake") == stored
    assert {table for table, rows in stored.items() if not rows} == set()


def test_publishing_again_changes_nothing(
    tmp_path: Path, native: Native, publish_files: Publish
) -> None:
    path, lake = native(tmp_path, "r1"), tmp_path / "lake"
    assert statuses(publish_files([path], lake)) == ["stored"]
    before = {p: p.stat().st_mtime_ns for p in lake.rglob("*.parquet")}
    assert statuses(publish_files([path], lake)) == ["unchanged"]
    assert {p: p.stat().st_mtime_ns for p in lake.rglob("*.parquet")} == before
    compacted(lake)
    assert statuses(publish_files([path], lake)) == ["unchanged"]


def test_another_content_of_a_run_is_refused_unless_it_replaces(
    tmp_path: Path, native: Native, publish_files: Publish
) -> None:
    lake = tmp_path / "lake"
    old, new = native(tmp_path, "r1", "+"), native(tmp_path, "r1", "++")
    publish_files([old], lake)
    (refused,) = publish_files([new], lake)
    (mark,) = (lake / "runs").rglob("*.parquet")
    told = f"{new}: run 'r1' is already published with other content, in {mark}"
    assert refused.reason == told
    assert passed(lake) == {"r1": 1}
    assert statuses(publish_files([new], lake, replace=True)) == ["replaced"]
    assert passed(lake) == {"r1": 2}
    assert len(files(lake, "runs")) == 2
    assert statuses(publish_files([new], lake)) == ["unchanged"]
    assert statuses(publish_files([old], lake, replace=True)) == ["replaced"]
    assert passed(lake) == {"r1": 1}


def test_a_clock_that_goes_back_does_not_undo_a_replacement(
    tmp_path: Path, native: Native, publish_files: Publish
) -> None:
    lake = tmp_path / "lake"
    for i, n in enumerate((1, 2, 3)):
        path = native(tmp_path, "r1", "+" * n)
        publish_files([path], lake, replace=True, now=NOW - timedelta(days=i))
    assert passed(lake) == {"r1": 3}


def test_nothing_of_a_bad_file_is_seen_and_the_good_ones_are_published(
    tmp_path: Path, native: Native, publish_files: Publish
) -> None:
    good, later = native(tmp_path, "r1"), native(tmp_path, "r2")
    bad = tmp_path / "bad.json"
    bad.write_text(Path(good).read_text().replace("succeeded", "no status"))
    lake = tmp_path / "lake"
    assert statuses(publish_files([good, str(bad), later], lake)) == ["stored", "rejected"]
    assert statuses(publish_files([str(bad), later], lake, keep_going=True)) == [
        "rejected",
        "stored",
    ]
    assert passed(lake) == {"r1": 1, "r2": 1}


def test_a_run_replaced_after_compaction_is_read_once_and_from_its_new_file(
    tmp_path: Path, native: Native, publish_files: Publish, contents: Contents, contents_stored: Any
) -> None:
    lake = tmp_path / "lake"
    paths = [native(tmp_path, f"r{i}", "+") for i in range(3)]
    publish_files(paths, lake)
    compacted(lake)
    new = native(tmp_path, "r1", "++-", day=2)
    publish_files([new], lake, replace=True)
    parts = committed_parts(lake)
    assert [part.without for part in parts["tasks"]] == [("r1",), ()]
    expected = contents_stored([paths[0], paths[2], new], tmp_path / "history.duckdb")
    found = contents(lake)
    assert {t: found[t] for t in ("runs", "tasks", "task_texts", "reports")} == {
        t: expected[t] for t in ("runs", "tasks", "task_texts", "reports")
    }
    compacted(lake)
    compacted(lake)
    assert [part.without for part in committed_parts(lake)["tasks"]] == [()]
    assert contents(lake)["tasks"] == expected["tasks"]


def test_compaction_leaves_one_file_per_table_and_day_sorted_by_workflow(
    tmp_path: Path, native: Native, publish_files: Publish
) -> None:
    lake = tmp_path / "lake"
    paths = [native(tmp_path, f"r{i}", "+-", day=1 + i % 2, workflow=f"w{9 - i}") for i in range(6)]
    publish_files(paths, lake)
    done = compacted(lake)
    assert (done.n_days, done.n_merged, done.n_waiting) == (2, 6, 0)
    for table in ("runs", "tasks", "reports", "variants"):
        assert len(files(lake, table)) == 2
    for path in (lake / "tasks").rglob("*.parquet"):
        found = duckdb.sql(f"SELECT workflow_id FROM '{path}'").fetchall()
        assert found == sorted(found)
    assert compacted(lake).n_days == 0


def test_files_stay_as_long_as_somebody_may_read_them(
    tmp_path: Path, native: Native, publish_files: Publish
) -> None:
    lake = tmp_path / "lake"
    publish_files([native(tmp_path, f"r{i}") for i in range(3)], lake)
    with open_lake(lake) as opened_before:
        done = compact(lake, LakeSettings(), now=datetime.now(UTC))
        assert (done.n_removed, done.n_waiting) == (0, 3)
        assert len(queries.runs(opened_before)) == 3
    assert len(passed(lake)) == 3
    hour = timedelta(seconds=3601)
    assert compact(lake, LakeSettings(), now=datetime.now(UTC) + hour).n_waiting == 0
    assert len(files(lake, "runs")) == 1


def test_what_stopped_publishers_left_is_not_read_and_is_removed_when_it_is_old(
    tmp_path: Path, native: Native, publish_files: Publish
) -> None:
    lake = tmp_path / "lake"
    publish_files([native(tmp_path, "r1"), native(tmp_path, "r2")], lake)
    (mark,) = [p for p in (lake / "runs").rglob("*") if p.name == files(lake, "runs")[0]]
    mark.unlink()
    (lake / "_staging" / "half.parquet").write_bytes(b"PAR1")
    assert len(passed(lake)) == 1
    assert lake_status(lake).n_leftovers == 7 + 1
    assert compact(lake, LakeSettings(), now=datetime.now(UTC)).n_leftovers == 0
    assert compacted(lake).n_leftovers == 8
    assert len(files(lake, "tasks")) == 1


def test_days_that_are_not_asked_for_are_not_opened(
    tmp_path: Path, native: Native, publish_files: Publish
) -> None:
    lake = tmp_path / "lake"
    publish_files([native(tmp_path, f"r{day}", day=day) for day in (1, 2, 3)], lake)
    for path in (lake / "tasks" / "day=2026-03-01").iterdir():
        path.write_bytes(b"")
    with open_lake(lake, Days(since=date(2026, 3, 2), until=date(2026, 3, 2))) as history:
        assert [run.run_id for run in queries.runs(history)] == ["r2"]
        history.connection.execute("SELECT * FROM tasks").fetchall()


def test_publishes_the_runs_of_a_history_that_a_lake_lacks(
    tmp_path: Path, native: Native, publish_files: Publish, contents: Contents, contents_stored: Any
) -> None:
    lake, store = tmp_path / "lake", tmp_path / "history.duckdb"
    paths = [native(tmp_path, f"r{i}") for i in range(3)]
    publish_files([paths[0], native(tmp_path, "r2", "+++")], lake)
    stored = contents_stored(paths, store)
    job = PublishJob(
        lake=str(lake),
        settings=StoreSettings(),
        replace=False,
        keep_going=False,
        actor="ann",
        now=NOW,
    )
    done = publish_store(store, job)
    assert (done.n_runs, done.n_unchanged, done.conflicts) == (1, 1, ("r2",))
    replacing = publish_store(store, dataclasses.replace(job, replace=True))
    assert (replacing.n_runs, replacing.n_unchanged, replacing.conflicts) == (1, 2, ())
    assert contents(lake)["tasks"] == stored["tasks"]
    with read_history(store, lock_timeout_s=1) as history, open_lake(lake) as of_lake:
        assert queries.runs(of_lake)[0].run_id == queries.runs(history)[0].run_id


def test_a_decision_that_moved_on_is_published_again(
    tmp_path: Path, native: Native, publish_files: Publish, contents_stored: Any
) -> None:
    lake, store = tmp_path / "lake", tmp_path / "history.duckdb"
    contents_stored([native(tmp_path, "r1")], store)
    job = PublishJob(
        lake=str(lake),
        settings=StoreSettings(),
        replace=False,
        keep_going=False,
        actor="ann",
        now=NOW,
    )
    for n, state in enumerate(("pending", "approved", "applied")):
        with open_history(store, lock_timeout_s=1, now=NOW) as history:
            history.connection.execute("DELETE FROM decisions")
            history.connection.execute(
                "INSERT INTO decisions VALUES ('d1', 'wf', $at, $state, 1, '{}', NULL, NULL)",
                {"at": NOW.replace(tzinfo=None), "state": state},
            )
        assert publish_store(store, job).n_decisions == 1
        assert publish_store(store, job).n_decisions == 0
        with open_lake(lake) as of_lake:
            found = of_lake.connection.execute("SELECT state FROM decisions").fetchall()
        assert found == [(state,)]
        assert len(files(lake, "decisions")) == n + 1
    compacted(lake)
    with open_lake(lake) as of_lake:
        assert of_lake.connection.execute("SELECT state FROM decisions").fetchall() == [
            ("applied",)
        ]


def test_every_query_of_the_program_runs_on_a_lake(
    tmp_path: Path, native: Native, publish_files: Publish
) -> None:
    publish_files([native(tmp_path, f"r{i}") for i in range(2)], tmp_path / "lake")
    with open_lake(tmp_path / "lake") as history:
        for name in query_names():
            text = named_query(name)
            ask(history, text, bound(text, {}))


def test_a_damaged_file_is_named(tmp_path: Path, native: Native, publish_files: Publish) -> None:
    lake = tmp_path / "lake"
    publish_files([native(tmp_path, "r1"), native(tmp_path, "r2")], lake)
    damaged = sorted((lake / "tasks").rglob("*.parquet"))[0]
    os.truncate(damaged, 100)
    with pytest.raises(HistoryError, match=damaged.name), open_lake(lake) as history:
        history.connection.execute("SELECT max(latency_ms) FROM tasks").fetchall()


def test_a_file_that_is_gone_is_named(
    tmp_path: Path, native: Native, publish_files: Publish
) -> None:
    lake = tmp_path / "lake"
    publish_files([native(tmp_path, "r1"), native(tmp_path, "r2")], lake)
    gone = sorted((lake / "tasks").rglob("*.parquet"))[0]
    gone.unlink()
    with pytest.raises(HistoryError, match=gone.name), open_lake(lake) as history:
        history.connection.execute("SELECT max(latency_ms) FROM tasks").fetchall()


@pytest.mark.parametrize("name", ["notes.txt", "day=2026-03-01/mine.parquet", "x/y.parquet"])
def test_a_foreign_file_among_the_marks_is_named(
    name: str, tmp_path: Path, native: Native, publish_files: Publish
) -> None:
    lake = tmp_path / "lake"
    publish_files([native(tmp_path, "r1")], lake)
    foreign = lake / "runs" / name
    foreign.parent.mkdir(exist_ok=True, parents=True)
    foreign.write_text("mine")
    with pytest.raises(HistoryError, match=f"{name}: not a file of a lake, expected runs/day="):
        passed(lake)


def test_a_foreign_file_beside_the_marks_is_not_read(
    tmp_path: Path, native: Native, publish_files: Publish
) -> None:
    lake = tmp_path / "lake"
    publish_files([native(tmp_path, "r1")], lake)
    (lake / "tasks" / "notes.txt").write_text("mine")
    assert passed(lake) == {"r1": 1}
    assert lake_status(lake).n_other == 1


def test_a_lake_of_a_newer_program_is_not_read(
    tmp_path: Path, native: Native, publish_files: Publish
) -> None:
    lake = tmp_path / "lake"
    publish_files([native(tmp_path, "r1")], lake)
    (mark,) = (lake / "runs").rglob("*.parquet")
    mark.rename(mark.with_name(mark.name.replace("-v5-", "-v6-")))
    with pytest.raises(HistoryError, match="schema version is 6, expected at most 5"):
        passed(lake)


def test_a_folder_without_marks_is_no_lake(tmp_path: Path) -> None:
    with pytest.raises(NoHistoryError, match="there is no lake here, expected runs/day="):
        passed(tmp_path)
    with pytest.raises(NoHistoryError, match="there is no lake here"):
        compacted(tmp_path)
