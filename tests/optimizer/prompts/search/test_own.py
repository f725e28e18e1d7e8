from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.models.optimization import Draft, Searched
from optimizer.prompts.ports import Ask, ExecutorError, ProposerError
from optimizer.prompts.search.base import Progress, SearchTask
from optimizer.prompts.search.own import ClusterSearch
from optimizer.prompts.search.settings import Objective, SearchSettings
from optimizer.prompts.testing.metering import Forgetful

ANY = settings(max_examples=40, deadline=None)


class Saying:
    name = "saying"

    def __init__(self, *texts: str, sources: tuple[str, ...] = ()) -> None:
        self.texts = texts
        self.sources = sources

    def propose(self, ask: Ask) -> Sequence[Draft]:
        return [draft(text, source_case_ids=self.sources) for text in self.texts]


class Failing:
    name = "failing"

    def __init__(self, after: int) -> None:
        self.left = after

    def propose(self, ask: Ask) -> Sequence[Draft]:
        self.left -= 1
        if self.left < 0:
            raise ProposerError("the model's service is down: connection refused")
        return [draft(f"{ask.prompt} alpha{self.left}")]


def draft(text: str, **more: tuple[str, ...]) -> Draft:
    return Draft(text=text, proposer="saying", why="because", **more)


def search(task: SearchTask) -> Searched:
    return ClusterSearch().search(task)


def test_a_cure_for_every_failure_is_found_where_tests_are_exact(task, rule_tests, curing) -> None:
    found = search(task(executor=rule_tests(noise=0), proposers=[curing(skill=1)], budget=250))
    assert found.champion.n_passed == found.champion.n == 12
    assert {"alpha", "beta", "gamma", "delta", "epsilon"} <= set(found.champion.text.split())
    assert found.stopped == "every train and validation case passes with the best prompt"


def test_the_prompt_in_use_is_among_the_candidates(task) -> None:
    found = search(task())
    (seed,) = [one for one in found.candidates if one.draft is None]
    assert seed.text == "Answer {question}."
    assert seed.parent_sha256 is None


@ANY
@given(
    budget=st.integers(1, 200),
    reserve=st.integers(0, 80),
    noise=st.sampled_from([0, 0.1, 0.5]),
    n_validation=st.integers(1, 40),
    seed=st.integers(0, 3),
)
def test_no_test_too_many_is_run_and_none_of_the_holdout(
    task, rule_tests, budget, reserve, noise, n_validation, seed
) -> None:
    executor = rule_tests(noise=noise)
    job = task(
        executor=executor,
        budget=budget,
        reserve=reserve,
        n_validation=n_validation,
        seed=seed,
    )
    search(job)
    assert executor.n_run == job.meter.n_spent <= max(0, budget - reserve)
    assert not [case_id for _, case_id in executor.seen if case_id.startswith("h")]
    assert len(set(executor.seen)) == len(executor.seen)


@ANY
@given(dies_after=st.integers(0, 120), seed=st.integers(0, 5))
def test_a_search_cut_short_anywhere_comes_to_the_same_end_when_resumed(
    task, rule_tests, dies_after, seed
) -> None:
    whole = search(task(budget=120, seed=seed))
    memory, dying = Forgetful(), rule_tests(dies_after=dies_after)
    with suppress(ExecutorError):
        search(task(budget=120, seed=seed, executor=dying, memory=memory))
    again = rule_tests()
    resumed = task(budget=120, seed=seed, executor=again, memory=memory)
    assert search(resumed) == whole
    assert not set(again.seen) & set(dying.seen)


def test_the_same_task_takes_the_same_way_and_another_seed_another(task) -> None:
    assert search(task(seed=1)) == search(task(seed=1))
    assert search(task(seed=1)) != search(task(seed=2))


def test_a_draft_that_is_known_costs_nothing(task, rule_tests) -> None:
    executor = rule_tests()
    found = search(
        task(executor=executor, proposers=[Saying("Answer {question}.", "Answer {question}. x")])
    )
    assert {one.text for one in found.candidates} <= {"Answer {question}.", "Answer {question}. x"}
    assert found.stopped == "nobody proposes anything new"
    tested = [case_id for prompt, case_id in executor.seen if prompt.endswith("x")]
    assert len(tested) == len(set(tested)) <= 24


def test_a_draft_that_the_guard_refuses_is_never_run(task, rule_tests, curing) -> None:
    executor = rule_tests()
    job = task(executor=executor, guard=lambda one, parent: "lost {question}")
    found = search(job)
    assert {prompt for prompt, _ in executor.seen} == {"Answer {question}."}
    assert {one.reason for one in found.refused} == {"lost {question}"}
    assert found.stopped == "nobody proposes anything new"


def test_a_proposer_that_is_down_ends_the_search_with_what_was_found(task) -> None:
    found = search(task(proposers=[Failing(after=2)]))
    assert found.n_rounds == 3
    assert found.stopped == (
        "nothing more could be proposed: the model's service is down: connection refused"
    )
    assert found.candidates


def test_proposers_without_ideas_end_the_search(task) -> None:
    found = search(task(proposers=[Saying()], settings=SearchSettings(max_idle_asks=3)))
    assert found.n_rounds == 3
    assert found.stopped == "nobody proposes anything new"


