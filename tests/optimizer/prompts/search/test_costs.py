from __future__ import annotations

from optimizer.prompts.search.costs import search_costs
from optimizer.prompts.search.settings import SearchSettings


def test_costs_are_those_of_the_prompt_in_use_and_of_each_draft(task) -> None:
    # 12 train + 12 validation; a draft takes 2 + 12; (150 - 24) // 14 = 9
    costs = search_costs(task().split, 150, SearchSettings())
    assert (costs.n_seed, costs.n_draft, costs.n_drafts, costs.warning) == (24, 14, 9, None)


def test_a_budget_for_too_few_drafts_is_warned_of(task) -> None:
    costs = search_costs(task().split, 60, SearchSettings())
    assert costs.warning == "60 tests pay for 2 drafts: 3 take 66"


def test_of_a_large_suite_no_more_is_used_than_the_budget_bears(task) -> None:
    split = task(n_train=300, n_validation=300).split
    assert search_costs(split, 300, SearchSettings()).n_validation == 30
    assert search_costs(split, 100, SearchSettings()).n_validation == 20
