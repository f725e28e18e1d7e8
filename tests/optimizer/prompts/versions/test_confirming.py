from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from optimizer.models.optimization import Case, CaseResult
from optimizer.models.versions import HeldOut
from optimizer.prompts.ports import BudgetExhausted, ExecutorError
from optimizer.prompts.search.settings import Objective
from optimizer.prompts.settings import OptimizeSettings
from optimizer.prompts.testing.metering import Forgetful, Meter
from optimizer.prompts.versions.confirming import (
    ConfirmationRefusedError,
    Occasion,
    alpha_of,
    confirm,
    holdout_sha256,
    least_cases,
    next_look,
    sharing,
    why_not,
)

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SETTINGS = OptimizeSettings()

Outcome = Callable[[str, int], str]


class Scripted:
    """Runs each case by a rule on the prompt and the number of the case."""

    fingerprint = "scripted"

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.calls: list[tuple[str, int, int]] = []

    def run(
        self, prompt: str, cases: Sequence[Case], *, replicate: int
    ) -> Iterator[Sequence[CaseResult]]:
        self.calls.append((prompt, len(cases), replicate))
        yield [self._result(prompt, case, replicate) for case in cases]

    def _result(self, prompt: str, case: Case, replicate: int) -> CaseResult:
        status = self.outcome(prompt, int(case.case_id[1:]))
        return CaseResult(
            case_id=case.case_id,
            replicate=replicate,
            status="timeout" if status == "lost" else status,
            infrastructure=status == "lost",
        )


def cases(n: int, *, families: int | None = None) -> list[Case]:
    return [
        Case(
            case_id=f"c{i}",
            body=json.dumps({"id": f"c{i}", "x": i} | _family(i, families)),
        )
        for i in range(n)
    ]


def _family(i: int, families: int | None) -> dict[str, str]:
    return {} if families is None else {"family": f"f{i % families}"}


def occasion(seq: int = 1, optimization_id: str = "o1") -> Occasion:
    return Occasion(optimization_id=optimization_id, prompt_id="p.md", seq=seq, looked_at=NOW)


def confirmed(
    outcome: Outcome,
    n: int = 18,
    *,
    seq: int = 1,
    settings: OptimizeSettings = SETTINGS,
    families: int | None = None,
    objective: Objective = Objective.PASS_RATE,
) -> HeldOut:
    return confirm(
        control="old",
        champion="new",
        cases=cases(n, families=families),
        meter=Meter(Scripted(outcome), Forgetful(), budget=1000),
        occasion=occasion(seq),
        settings=settings,
        objective=objective,
    )


def passes(when: bool) -> str:
    return "succeeded" if when else "failed"


def half(prompt: str, i: int) -> str:
    return passes(prompt == "new" or i % 2 == 0)


def test_a_champion_that_fixes_many_and_breaks_none_is_better() -> None:
    found = confirmed(half).confirmation
    # 9 of 18 flip, all one way: mid-p is 2 * 2^-9 - 2^-9 = 1 / 512.
    assert found.is_better
    assert found.p_value == pytest.approx(1 / 512)
    assert found.estimate == pytest.approx(0.5)
    assert (found.n, found.n_tests, found.n_control_passed, found.n_champion_passed) == (
        18,
        18,
        9,
        18,
    )
    assert found.low is not None
    assert 0 < found.low < 0.5
    assert "9 cases got better, 0 worse" in found.reason


def test_a_champion_that_is_worse_is_not_better() -> None:
    found = confirmed(lambda prompt, i: half("old" if prompt == "new" else "new", i)).confirmation
    assert found.verdict == "regressed"
    assert not found.is_better


def test_four_flips_of_eighteen_are_not_enough() -> None:
    found = confirmed(lambda prompt, i: passes(prompt == "new" or i >= 4)).confirmation
    assert not found.is_better
    assert found.reason.startswith("not shown to be better")


def test_a_shorter_prompt_is_licensed_where_it_is_no_worse() -> None:
    def same(prompt: str, i: int) -> str:
        return passes(i % 2 == 0)

    # No case flips: the one-sided bound is -z2 / (n + z2), and z2 = 2.706 wants n > 51.4 for 5 pp.
    found = confirmed(same, 52, objective=Objective.TOKENS).confirmation
    assert (found.is_licence, found.is_better) == (True, False)
    assert "shorter" in found.reason
    with pytest.raises(ConfirmationRefusedError, match="51 of 52"):
        confirmed(same, 51, objective=Objective.TOKENS)
    assert not confirmed(same, 52).confirmation.is_licence


