"""Fewer, larger files: one per table and day, sorted by workflow.

The compacted files of a day are put before their mark, which says what they hold. From then on
readers take those rows from there; the files they were in are removed later, so that whoever
opened the lake before can read on.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from uuid import uuid4

from optimizer.history.lake import (
    VERSIONS,
    connected,
    marks_among,
    parts,
    require_lake,
    show_tables,
)
from optimizer.history.lakes.names import (
    KINDS,
    RUNS,
    SHARED,
    STAGING,
    Kind,
    Mark,
    Name,
    Resolved,
    Version,
    Visible,
    compacted,
    key_of,
    parsed,
    resolve,
)
from optimizer.history.lakes.places import Entry, Place, place_of
from optimizer.history.lakes.writing import copy_to, quoted
from optimizer.history.store import SCHEMA_VERSION
from optimizer.models.lakes import Compaction

if TYPE_CHECKING:
    from optimizer.history.lakes.settings import LakeSettings
    from optimizer.history.store import History

ORDER: Mapping[str, str] = {
    "runs": "workflow_id, started_at, run_id",
    "tasks": "workflow_id, started_at, run_id, position",
    "task_texts": "workflow_id, started_at, run_id, position",
    "long_texts": "workflow_id, started_at, run_id, position, field, piece",
    "task_origins": "workflow_id, started_at, run_id, position",
    "task_scores": "workflow_id, started_at, run_id, position, scorer",
    "reports": "workflow_id, started_at, run_id, variant_id NULLS FIRST",
    "variants": "variant_id",
    "prompts": "prompt_sha256",
    "sources": "source_sha256",
    "decisions": "workflow_id, decided_at, decision_id",
    "strategy_answers": "workflow_id, decision_id, priority, strategy",
    "outcomes": "workflow_id, decision_id",
    "rollouts": "decision_id",
}
"""How the rows of a compacted file are sorted."""


MEMORY = "1GB"
"""What sorting may take; the rest waits on disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """The marks of a lake, and which of them are read.

    Attributes:
        marks: All of them, by path.
        changed_at: When each was written, by path.
        resolved: Which are read.
    """

    marks: Mapping[str, Mark]
    changed_at: Mapping[str, datetime]
    resolved: Resolved

    @property
    def unread(self) -> list[str]:
        """The marks of files that are not read any more."""
        read = {one.name for one in self.resolved.visible}
        return sorted(path for path, mark in self.marks.items() if mark.name not in read)


def compact(
    lake: Path | str,
    settings: LakeSettings,
    *,
    now: datetime,
    told: Callable[[int, int], None] | None = None,
) -> Compaction:
    """Merge the files of each day and remove what nobody reads any more.

    Args:
        lake: A folder, or s3://bucket/prefix.
        settings: How long files are left alone.
        now: The time, UTC.
        told: Called with how many days of how many are merged.

    Raises:
        HistoryError: The lake cannot be read or written.
    """
    n_days = n_merged = n_removed = n_waiting = 0
    with place_of(lake) as place, connected(place) as history:
        require_lake(place)
        for kind in KINDS:
            seen = survey(kind, place, history)
            days = mergeable(seen)
            for done, (day, found) in enumerate(days.items()):
                if told is not None:
                    told(done, len(days))
                _merge(kind, day, found, place)
                n_merged += len(found)
            n_days += len(days)
            if days:
                seen = survey(kind, place, history)
            removable = _removable(seen, now, settings.grace_s)
            n_waiting += len(seen.unread) - len(removable)
            n_removed += _remove(kind, removable, place)
        leftovers = _leftovers(place, now - timedelta(seconds=settings.leftover_age_s))
        place.remove(leftovers)
        location = place.location
    return Compaction(
        lake=location,
        n_days=n_days,
        n_merged=n_merged,
        n_removed=n_removed,
        n_leftovers=len(leftovers),
        n_waiting=n_waiting,
    )


def survey(kind: Kind, place: Place, history: History) -> Survey:
    """Look at the marks of a lake."""
    entries = list(place.entries(kind.mark))
    marks = marks_among(kind, [one.path for one in entries], place, history.connection)
    return Survey(
        marks={mark.name.path(kind.mark): mark for mark in marks},
        changed_at={one.path: one.changed_at for one in entries},
        resolved=resolve(marks),
    )


