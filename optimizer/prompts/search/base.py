"""What an engine is given, what it reports on the way, and what it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Protocol

from optimizer.models.dataclass import dataclass
from optimizer.models.optimization import Draft, Searched, Split
from optimizer.prompts.ports import Guard, Proposer
from optimizer.prompts.search.settings import SearchSettings
from optimizer.prompts.testing.metering import Meter


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a search is.

    Attributes:
        round: How often something was proposed so far.
        n_spent: Tests paid for so far.
        budget: Tests that may be paid for.
        best_passed: Validation cases that the best prompt so far passes.
        best_n: Validation cases it was tested on; 0 before the first.
        event: What just happened, in a sentence.
    """

    round: int
    n_spent: int
    budget: int
    best_passed: int
    best_n: int
    event: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchTask:
    """What to search.

    Attributes:
        seed_prompt: The prompt in use, which the search begins with.
        split: Cases; an engine runs those of train and validation and never those of the holdout.
        proposers: Whom to ask, at least one or a draft.
        guard: Says why a draft may not be tested.
        meter: Runs the tests within the budget.
        drafts: Texts that are tested before anybody is asked: of rules, or the user's own.
        settings: Of the search.
        seed: Decides everything random.
        reserve: Tests to leave unspent, for the confirmation.
        flaky_ids: Cases that passed and failed with one and the same prompt: never held up as
            examples of what works.
        watch: Told of every event, or None.
    """

    seed_prompt: str
    split: Split
    proposers: tuple[Proposer, ...]
    guard: Guard
    meter: Meter
    drafts: tuple[Draft, ...] = ()
    settings: SearchSettings = field(default_factory=SearchSettings)
    seed: int = 0
    reserve: int = 0
    flaky_ids: frozenset[str] = frozenset()
    watch: Callable[[Progress], None] | None = None


class Engine(Protocol):
    """Searches for a better prompt within a budget of tests."""

    @property
    def name(self) -> str:
        """Return what it is called in a version's history: `own` or `gepa`."""
        ...

    def search(self, task: SearchTask) -> Searched:
        """Return every prompt that was tested on validation, the best first.

        A spent budget, proposers without ideas and a proposer that cannot go on end a search with
        what it found; `Searched.stopped` says which. The same task over the same results takes
        the same way, so a search that was cut short is resumed by running it again.

        Raises:
            ExecutorError: The tests could not be run, or too many failed for other reasons than
                the prompt.
        """
        ...
