from __future__ import annotations

import importlib
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from optimizer.models.errors import ConfigError
from optimizer.models.optimization import Case, CaseResult, Draft, Searched, Split
from optimizer.models.tasks import text_sha256
from optimizer.prompts.ports import Ask, ExecutorError, ProposerError
from optimizer.prompts.search.base import Progress, SearchTask
from optimizer.prompts.search.gepa_engine import GepaEngine
from optimizer.prompts.search.settings import Objective, SearchSettings
from optimizer.prompts.testing.metering import Forgetful, Meter

needs_gepa = pytest.mark.skipif(
    importlib.util.find_spec("gepa") is None,
    reason="gepa is not installed: pip install 'prompt-optimizer[gepa]'",
)
SEED = "Answer {q}.\n"
WORDS = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta")


def cases(kind: str, n: int) -> tuple[Case, ...]:
    return tuple(
        Case(case_id=f"{kind}{i}", body=json.dumps({"word": WORDS[i % len(WORDS)]}))
        for i in range(n)
    )


def split(n_train: int = 7, n_validation: int = 7) -> Split:
    return Split(
        train=cases("t", n_train),
        validation=cases("v", n_validation),
        holdout=cases("h", 5),
        reason="by hand",
    )


class Words:
    """Passes a case whose word the prompt holds."""

    fingerprint = "words"

    def __init__(self, *, dies_after: int = 10_000) -> None:
        self.ran: list[tuple[str, str]] = []
        self._dies_after = dies_after

    def run(
        self, prompt: str, cases: Sequence[Case], *, replicate: int
    ) -> Iterator[Sequence[CaseResult]]:
        assert len({case.case_id for case in cases}) == len(cases)
        assert replicate == 0
        for case in cases:
            if len(self.ran) == self._dies_after:
                raise ExecutorError("executor: killed")
            self.ran.append((prompt, case.case_id))
            word = json.loads(case.body)["word"]
            passed = word in prompt
            yield [
                CaseResult(
                    case_id=case.case_id,
                    replicate=0,
                    status="succeeded" if passed else "failed",
                    error_message=None if passed else f"lacks {word}",
                )
            ]


class Adds:
    """Adds the word that a failure lacks, and whatever else it was told to."""

    name = "adds"

    def __init__(self, *, also: str = "", fails: Sequence[int] = ()) -> None:
        self._also = also
        self._fails = fails
        self.asked: list[Ask] = []

    def propose(self, ask: Ask) -> Sequence[Draft]:
        self.asked.append(ask)
        if len(self.asked) in self._fails:
            raise ProposerError("model: no answer")
        assert ask.cluster is not None
        word = json.loads(ask.cluster.failures[0].case.body)["word"]
        return [Draft(text=f"{ask.prompt}Say {word}.{self._also}\n", proposer="adds", why=word)]


def keeps_variable(draft: Draft, parent: str) -> str | None:
    return None if "{q}" in draft.text else "lost {q}"


def task(executor: Words | None = None, *proposers: Any, budget: int = 300, **more: Any) -> Any:
    memory = more.pop("memory", None) or Forgetful()
    return SearchTask(
        **{
            "seed_prompt": SEED,
            "split": split(),
            "proposers": proposers or (Adds(),),
            "guard": keeps_variable,
            "meter": Meter(executor or Words(), memory, budget=budget),
            **more,
        }
    )


def search(executor: Words | None = None, *proposers: Any, **more: Any) -> Searched:
    return GepaEngine().search(task(executor, *proposers, **more))


def truth(prompt: str, cases: Sequence[Case]) -> int:
    return sum(json.loads(case.body)["word"] in prompt for case in cases)


def test_without_its_extra_the_engine_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gepa", None)
    with pytest.raises(ConfigError, match="gepa is not installed") as raised:
        search()
    assert raised.value.hint is not None
    assert "prompt-optimizer[gepa]" in raised.value.hint


@needs_gepa
def test_tokens_are_no_objective_of_gepa() -> None:
    with pytest.raises(ConfigError, match="higher pass rate only"):
        search(settings=SearchSettings(objective=Objective.TOKENS))


@needs_gepa
def test_a_search_finds_the_prompt_that_passes_everything() -> None:
    found = search()
    assert found.champion.n_passed == found.champion.n == 7
    assert found.champion.draft is not None
    assert found.champion.draft.proposer == "adds"
    assert found.candidates[-1].text == SEED
    assert found.stopped == "nothing new to test in 60 rounds"


