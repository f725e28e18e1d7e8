from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from optimizer.experiments.settings import ComparisonSettings
from optimizer.history.optimizing import keep_executions
from optimizer.history.queries.optimizing import confirmations, prompt_versions
from optimizer.history.settings import StoreSettings
from optimizer.history.store import History, temporary_history
from optimizer.models.contract import OptimizationStrategy
from optimizer.models.optimization import Case, CaseResult, Draft
from optimizer.models.optimization_question import OptimizationQuestion
from optimizer.models.optimization_run import OptimizationRun, OptimizationStatus
from optimizer.models.tasks import text_sha256
from optimizer.models.transform_settings import TransformSettings
from optimizer.models.versions import Confirmation, Lineage, VersionState
from optimizer.pipeline.lifecycle import Who
from optimizer.pipeline.optimizing import is_under_way, optimize, planned
from optimizer.pipeline.optimizing_tools import Rules, Tools
from optimizer.pipeline.prompt_versions import Made, record_made, register
from optimizer.prompts.extract import find_sites
from optimizer.prompts.ports import Ask, Executor, ExecutorError, ProposerError
from optimizer.prompts.runner.settings import RunnerSettings
from optimizer.prompts.search.own import ClusterSearch
from optimizer.prompts.search.settings import ChoosingSettings, FewShotSettings, SearchSettings
from optimizer.prompts.search.splitting import split
from optimizer.prompts.settings import OptimizeSettings
from optimizer.prompts.testing.asking import Asking, Waits
from optimizer.prompts.versions.confirming import FIRST_REPLICATE
from optimizer.scoring_rules import ScoringSettings

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ANN = Who(actor="ann", why="", at=NOW)
OLD = "Say how the writer feels.\n\nReview: {review}\nMood:\n"
BETTER = "Answer with one word, good or bad.\n\nReview: {review}\nMood:\n"
BEST = "Answer with one word in lower case, good or bad.\n\nReview: {review}\nMood:\n"
ID = "mood.txt"
SUITE = tuple(
    Case(
        case_id=f"c{i}",
        body=json.dumps({"case_id": f"c{i}", "review": f"Review {i}.", "expected": "good"}),
    )
    for i in range(24)
)
Judge = Callable[[str, Case, int], bool]


def by_words(prompt: str, case: Case, replicate: int) -> bool:
    return "one word" in prompt


def by_coin(prompt: str, case: Case, replicate: int) -> bool:
    told = f"{prompt}|{case.case_id}|{replicate}"
    return hashlib.sha256(told.encode()).digest()[0] % 2 == 0


@dataclass
class Suite:
    judge: Judge = by_words
    fingerprint: str = "in memory"
    breaks_after: int | None = None
    ran: list[tuple[str, str, int]] = field(default_factory=list)

    def run(
        self, prompt: str, cases: Sequence[Case], *, replicate: int
    ) -> Iterator[Sequence[CaseResult]]:
        left = len(cases) if self.breaks_after is None else self.breaks_after - len(self.ran)
        self.ran += [(prompt, case.case_id, replicate) for case in cases[:left]]
        yield [result(self.judge, prompt, case, replicate) for case in cases[:left]]
        if left < len(cases):
            raise ExecutorError("the service is down")


def result(judge: Judge, prompt: str, case: Case, replicate: int) -> CaseResult:
    passed = judge(prompt, case, replicate)
    return CaseResult(
        case_id=case.case_id,
        replicate=replicate,
        status="succeeded" if passed else "failed",
        error_message=None if passed else "found no label in the answer",
        failure_kind=None if passed else "validation",
        outputs=json.dumps(text_sha256(prompt + case.body)),
    )


class Dear(Suite):
    def run(
        self, prompt: str, cases: Sequence[Case], *, replicate: int
    ) -> Iterator[Sequence[CaseResult]]:
        for fresh in super().run(prompt, cases, replicate=replicate):
            yield [replace(one, cost_usd=0.5) for one in fresh]


class Dead:
    name = "llm"

    def propose(self, ask: Ask) -> Sequence[Draft]:
        raise ProposerError("llm: no answer")


class Alive:
    name = "llm"

    def propose(self, ask: Ask) -> Sequence[Draft]:
        return (own(BEST),)


@pytest.fixture
def history() -> Iterator[History]:
    with temporary_history(NOW) as opened:
        yield opened


def own(text: str) -> Draft:
    return Draft(text=text, proposer="user", why="a prompt of my own")


