"""Tests under a hard budget, none of them paid for twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from optimizer.models.optimization import Case, CaseResult
from optimizer.models.tasks import text_sha256
from optimizer.prompts.ports import (
    BudgetExhausted,
    Executor,
    ExecutorError,
    Memory,
    Recalled,
)
from optimizer.prompts.runner.harmless import tail


class Forgetful:
    """A memory for as long as the process lives."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, str, int], CaseResult] = {}

    def recall(
        self, executor: str, prompt_sha256: str, cases: Sequence[Case], *, replicate: int
    ) -> Mapping[str, Recalled]:
        """Return the results that are known, by case id."""
        keys = {case.case_id: (executor, prompt_sha256, case.sha256, replicate) for case in cases}
        return {
            case_id: Recalled(result=self._known[key], paid_here=True)
            for case_id, key in keys.items()
            if key in self._known
        }

    def keep(
        self,
        executor: str,
        prompt_sha256: str,
        cases: Sequence[Case],
        results: Sequence[CaseResult],
    ) -> None:
        """Keep results."""
        shas = {case.case_id: case.sha256 for case in cases}
        for result in results:
            key = (executor, prompt_sha256, shas[result.case_id], result.replicate)
            self._known[key] = result


class Meter:
    """Runs tests, remembers them, and stops before the budget is overdrawn.

    One test is one case executed once. A result that this optimization paid for in an earlier
    session counts again when it is first used, so that a resumed search takes the same way; one
    that another optimization paid for is free.

    Args:
        executor: Runs the tests.
        memory: Keeps their results.
        budget: How many may be run in all.
        suite: All cases, where the executor runs all of them whichever are asked for: then each
            call costs as much, and the results nobody asked for are kept for when somebody does.
    """

    def __init__(
        self, executor: Executor, memory: Memory, *, budget: int, suite: Sequence[Case] = ()
    ) -> None:
        self._executor = executor
        self._memory = memory
        self._suite = tuple(suite)
        self._counted: set[tuple[str, str, int]] = set()
        self.budget = budget
        self.n_spent = 0
        self.n_executed = 0
        self.n_recalled = 0

    @property
    def left(self) -> int:
        """How many more tests may be run."""
        return self.budget - self.n_spent

    def run(
        self, prompt: str, cases: Sequence[Case], *, replicate: int = 0
    ) -> tuple[CaseResult, ...]:
        """Return a result for each case, in the order of the cases.

        Raises:
            BudgetExhausted: They would cost more than is left; nothing was run.
            ExecutorError: As the executor raises it, or it gave other results than asked for.
        """
        sha256 = text_sha256(prompt)
        reach = self._suite or cases
        known = self._memory.recall(self._executor.fingerprint, sha256, reach, replicate=replicate)
        missing = [case for case in cases if case.case_id not in known]
        due = reach if missing and self._suite else missing
        recalled = {
            (sha256, case.sha256, replicate)
            for case in reach
            if case.case_id in known and known[case.case_id].paid_here
        } - self._counted
        if len(due) + len(recalled) > self.left:
            raise BudgetExhausted
        self._counted |= recalled
        self.n_spent += len(recalled)
        self.n_recalled += len(cases) - len(missing)
        results: dict[str, CaseResult] = {}
        for fresh in self._fresh(prompt, sha256, due, replicate, known):
            results |= {result.case_id: result for result in fresh}
        results |= {case_id: one.result for case_id, one in known.items()}
        return tuple(results[case.case_id] for case in cases)

    def _fresh(
        self,
        prompt: str,
        sha256: str,
        due: Sequence[Case],
        replicate: int,
        known: Mapping[str, Recalled],
    ) -> Iterator[Sequence[CaseResult]]:
        """Yield results as they are executed, each kept before the next are waited for."""
        if not due:
            return
        waiting = {case.case_id: case.sha256 for case in due}
        for fresh in self._executor.run(prompt, due, replicate=replicate):
            _require_asked(fresh, waiting)
            self._counted |= {(sha256, waiting.pop(one.case_id), replicate) for one in fresh}
            self.n_spent += len(fresh)
            self.n_executed += len(fresh)
            lasting = [one for one in fresh if not one.infrastructure and one.case_id not in known]
            if lasting:
                self._keep(sha256, due, lasting)
            yield fresh
        if waiting:
            raise ExecutorError(
                f"executor: found no result of case {tail(next(iter(waiting)))} and "
                f"{len(waiting) - 1} more, expected one for each of {len(due)} cases"
            )

    def _keep(self, sha256: str, cases: Sequence[Case], results: Sequence[CaseResult]) -> None:
        """Keep results; who interrupts that has to wait for it, as they are paid."""
        try:
            self._memory.keep(self._executor.fingerprint, sha256, cases, results)
        except KeyboardInterrupt:
            self._memory.keep(self._executor.fingerprint, sha256, cases, results)
            raise


def _require_asked(fresh: Sequence[CaseResult], waiting: Mapping[str, str]) -> None:
    """Refuse results that nobody waits for: they would be paid without having been asked for."""
    ids = [one.case_id for one in fresh]
    for case_id in ids:
        if case_id not in waiting or ids.count(case_id) > 1:
            raise ExecutorError(
                f"executor: found a result of case {tail(case_id)} that nobody waits for, "
                "expected one result for each case"
            )
