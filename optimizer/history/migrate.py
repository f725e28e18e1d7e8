"""Bringing an older history up to the schema of this program."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

from optimizer.history.audit import AuditLine, append_audit
from optimizer.history.store import SCHEMA_VERSION, open_any_version, schema_version
from optimizer.models.errors import HistoryError


def migrate(path: Path, *, lock_timeout_s: float, actor: str, now: datetime) -> tuple[int, ...]:
    """Apply the migrations that a history lacks, all or none, and return their numbers.

    Raises:
        HistoryError: It is no history, or a newer program wrote it.
    """
    with open_any_version(path, lock_timeout_s=lock_timeout_s) as history:
        found = schema_version(history)
        if found is None:
            raise HistoryError(f"{path}: not a history, so there is nothing to migrate")
        if found > SCHEMA_VERSION:
            raise HistoryError(
                f"{path}: schema version is {found}, expected at most {SCHEMA_VERSION}",
                hint="Update the program: a newer one wrote this file.",
            )
        steps = tuple(range(found + 1, SCHEMA_VERSION + 1))
        if not steps:
            return ()
        with history.transaction():
            for step in steps:
                history.connection.execute(_sql(step))
            history.connection.execute(
                "UPDATE schema_version SET version = ?, changed_at = ?",
                [SCHEMA_VERSION, now.astimezone(UTC).replace(tzinfo=None)],
            )
            line = AuditLine(
                logged_at=now,
                actor=actor,
                action="store.migrated",
                subject=path.name,
                detail={"from": found, "to": SCHEMA_VERSION},
            )
            append_audit(history, [line])
    return steps


def _sql(step: int) -> str:
    folder = resources.files("optimizer.history").joinpath("migrations")
    return folder.joinpath(f"{step:04}.sql").read_text(encoding="utf-8")