def question(*texts: str, text: str = OLD, **more: Any) -> OptimizationQuestion:
    facts: dict[str, Any] = {
        "site": find_sites(ID, text.encode()).sites[0],
        "cases": SUITE,
        "workflow_id": "mood",
        "strategy": OptimizationStrategy.STRUCTURE_FOCUS,
        "engine": "own",
        "seed": 0,
        "holdout": 0.3,
        "replicates": 1,
        "drafts": tuple(map(own, texts)),
    }
    return OptimizationQuestion(**(facts | more))


def rules(**optimize_settings: Any) -> Rules:
    return Rules(
        optimize=OptimizeSettings(**({"budget": 90, "confirmation_block": 20} | optimize_settings)),
        runner=RunnerSettings(repeated_cases=4),
        search=SearchSettings(block=20),
        choosing=ChoosingSettings(),
        few_shot=FewShotSettings(max_sets=1),
        transforms=TransformSettings(),
        scoring=ScoringSettings(),
        comparison=ComparisonSettings(),
        store=StoreSettings(),
    )


def tools(history: History, executor: Executor | None, model: Any = None) -> Tools:
    return Tools(
        executor=executor,
        whole_suite=False,
        engine=ClusterSearch(),
        model=None if model is None else lambda strategy: model,
        model_name="" if model is None else "small-1",
        model_use=lambda: None,
        cassette_sha256=lambda: None,
        open_history=opened_once(history),
        files=None,
        who=ANN,
        now=lambda: NOW,
    )


def opened_once(history: History) -> Callable[[], AbstractContextManager[History]]:
    """Open a history as a file is opened: not by two at a time."""
    is_open = False

    @contextmanager
    def opened() -> Iterator[History]:
        nonlocal is_open
        assert not is_open
        is_open = True
        try:
            yield history
        finally:
            is_open = False

    return opened


def ids(cases: Sequence[Case]) -> set[str]:
    return {case.case_id for case in cases}


def parts_of(run: OptimizationRun) -> dict[str, set[str]]:
    assert run.split is not None
    return {name: ids(getattr(run.split, name)) for name in ("train", "validation", "holdout")}


def look_of(run: OptimizationRun) -> Confirmation:
    assert run.held_out is not None
    return run.held_out.confirmation


def test_held_out_cases_are_run_by_the_confirmation_alone_once_with_each_prompt(
    history: History,
) -> None:
    suite = Suite()
    run = optimize(question(BETTER), tools(history, suite), rules())
    assert look_of(run).verdict == "improved"
    searching = [one for one in suite.ran if one[2] < FIRST_REPLICATE]
    confirming = [one for one in suite.ran if one[2] >= FIRST_REPLICATE]
    held_out = parts_of(run)["holdout"]
    assert not held_out & {case_id for _, case_id, _ in searching}
    assert sorted((prompt, case_id) for prompt, case_id, _ in confirming) == sorted(
        (prompt, case_id) for prompt in (OLD, BETTER) for case_id in held_out
    )
    assert suite.ran[-len(confirming) :] == confirming


def test_what_a_better_prompt_changes_is_told_word_by_word(history: History) -> None:
    run = optimize(question(BETTER), tools(history, Suite()), rules())
    (rewriting,) = run.rewritings
    kept = [(piece.kind, piece.text) for piece in rewriting.pieces]
    assert "".join(text for kind, text in kept if kind != "added") == OLD
    assert "".join(text for kind, text in kept if kind != "removed") == BETTER
    assert rewriting.sha256 == text_sha256(BETTER) == run.versions[0].prompt_sha256


@pytest.mark.parametrize("budget", [1, 20, 35, 50, 80, 200])
def test_the_budget_is_never_overdrawn(history: History, budget: int) -> None:
    suite = Suite(judge=by_coin)
    run = optimize(question(BETTER, BEST), tools(history, suite), rules(budget=budget))
    assert len(suite.ran) == run.n_spent == run.n_executed <= budget
    assert (run.searched is None) == (run.status is OptimizationStatus.STOPPED)


def test_too_small_a_budget_is_told_by_the_plan_before_anything_is_run(history: History) -> None:
    plan = planned(question(BETTER), rules(budget=20), whole_suite=False)
    assert (plan.status, plan.n_spent) == (OptimizationStatus.PLANNED, 0)
    assert "budget too small for a single round: 20 of" in plan.warnings[0]
    assert prompt_versions(history) == []


