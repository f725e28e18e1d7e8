"""The report of an import: what was taken, and what was there already."""

from __future__ import annotations

from optimizer.models.upkeep import Imported
from reports.document import Block, Document, Items, Prose, Section, Verdict
from reports.formatting import count, plural
from reports.parts.table_rows import table_rows
from reports.tones import Tone

LISTED_RUNS = 20
"""Replaced runs that are listed."""


def importing(found: Imported) -> Document:
    """Lay out what an import did."""
    blocks: list[Block] = []
    if found.replaced:
        shown = found.replaced[:LISTED_RUNS]
        more = len(found.replaced) - len(shown)
        listed = (*shown, f"and {count(more)} more") if more else shown
        blocks.append(Section("Replaced runs", (Items(listed),)))
    if found.n_audit_lines_left:
        blocks.append(Prose(_left(found.n_audit_lines_left)))
    blocks.append(Section("Tables", (table_rows(found.tables),)))
    hints = ("Run 'optimizer doctor' to look it over.",)
    return Document("Import", _verdict(found), tuple(blocks), hints)


def _verdict(found: Imported) -> Verdict:
    n_new = sum(max(0, one.n_after - one.n_before) for one in found.tables)
    if not n_new and not found.replaced:
        return Verdict(
            Tone.NEUTRAL, f"{found.store}: nothing to take, all of {found.source} is there."
        )
    parts = [f"{plural(found.n_new_runs, 'new run')} from {found.source}"]
    if found.n_known_runs:
        parts.append(f"{count(found.n_known_runs)} there already")
    if found.replaced:
        parts.append(f"{count(len(found.replaced))} replaced")
    return Verdict(Tone.GOOD, f"{found.store}: {', '.join(parts)}.")


def _left(n: int) -> str:
    return (
        f"{plural(n, 'line')} of the audit log stayed in the export: its chain is not that of this "
        "history, and two chains cannot be joined."
    )
