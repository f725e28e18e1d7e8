from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import duckdb
import msgspec
import pytest

from optimizer.history import queries
from optimizer.history.audit import AuditLine, first_broken
from optimizer.history.baselines import record_baseline, remove_baseline
from optimizer.history.experimenting import record_looks, record_plan, record_step
from optimizer.history.migrate import migrate
from optimizer.history.store import (
    SCHEMA_VERSION,
    History,
    open_history,
    read_history,
    schema_text,
)
from optimizer.models.errors import HistoryError, SelectionError
from optimizer.models.experiments import (
    Allocation,
    Baseline,
    Experiment,
    ExperimentArm,
    ExperimentDesign,
    Look,
    LookKey,
    Outcome,
)
from optimizer.models.terms import (
    AllocationPolicy,
    ExperimentStatus,
    GuardMode,
    Looks,
    Metric,
    VerdictKind,
)
from optimizer.models.verdicts import Guardrail

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

DESIGN = ExperimentDesign(
    experiment_id="e1",
    workflow_id="wf",
    baseline=ExperimentArm(label="v1", variant_id="id-v1"),
    candidates=(ExperimentArm(label="v2", variant_id=None),),
    primary=Metric.SUCCESS,
    secondary=(Metric.COST,),
    guardrails=(Guardrail(metric=Metric.COST, margin=0.1, mode=GuardMode.PROVE),),
    alpha=0.05,
    power=0.8,
    min_effect=0.05,
    n_max=500,
    n_max_reason="as stated",
    min_cases=100,
    max_duration_days=7.0,
    early_stopping=True,
    looks=Looks.OBF,
    futility=0.1,
    allocation=Allocation(
        policy=AllocationPolicy.FIXED,
        weights=(1.0, 1.0),
        max_traffic=0.1,
        epsilon=0.1,
        exploration=1.4,
    ),
    development_runs=("r0",),
)
DRAFT = Experiment(design=DESIGN, status=ExperimentStatus.DRAFT, created_at=NOON)
LOOK = Look(
    experiment_id="e1",
    seq=1,
    key=LookKey(suite_sha256="s", metric=Metric.SUCCESS, baseline_id="id-v1", candidate_id="id-v2"),
    candidate="v2",
    looked_at=NOON,
    n=250,
    n_max=500,
    fraction=0.5,
    z_bound=2.963,
    alpha_k=0.003,
    alpha_spent=0.003,
    z=None,
    p_value=0.2,
    verdict=VerdictKind.INCONCLUSIVE,
    estimate=0.02,
    low=-0.1,
    high=0.1,
    broken=(Metric.COST,),
    data_sha256="d",
    run_ids=("r1", "r2"),
)
BASELINE = Baseline(
    workflow_id="wf", run_id="r1", variant_id="id-v1", variant="v1", set_at=NOON, actor="ann"
)
ADDED = (
    "experiments",
    "looks",
    "baselines",
    "long_texts",
    "task_origins",
    "task_scores",
    "feedback",
    "strategy_answers",
    "studies",
    "config_snapshots",
    "rollouts",
    "outcomes",
    "prompt_versions",
    "optimizations",
    "executions",
    "completions",
    "confirmations",
)


def line(action: str) -> AuditLine:
    return AuditLine(logged_at=NOON, actor="ann", action=action, subject="e1", detail={})


def test_an_experiment_comes_back_as_it_was_stored(history: History) -> None:
    record_plan(history, DRAFT, actor="ann")
    assert queries.experiments(history) == [DRAFT]
    assert queries.experiments(history, workflow_id="other") == []
    (entry,) = queries.audit(history, subject="e1")
    assert entry.action == "experiment.planned"


def test_a_name_is_given_once(history: History) -> None:
    record_plan(history, DRAFT, actor="ann")
    with pytest.raises(SelectionError, match="one of that name already"):
        record_plan(history, DRAFT, actor="ann")
    assert len(queries.audit(history)) == 1


def test_a_step_and_its_audit_line_are_stored_together(history: History) -> None:
    record_plan(history, DRAFT, actor="ann")
    outcome = Outcome(winner=None, reason="no winner", metric=Metric.SUCCESS, n=3)
    moved = replace(
        DRAFT, status=ExperimentStatus.COMPLETED, started_at=NOON, ended_at=NOON, outcome=outcome
    )
    record_step(history, moved, line("experiment.moved"))
    assert queries.experiments(history, experiment_id="e1") == [moved]
    entries = queries.audit(history)
    assert [entry.action for entry in entries] == ["experiment.planned", "experiment.moved"]
    assert first_broken(entries) is None


