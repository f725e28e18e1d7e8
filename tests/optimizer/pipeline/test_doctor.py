from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from executor_bridge import read
from optimizer.history.settings import StoreSettings
from optimizer.models.ingest import IngestSettings
from optimizer.pipeline.doctor import Finding, examine
from optimizer.pipeline.ingest import IngestJob, ingest

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HEADERS_BYTES = 3 * 4096
BLOCK_BYTES = 2**18


def write_run(path: Path, run_id: str, n_tasks: int, note: str = "") -> str:
    run = {
        "run_id": run_id,
        "workflow_id": "wf",
        "started_at": "2026-03-01T12:00:00Z",
        "finished_at": "2026-03-01T12:01:00Z",
        "metadata": {"note": note},
        "task_results": [
            {
                "task_id": f"t{i}",
                "workflow_id": "wf",
                "task_status": "failed" if i % 3 else "succeeded",
                "created_at": "2026-03-01T12:00:00Z",
                "execution_time": i**0.5,
                "error_message": f"{i**3}",
                "test_result": {"status": "success", "inputs": {"q": str(i**5)}, "cost": i / 7},
            }
            for i in range(n_tasks)
        ],
    }
    path.write_text(json.dumps(run))
    return str(path)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound")
    job = IngestJob(
        store=folder / "s.duckdb",
        settings=StoreSettings(),
        replace=False,
        keep_going=False,
        actor="a",
        now=NOW,
    )
    secret = "sk-" + "a1" * 12
    paths = [
        write_run(folder / "a.json", "a", 9000),
        write_run(folder / "b.json", "b", 10, f"with {secret}"),
        write_run(folder / "c.json", "c", 10),
    ]
    (folder / "c.json").write_bytes(b"\xef\xbb\xbf" + (folder / "c.json").read_bytes())
    assert len(list(ingest(paths, lambda path: read(path, IngestSettings()), job))) == len(paths)
    return folder / "s.duckdb"


@pytest.fixture
def store(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(sound, tmp_path / "s.duckdb"))


