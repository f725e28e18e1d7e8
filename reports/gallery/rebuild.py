"""The report of a rebuild: what was made of files again, and what was carried over."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.upkeep import NotRebuilt, Rebuilt
from reports.document import Block, Document, Items, Section, Table, Verdict, left, right
from reports.formatting import UNKNOWN, count, n_bytes, plural
from reports.tones import Tone

LISTED_FILES = 20
"""Files that are listed."""


def rebuild(found: Rebuilt) -> Document:
    """Lay out what a rebuild did."""
    blocks: list[Block] = []
    if found.carried:
        blocks.append(Section("Carried over as they were", (_files(found.carried),)))
    if found.damaged:
        said = tuple(f"{table}: could not be read, and was made anew" for table in found.damaged)
        blocks.append(Section("Damaged tables", (Items(said),)))
    return Document("Rebuild", _verdict(found), tuple(blocks))


def _verdict(found: Rebuilt) -> Verdict:
    made = (
        f"{found.store}: {plural(found.n_runs, 'run')} ({plural(found.n_tasks, 'task')}) made "
        f"again of {plural(found.n_files, 'file')}"
    )
    n_carried = sum(len(one.run_ids) for one in found.carried)
    carried = f"; {plural(n_carried, 'run')} carried over" if found.carried else ""
    sizes = f"; {n_bytes(found.n_bytes_before)} before, {n_bytes(found.n_bytes_after)} now"
    return Verdict(Tone.WARN if found.carried else Tone.GOOD, f"{made}{carried}{sizes}.")


def _files(carried: Sequence[NotRebuilt]) -> Table:
    more = len(carried) - LISTED_FILES
    return Table(
        (left("file"), right("runs"), left("why")),
        tuple(
            (one.path or UNKNOWN, count(len(one.run_ids)), one.reason)
            for one in carried[:LISTED_FILES]
        ),
        caption=f"{count(more)} more not listed" if more > 0 else None,
    )