def test_a_shorter_prompt_that_breaks_cases_is_not_licensed() -> None:
    found = confirmed(
        lambda prompt, i: passes(prompt == "old" or i >= 6), 60, objective=Objective.TOKENS
    ).confirmation
    assert not found.is_licence


def test_looks_that_share_a_case_are_looks_at_the_same_cases() -> None:
    look = confirmed(half).confirmation
    assert sharing([look], cases(1)) == [look]
    assert sharing([look], cases(30)[20:]) == []


def test_the_two_prompts_take_turns_in_small_blocks_of_the_same_cases() -> None:
    executor = Scripted(half)
    confirm(
        control="old",
        champion="new",
        cases=cases(18),
        meter=Meter(executor, Forgetful(), budget=36),
        occasion=occasion(),
        settings=SETTINGS,
    )
    prompts = [prompt for prompt, _, _ in executor.calls]
    assert sorted(prompts[:2]) == sorted(prompts[2:4]) == ["new", "old"]
    assert prompts[:2] != prompts[2:4]
    assert max(n for _, n, _ in executor.calls) == SETTINGS.confirmation_block


def test_no_replicate_number_of_a_search_or_of_another_look_is_used_again() -> None:
    executor = Scripted(half)
    for seq, name in ((1, "o1"), (2, "o1"), (1, "o2")):
        confirm(
            control="old",
            champion="new",
            cases=cases(18),
            meter=Meter(executor, Forgetful(), budget=36),
            occasion=occasion(seq, name),
            settings=SETTINGS,
        )
    replicates = {replicate for _, _, replicate in executor.calls}
    assert len(replicates) == 3
    assert all(1000 <= replicate < 2**31 for replicate in replicates)


def test_a_look_that_broke_off_goes_on_without_paying_twice() -> None:
    memory, executor = Forgetful(), Scripted(half)
    meter = Meter(executor, memory, budget=36)
    first = confirm(
        control="old",
        champion="new",
        cases=cases(18),
        meter=meter,
        occasion=occasion(),
        settings=SETTINGS,
    )
    again = confirm(
        control="old",
        champion="new",
        cases=cases(18),
        meter=Meter(executor, memory, budget=36),
        occasion=occasion(),
        settings=SETTINGS,
    )
    assert again == first
    assert meter.n_executed == 36
    assert sum(n for _, n, _ in executor.calls) == 36


def test_the_order_of_the_cases_does_not_matter() -> None:
    forward, backward = (
        confirm(
            control="old",
            champion="new",
            cases=ordered,
            meter=Meter(Scripted(half), Forgetful(), budget=36),
            occasion=occasion(),
            settings=SETTINGS,
        ).confirmation
        for ordered in (cases(18), cases(18)[::-1])
    )
    assert forward == backward


def test_an_identical_prompt_is_refused_before_anything_runs() -> None:
    executor = Scripted(half)
    with pytest.raises(ConfirmationRefusedError, match="byte for byte"):
        confirm(
            control="old",
            champion="old",
            cases=cases(18),
            meter=Meter(executor, Forgetful(), budget=36),
            occasion=occasion(),
            settings=SETTINGS,
        )
    assert executor.calls == []


def test_nothing_runs_where_the_budget_is_too_small_for_all_of_it() -> None:
    executor = Scripted(half)
    with pytest.raises(BudgetExhausted):
        confirm(
            control="old",
            champion="new",
            cases=cases(18),
            meter=Meter(executor, Forgetful(), budget=35),
            occasion=occasion(),
            settings=SETTINGS,
        )
    assert executor.calls == []


def test_too_few_cases_are_named_before_anything_runs() -> None:
    # All 4 flips: mid-p 1/16; 5: 1/32 < 0.05; at 0.025 it takes 6: 1/64; at 0.0125 7: 1/128.
    assert [least_cases(seq, settings=SETTINGS) for seq in (1, 2, 3)] == [5, 6, 7]
    refused = why_not("old", "new", cases(4), (), settings=SETTINGS)
    assert refused == "not enough held-out cases: 4 of 5"