@needs_gepa
def test_held_out_cases_are_never_run() -> None:
    executor = Words()
    search(executor)
    assert not [case for _, case in executor.ran if case.startswith("h")]


@needs_gepa
def test_proposers_see_train_cases_only() -> None:
    adds = Adds()
    search(None, adds)
    seen = [one.case.case_id for ask in adds.asked for one in (*ask.failing, *ask.passing)]
    assert seen
    assert {case_id[0] for case_id in seen} == {"t"}


@needs_gepa
def test_scores_are_those_of_the_validation_cases_though_train_cases_have_the_same_places() -> None:
    rotated = Split(
        train=cases("t", 7), validation=cases("v", 9)[2:], holdout=(), reason="other words first"
    )
    found = search(split=rotated)
    assert len(found.candidates) > 3
    for one in found.candidates:
        assert (one.n, one.n_passed) == (7, truth(one.text, rotated.validation))


@needs_gepa
def test_the_champion_is_the_best_of_validation_and_the_earliest_of_equals() -> None:
    rates = [one.pass_rate for one in search(budget=60).candidates]
    assert rates == sorted(rates, reverse=True)


@needs_gepa
@pytest.mark.parametrize("budget", [0, 1, 49, 50, 52, 60, 105, 106, 200])
def test_the_budget_is_never_exceeded_and_what_was_found_is_kept(budget: int) -> None:
    executor = Words()
    found = search(executor, budget=budget, split=split(7, 50))
    assert len(executor.ran) <= budget
    assert found.stopped == "the next tests would cost more than is left of the budget"
    assert [one.n for one in found.candidates] == [50] * len(found.candidates) or budget < 50
    assert found.candidates[-1].text == SEED


@needs_gepa
def test_a_reserve_is_left_unspent() -> None:
    executor = Words()
    search(executor, budget=100, reserve=40)
    assert len(executor.ran) <= 60


@needs_gepa
def test_nothing_is_run_twice() -> None:
    executor = Words()
    search(executor)
    assert len(set(executor.ran)) == len(executor.ran)


@needs_gepa
def test_gepa_is_told_how_many_tests_were_really_run(monkeypatch: pytest.MonkeyPatch) -> None:
    gepa = importlib.import_module("gepa")
    asked: dict[str, Any] = {}
    optimize = gepa.optimize

    def watched(**options: Any) -> Any:
        asked.update(options)
        return optimize(**options)

    monkeypatch.setattr(gepa, "optimize", watched)
    search()
    fresh = cases("x", 3)
    evaluate = asked["adapter"].evaluate
    told = [evaluate(batch, {"prompt": SEED}) for batch in (fresh[:2], fresh, fresh)]
    assert [one.num_metric_calls for one in told] == [2, 1, 0]
    assert told[1].scores == told[2].scores == [0.0, 0.0, 0.0]
    assert (asked["cache_evaluation"], asked["run_dir"]) == (False, None)


@needs_gepa
def test_a_minibatch_filled_up_with_a_case_it_has_runs_it_once() -> None:
    search(split=split(4, 7))


@needs_gepa
def test_a_dead_proposer_ends_the_search_before_the_budget_is_burnt() -> None:
    executor, dead = Words(), Adds(fails=range(1, 1_000))
    found = search(executor, dead, split=split(100, 7), budget=1_000)
    assert found.stopped == "nothing more could be proposed: model: no answer"
    assert len(dead.asked) == 3
    assert len(executor.ran) == 7 + 3 * 3
    assert [one.text for one in found.candidates] == [SEED]


@needs_gepa
def test_a_proposer_that_fails_now_and_then_is_asked_again() -> None:
    found = search(None, Adds(fails=(1, 2, 4, 5, 7)))
    assert found.champion.pass_rate == 1


@needs_gepa
def test_what_was_found_before_a_proposer_died_is_kept() -> None:
    found = search(None, Adds(fails=range(4, 1_000)))
    assert "no answer" in found.stopped
    assert found.champion.n_passed > 1


@needs_gepa
def test_a_defect_of_a_proposer_is_not_hidden() -> None:
    class Broken:
        name = "broken"

        def propose(self, ask: Ask) -> Sequence[Draft]:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        search(None, Broken())


