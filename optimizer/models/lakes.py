"""What is said of a lake."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StorePublished:
    """What became of a history that was published.

    Attributes:
        lake: Where it was published.
        n_runs: Runs that were published.
        n_decisions: Decisions that were, or that had moved on since.
        n_unchanged: Runs and decisions that the lake had already.
        conflicts: Runs that it has with other content, and that were left alone.
    """

    lake: str
    n_runs: int
    n_decisions: int
    n_unchanged: int
    conflicts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compaction:
    """What a compaction did.

    Attributes:
        lake: What was compacted.
        n_days: Days whose files were merged.
        n_merged: Published files that were merged, counted by their marks.
        n_removed: Files that nobody reads any more and that were removed.
        n_leftovers: Files of publishers that were stopped, removed.
        n_waiting: Published files that are not read any more and stay for who may.
    """

    lake: str
    n_days: int
    n_merged: int
    n_removed: int
    n_leftovers: int
    n_waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LakeStatus:
    """What a lake holds.

    Attributes:
        lake: Its folder, or address.
        n_runs: Runs that are read.
        n_tasks: Their tasks.
        n_decisions: Decisions that are read.
        first_day: The first day of which there are runs, as YYYY-MM-DD; None: of none.
        last_day: The last one.
        n_days: Days of which there are runs.
        n_files: Its files.
        n_bytes: Their size.
        n_mergeable: Days whose files would be merged.
        n_unread: Published files that are not read any more, counted by their marks.
        n_leftovers: Files of publishers that were stopped, or are at work.
        n_other: Files that are not named like those of a lake; nobody reads them.
    """

    lake: str
    n_runs: int
    n_tasks: int
    n_decisions: int
    first_day: str | None
    last_day: str | None
    n_days: int
    n_files: int
    n_bytes: int
    n_mergeable: int
    n_unread: int
    n_leftovers: int
    n_other: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LakeAnswer:
    """The rows that a query returned.

    Attributes:
        columns: Their names, each once.
        types: Their types, as DuckDB calls them.
        rows: Their values; times in ISO 8601 with Z, lists as JSON.
    """

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: tuple[tuple[str | int | float | bool | None, ...], ...]