def mergeable(seen: Survey) -> dict[str, dict[Visible, dict[str, Version]]]:
    """Return the days that are in more than one file, or in one that holds more.

    By day the files that are read, and what is read of each: the versions by key.
    """
    by_name = defaultdict[Name, dict[str, Version]](dict)
    for key, (version, mark) in seen.resolved.in_force.items():
        by_name[mark.name][key] = version
    days = defaultdict[str, dict[Visible, dict[str, Version]]](dict)
    for one in seen.resolved.visible:
        days[one.name.day][one] = by_name[one.name]
    return {
        day: found
        for day, found in days.items()
        if len(found) > 1 or any(one.without for one in found)
    }


def _merge(
    kind: Kind, day: str, found: Mapping[Visible, Mapping[str, Version]], place: Place
) -> None:
    """Write what is read of a day to one file per table, the mark last."""
    tables = {table for one in found for table in one.name.tables}
    versions = {key: version for held in found.values() for key, version in held.items()}
    name = compacted(kind, versions.values(), day=day, schema=SCHEMA_VERSION, tables=tables)
    with connected(place) as history, TemporaryDirectory(prefix="optimizer-compact-") as spilled:
        history.connection.execute(f"SET memory_limit = '{MEMORY}'")
        history.connection.execute(f"SET temp_directory = {quoted(spilled)}")
        show_tables(
            history.connection, {table: parts(kind, table, found, place) for table in kind.tables}
        )
        told = _told(kind, history, versions)
        for table in (*kind.satellites, kind.mark):
            if table in tables:
                staged = place.staging() / f"{uuid4().hex}.parquet"
                said = {VERSIONS: told} if table == kind.mark else None
                copy_to(history, _sorted(kind, table), staged, table=table, told=said)
                place.put({name.path(table): staged})


def _told(kind: Kind, history: History, versions: Mapping[str, Version]) -> str:
    """Return what a mark says of what it holds."""
    rows = history.connection.execute(f"SELECT {kind.key} FROM {kind.mark} ORDER BY 1").fetchall()
    held = [(one, versions[key_of(one)]) for (one,) in rows]
    return json.dumps([[one, v.key, v.content, v.replaced_at] for one, v in held])


def _sorted(kind: Kind, table: str) -> str:
    """Return the query of a table by workflow."""
    if kind is not RUNS or table in SHARED or table == kind.mark:
        return f"SELECT * FROM {table} ORDER BY {ORDER[table]}"
    more = "started_at" if table == "tasks" else "workflow_id, started_at"
    dated = f"(SELECT run_id, {more} FROM runs) AS run"
    return f"SELECT {table}.* FROM {table} JOIN {dated} USING (run_id) ORDER BY {ORDER[table]}"


def _removable(seen: Survey, now: datetime, grace_s: float) -> list[str]:
    """Return the marks that are not read, and have not been for long enough."""
    if not grace_s:
        return seen.unread
    young = {
        seen.marks[path].name.text
        for path, changed_at in seen.changed_at.items()
        if changed_at > now - timedelta(seconds=grace_s)
    }
    return [
        path
        for path in seen.unread
        if not any(
            seen.resolved.in_force[version.key][1].name.text in young
            for version in seen.marks[path].ids
        )
    ]


def _remove(kind: Kind, marks: Sequence[str], place: Place) -> int:
    """Remove files, their marks first; what is left of them if that stops is a leftover."""
    names = [name for path in marks if (name := parsed(kind, path)) is not None]
    data = [name.path(table) for name in names for table in name.tables if table != kind.mark]
    place.remove(marks)
    place.remove(data)
    return len(marks) + len(data)


def _leftovers(place: Place, oldest: datetime) -> list[str]:
    """Return files that no mark stands for and that nobody has written since a time."""
    found = {e.path for e in place.entries(STAGING) if e.changed_at < oldest}
    for kind in KINDS:
        before = [one for table in kind.satellites for one in place.entries(table)]
        marks = {name.text for name in _names(kind, place.entries(kind.mark))}
        old = [one for one in before if one.changed_at < oldest and _is_unmarked(kind, one, marks)]
        found |= _unchanged(old, place)
    return sorted(found)


def _unchanged(files: Sequence[Entry], place: Place) -> set[str]:
    """Return those of some files that have not been written again meanwhile."""
    folders = {one.path.rpartition("/")[0] for one in files}
    now = {entry for folder in folders for entry in place.entries(folder)}
    return {one.path for one in files if one in now}


def _is_unmarked(kind: Kind, entry: Entry, marks: Set[str]) -> bool:
    name = parsed(kind, entry.path)
    return name is not None and name.text not in marks


def _names(kind: Kind, entries: Iterable[Entry]) -> Iterator[Name]:
    for entry in entries:
        if (name := parsed(kind, entry.path)) is not None:
            yield name
