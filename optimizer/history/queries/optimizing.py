"""Questions on prompts: what optimizations paid for and found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from optimizer.history.queries import UNDECODABLE, damaged, dicts_of, faults, rows_of, tuples_of
from optimizer.history.store import History
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import HistoryError
from optimizer.models.names import legible
from optimizer.models.tasks import text_sha256
from optimizer.models.versions import Confirmation, Version, VersionState


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """A stored result: its case, who paid for it, and its JSON."""

    case_sha256: str
    optimization_id: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptMisfit:
    """What does not fit together among the versions of a prompt.

    Attributes:
        kind: `twice`, `in_use`, `no_parent` or `no_text`.
        prompt_id: The prompt.
        version: The version, or None where the prompt as a whole is meant.
        n: How often it is found.
    """

    kind: str
    prompt_id: str
    version: str | None
    n: int


def prompt_versions(history: History, *, prompt_id: str | None = None) -> list[Version]:
    """Return the versions of a prompt, or of all, in the order of their making.

    Raises:
        HistoryError: One cannot be read, or its text is not what was stored.
    """
    return [_version(row) for row in dicts_of(history, "prompt_versions", prompt_id=prompt_id)]


def confirmations(
    history: History, *, prompt_id: str | None = None, holdout_sha256: str | None = None
) -> list[Confirmation]:
    """Return the looks at held-out cases, the oldest first.

    Raises:
        HistoryError: One cannot be read.
    """
    rows = tuples_of(history, "confirmations", prompt_id=prompt_id, holdout_sha256=holdout_sha256)
    return [_confirmation(row) for row in rows]


def damaged_versions(history: History) -> list[str]:
    """Return what is wrong with those versions of prompts that cannot be read."""
    return faults(_version, dicts_of(history, "prompt_versions", prompt_id=None))


def damaged_confirmations(history: History) -> list[str]:
    """Return what is wrong with those looks at held-out cases that cannot be read."""
    rows = tuples_of(history, "confirmations", prompt_id=None, holdout_sha256=None)
    return faults(_confirmation, rows)


def prompt_text(history: History, prompt_sha256: str) -> str | None:
    """Return the text of a prompt, or None where it is not stored."""
    rows = tuples_of(history, "prompt_text", prompt_sha256=prompt_sha256)
    return rows[0][0] if rows else None


def prompt_misfits(history: History) -> list[PromptMisfit]:
    """Return what does not fit together among the versions of prompts."""
    return rows_of(PromptMisfit, history, "prompt_misfits")


def executions(
    history: History,
    *,
    executor_sha256: str,
    prompt_sha256: str,
    replicate: int,
    case_sha256s: Sequence[str],
) -> list[Execution]:
    """Return the results of an executor with a prompt, the oldest first."""
    return rows_of(
        Execution,
        history,
        "executions",
        executor_sha256=executor_sha256,
        prompt_sha256=prompt_sha256,
        replicate=replicate,
        case_sha256s=list(case_sha256s),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """A stored answer of a language model: its JSON."""

    body: str


def completions(
    history: History, *, optimization_id: str, request_sha256: str, occurrence: int
) -> list[Completion]:
    """Return the answers to a question of an optimization, the oldest first."""
    return rows_of(
        Completion,
        history,
        "completions",
        optimization_id=optimization_id,
        request_sha256=request_sha256,
        occurrence=occurrence,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOptimization:
    """An optimization that is stored, and its JSON."""

    optimization_id: str
    prompt_id: str
    status: str
    budget: int
    n_spent: int
    started_at: datetime
    changed_at: datetime
    body: str


def optimization(history: History, *, optimization_id: str) -> StoredOptimization | None:
    """Return an optimization, or None where there is none of that name."""
    found = rows_of(StoredOptimization, history, "optimizations", optimization_id=optimization_id)
    return found[0] if found else None


def _version(row: dict[str, Any]) -> Version:
    subject = f"version {legible(row['prompt_id'])}@{row['version']}"
    if row["text"] is None:
        raise HistoryError(f"{subject}: its text is not stored")
    if text_sha256(row["text"]) != row["prompt_sha256"]:
        raise HistoryError(f"{subject}: its text is not what was stored")
    try:
        found = msgspec.json.decode(row["body"], type=Version)
        state = VersionState(row["state"])
    except (*UNDECODABLE, ValueError) as error:
        raise damaged(subject, error) from error
    return replace(found, text=row["text"], state=state, changed_at=row["changed_at"])


def _confirmation(row: tuple[str, str]) -> Confirmation:
    optimization_id, body = row
    try:
        return msgspec.json.decode(body, type=Confirmation)
    except UNDECODABLE as error:
        raise damaged(f"held-out tests of optimization {optimization_id}", error) from error
