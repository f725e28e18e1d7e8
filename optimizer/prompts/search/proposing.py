"""Who is asked for drafts: everybody once, then whoever was of use more often."""

from __future__ import annotations

import random
from collections.abc import Sequence

from optimizer.models.dataclass import dataclass
from optimizer.prompts.ports import Proposer


@dataclass(slots=True, kw_only=True)
class Seat:
    """A proposer and how it has done.

    Attributes:
        proposer: The proposer.
        n_asked: How often it was asked.
        n_better: How often a draft of it became the best prompt.
        n_idle: How often in a row there was nothing to test in what it gave.
    """

    proposer: Proposer
    n_asked: int = 0
    n_better: int = 0
    n_idle: int = 0

    def note(self, *, n_tested: int, is_better: bool) -> None:
        """Take down what came of asking."""
        self.n_asked += 1
        self.n_better += is_better
        self.n_idle = 0 if n_tested else self.n_idle + 1

    @property
    def weight(self) -> float:
        """How often it was of use, as if it had been once in two asks before."""
        return (self.n_better + 1) / (self.n_asked + 2)


class Panel:
    """The proposers of a search."""

    def __init__(
        self, proposers: Sequence[Proposer], *, max_idle_asks: int, chance: random.Random
    ) -> None:
        self._seats = [Seat(proposer=proposer) for proposer in proposers]
        self._max_idle_asks = max_idle_asks
        self._random = chance

    def next(self) -> Seat | None:
        """Return whom to ask, or None where nobody has anything new to say."""
        seats = [seat for seat in self._seats if seat.n_idle < self._max_idle_asks]
        unasked = [seat for seat in seats if not seat.n_asked]
        if unasked or not seats:
            return unasked[0] if unasked else None
        return self._random.choices(seats, [seat.weight for seat in seats])[0]
