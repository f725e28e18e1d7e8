from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from optimizer.models.optimization import Case, CaseResult
from optimizer.models.tasks import text_sha256
from optimizer.prompts.ports import BudgetExhausted, ExecutorError
from optimizer.prompts.testing.metering import Forgetful, Meter

CASES = tuple(Case(case_id=f"c{k}", body=f'{{"n":{k}}}') for k in range(6))
PROMPTS = ("a", "b", "c")


def result(case: Case, prompt: str, replicate: int, *, infrastructure: bool = False) -> CaseResult:
    passes = text_sha256(f"{case.case_id}{prompt}{replicate}")[0] < "8"
    return CaseResult(
        case_id=case.case_id,
        replicate=replicate,
        status="timeout" if infrastructure else ("succeeded" if passes else "failed"),
        infrastructure=infrastructure,
    )


class Counting:
    """Runs cases one by one, and can be told to die after some."""

    fingerprint = "counting"

    def __init__(self) -> None:
        self.n_run = 0
        self.dies_after: int | None = None
        self.broken: frozenset[str] = frozenset()

    def run(
        self, prompt: str, cases: Sequence[Case], *, replicate: int
    ) -> Iterator[Sequence[CaseResult]]:
        for case in cases:
            if self.dies_after is not None and self.n_run >= self.dies_after:
                raise ExecutorError("executor: died")
            self.n_run += 1
            yield [
                result(case, prompt, replicate, infrastructure=case.case_id in self.broken),
            ]


subsets = st.lists(st.sampled_from(CASES), max_size=6, unique=True)
requests = st.lists(
    st.tuples(st.sampled_from(PROMPTS), subsets, st.sampled_from((0, 1))), max_size=12
)


class Budget(RuleBasedStateMachine):
    @initialize(budget=st.integers(0, 25), whole=st.booleans())
    def begin(self, budget: int, whole: bool) -> None:
        self.executor, self.memory = Counting(), Forgetful()
        self.budget, self.suite = budget, CASES if whole else ()
        self.session()

    @rule()
    def session(self) -> None:
        self.meter = Meter(self.executor, self.memory, budget=self.budget, suite=self.suite)
        self.n_before = self.executor.n_run

    @rule(prompt=st.sampled_from(PROMPTS), cases=subsets, replicate=st.sampled_from((0, 1)))
    def ask(self, prompt: str, cases: list[Case], replicate: int) -> None:
        n_run, left = self.executor.n_run, self.meter.left
        try:
            found = self.meter.run(prompt, cases, replicate=replicate)
        except BudgetExhausted:
            assert self.executor.n_run == n_run
            return
        except ExecutorError:
            return
        assert [one.case_id for one in found] == [case.case_id for case in cases]
        assert self.executor.n_run - n_run <= left

    @rule(n=st.integers(0, 5))
    def die(self, n: int) -> None:
        self.executor.dies_after = self.executor.n_run + n

    @rule()
    def recover(self) -> None:
        self.executor.dies_after = None

    @rule(ids=st.frozensets(st.sampled_from([case.case_id for case in CASES])))
    def break_down(self, ids: frozenset[str]) -> None:
        self.executor.broken = ids

    @invariant()
    def never_overdrawn(self) -> None:
        if hasattr(self, "meter"):
            assert self.meter.n_spent <= self.budget
            assert self.meter.n_executed == self.executor.n_run - self.n_before
            assert self.meter.n_executed <= self.meter.n_spent


TestTheBudgetIsNeverOverdrawn = Budget.TestCase
TestTheBudgetIsNeverOverdrawn.settings = settings(max_examples=60)


def answers(meter: Meter, asked: list) -> list[tuple[CaseResult, ...] | None]:
    found: list[tuple[CaseResult, ...] | None] = []
    for prompt, cases, replicate in asked:
        try:
            found.append(meter.run(prompt, cases, replicate=replicate))
        except BudgetExhausted:
            found.append(None)
    return found


@given(asked=requests, budget=st.integers(0, 30), whole=st.booleans())
def test_a_resumed_run_spends_the_same_and_runs_nothing(asked, budget, whole) -> None:
    executor, memory = Counting(), Forgetful()
    suite = CASES if whole else ()
    first = Meter(executor, memory, budget=budget, suite=suite)
    found = answers(first, asked)
    n_run = executor.n_run
    again = Meter(executor, memory, budget=budget, suite=suite)
    assert answers(again, asked) == found
    assert (again.n_spent, again.n_executed) == (first.n_spent, 0)
    assert executor.n_run == n_run == first.n_spent


@given(asked=requests, budget=st.integers(0, 30), n=st.integers(0, 30))
def test_a_run_that_died_is_resumed_without_paying_twice(asked, budget, n) -> None:
    whole = Meter(Counting(), Forgetful(), budget=budget)
    found = answers(whole, asked)
    executor, memory = Counting(), Forgetful()
    executor.dies_after = n
    try:
        answers(Meter(executor, memory, budget=budget), asked)
    except ExecutorError:
        assert executor.n_run == n
    executor.dies_after = None
    resumed = Meter(executor, memory, budget=budget)
    assert answers(resumed, asked) == found
    assert resumed.n_spent == whole.n_spent == executor.n_run


class Careless:
    fingerprint = "careless"

    def __init__(self, *names: str) -> None:
        self.names = names

    def run(
        self, prompt: str, cases: Sequence[Case], *, replicate: int
    ) -> Iterator[Sequence[CaseResult]]:
        yield [
            CaseResult(case_id=name, replicate=replicate, status="failed") for name in self.names
        ]


@pytest.mark.parametrize("names", [("c0", "c1", "c2"), ("c0", "c0"), ("c0",), ("x", "c1"), ()])
def test_other_results_than_asked_for_are_never_charged_beyond_the_budget(names) -> None:
    meter = Meter(Careless(*names), Forgetful(), budget=2)
    with pytest.raises(ExecutorError):
        meter.run("p", CASES[:2])
    assert meter.n_spent <= 2


def test_a_whole_suite_is_charged_once_and_answers_later_questions() -> None:
    executor = Counting()
    meter = Meter(executor, Forgetful(), budget=11, suite=CASES)
    meter.run("p", CASES[:1])
    assert meter.n_spent == 6
    meter.run("p", CASES[1:])
    assert meter.n_spent == executor.n_run == 6
    with pytest.raises(BudgetExhausted):
        meter.run("q", CASES[:1])


class Interrupted(Forgetful):
    def __init__(self) -> None:
        super().__init__()
        self.n_kept = 0

    def keep(self, *said, **more) -> None:
        self.n_kept += 1
        if self.n_kept == 2:
            raise KeyboardInterrupt
        super().keep(*said, **more)


def test_an_interrupt_while_results_are_kept_does_not_lose_them() -> None:
    memory = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        Meter(Counting(), memory, budget=6).run("p", CASES)
    assert len(memory.recall("counting", text_sha256("p"), CASES, replicate=0)) == 2
