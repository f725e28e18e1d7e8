"""What a lake holds, and what there is to tidy."""

from __future__ import annotations

from pathlib import Path

from optimizer.history.lake import committed, connected, show_tables
from optimizer.history.lakes.compacting import mergeable, survey
from optimizer.history.lakes.names import DECISIONS, KINDS, RUNS, STAGING, parsed
from optimizer.history.lakes.places import place_of
from optimizer.models.lakes import LakeStatus


def lake_status(lake: Path | str) -> LakeStatus:
    """Count what a lake holds.

    Raises:
        NoHistoryError: There is no lake.
        HistoryError: It cannot be read.
    """
    with place_of(lake) as place, connected(place) as history:
        show_tables(history.connection, committed(place, history.connection))
        n_tasks = history.connection.execute("SELECT count(*) FROM tasks").fetchall()[0][0]
        seen = {kind: survey(kind, place, history) for kind in KINDS}
        marked = {(kind, m.name.text) for kind in KINDS for m in seen[kind].marks.values()}
        n_files = n_bytes = n_other = n_leftovers = 0
        for kind in KINDS:
            for table in kind.tables:
                for entry in place.entries(table):
                    n_files += 1
                    n_bytes += entry.n_bytes
                    name = parsed(kind, entry.path)
                    n_other += name is None
                    n_leftovers += name is not None and (kind, name.text) not in marked
        n_staged = sum(1 for _ in place.entries(STAGING))
    days = sorted({one.name.day for one in seen[RUNS].resolved.visible})
    return LakeStatus(
        lake=place.location,
        n_runs=len(seen[RUNS].resolved.in_force),
        n_tasks=n_tasks,
        n_decisions=len(seen[DECISIONS].resolved.in_force),
        first_day=days[0] if days else None,
        last_day=days[-1] if days else None,
        n_days=len(days),
        n_files=n_files,
        n_bytes=n_bytes,
        n_mergeable=sum(len(mergeable(one)) for one in seen.values()),
        n_unread=sum(len(one.unread) for one in seen.values()),
        n_leftovers=n_leftovers + n_staged,
        n_other=n_other,
    )
