"""Putting runs and decisions of a history into a lake.

Files are made in a staging folder, then put, all of a run before its mark: what was put without a
mark is not read, so a publisher may be stopped at any moment and the same command run again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from optimizer.history.lake import marks_of
from optimizer.history.lakes.names import (
    DECISIONS,
    KINDS,
    Kind,
    Version,
    content_of,
    key_of,
    replacing,
    resolve,
    single,
)
from optimizer.history.store import SCHEMA_VERSION

if TYPE_CHECKING:
    from optimizer.history.lakes.places import Place
    from optimizer.history.store import History

FIGURES_ROWS = 122_880
TEXTS_ROWS = 16_384
"""Rows of a row group, which is held in memory while it is written."""

TEXTS = frozenset({"task_texts", "long_texts", "prompts"})

SQL_OF: Mapping[str, str] = {
    "variants": "SELECT * FROM variants WHERE variant_id IN "
    "(SELECT variant_id FROM tasks WHERE run_id = getvariable('one')) ORDER BY variant_id",
    "prompts": "SELECT * FROM prompts WHERE prompt_sha256 IN (SELECT prompt_sha256 FROM variants "
    "WHERE variant_id IN (SELECT variant_id FROM tasks WHERE run_id = getvariable('one'))) "
    "ORDER BY prompt_sha256",
    "sources": "SELECT * REPLACE (CAST(NULL AS BLOB) AS content, "
    "CASE kept WHEN 'blob' THEN 'reference' ELSE kept END AS kept) FROM sources "
    "WHERE source_sha256 IN (SELECT source_sha256 FROM runs WHERE run_id = getvariable('one'))",
}
"""How rows of one run are found where they do not name it. Of files, what they held stays away."""

RUNS_WITH: Mapping[str, str] = {
    "variants": "SELECT DISTINCT run_id FROM tasks",
    "prompts": "SELECT DISTINCT tasks.run_id FROM tasks JOIN variants USING (variant_id) "
    "JOIN prompts USING (prompt_sha256)",
    "sources": "SELECT DISTINCT run_id FROM runs JOIN sources USING (source_sha256)",
}
"""Which runs have rows in such a table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What is to be done with the contents of a file.

    Attributes:
        new: The versions that are to be published, by id.
        replaced: Whether one of them takes the place of another.
        conflict: An id that is published with other content, so that nothing is to be done; None
            where there is none, or it may be replaced.
    """

    new: Mapping[str, Version]
    replaced: bool = False
    conflict: str | None = None


class Publisher:
    """Publishes into one lake, as it was found when this was made."""

    def __init__(self, place: Place, history: History, now: datetime) -> None:
        self._place = place
        self._now = now
        found = {kind: resolve(marks_of(kind, place, history.connection)) for kind in KINDS}
        self._known = {
            kind: {key: version for key, (version, _) in one.in_force.items()}
            for kind, one in found.items()
        }
        self._marks = {
            key: place.url(mark.name.path(kind.mark))
            for kind, one in found.items()
            for key, (_, mark) in one.in_force.items()
        }

    def judge(self, kind: Kind, contents: Mapping[str, str], *, replace: bool) -> Judged:
        """Say which of some contents, by id, are to be published."""
        new, others = dict[str, Version](), list[str]()
        for one, text in contents.items():
            key, content = key_of(one), content_of(text)
            known = self._known[kind].get(key)
            if known is None:
                new[one] = Version("", content, key)
            elif known.content != content:
                new[one] = replacing(known, content, self._now)
                others.append(one)
        if others and not replace:
            return Judged(new={}, conflict=min(others))
        return Judged(new=new, replaced=bool(others))

    def where(self, one: str) -> str:
        """Return where the run of an id is published."""
        return self._marks.get(key_of(one), self._place.location)

    def accept(self, kind: Kind, judged: Judged) -> None:
        """Take versions for published: what comes next is judged against them."""
        self._known[kind] |= {version.key: version for version in judged.new.values()}

    def write(self, history: History, kind: Kind, versions: Mapping[str, Version]) -> int:
        """Publish rows of a history and return how many files that took."""
        if not versions:
            return 0
        days = _days(history, kind, versions)
        counts = {table: _ids_with_rows(history, kind, table) for table in kind.tables}
        data, marks = dict[str, Path](), dict[str, Path]()
        staging = self._place.staging()
        for one, version in versions.items():
            tables = [table for table in kind.tables if one in counts[table]]
            name = single(kind, version, day=days[one], schema=SCHEMA_VERSION, tables=tables)
            history.connection.execute("SET VARIABLE one = $one", {"one": one})
            for table in tables:
                staged = staging / f"{uuid4().hex}.parquet"
                _copy(history, kind, table, staged)
                (marks if table == kind.mark else data)[name.path(table)] = staged
        self._place.put(data)
        self._place.put(marks)
        return len(data) + len(marks)


def decision_contents(history: History) -> dict[str, str]:
    """Return a hash of all that is stored of each decision, by its id."""
    found: dict[str, str] = {}
    for table in DECISIONS.tables:
        rows = history.connection.execute(f"SELECT * FROM {table} ORDER BY ALL").fetchall()
        columns = [column[0] for column in history.connection.description or ()]
        place = columns.index(DECISIONS.key)
        for row in rows:
            told = f"{found.get(row[place], '')}{table}{row!r}"
            found[row[place]] = sha256(told.encode()).hexdigest()
    return found


def run_contents(history: History) -> dict[str, str]:
    """Return the content hash of each run, by its id."""
    rows = history.connection.execute(
        "SELECT run_id, content_sha256 FROM runs ORDER BY started_at, run_id"
    )
    return dict(rows.fetchall())


def copy_to(
    history: History, query: str, staged: Path, *, table: str, told: Mapping[str, str] | None = None
) -> None:
    """Write what a query returns to a Parquet file.

    Args:
        history: Where it is asked.
        query: What is asked.
        staged: The file, which nobody reads yet.
        table: Whose rows they are.
        told: What is said beside the rows.
    """
    rows = TEXTS_ROWS if table in TEXTS else FIGURES_ROWS
    options = f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {rows}"
    if told:
        pairs = ", ".join(f"{quoted(key)}: {quoted(value)}" for key, value in told.items())
        options += f", KV_METADATA {{{pairs}}}"
    history.connection.execute(f"COPY ({query}) TO {quoted(str(staged))} ({options})").fetchall()


def _copy(history: History, kind: Kind, table: str, staged: Path) -> None:
    query = SQL_OF.get(table, f"SELECT * FROM {table} WHERE {kind.key} = getvariable('one')")
    copy_to(history, query, staged, table=table)


def _days(history: History, kind: Kind, versions: Mapping[str, Version]) -> dict[str, str]:
    rows = history.connection.execute(
        f"SELECT {kind.key}, strftime({kind.dated}, '%Y-%m-%d') FROM {kind.mark} "
        f"WHERE list_contains($ids, {kind.key})",
        {"ids": list(versions)},
    )
    return dict(rows.fetchall())


def _ids_with_rows(history: History, kind: Kind, table: str) -> frozenset[str]:
    """Return the ids that have rows in a table."""
    query = RUNS_WITH.get(table, f"SELECT DISTINCT {kind.key} FROM {table}")
    return frozenset(one for (one,) in history.connection.execute(query).fetchall())


def quoted(text: str) -> str:
    """Return a text as SQL holds it, for statements that take no parameters."""
    return "'" + text.replace("'", "''") + "'"
