"""Is the history sound? Facts that must agree, each looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from optimizer.decisions.configuration import decoded, sha256_of
from optimizer.history import queries
from optimizer.history.audit import first_broken
from optimizer.history.integrity import altered_files, misshapen_tables, unreadable_tables
from optimizer.history.queries.lifecycle import (
    Misfit,
    config_snapshots,
    damaged_outcomes,
    damaged_rollouts,
    misfits,
)
from optimizer.history.queries.optimizing import (
    PromptMisfit,
    damaged_confirmations,
    damaged_versions,
    prompt_misfits,
)
from optimizer.history.store import SCHEMA_VERSION, History, open_any_version, schema_version
from optimizer.models.errors import HistoryError
from optimizer.models.lifecycle import ConfigSnapshot

RESTORE = (
    "Run 'optimizer store import EXPORT --store NEW' on a backup, or 'optimizer store rebuild' to "
    "make the runs again from their files."
)
SHOWN = 5
"""How many damaged things of one kind are listed."""


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


def examine(
    store: Path, *, lock_timeout_s: float, told: Callable[[int, int], None] | None = None
) -> list[Finding]:
    """Look at a history and return what was found, however broken it is.

    Args:
        store: The history.
        lock_timeout_s: How long to wait while another process writes.
        told: Called with how many tables of how many are read.
    """
    if not store.exists():
        return [
            Finding(
                name="history",
                ok=None,
                text=f"there is none at {store} yet",
                hint="Store the results of this folder with 'optimizer ingest .', or name files.",
            )
        ]
    try:
        with open_any_version(store, lock_timeout_s=lock_timeout_s, read_only=True) as history:
            return _examine(history, told)
    except HistoryError as error:
        return [Finding(name="history", ok=False, text=str(error), hint=error.hint)]


def _examine(history: History, told: Callable[[int, int], None] | None) -> list[Finding]:
    version = schema_version(history)
    schema = Finding(
        name="schema version",
        ok=version == SCHEMA_VERSION,
        text=f"found {version}, expected {SCHEMA_VERSION}",
        hint=None if version == SCHEMA_VERSION else "Run 'optimizer store migrate'.",
    )
    if version != SCHEMA_VERSION:
        return [schema]
    unreadable = [
        Finding(name=f"table {damage.table}", ok=False, text=damage.reason, hint=RESTORE)
        for damage in misshapen_tables(history) or unreadable_tables(history, told=told)
    ]
    if unreadable:
        return [schema, *unreadable, Finding(name="the rest", ok=None, text="not looked at")]
    readable = Finding(name="tables", ok=True, text="every column of every row can be read")
    return [schema, readable, *_contents(history)]


def _contents(history: History) -> list[Finding]:
    """Look at whether what is stored fits together."""
    counts = queries.counts(history)
    entries = queries.audit(history)
    broken = first_broken(entries)
    altered = altered_files(history)
    reported = f"reports count {counts.n_reported_tasks:,} tasks of {counts.n_tasks:,}"
    return [
        _agreement("runs", counts.n_duplicate_runs == 0, f"{counts.n_runs:,} runs, ids unique"),
        _agreement(
            "tasks", counts.n_orphans == 0, f"{counts.n_tasks:,} tasks, each of a stored run"
        ),
        _agreement("reports", counts.n_reported_tasks == counts.n_tasks, reported),
        _check(
            "files",
            "those kept are what was ingested",
            f"not what was ingested: sha256 {_first(altered)}" if altered else None,
        ),
        *_of_decisions(history),
        *_of_prompts(history),
        _check(
            "configurations",
            "each is what was put in force, none is missing",
            _first(_altered(history)),
        ),
        _check(
            "audit log",
            f"{len(entries):,} lines, chain unbroken",
            f"line {broken} does not follow from the one before" if broken else None,
        ),
    ]


def _of_decisions(history: History) -> list[Finding]:
    """Look at decisions, at what became of them, and at experiments."""
    wrong = {
        "decisions": queries.damaged_decisions(history),
        "rollouts": damaged_rollouts(history),
        "outcomes": damaged_outcomes(history),
        "experiments": queries.damaged_experiments(history),
    }
    for one in misfits(history):
        wrong[one.kind].append(_misfit(one))
    return [_check(name, "each can be decoded", _first(texts)) for name, texts in wrong.items()]


def _misfit(one: Misfit) -> str:
    if one.n > 1:
        return f"decision {one.decision_id} is found {one.n} times, expected once"
    return f"decision {one.decision_id} is not stored"


def _of_prompts(history: History) -> list[Finding]:
    """Look at versions of prompts and at the held-out tests they rest on."""
    unfitting = [text for one in prompt_misfits(history) if (text := _prompt_misfit(one))]
    return [
        _check(
            "prompts",
            "each version has its text, one of each prompt is in use",
            _first([*damaged_versions(history), *unfitting]),
        ),
        _check("held-out tests", "each can be decoded", _first(damaged_confirmations(history))),
    ]


def _prompt_misfit(one: PromptMisfit) -> str | None:
    """Say what does not fit, or None where a damaged version says so itself."""
    subject = f"version {one.prompt_id}@{one.version}"
    return {
        "twice": f"{subject} is found {one.n} times, expected once",
        "in_use": f"{one.n} versions of prompt {one.prompt_id} are in use, expected one",
        "no_parent": f"{subject} was made of a version that is not stored",
    }.get(one.kind)


def _altered(history: History) -> list[str]:
    """Return what is wrong with the configurations."""
    by_workflow = groupby(config_snapshots(history, None), attrgetter("workflow_id"))
    return [text for _, of_one in by_workflow for text in _wrong_in(list(of_one))]


def _wrong_in(snapshots: Sequence[ConfigSnapshot]) -> Iterator[str]:
    """Yield what is wrong with the configurations of one workflow."""
    for place, one in enumerate(snapshots):
        subject = f"configuration {one.seq} of {one.workflow_id}"
        if one.seq != place:
            yield f"{subject} is found where configuration {place} is expected"
            return
        if one.sha256 != sha256_of(one.body):
            yield f"{subject} has another hash"
            continue
        try:
            decoded(one.body)
        except HistoryError:
            yield f"{subject} is no JSON object"


def _agreement(name: str, ok: bool, text: str) -> Finding:
    return _check(name, text, None if ok else f"not so: {text}")


def _check(name: str, good: str, bad: str | None) -> Finding:
    """Return what was found: the good, unless there is something bad to say."""
    if bad:
        return Finding(name=name, ok=False, text=bad, hint=RESTORE)
    return Finding(name=name, ok=True, text=good)


def _first(found: Sequence[str]) -> str:
    more = f", and {len(found) - SHOWN:,} more" if len(found) > SHOWN else ""
    return "; ".join(found[:SHOWN]) + more