def test_no_step_without_its_audit_line(history: History) -> None:
    record_plan(history, DRAFT, actor="ann")
    bad = AuditLine(logged_at=NOON, actor="ann", action="a", subject="e1", detail={"x": object()})
    with pytest.raises(TypeError):
        record_step(history, replace(DRAFT, status=ExperimentStatus.RUNNING), bad)
    assert queries.experiments(history) == [DRAFT]


def test_looks_come_back_as_they_were_stored(history: History) -> None:
    record_plan(history, DRAFT, actor="ann")
    second = replace(LOOK, seq=2, n=300, data_sha256="d2", fraction=None, z_bound=None)
    record_looks(history, [LOOK, second], actor="ann")
    assert queries.looks(history, experiment_id="e1") == [LOOK, second]
    assert queries.looks(history, candidate_id="id-v2", metric="success") == [LOOK, second]
    assert queries.looks(history, baseline_id="other") == []
    actions = [entry.action for entry in queries.audit(history)]
    assert actions == ["experiment.planned", "experiment.looked", "experiment.looked"]


def test_no_looks_leave_no_trace(history: History) -> None:
    record_looks(history, [], actor="ann")
    assert queries.audit(history) == []


def test_a_baseline_replaces_the_one_before(history: History) -> None:
    record_baseline(history, BASELINE)
    other = replace(BASELINE, run_id="r2")
    record_baseline(history, other)
    assert queries.baselines(history) == [other]
    remove_baseline(history, "wf", actor="ann", now=NOON)
    assert queries.baselines(history) == []
    actions = [entry.action for entry in queries.audit(history, subject="wf")]
    assert actions == ["baseline.set", "baseline.set", "baseline.cleared"]


def version_1(path: Path) -> None:
    """A history as version 1 made it: the tables that later migrations add are not there."""
    with duckdb.connect(path) as connection:
        connection.execute(schema_text())
        connection.execute("DROP VIEW task_payloads")
        connection.execute("ALTER TABLE task_texts RENAME TO task_payloads")
        for table in ADDED:
            connection.execute(f"DROP TABLE {table}")
        connection.execute("ALTER TABLE runs ALTER COLUMN duration_s SET NOT NULL")
        connection.execute("ALTER TABLE decisions DROP COLUMN seen_until")
        connection.execute("ALTER TABLE decisions DROP COLUMN applied_at")
        connection.execute("INSERT INTO schema_version VALUES (1, '2026-01-01')")
        connection.execute(
            "INSERT INTO ingest_rejects VALUES ('bad.json', 'not JSON', '2026-01-01')"
        )


def columns(path: Path) -> list[tuple[str, str, str, bool]]:
    with duckdb.connect(path) as connection:
        return connection.execute(
            "SELECT table_name, column_name, data_type, is_nullable FROM duckdb_columns() "
            "ORDER BY table_name, column_index"
        ).fetchall()


def test_a_history_of_version_1_is_refused_until_it_is_migrated(tmp_path: Path) -> None:
    path = tmp_path / "old.duckdb"
    version_1(path)
    with (
        pytest.raises(HistoryError, match="schema version is 1") as error,
        read_history(path, lock_timeout_s=1),
    ):
        pass
    assert error.value.hint == "Run 'optimizer store migrate'."


def test_a_migrated_history_is_like_a_new_one_and_keeps_what_it_held(tmp_path: Path) -> None:
    old, new = tmp_path / "old.duckdb", tmp_path / "new.duckdb"
    version_1(old)
    assert migrate(old, lock_timeout_s=1, actor="ann", now=NOON) == (2, 3, 4, 5)
    with open_history(new, lock_timeout_s=1, now=NOON):
        pass
    assert columns(old) == columns(new)
    with read_history(old, lock_timeout_s=1) as history:
        assert [reject.path for reject in queries.rejects(history)] == ["bad.json"]
        (entry,) = queries.audit(history)
        assert msgspec.json.decode(entry.detail) == {"from": 1, "to": SCHEMA_VERSION}


def test_the_schema_holds_what_the_migrations_make() -> None:
    folder = resources.files("optimizer.history").joinpath("migrations")
    files = sorted(folder.iterdir(), key=lambda file: file.name)
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    statements = re.findall(
        r"^CREATE (?:TABLE|VIEW).*?;\n(?=\n|\Z)", text, re.DOTALL | re.MULTILINE
    )
    assert len(statements) == len(ADDED) + 1
    for statement in statements:
        assert statement in schema_text()
