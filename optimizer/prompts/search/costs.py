"""What a search will cost, told before anything is spent."""

from __future__ import annotations

from optimizer.models.dataclass import dataclass
from optimizer.models.optimization import Split
from optimizer.prompts.search.scoring import affordable
from optimizer.prompts.search.settings import SearchSettings

ENOUGH_DRAFTS = 3
"""Fewer drafts than that are no search."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchCosts:
    """Tests that a search takes.

    Attributes:
        n_validation: Validation cases it uses; fewer than there are where the budget is small.
        n_train: Train cases it uses.
        n_draft: What a draft costs that goes through to the end.
        n_drafts: How many such drafts the budget pays for; most end earlier.
        warning: What is wrong with the budget, or None.
    """

    n_validation: int
    n_train: int
    n_draft: int
    n_drafts: int
    warning: str | None

    @property
    def n_seed(self) -> int:
        """What the prompt in use costs."""
        return self.n_validation + self.n_train


def search_costs(split: Split, budget: int, settings: SearchSettings) -> SearchCosts:
    """Return what a search takes of a budget that leaves out the confirmation."""
    n_validation = len(affordable(split.validation, budget, settings))
    n_train = len(affordable(split.train, budget, settings))
    n_draft = settings.gate_cases + n_validation
    n_drafts = max(0, budget - n_train - n_validation) // n_draft if n_draft else 0
    needed = n_train + n_validation + ENOUGH_DRAFTS * n_draft
    warning = (
        f"{budget} tests pay for {n_drafts} drafts: {ENOUGH_DRAFTS} take {needed}"
        if n_drafts < ENOUGH_DRAFTS
        else None
    )
    return SearchCosts(
        n_validation=n_validation,
        n_train=n_train,
        n_draft=n_draft,
        n_drafts=n_drafts,
        warning=warning,
    )
