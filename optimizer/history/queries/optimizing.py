"""Questions on prompts: what optimizations paid for and found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from optimizer.history.queries import rows_of
from optimizer.history.store import History


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """A stored result: its case, who paid for it, and its JSON."""

    case_sha256: str
    optimization_id: str
    body: str


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
