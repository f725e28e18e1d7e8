"""The lines of the audit log."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.decisions import AuditEntry
from reports.document import Table, left, right
from reports.formatting import UNKNOWN, count, moment


def trail(entries: Sequence[AuditEntry]) -> Table:
    """Lay out the lines on one subject."""
    return Table(
        columns=(right("seq"), left("at (UTC)"), left("who"), left("what"), left("more")),
        rows=tuple(entry_row(entry) for entry in entries),
        empty="Nothing was recorded.",
    )


def entry_row(entry: AuditEntry) -> tuple[str, str, str, str, str]:
    """Return one line as a row."""
    return (
        count(entry.seq),
        moment(entry.logged_at).removesuffix(" UTC"),
        entry.actor,
        entry.action,
        entry.detail or UNKNOWN,
    )
