"""What the names of a lake's files tell, and which of them are to be read.

A name says whose rows a file holds, of what content, and in which tables there are files of it, so
that a listing of the marks is enough to know what is to be read. It is the same in every table:

    TABLE/day=YYYY-MM-DD/KEY-CONTENT-vSCHEMA-TABLES[-TIME].parquet
    TABLE/day=YYYY-MM-DD/compacted-VERSIONS-vSCHEMA-TABLES.parquet

`KEY` is a hash of the run's id, `CONTENT` of what it holds, `TABLES` the tables in hexadecimal, the
first the lowest bit. `TIME` is there where the run replaces another of its id.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

ENDING = ".parquet"
COMPACTED = "compacted"
STAGING = "_staging"

TIME = "%Y%m%dT%H%M%S%fZ"
NAME = re.compile(
    r"(?P<key>[0-9a-f]{20}|compacted)-(?P<content>[0-9a-f]{16})"
    r"-v(?P<schema>\d+)-(?P<tables>[0-9a-f]+)(?:-(?P<time>\d{8}T\d{12}Z))?"
)
PLACE = re.compile(r"(?P<table>\w+)/day=(?P<day>\d{4}-\d\d-\d\d)/(?P<name>[^/]+)\.parquet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What is published as one: a row of the table of marks, and what belongs to it elsewhere.

    Attributes:
        mark: The table whose file is written last.
        key: The column that tells whose a row is.
        dated: The column of the mark that tells the day, in UTC.
        content: The column of the mark that tells the content apart; None: all rows do.
        satellites: The other tables; their order is part of the names, so new ones come last.
    """

    mark: str
    key: str
    dated: str
    content: str | None
    satellites: tuple[str, ...]

    @property
    def tables(self) -> tuple[str, ...]:
        """All its tables, the mark first."""
        return (self.mark, *self.satellites)


RUNS = Kind(
    mark="runs",
    key="run_id",
    dated="started_at",
    content="content_sha256",
    satellites=(
        "tasks",
        "task_texts",
        "long_texts",
        "task_origins",
        "task_scores",
        "reports",
        "variants",
        "prompts",
        "sources",
    ),
)
DECISIONS = Kind(
    mark="decisions",
    key="decision_id",
    dated="decided_at",
    content=None,
    satellites=("strategy_answers", "outcomes", "rollouts"),
)
KINDS = (RUNS, DECISIONS)

