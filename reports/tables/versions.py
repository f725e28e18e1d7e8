"""Versions of prompts, and the steps they took, as rows."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.data_tables import DataColumn, DataTable, text, time, whole
from optimizer.models.versions import Version, VersionLog
from reports.tables.decisions import LINE

VERSION: tuple[DataColumn, ...] = (
    text("prompt_id"),
    text("version"),
    whole("seq"),
    text("parent"),
    text("workflow_id"),
    text("state"),
    text("bump"),
    text("why_bump"),
    text("optimization_id"),
    whole("n_characters", lambda one: len(one.text)),
    whole("n_findings", lambda one: len(one.lint_after)),
    time("created_at"),
    time("changed_at"),
)


def version_tables(versions: Sequence[Version]) -> tuple[DataTable, ...]:
    """Return versions, one a row."""
    return (DataTable("versions", VERSION, versions),)


def version_log_tables(found: VersionLog) -> tuple[DataTable, ...]:
    """Return the versions of a prompt, and what the audit log says of it."""
    return (*version_tables(found.versions), DataTable("steps", LINE, found.steps))
