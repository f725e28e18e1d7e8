"""Questions on prompts: what optimizations paid for and found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