@needs_gepa
def test_the_state_of_another_search_in_the_folder_is_neither_read_nor_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gepa = importlib.import_module("gepa")

    class Foreign:
        propose_new_texts = None

        def evaluate(self, batch: Any, candidate: Any, capture_traces: bool = False) -> Any:
            return gepa.EvaluationBatch(outputs=[1.0], scores=[1.0], trajectories=[1.0])

        def make_reflective_dataset(self, *_: Any) -> Any:
            return {"prompt": []}

    gepa.optimize(
        seed_candidate={"prompt": "a foreign prompt"},
        trainset=[1],
        adapter=Foreign(),
        custom_candidate_proposer=lambda *_: {},
        max_metric_calls=2,
        run_dir=str(tmp_path),
    )
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert tmp_path / "gepa_state.bin" in files
    monkeypatch.chdir(tmp_path)
    found = search()
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == files
    assert found.candidates == search().candidates
    assert not [one for one in found.candidates if "foreign" in one.text]


@needs_gepa
def test_a_prompt_with_fences_and_the_marks_of_gepa_is_run_as_it_was_proposed() -> None:
    executor = Words()
    marks = "\n```\nDo X\n```\n<side_info> <curr_param>\n```Summarise\r\n\u202e"
    found = search(executor, Adds(also=marks))
    drafts = {prompt for prompt, _ in executor.ran} - {SEED}
    assert drafts
    assert all(marks in prompt for prompt in drafts)
    assert found.champion.text.endswith(f"{marks}\n")


@needs_gepa
def test_what_the_guard_refuses_is_never_run() -> None:
    class Drops(Adds):
        def propose(self, ask: Ask) -> Sequence[Draft]:
            (draft,) = super().propose(ask)
            dropped = draft.text.replace("{q}", "")
            return [Draft(text=dropped, proposer="drops", why=""), draft]

    executor = Words()
    found = search(executor, Drops())
    assert all("{q}" in prompt for prompt, _ in executor.ran)
    assert {one.reason for one in found.refused} == {"lost {q}"}
    assert found.champion.pass_rate == 1


@needs_gepa
def test_drafts_that_are_there_are_tested_before_anybody_is_asked() -> None:
    ready = Draft(text=f"{SEED}{' '.join(WORDS)}\n", proposer="rules", why="all words")
    adds = Adds()
    found = search(None, adds, drafts=(ready,))
    assert found.champion.draft == ready
    assert found.champion.parent_sha256 == text_sha256(SEED)
    assert adds.asked == []


@needs_gepa
def test_proposers_take_turns_and_one_without_ideas_passes_its_turn_on() -> None:
    class Idle(Adds):
        def propose(self, ask: Ask) -> Sequence[Draft]:
            super().propose(ask)
            return []

    idle, adds = Idle(), Adds()
    found = search(None, idle, adds)
    assert found.champion.pass_rate == 1
    assert idle.asked
    assert len(adds.asked) > len(idle.asked)


@needs_gepa
def test_infrastructure_failures_say_nothing_of_a_prompt() -> None:
    class Flaky(Words):
        def run(
            self, prompt: str, cases: Sequence[Case], *, replicate: int
        ) -> Iterator[Sequence[CaseResult]]:
            for (result,) in super().run(prompt, cases, replicate=replicate):
                lost = result.case_id == "v0"
                yield [
                    CaseResult(case_id="v0", replicate=0, status="error", infrastructure=True)
                    if lost
                    else result
                ]

    found = search(Flaky(), settings=SearchSettings(max_infrastructure_rate=0.5))
    assert {one.n for one in found.candidates} == {6}


@needs_gepa
def test_a_watcher_is_told_of_every_score() -> None:
    told: list[Progress] = []
    found = search(watch=told.append)
    assert len(told) == len(found.candidates)
    assert (told[0].event, told[0].round) == ("0 of 7 validation cases pass", 0)
    assert told[-1].best_passed == 7


@needs_gepa
@pytest.mark.parametrize("dies_after", [3, 9, 20, 31])
def test_a_search_that_was_cut_short_is_resumed_without_paying_twice(dies_after: int) -> None:
    whole = Words()
    expected = search(whole, seed=3)
    memory, first, second = Forgetful(), Words(dies_after=dies_after), Words()
    with pytest.raises(ExecutorError):
        search(first, seed=3, memory=memory)
    assert search(second, seed=3, memory=memory) == expected
    assert first.ran + second.ran == whole.ran


PROGRAM = """
import runpy, sys
tests = runpy.run_path(sys.argv[1])
found = tests["search"](seed=5)
heavy = ("litellm", "dspy", "langchain", "mlflow", "wandb", "openai")
print([name for name in heavy if name in sys.modules])
print([(one.text, one.n_passed) for one in found.candidates])
"""


@needs_gepa
def test_a_search_is_the_same_in_every_process_and_loads_no_client_of_a_model() -> None:
    said = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM, __file__],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1
    assert said.pop().startswith("[]\n[(")