def test_repeats_need_as_many_cases_as_the_exact_test() -> None:
    # With repeats that differ the test is the sign-flip test: 2 * 2^-6 = 1/32.
    assert least_cases(settings=SETTINGS.model_copy(update={"replicates": 3})) == 6


def test_members_of_a_family_count_once_when_cases_are_few() -> None:
    refused = why_not("old", "new", cases(18, families=3), (), settings=SETTINGS)
    assert refused == "not enough held-out cases: 3 of 5"


def test_cases_of_families_are_compared_by_family() -> None:
    found = confirmed(half, families=6).confirmation
    assert "family" in found.method


def test_alpha_halves_with_every_look_at_the_same_cases() -> None:
    assert [alpha_of(seq, SETTINGS) for seq in (1, 2, 3)] == [0.05, 0.025, 0.0125]
    five = confirmed(lambda prompt, i: passes(prompt == "new" or i >= 5))
    second = confirmed(lambda prompt, i: passes(prompt == "new" or i >= 5), seq=2)
    assert five.confirmation.is_better  # 1/32
    assert not second.confirmation.is_better
    assert second.confirmation.alpha == 0.025


def test_the_same_champion_gets_no_second_look_at_the_same_cases() -> None:
    first = confirmed(half).confirmation
    assert next_look([first]) == 2
    refused = why_not("old", "new", cases(18), [first], settings=SETTINGS)
    assert refused is not None
    assert "looked at this champion already" in refused
    assert why_not("old", "newer", cases(18), [first], settings=SETTINGS) is None


def test_the_hash_of_held_out_cases_is_that_of_their_content_in_any_order() -> None:
    assert holdout_sha256(cases(9)) == holdout_sha256(cases(9)[::-1])
    changed = [replace(cases(9)[0], body="{}"), *cases(9)[1:]]
    assert holdout_sha256(changed) != holdout_sha256(cases(9))


def test_pairs_that_something_else_broke_are_left_out() -> None:
    found = confirmed(
        lambda prompt, i: "lost" if i == 0 and prompt == "old" else half(prompt, i)
    ).confirmation
    assert found.n == 17
    assert found.is_better


def test_too_many_broken_pairs_are_no_verdict() -> None:
    found = confirmed(lambda prompt, i: "lost" if i < 4 else half(prompt, i)).confirmation
    assert found.verdict == "inconclusive"
    assert found.reason.startswith("no verdict: 4 of 18 pairs")


def test_time_limits_that_only_the_champion_hits_are_held_against_it() -> None:
    # Without the three that the champion lost it is 5 better, 0 worse; with them 5 to 3.
    def outcome(prompt: str, i: int) -> str:
        if prompt == "new" and i >= 15:
            return "lost"
        return passes(prompt == "new" or i >= 5)

    found = confirmed(outcome).confirmation
    assert found.verdict == "inconclusive"
    assert "counted against it" in found.reason


def test_results_of_other_cases_are_no_results() -> None:
    class Careless(Scripted):
        def run(
            self, prompt: str, cases: Sequence[Case], *, replicate: int
        ) -> Iterator[Sequence[CaseResult]]:
            for results in super().run(prompt, cases, replicate=replicate):
                yield [replace(result, replicate=0) for result in results]

    with pytest.raises(ExecutorError, match="not those of the"):
        confirm(
            control="old",
            champion="new",
            cases=cases(18),
            meter=Meter(Careless(half), Forgetful(), budget=36),
            occasion=occasion(),
            settings=SETTINGS,
        )


def test_cases_of_the_same_content_count_once() -> None:
    twins = [
        Case(case_id=f"c{i}", body=json.dumps({"id": f"c{i}", "x": i // 2})) for i in range(10)
    ]
    found = confirm(
        control="old",
        champion="new",
        cases=twins,
        meter=Meter(Scripted(half), Forgetful(), budget=36),
        occasion=occasion(),
        settings=SETTINGS,
    ).confirmation
    # Counted one by one 5 of 10 would flip, which is significant; they are 5 inputs.
    assert found.estimate == pytest.approx(0.5)
    assert not found.is_better
