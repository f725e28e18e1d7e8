"""What the upkeep of a history says of its work."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from optimizer.models.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRows:
    """A table before and after.

    Attributes:
        table: Its name.
        n_before: Rows before.
        n_after: Rows after.
    """

    table: str
    n_before: int
    n_after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OldRun:
    """A run that is older than what is to be kept.

    Attributes:
        run_id: The run.
        workflow_id: Its workflow.
        started_at: When it began, UTC.
        kept_for: Why it is kept nevertheless; empty where it goes.
    """

    run_id: str
    workflow_id: str
    started_at: datetime
    kept_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptiedPayloads:
    """What was emptied of what users and models said; the figures stay.

    Attributes:
        n_runs: Runs whose inputs, outputs and metadata were emptied.
        n_files: Kept files that were emptied.
        n_executions: Tests of optimizations whose outputs were emptied.
    """

    n_runs: int = 0
    n_files: int = 0
    n_executions: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Compacted:
    """A history that was written anew, or would be.

    Attributes:
        store: Its file.
        is_dry_run: Whether nothing was done.
        n_bytes_before: Size of the file before.
        n_bytes_after: Size of the file after; None where nothing was done.
        tables: Each table before and after.
        expired: Runs that went, the oldest first.
        kept: Runs that are as old and are kept nevertheless, the oldest first.
        payloads: What was emptied.
    """

    store: Path
    is_dry_run: bool
    n_bytes_before: int
    n_bytes_after: int | None
    tables: tuple[TableRows, ...]
    expired: tuple[OldRun, ...]
    kept: tuple[OldRun, ...]
    payloads: EmptiedPayloads


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRebuilt:
    """A file whose runs were carried over as they were.

    Attributes:
        path: The file, or None where its name was not kept.
        source_sha256: Its hash.
        run_ids: The runs.
        reason: Why they were not rebuilt.
    """

    path: str | None
    source_sha256: str
    run_ids: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """A history that was rebuilt from the files it was made of.

    Attributes:
        store: Its file.
        n_files: Files that were read again.
        n_runs: Runs that were rebuilt from them.
        n_tasks: Tasks of those.
        carried: What was carried over as it was, with the reason.
        damaged: Tables that could not be read, so that nothing could be held against them.
        n_bytes_before: Size of the file before.
        n_bytes_after: Size of the file after.
    """

    store: Path
    n_files: int
    n_runs: int
    n_tasks: int
    carried: tuple[NotRebuilt, ...]
    damaged: tuple[str, ...]
    n_bytes_before: int
    n_bytes_after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """An export that was taken into a history.

    Attributes:
        store: The history.
        source: The export.
        tables: Each table before and after.
        n_new_runs: Runs that were taken.
        n_known_runs: Runs that were there already with the same content.
        replaced: Runs that took the place of others of the same id.
        n_audit_lines_left: Lines of the audit log that were not taken, as their chain is another.
    """

    store: Path
    source: Path
    tables: tuple[TableRows, ...]
    n_new_runs: int
    n_known_runs: int
    replaced: tuple[str, ...]
    n_audit_lines_left: int
