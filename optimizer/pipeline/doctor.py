"""Is the history sound? Facts that must agree, each looked at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from optimizer.history import queries
from optimizer.history.audit import first_broken
from optimizer.history.store import SCHEMA_VERSION, History, open_any_version, schema_version
from optimizer.models.errors import HistoryError


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: What.
        ok: Whether it is as it should be; None where it could not be looked at.
        text: What was found.
        hint: What to do, or None.
    """

    name: str
    ok: bool | None
    text: str
    hint: str | None = None


def examine(store: Path, *, lock_timeout_s: float) -> list[Finding]:
    """Look at a history and return what was found, however broken it is."""
    if not store.exists():
        return [
            Finding(
                name="history",
                ok=None,
                text=f"there is none at {store} yet",
                hint="Store runs with 'optimizer ingest'.",
            )
        ]
    try:
        with open_any_version(store, lock_timeout_s=lock_timeout_s, read_only=True) as history:
            return _examine(history)
    except HistoryError as error:
        return [Finding(name="history", ok=False, text=str(error), hint=error.hint)]


def _examine(history: History) -> list[Finding]:
    version = schema_version(history)
    schema = Finding(
        name="schema version",
        ok=version == SCHEMA_VERSION,
        text=f"found {version}, expected {SCHEMA_VERSION}",
        hint=None if version == SCHEMA_VERSION else "Run 'optimizer store migrate'.",
    )
    if version != SCHEMA_VERSION:
        return [schema]
    counts = queries.counts(history)
    entries = queries.audit(history)
    broken = first_broken(entries)
    return [
        schema,
        _agreement("runs", counts.n_duplicate_runs == 0, f"{counts.n_runs:,} runs, ids unique"),
        _agreement(
            "tasks", counts.n_orphans == 0, f"{counts.n_tasks:,} tasks, each of a stored run"
        ),
        _agreement(
            "reports",
            counts.n_reported_tasks == counts.n_tasks,
            f"reports count {counts.n_reported_tasks:,} tasks of {counts.n_tasks:,}",
        ),
        Finding(
            name="audit log",
            ok=broken is None,
            text=f"{len(entries):,} lines, chain unbroken"
            if broken is None
            else f"line {broken} does not follow from the one before",
        ),
    ]


def _agreement(name: str, ok: bool, text: str) -> Finding:
    hint = None if ok else "Ingest the files again into a new history."
    return Finding(name=name, ok=ok, text=text if ok else f"not so: {text}", hint=hint)
