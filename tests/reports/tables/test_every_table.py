from __future__ import annotations

import csv
import importlib
import io
import pkgutil
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

import reports.tables
from optimizer.history.table_file import TYPES, write_parquet
from optimizer.models.data_tables import DataTable, rows
from optimizer.models.lifecycle import DecisionStatistics
from optimizer.models.stores import StoreStatus
from optimizer.models.versions import VersionLog
from reports.render.csv import csv_text
from reports.tables.comparisons import comparison_tables, guardrail_tables, threshold_tables
from reports.tables.decisions import audit_tables, decision_tables
from reports.tables.drift import anomaly_tables, drift_tables, window_tables
from reports.tables.experiments import experiment_list_tables, experiment_tables
from reports.tables.flaky import flaky_tables
from reports.tables.frontier import frontier_tables
from reports.tables.lakes import answer_tables, published_tables
from reports.tables.lint import finding_tables, score_tables
from reports.tables.outcomes import outcome_tables, rollout_tables
from reports.tables.overviews import (
    experiment_page_tables,
    performance_tables,
    period_tables,
    portfolio_tables,
)
from reports.tables.plans import plan_tables
from reports.tables.replays import batching_tables, caching_tables, limit_tables
from reports.tables.runs import run_tables, variant_tables, workflow_tables
from reports.tables.searches import search_tables
from reports.tables.spending import budget_tables, model_tables
from reports.tables.stores import (
    feedback_file_tables,
    feedback_tables,
    file_tables,
    status_tables,
)
from reports.tables.versions import version_log_tables, version_tables

Tables = Callable[..., tuple[DataTable, ...]]

OF_REPORT: dict[str, Tables] = {
    "anomalies": lambda found, *_: anomaly_tables(found),
    "audit": lambda entries, _=None: audit_tables(entries),
    "baseline_gate": guardrail_tables,
    "budget": budget_tables,
    "comparison": lambda found: comparison_tables(found.comparisons),
    "decision": lambda one, *_: decision_tables([one]),
    "decision_list": decision_tables,
    "drift": lambda found, *_: drift_tables(found),
    "experiment": experiment_tables,
    "experiment_list": experiment_list_tables,
    "experiments": experiment_page_tables,
    "feedback": feedback_tables,
    "feedback_files": feedback_file_tables,
    "flaky": flaky_tables,
    "frontier": frontier_tables,
    "gate": threshold_tables,
    "ingest": file_tables,
    "lake_answer": answer_tables,
    "lint_scores": score_tables,
    "lint": finding_tables,
    "models": model_tables,
    "optimization": search_tables,
    "outcome": outcome_tables,
    "performance": performance_tables,
    "period": period_tables,
    "portfolio": portfolio_tables,
    "power": plan_tables,
    "prompt_list": version_tables,
    "prompt_log": lambda _, versions, steps: version_log_tables(
        VersionLog(versions=tuple(versions), steps=tuple(steps))
    ),
    "replay_batching": batching_tables,
    "replay_caching": caching_tables,
    "replay_limits": limit_tables,
    "rollout": rollout_tables,
    "run": lambda total, variants, failures, *_: variant_tables(variants, failures, ()),
    "run_list": lambda runs, *_: run_tables(runs),
    "store_published": published_tables,
    "status": lambda path, n_bytes, version, workflows, rejects, decisions=None: status_tables(
        StoreStatus(
            store=Path(path),
            n_bytes=n_bytes,
            schema_version=version,
            workflows=tuple(workflows),
            rejects=tuple(rejects),
            decisions=decisions or DecisionStatistics(by_state={}, strategies=()),
        )
    ),
    "windows": window_tables,
    "workflow": lambda summary, runs, windows, decision: workflow_tables(runs, windows),
}
UNITS = re.compile(r"_(percent|pct|seconds|dollars|millis)")


@pytest.fixture(params=sorted(OF_REPORT))
def found(
    request: pytest.FixtureRequest, case_arguments: Callable[..., dict[str, Any]]
) -> list[tuple[str, tuple[DataTable, ...]]]:
    """Return the tables of every example of a report."""
    kind: str = request.param
    return [(name, OF_REPORT[kind](*arguments)) for name, arguments in case_arguments(kind).items()]


def all_tables(found: Sequence[tuple[str, tuple[DataTable, ...]]]) -> list[DataTable]:
    return [table for _, tables in found for table in tables]


def test_every_function_that_makes_tables_is_tried() -> None:
    for module in pkgutil.iter_modules(reports.tables.__path__):
        source = importlib.import_module(f"reports.tables.{module.name}")
        makers = {name for name, made in vars(source).items() if name.endswith("_tables")}
        assert makers <= set(globals())


def test_a_report_has_the_same_tables_whatever_it_says(
    found: list[tuple[str, tuple[DataTable, ...]]],
) -> None:
    shapes = {
        tuple((table.name, tuple((c.name, c.kind) for c in table.columns)) for table in tables)
        for _, tables in found
    }
    assert len(shapes) == 1
    ((main, *_),) = shapes
    assert main[0]


def test_columns_have_names_of_their_own_that_a_program_can_use(
    found: list[tuple[str, tuple[DataTable, ...]]],
) -> None:
    for table in all_tables(found):
        names = [column.name for column in table.columns]
        assert len(set(names)) == len(names)
        assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names)
        assert not any(UNITS.search(name) for name in names)
        assert re.fullmatch(r"[a-z][a-z-]*", table.name)


def test_csv_holds_every_record_and_nothing_made_up(
    found: list[tuple[str, tuple[DataTable, ...]]],
) -> None:
    for table in all_tables(found):
        heading, *body = csv.reader(io.StringIO(csv_text(table)))
        assert heading == [column.name for column in table.columns]
        assert len(body) == len(table.records)
        for raw, shown in zip(rows(table), body, strict=True):
            for value, text in zip(raw, shown, strict=True):
                assert (value is None) == (text == "") or value == ""
                assert text not in {"nan", "inf", "-inf", "None"}


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as opened:
        yield opened


def test_parquet_holds_the_same_values_with_their_types(
    found: list[tuple[str, tuple[DataTable, ...]]],
    tmp_path: Path,
    connection: duckdb.DuckDBPyConnection,
) -> None:
    tables = max(found, key=lambda one: sum(len(table.records) for table in one[1]))[1]
    for table in tables:
        path = tmp_path / f"{table.name}.parquet"
        write_parquet(table, path)
        stored = connection.read_parquet(str(path))
        assert stored.columns == [column.name for column in table.columns]
        assert [str(type_) for type_ in stored.types] == [TYPES[c.kind] for c in table.columns]
        expected = [
            tuple(v.replace(tzinfo=None) if isinstance(v, datetime) else v for v in row)
            for row in rows(table)
        ]
        assert stored.fetchall() == expected