SHARED: Mapping[str, str] = {
    "variants": "variant_id",
    "prompts": "prompt_sha256",
    "sources": "source_sha256",
}
"""Tables whose rows several runs name, by the column that tells them apart."""


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """One content of a run, or of a decision. The greatest of a key is the one in force.

    Attributes:
        replaced_at: When it replaced another, as in names; empty: it did not.
        content: Hash of its content.
        key: Hash of its id.
    """

    replaced_at: str
    content: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """The name of a file, taken apart.

    Attributes:
        text: As it is, without ending.
        day: Of its folder, as YYYY-MM-DD.
        version: What it holds; None of a compacted file, which holds several.
        schema: Version of the schema it was written with.
        tables: The tables that have a file of this name.
    """

    text: str
    day: str
    version: Version | None
    schema: int
    tables: frozenset[str]

    def path(self, table: str) -> str:
        """Return where its file of a table is, inside the lake."""
        return f"{table}/day={self.day}/{self.text}{ENDING}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A committed file and what is in it.

    Attributes:
        name: Its name.
        ids: The id of each version in it; of a file that holds one it is not looked up.
    """

    name: Name
    ids: Mapping[Version, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visible:
    """A file that is read, and what is left out of it.

    Attributes:
        name: Its name.
        without: Ids whose rows are read elsewhere, or were replaced.
    """

    name: Name
    without: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """What is read of the marks of a lake.

    Attributes:
        visible: The files that are read, by day and name.
        in_force: The mark that each key is read from, and its version there.
    """

    visible: tuple[Visible, ...]
    in_force: Mapping[str, tuple[Version, Mark]]


def resolve(marks: Iterable[Mark]) -> Resolved:
    """Choose for every run the version in force, and one file to read it from.

    Whatever was published, replaced or compacted at the same moment: no row is read twice.
    """
    marks = list(marks)
    newest: dict[str, Version] = {}
    for mark in marks:
        for version in mark.ids:
            newest[version.key] = max(version, newest.get(version.key, version))
    in_force = set(newest.values())
    chosen: dict[str, tuple[Version, Mark]] = {}
    for mark in sorted(marks, key=lambda mark: _preference(mark, in_force)):
        chosen |= {version.key: (version, mark) for version in in_force & mark.ids.keys()}
    read = defaultdict[int, set[Version]](set)
    for version, mark in chosen.values():
        read[id(mark)].add(version)
    visible = (
        Visible(name=mark.name, without=_left_out(mark, read[id(mark)]))
        for mark in marks
        if read[id(mark)]
    )
    ordered = tuple(sorted(visible, key=lambda one: (one.name.day, one.name.text)))
    return Resolved(visible=ordered, in_force=chosen)


def _preference(mark: Mark, in_force: set[Version]) -> tuple[bool, int, bool, str, str]:
    """Put last what is read first: files of nothing old, that hold the most, compacted ones."""
    is_clean = in_force.issuperset(mark.ids)
    name = mark.name
    return is_clean, len(mark.ids), name.version is None, name.day, name.text


def _left_out(mark: Mark, read: set[Version]) -> tuple[str, ...]:
    return tuple(sorted(i for v, i in mark.ids.items() if v not in read and i is not None))


def key_of(one: str) -> str:
    """Return what stands for an id in names."""
    return sha256(one.encode()).hexdigest()[:20]


def content_of(content: str) -> str:
    """Return what stands for a content in names."""
    return sha256(content.encode()).hexdigest()[:16]


def single(kind: Kind, version: Version, *, day: str, schema: int, tables: Iterable[str]) -> Name:
    """Return the name of the files that hold one version."""
    text = f"{version.key}-{version.content}-v{schema}-{_bits(kind, tables)}"
    return Name(
        text=f"{text}-{version.replaced_at}" if version.replaced_at else text,
        day=day,
        version=version,
        schema=schema,
        tables=frozenset(tables),
    )


def compacted(
    kind: Kind, versions: Iterable[Version], *, day: str, schema: int, tables: Iterable[str]
) -> Name:
    """Return the name of the files that hold several versions; the same for the same ones."""
    told = content_of(",".join(f"{v.key}-{v.content}-{v.replaced_at}" for v in sorted(versions)))
    return Name(
        text=f"{COMPACTED}-{told}-v{schema}-{_bits(kind, tables)}",
        day=day,
        version=None,
        schema=schema,
        tables=frozenset(tables),
    )


def parsed(kind: Kind, path: str) -> Name | None:
    """Take the place of a file inside a lake apart; None where it is not named like one."""
    place = PLACE.fullmatch(path)
    found = NAME.fullmatch(place["name"]) if place else None
    if place is None or found is None:
        return None
    bits = int(found["tables"], 16)
    is_single = found["key"] != COMPACTED
    return Name(
        text=place["name"],
        day=place["day"],
        version=Version(found["time"] or "", found["content"], found["key"]) if is_single else None,
        schema=int(found["schema"]),
        tables=frozenset(t for bit, t in enumerate(kind.tables) if bits >> bit & 1),
    )


def replacing(old: Version, content: str, now: datetime) -> Version:
    """Return the version that takes the place of another, whatever the clocks say."""
    at = now.astimezone(UTC)
    if old.replaced_at:
        seen = datetime.strptime(old.replaced_at, TIME).replace(tzinfo=UTC)
        at = max(at, seen + timedelta(microseconds=1))
    return Version(at.strftime(TIME), content, old.key)


def _bits(kind: Kind, tables: Iterable[str]) -> str:
    return f"{sum(1 << kind.tables.index(table) for table in set(tables)):x}"
