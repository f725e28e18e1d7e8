"""Answers that an optimization paid for, given again when it is resumed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from optimizer.history import optimizing
from optimizer.history.store import History
from optimizer.models.completions import Answer, Question


class Remembered:
    """Answers from the history; what it lacks is asked, and kept before it is used."""

    def __init__(
        self,
        history: History,
        source: Callable[[Question], Answer],
        *,
        optimization_id: str,
        at: datetime,
    ) -> None:
        self._history = history
        self._source = source
        self._optimization_id = optimization_id
        self._at = at

    def __call__(self, question: Question) -> Answer:
        """Return the stored answer, or ask and store."""
        known = optimizing.known_completion(
            self._history, optimization_id=self._optimization_id, question=question
        )
        if known is not None:
            return known
        answer = self._source(question)
        optimizing.keep_completion(
            self._history,
            optimization_id=self._optimization_id,
            question=question,
            answer=answer,
            at=self._at,
        )
        return answer