def test_a_second_look_at_the_same_held_out_cases_spends_half_as_much_alpha(
    history: History,
) -> None:
    first = optimize(question(BETTER), tools(history, Suite()), rules())
    second = optimize(question(BEST, seed=1), tools(history, Suite()), rules(seed=1))
    assert parts_of(first)["holdout"] == parts_of(second)["holdout"]
    looks = [look_of(run) for run in (first, second)]
    assert [(look.seq, look.alpha) for look in looks] == [(1, 0.05), (2, 0.025)]


def test_a_champion_that_was_looked_at_gets_no_second_look(history: History) -> None:
    first = optimize(question(BETTER), tools(history, Suite()), rules())
    suite = Suite()
    again = optimize(question(BETTER, seed=1), tools(history, suite), rules(seed=1))
    assert look_of(again) == look_of(first)
    assert again.versions == first.versions
    assert all(replicate < FIRST_REPLICATE for _, _, replicate in suite.ran)
    assert len(confirmations(history)) == 1


def test_a_larger_budget_keeps_what_was_confirmed_and_counts_its_tests(history: History) -> None:
    first = optimize(question(BETTER), tools(history, Suite()), rules())
    suite = Suite()
    again = optimize(question(BETTER), tools(history, suite), rules(budget=100))
    assert look_of(again).champion_sha256 == look_of(first).champion_sha256
    assert again.versions == first.versions
    assert first.n_spent <= again.n_spent <= 100
    assert len(confirmations(history)) == 1


def test_what_was_confirmed_before_is_put_in_force_without_another_test(history: History) -> None:
    first = optimize(question(BETTER), tools(history, Suite()), rules())
    again = optimize(question(BETTER), tools(history, suite := Suite()), rules(), promote_it=True)
    assert (first.promoted, again.promoted, suite.ran) == (False, True, [])
    assert again.versions[0].state is VersionState.IN_FORCE
    assert prompt_versions(history, prompt_id=ID)[-1] == again.versions[0]


def test_the_same_text_is_no_better_prompt_and_costs_no_held_out_test(history: History) -> None:
    suite = Suite(judge=lambda prompt, case, replicate: int(case.case_id[1:]) % 2 == 0)
    run = optimize(question(OLD), tools(history, suite), rules())
    assert (run.held_out, run.versions, run.rewritings) == (None, (), ())
    assert str(run.why_not_confirmed).startswith("no ")
    assert max(replicate for _, _, replicate in suite.ran) < FIRST_REPLICATE


def test_tests_that_toss_a_coin_confirm_nothing() -> None:
    n_looks = n_promoted = 0
    for seed in range(20):
        with temporary_history(NOW) as history:
            suite = Suite(judge=by_coin, fingerprint=f"coin {seed}")
            asked = question(f"{BETTER}{seed}\n", f"{BEST}{seed}\n", seed=seed)
            run = optimize(asked, tools(history, suite), rules(seed=seed), promote_it=True)
            n_looks += run.held_out is not None
            n_promoted += run.promoted
            assert {one.state for one in prompt_versions(history)} <= {
                VersionState.BASELINE,
                VersionState.REFUSED,
            }
    assert n_looks >= 10
    assert n_promoted == 0


def test_cases_that_the_prompt_in_force_shows_are_never_held_out(history: History) -> None:
    shown = ids(split(SUITE, settings=OptimizeSettings()).holdout)
    site = question().site
    register(history, site, ANN, rules=rules().thresholds)
    look = replace(
        look_of(optimize(question(BETTER), tools(history, Suite()), rules())),
        optimization_id="few shot",
        champion_sha256=text_sha256(BEST),
    )
    made = Made(
        text=BEST,
        lineage=Lineage(source_case_ids=tuple(sorted(shown))),
        optimization_id="few shot",
        confirmation=look,
    )
    record_made(history, ID, made, ANN, rules=rules().thresholds)
    suite = Suite(judge=lambda prompt, case, replicate: "two words" in prompt)
    better = BEST.replace("one word", "two words")
    run = optimize(question(better, text=BEST), tools(history, suite), rules())
    assert shown <= parts_of(run)["train"]
    assert look_of(run).is_better


def test_a_model_that_is_down_ends_the_search_with_what_was_found(history: History) -> None:
    asked = question(strategy=OptimizationStrategy.LLM_GUIDED)
    run = optimize(asked, tools(history, Suite(), Dead()), rules())
    assert run.searched is not None
    assert (run.status, run.searched.is_cut_short) == (OptimizationStatus.STOPPED, True)
    assert run.stopped == "nothing more could be proposed: llm: no answer"
    assert [one.text for one in run.searched.candidates] == [OLD]


