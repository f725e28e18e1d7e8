"""What tests cost, added up as they are run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from optimizer.models.optimization import (
    Case,
    CaseResult,
)
from optimizer.prompts.ports import Executor


class Tally:
    """An executor whose known prices are added up."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self.cost_usd: float | None = None
        self.n_priced = 0

    @property
    def fingerprint(self) -> str:
        """What tells the executor from another."""
        return self._executor.fingerprint

    def run(
        self, prompt: str, cases: Sequence[Case], *, replicate: int
    ) -> Iterator[Sequence[CaseResult]]:
        """Run each case once, as the executor does."""
        for fresh in self._executor.run(prompt, cases, replicate=replicate):
            prices = [one.cost_usd for one in fresh if one.cost_usd is not None]
            if prices:
                self.cost_usd = math.fsum((self.cost_usd or 0.0, *prices))
                self.n_priced += len(prices)
            yield fresh
