"""Tests under a hard budget, none of them paid for twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from optimizer.models.optimization import Case, CaseResult
from optimizer.models.tasks import text_sha256
from optimizer.prompts.ports import BudgetExhausted, Executor, Memory, Recalled


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
    """

    def __init__(self, executor: Executor, memory: Memory, *, budget: int) -> None:
        self._executor = executor
        self._memory = memory
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
            ExecutorError: As the executor raises it.
        """
        sha256 = text_sha256(prompt)
        known = self._memory.recall(self._executor.fingerprint, sha256, cases, replicate=replicate)
        missing = [case for case in cases if case.case_id not in known]
        recalled = {
            (sha256, case.sha256, replicate)
            for case in cases
            if case.case_id in known and known[case.case_id].paid_here
        } - self._counted
        if len(missing) + len(recalled) > self.left:
            raise BudgetExhausted
        self._counted |= recalled
        self.n_spent += len(recalled)
        self.n_recalled += len(cases) - len(missing)
        results = {case_id: one.result for case_id, one in known.items()}
        for fresh in self._fresh(prompt, sha256, missing, replicate):
            results |= {result.case_id: result for result in fresh}
        return tuple(results[case.case_id] for case in cases)

    def _fresh(
        self, prompt: str, sha256: str, missing: Sequence[Case], replicate: int
    ) -> Iterator[Sequence[CaseResult]]:
        """Yield results that nobody has, each kept before the next are waited for."""
        if not missing:
            return
        shas = {case.case_id: case.sha256 for case in missing}
        for fresh in self._executor.run(prompt, missing, replicate=replicate):
            self._counted |= {(sha256, shas[one.case_id], replicate) for one in fresh}
            self.n_spent += len(fresh)
            self.n_executed += len(fresh)
            lasting = [result for result in fresh if not result.infrastructure]
            if lasting:
                self._memory.keep(self._executor.fingerprint, sha256, missing, lasting)
            yield fresh