def test_one_of_two_proposers_goes_on_when_the_other_has_nothing_to_say(task, curing) -> None:
    found = search(task(proposers=[Saying(), curing()], budget=400))
    assert {one.draft.proposer for one in found.candidates if one.draft} == {"curing"}


def test_drafts_that_are_given_are_tested_before_anybody_is_asked(task) -> None:
    given_one = draft("Answer {question}. alpha beta gamma", rules=("R06",))
    found = search(task(drafts=(given_one,), proposers=[]))
    assert [one.draft.rules for one in found.candidates if one.draft] == [("R06",)]
    assert found.n_rounds == 0


def test_a_budget_too_small_for_the_prompt_in_use_says_so(task) -> None:
    found = search(task(budget=50, reserve=40))
    assert found.champion.n == 0
    assert found.stopped == (
        "the budget is spent: 0 of 50 tests, 40 are kept for the confirmation, "
        "and to score a draft takes up to 12"
    )


def test_failures_of_the_service_are_not_counted_against_a_prompt(task, rule_tests) -> None:
    found = search(task(executor=rule_tests(broken=lambda n: n % 10 == 3)))
    assert {one.n for one in found.candidates} <= {10, 11, 12}
    assert min(one.n for one in found.candidates) < 12


def test_a_broken_service_stops_the_search(task, rule_tests) -> None:
    executor = rule_tests(broken=lambda n: n > 40)
    with pytest.raises(ExecutorError, match=r"5 of the last 20 tests failed for reasons other"):
        search(task(executor=executor, settings=SearchSettings(block=1)))
    assert executor.n_run == 45


def test_cases_shown_in_a_prompt_are_no_failures_of_it_nor_of_its_descendants(task, curing) -> None:
    asker = curing()
    job = task(proposers=[asker], drafts=(draft("{question} alpha", source_case_ids=("t1",)),))
    found = search(job)
    of_shown = [one for one in found.candidates if one.draft and "{question} alpha" in one.text]
    assert of_shown
    assert {one.draft.source_case_ids for one in of_shown} == {("t1",)}
    told = [ask for ask in asker.asks if ask.prompt.startswith("{question} alpha")]
    assert told
    assert "t1" not in {
        shown.case.case_id for ask in told for shown in (*ask.failing, *ask.passing)
    }


def test_flaky_cases_are_not_held_up_as_passing(task, curing) -> None:
    asker = curing()
    search(task(proposers=[asker], flaky_ids=frozenset({"t0", "t5", "t10"})))
    passing = {shown.case.case_id for ask in asker.asks for shown in ask.passing}
    assert passing
    assert not passing & {"t0", "t5", "t10"}


def test_a_draft_that_changes_none_of_its_failures_is_not_scored(task, rule_tests) -> None:
    executor = rule_tests(noise=0)
    found = search(task(executor=executor, proposers=[Saying("{question} of no use")]))
    tested = [case_id for prompt, case_id in executor.seen if prompt == "{question} of no use"]
    assert {case_id[0] for case_id in tested} == {"t"}
    assert len(tested) == 2
    assert found.refused[0].reason == "leaves all 2 failures it was tried on as they were"


def test_a_draft_whose_failures_fail_in_another_way_is_scored(task, rule_tests) -> None:
    class Layered(rule_tests):
        def _result(self, prompt, case, replicate):
            result = super()._result(prompt, case, replicate)
            if result.passed and "last" not in prompt:
                return replace(result, status="failed", error_message="the last line is missing")
            return result

    proposers = [Saying("{question} alpha beta gamma delta epsilon")]
    found = search(task(executor=Layered(noise=0), proposers=proposers))
    assert len(found.candidates) == 2


def test_a_large_suite_is_sampled_so_that_drafts_can_be_afforded(task, rule_tests) -> None:
    executor = rule_tests()
    search(task(executor=executor, n_train=200, n_validation=200, budget=300))
    of_seed = [case_id for prompt, case_id in executor.seen if prompt == "Answer {question}."]
    assert len(of_seed) == 60


def test_for_tokens_the_shortest_prompt_that_loses_nothing_is_the_best(task, rule_tests) -> None:
    job = task(
        executor=rule_tests(noise=0),
        drafts=(
            draft("Q {question} beta"),
            draft("Answer now {question} alpha"),
            draft("{question}"),
            draft("Longer than it was before: {question} alpha beta gamma"),
        ),
        proposers=[],
        settings=SearchSettings(objective=Objective.TOKENS),
    )
    job = replace(job, seed_prompt="Please answer {question} alpha")
    found = search(job)
    assert found.champion.text == "Q {question} beta"
    reasons = {one.draft.text: one.reason for one in found.refused}
    assert reasons["Longer than it was before: {question} alpha beta gamma"] == (
        "no shorter than the prompt it was made of"
    )
    assert reasons["{question}"].startswith("given up: it passes 0 of")


def test_whoever_watches_is_told_of_every_step(task) -> None:
    seen: list[Progress] = []
    found = search(task(watch=seen.append))
    assert seen[0].event == "the prompt in use passes 0 of 12 validation cases"
    assert seen[-1].event == f"ended: {found.stopped}"
    assert seen[-1].best_passed == found.champion.n_passed
    assert [one.n_spent for one in seen] == sorted(one.n_spent for one in seen)
