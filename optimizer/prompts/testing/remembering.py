"""Results that optimizations paid for, kept in the history the moment they came."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime

from optimizer.history.optimizing import keep_executions, known_executions
from optimizer.history.store import History
from optimizer.models.optimization import Case, CaseResult
from optimizer.prompts.ports import Recalled

OpenHistory = Callable[[], AbstractContextManager[History]]


class HistoryMemory:
    """A memory that outlasts the process.

    The history is opened for each question and closed again, as tests take their time and others
    want to use it meanwhile.

    Args:
        open_history: Opens the history for writing.
        optimization_id: The optimization that pays.
        now: Returns the time, UTC.
    """

    def __init__(
        self, open_history: OpenHistory, *, optimization_id: str, now: Callable[[], datetime]
    ) -> None:
        self._open = open_history
        self._optimization_id = optimization_id
        self._now = now

    def recall(
        self, executor: str, prompt_sha256: str, cases: Sequence[Case], *, replicate: int
    ) -> Mapping[str, Recalled]:
        """Return the results that are known, by case id."""
        with self._open() as history:
            known = known_executions(
                history,
                executor=executor,
                prompt_sha256=prompt_sha256,
                cases=cases,
                replicate=replicate,
            )
        return {
            case_id: Recalled(result=result, paid_here=payer == self._optimization_id)
            for case_id, (result, payer) in known.items()
        }

    def keep(
        self,
        executor: str,
        prompt_sha256: str,
        cases: Sequence[Case],
        results: Sequence[CaseResult],
    ) -> None:
        """Keep results; once this returns they are on the disk."""
        with self._open() as history:
            keep_executions(
                history,
                optimization_id=self._optimization_id,
                executor=executor,
                prompt_sha256=prompt_sha256,
                cases=cases,
                results=results,
                at=self._now(),
            )