@contextmanager
def opened(store: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(store)
    try:
        yield connection
    finally:
        connection.close()


def failed(store: Path) -> dict[str, Finding]:
    found = examine(store, lock_timeout_s=0)
    return {finding.name: finding for finding in found if finding.ok is False}


def owners(store: Path) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    with opened(store) as connection:
        for (table,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall():
            rows = connection.execute(
                f"SELECT block_id, additional_block_ids FROM pragma_storage_info('{table}')"
            ).fetchall()
            for first, others in rows:
                for block in (first, *(others or ())):
                    found.setdefault(block, set()).add(table)
    return {block: tables for block, tables in found.items() if block is not None and block >= 0}


def damage(store: Path, block: int) -> None:
    with store.open("r+b") as file:
        file.seek(HEADERS_BYTES + block * BLOCK_BYTES + 99)
        old = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([old[0] ^ 1]))


def test_a_sound_history_is_found_sound(store: Path) -> None:
    found = examine(store, lock_timeout_s=0)
    assert all(finding.ok for finding in found)
    assert [finding.hint for finding in found] == [None] * len(found)


def test_damage_to_any_block_in_use_is_found_and_its_table_named(
    sound: Path, tmp_path: Path
) -> None:
    blocks = owners(sound)
    assert len(blocks) > 5
    for block, tables in blocks.items():
        store = Path(shutil.copy(sound, tmp_path / f"{block}.duckdb"))
        damage(store, block)
        found = failed(store)
        assert found.keys() == {f"table {table}" for table in tables}
        assert all("checksum" in finding.text and finding.hint for finding in found.values())


@pytest.mark.parametrize(
    ("statement", "name", "text"),
    [
        (
            "UPDATE sources SET source_sha256 = repeat('0', 64) WHERE path LIKE '%a.json'",
            "files",
            f"not what was ingested: sha256 {'0' * 64}",
        ),
        ("UPDATE sources SET content = 'x'::BLOB WHERE path LIKE '%b.json'", "files", "not what"),
        (
            "INSERT INTO decisions BY NAME SELECT 'd1' AS decision_id, 'wf' AS workflow_id, "
            "now() AS decided_at, 'pending' AS state, 0 AS n_proposals, '{\"decision_id' AS body",
            "decisions",
            "decision d1: what is stored of it cannot be decoded: ",
        ),
        (
            "INSERT INTO audit_log VALUES (2, now(), 'a', 'b', 'c', '{}', 'd', 'e')",
            "audit log",
            "line 1 does not follow",
        ),
        ("DELETE FROM runs WHERE run_id = 'b'", "tasks", "not so: "),
        ("UPDATE reports SET n_tasks = 1", "reports", "not so: "),
    ],
)
def test_what_is_not_as_it_was_stored_is_found(
    store: Path, statement: str, name: str, text: str
) -> None:
    with opened(store) as connection:
        connection.execute(statement)
    found = failed(store)
    assert found.keys() == {name}
    assert found[name].text.startswith(text)
    assert found[name].hint


DECISION = (
    "INSERT INTO decisions BY NAME SELECT 'd1' AS decision_id, 'wf' AS workflow_id, "
    "now() AS decided_at, 'pending' AS state, 0 AS n_proposals, '{\"decision_id' AS body"
)
ROLLOUT = (
    "INSERT INTO rollouts VALUES ('d1', 's0', '{shares}', {step}, '{status}', now(), now(), '')"
)
SNAPSHOT = (
    "INSERT INTO config_snapshots SELECT 'wf', {seq}, '{body}', sha256('{body}'), NULL, "
    "'initial', now()"
)


def rollout(shares: str = "[0.1, 1]", step: int = 0, status: str = "running") -> str:
    return ROLLOUT.format(shares=shares, step=step, status=status)


def snapshot(seq: int, body: str = "{}") -> str:
    return SNAPSHOT.format(seq=seq, body=body)


@pytest.mark.parametrize(
    ("statements", "name", "text"),
    [
        ([DECISION, rollout("x")], "rollouts", "rollout of decision d1: what is stored of it"),
        ([DECISION, rollout(status="on")], "rollouts", "rollout of decision d1: what is stored"),
        ([DECISION, rollout(step=2)], "rollouts", "rollout of decision d1: it stands at step 3"),
        ([DECISION, rollout(step=-1)], "rollouts", "rollout of decision d1: it stands at step 0"),
        ([DECISION, rollout(), rollout()], "rollouts", "decision d1 is found 2 times"),
        ([rollout()], "rollouts", "decision d1 is not stored"),
        (
            ["INSERT INTO outcomes VALUES ('d1', 'wf', 'success', now(), now(), '{')"],
            "outcomes",
            "outcome of decision d1: what is stored of it cannot be decoded",
        ),
        (
            [
                "INSERT INTO experiments BY NAME SELECT 'e' AS experiment_id, 'wf' AS "
                "workflow_id, 'draft' AS status, now() AS created_at, '{' AS design"
            ],
            "experiments",
            "experiment e: what is stored of it cannot be decoded",
        ),
        ([snapshot(1)], "configurations", "configuration 1 of wf is found where"),
        ([snapshot(0), snapshot(2)], "configurations", "configuration 2 of wf is found where"),
        ([snapshot(0), snapshot(0)], "configurations", "configuration 0 of wf is found where"),
        ([snapshot(0), snapshot(1, "[]")], "configurations", "configuration 1 of wf is no JSON"),
    ],
)
def test_what_is_damaged_of_the_life_of_a_decision_is_found(
    store: Path, statements: list[str], name: str, text: str
) -> None:
    with opened(store) as connection:
        for statement in statements:
            connection.execute(statement)
    found = failed(store)
    assert found.keys() - {"decisions"} == {name}
    assert found[name].text.startswith(text)
    assert found[name].hint


@pytest.mark.parametrize(
    ("statement", "name", "text"),
    [
        ("DROP TABLE studies", "table studies", "there is none"),
        ("DROP VIEW task_payloads", "table task_payloads", "there is none"),
        ("ALTER TABLE decisions DROP COLUMN seen_until", "table decisions", "seen_until"),
        ("ALTER TABLE rollouts ALTER step TYPE VARCHAR", "table rollouts", "step"),
    ],
)
def test_a_table_that_is_not_as_the_schema_says_is_found(
    store: Path, statement: str, name: str, text: str
) -> None:
    with opened(store) as connection:
        connection.execute(statement)
    found = failed(store)
    assert found.keys() == {name}
    assert found[name].text.endswith(text)
