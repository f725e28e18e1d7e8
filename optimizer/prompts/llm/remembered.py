"""Answers that an optimization paid for, given again when it is resumed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from optimizer.history.optimizing import keep_completion, known_completion
from optimizer.models.completions import Answer, Question
from optimizer.prompts.testing.remembering import OpenHistory


class Remembered:
    """Answers from the history; what it lacks is asked, and kept before it is used.

    The history is not kept open while the model thinks.

    Args:
        open_history: Opens the history for writing.
        source: Answers what is not known.
        optimization_id: The optimization that pays.
        now: Returns the time, UTC.
    """

    def __init__(
        self,
        open_history: OpenHistory,
        source: Callable[[Question], Answer],
        *,
        optimization_id: str,
        now: Callable[[], datetime],
    ) -> None:
        self._open = open_history
        self._source = source
        self._optimization_id = optimization_id
        self._now = now
        self.n_recalled = 0

    def __call__(self, question: Question) -> Answer:
        """Return the stored answer, or ask and store."""
        with self._open() as history:
            known = known_completion(
                history, optimization_id=self._optimization_id, question=question
            )
        if known is not None:
            self.n_recalled += 1
            return known
        answer = self._source(question)
        with self._open() as history:
            keep_completion(
                history,
                optimization_id=self._optimization_id,
                question=question,
                answer=answer,
                at=self._now(),
            )
        return answer