def test_a_search_that_a_dead_model_ended_goes_on_when_it_lives_again(history: History) -> None:
    asked = question(strategy=OptimizationStrategy.LLM_GUIDED)
    dead = optimize(asked, tools(history, Suite(), Dead()), rules())
    alive = tools(history, suite := Suite(), Alive())
    assert is_under_way(asked, alive)
    run = optimize(asked, alive, rules())
    assert run.versions[0].text == BEST
    assert run.n_spent == dead.n_spent + len(suite.ran)


def test_a_champion_found_before_the_model_died_is_confirmed(history: History) -> None:
    asked = question(BETTER, strategy=OptimizationStrategy.LLM_GUIDED)
    run = optimize(asked, tools(history, Suite(judge=fails_one), Dead()), rules())
    assert run.searched is not None
    assert run.searched.is_cut_short
    assert (run.status, look_of(run).verdict) == (OptimizationStatus.FINISHED, "improved")


def fails_one(prompt: str, case: Case, replicate: int) -> bool:
    train = split(SUITE, settings=OptimizeSettings()).train
    return "one word" in prompt and case.case_id != train[0].case_id


@pytest.mark.parametrize("breaks_after", [0, 5, 25, 45])
def test_an_optimization_that_broke_off_goes_on_and_ends_as_if_it_had_not(
    history: History, breaks_after: int
) -> None:
    with temporary_history(NOW) as other:
        whole = optimize(question(BETTER), tools(other, Suite()), rules())
    broken = Suite(breaks_after=breaks_after)
    with pytest.raises(ExecutorError, match="down"):
        optimize(question(BETTER), tools(history, broken), rules())
    run = optimize(question(BETTER), tools(history, rest := Suite()), rules())
    assert len(broken.ran) + len(rest.ran) == run.n_spent == whole.n_spent
    assert not set(broken.ran) & set(rest.ran)
    assert (run.held_out, run.searched) == (whole.held_out, whole.searched)


def test_tests_that_others_run_lead_to_the_same_end(history: History) -> None:
    with temporary_history(NOW) as other:
        here = optimize(question(BETTER), tools(other, Suite()), rules())
    spent = []
    while isinstance(run := advanced(history), Waits):
        assert run.run.status is OptimizationStatus.WAITING
        spent.append(run.run.n_spent)
        answer(history, run)
    assert spent == sorted(set(spent))
    assert run.n_spent == here.n_spent
    assert run.searched == here.searched
    assert look_of(run).n_champion_passed == look_of(here).n_champion_passed
    assert run.versions[0].text == here.versions[0].text


def advanced(history: History) -> OptimizationRun | Waits:
    elsewhere = tools(history, Asking(fingerprint="elsewhere: desk"))
    try:
        return optimize(question(BETTER), elsewhere, rules())
    except Waits as waits:
        return waits


def answer(history: History, waits: Waits) -> None:
    wanted = waits.wanted
    keep_executions(
        history,
        optimization_id=waits.run.optimization_id,
        executor="elsewhere: desk",
        prompt_sha256=text_sha256(wanted.prompt),
        cases=wanted.cases,
        results=[result(by_words, wanted.prompt, case, wanted.replicate) for case in wanted.cases],
        at=NOW,
    )


def test_a_shorter_prompt_is_looked_for_where_efficiency_is_asked_for(history: History) -> None:
    suite = Suite(judge=lambda prompt, case, replicate: True)
    wordy = "In order to say how the writer feels, answer.\n\nReview: {review}\nMood:\n"
    asked = question(text=wordy, strategy=OptimizationStrategy.EFFICIENCY_FOCUS)
    run = optimize(asked, tools(history, suite), rules())
    assert run.is_for_tokens
    assert len(run.searched.candidates[0].text) < len(wordy)  # type: ignore[union-attr]
    assert run.held_out is None
    assert "not enough held-out cases: 7 of" in str(run.why_not_confirmed)


def test_a_prompt_that_passes_but_costs_too_much_is_to_be_shortened(history: History) -> None:
    suite = Dear(judge=lambda prompt, case, replicate: True)
    asked = question(strategy=OptimizationStrategy.AUTO)
    run = optimize(asked, tools(history, suite), rules())
    assert run.strategy == "efficiency_focus"
    assert "tests pass" in run.why_strategy
    assert run.is_for_tokens
