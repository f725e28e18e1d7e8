from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from optimizer.models.upkeep import (
    Compacted,
    EmptiedPayloads,
    Imported,
    NotRebuilt,
    OldRun,
    Rebuilt,
    TableRows,
)
from reports.document import Document
from reports.gallery.compaction import compaction
from reports.gallery.importing import importing
from reports.gallery.rebuild import rebuild

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
STORE = Path(".optimizer/history.duckdb")
TABLES = (
    TableRows(table="runs", n_before=120, n_after=97),
    TableRows(table="tasks", n_before=240_000, n_after=194_000),
    TableRows(table="audit_log", n_before=0, n_after=23),
    TableRows(table="looks", n_before=0, n_after=0),
)


def old_run(n: int, *reasons: str) -> OldRun:
    return OldRun(
        run_id=f"nightly-{n}",
        workflow_id="support",
        started_at=NOON - timedelta(days=200 - n),
        kept_for=reasons,
    )


def compacted(**changes: Any) -> Compacted:
    return Compacted(
        **{
            "store": STORE,
            "is_dry_run": False,
            "n_bytes_before": 730_607_616,
            "n_bytes_after": 552_103_424,
            "tables": TABLES,
            "expired": (),
            "kept": (),
            "payloads": EmptiedPayloads(),
        }
        | changes
    )


def rebuilt(**changes: Any) -> Rebuilt:
    return Rebuilt(
        **{
            "store": STORE,
            "n_files": 40,
            "n_runs": 97,
            "n_tasks": 194_000,
            "carried": (),
            "damaged": (),
            "n_bytes_before": 730_607_616,
            "n_bytes_after": 552_103_424,
        }
        | changes
    )


def imported(**changes: Any) -> Imported:
    return Imported(
        **{
            "store": STORE,
            "source": Path("backup.tar"),
            "tables": TABLES,
            "n_new_runs": 23,
            "n_known_runs": 97,
            "replaced": (),
            "n_audit_lines_left": 0,
        }
        | changes
    )


CASES: Mapping[str, tuple[Callable[..., Document], tuple[Any, ...]]] = {
    "compaction": (
        compaction,
        (
            compacted(
                expired=tuple(old_run(n) for n in range(23)),
                kept=(
                    old_run(30, "baseline of support"),
                    old_run(31, *(f"decision {n}" for n in range(5))),
                ),
                payloads=EmptiedPayloads(n_runs=60, n_files=61, n_executions=1),
            ),
        ),
    ),
    "compaction-dry": (
        compaction,
        (compacted(is_dry_run=True, n_bytes_after=None, expired=(old_run(1),)),),
    ),
    "compaction-empty": (compaction, (compacted(tables=()),)),
    "rebuild": (
        rebuild,
        (
            rebuilt(
                carried=(
                    NotRebuilt(
                        path="runs/gone.json",
                        source_sha256="ab" * 32,
                        run_ids=("r1", "r2"),
                        reason="the file has changed since it was ingested",
                    ),
                    NotRebuilt(
                        path=None,
                        source_sha256="cd" * 32,
                        run_ids=("r3",),
                        reason="it was not kept",
                    ),
                ),
                damaged=("tasks",),
            ),
        ),
    ),
    "rebuild-empty": (rebuild, (rebuilt(n_files=0, n_runs=0, n_tasks=0),)),
    "importing": (importing, (imported(replaced=("r1", "r2"), n_audit_lines_left=4),)),
    "importing-empty": (
        importing,
        (imported(tables=(), n_new_runs=0, n_known_runs=0),),
    ),
}
