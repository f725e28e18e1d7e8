"""The report of a compaction: what it made of the history, and what expired."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.upkeep import Compacted, OldRun
from reports.document import Block, Document, Section, Table, Verdict, left
from reports.formatting import count, listing, moment, n_bytes, plural
from reports.parts.table_rows import table_rows
from reports.tones import Tone

LISTED_RUNS = 20
"""Runs that are listed, the oldest first."""

LISTED_REASONS = 3
"""Reasons that are listed for a run."""


def compaction(found: Compacted) -> Document:
    """Lay out what a compaction did, or would do."""
    blocks: list[Block] = []
    if found.expired:
        title = "Would expire" if found.is_dry_run else "Expired"
        blocks.append(Section(title, (_runs(found.expired, with_reasons=False),)))
    if found.kept:
        blocks.append(Section("Old, and kept", (_runs(found.kept, with_reasons=True),)))
    blocks.append(Section("Tables", (table_rows(found.tables),)))
    hints = ("Run it without --dry-run to do so.",) if found.is_dry_run else ()
    return Document("Compaction", _verdict(found), tuple(blocks), hints)


def _verdict(found: Compacted) -> Verdict:
    lost = _lost(found)
    before = n_bytes(found.n_bytes_before)
    if found.is_dry_run:
        said = f"would lose {lost}" if lost else "would lose nothing"
        return Verdict(Tone.NEUTRAL, f"{found.store}: {before}, {said}; nothing was changed.")
    said = f"{lost} went" if lost else "every row is kept"
    return Verdict(
        Tone.GOOD, f"{found.store}: {before} before, {n_bytes(found.n_bytes_after)} now; {said}."
    )


def _lost(found: Compacted) -> str:
    payloads = found.payloads
    parts = [
        (len(found.expired), "run"),
        (payloads.n_runs, "run's texts"),
        (payloads.n_files, "kept file"),
        (payloads.n_executions, "output of a test"),
    ]
    many = {"run's texts": "runs' texts", "output of a test": "outputs of tests"}
    return listing([plural(n, noun, many.get(noun)) for n, noun in parts if n])


def _runs(runs: Sequence[OldRun], *, with_reasons: bool) -> Table:
    more = len(runs) - LISTED_RUNS
    columns = (left("run"), left("workflow"), left("began"))
    return Table(
        columns=(*columns, left("kept for")) if with_reasons else columns,
        rows=tuple(
            (
                run.run_id,
                run.workflow_id,
                moment(run.started_at),
                *((_reasons(run),) if with_reasons else ()),
            )
            for run in runs[:LISTED_RUNS]
        ),
        caption=f"{count(more)} more not listed" if more > 0 else None,
    )


def _reasons(run: OldRun) -> str:
    shown = list(run.kept_for[:LISTED_REASONS])
    more = len(run.kept_for) - len(shown)
    return ", ".join([*shown, f"{count(more)} more"] if more else shown)
