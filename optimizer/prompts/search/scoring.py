"""A prompt's score on the validation cases, given up where it cannot matter any more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from optimizer.models.dataclass import dataclass
from optimizer.models.optimization import Case, Shown
from optimizer.prompts.search.diagnosis import signature
from optimizer.prompts.search.pool import Scored
from optimizer.prompts.search.settings import SearchSettings
from optimizer.prompts.search.trials import Trials


def affordable(cases: Sequence[Case], budget: int, settings: SearchSettings) -> tuple[Case, ...]:
    """Return the cases that a draft is scored on: all, unless that took too much of the budget.

    The first ones are taken, so that every draft is scored on the same; a split orders its parts
    by hash, which makes them a fair sample.
    """
    most = max(settings.min_score_cases, int(settings.max_score_share * budget))
    return tuple(cases[:most])


def blocks(cases: Sequence[Case], size: int) -> Iterator[Sequence[Case]]:
    """Yield cases some at a time."""
    for start in range(0, len(cases), size):
        yield cases[start : start + size]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoring:
    """Scores prompts.

    Attributes:
        trials: Runs the tests.
        cases: The validation cases.
        settings: Of the search.
    """

    trials: Trials
    cases: tuple[Case, ...]
    settings: SearchSettings

    def whole(self, one: Scored) -> Scored:
        """Return a prompt with its score on all cases."""
        self.trials.run(one.text, self.cases)
        results = self.trials.results(one.text, self.cases)
        return replace(one, n=len(results), n_passed=sum(result.passed for _, result in results))

    def promising(self, one: Scored, bar: float) -> Scored:
        """Return a prompt with its score, on some of the cases where it cannot reach a rate."""
        for block in blocks(self.cases, self.settings.block):
            self.trials.run(one.text, block)
            results = self.trials.results(one.text, self.cases)
            n_passed = sum(result.passed for _, result in results)
            one = replace(one, n=len(results), n_passed=n_passed)
            if self.within_reach(one) < bar:
                break
        return one

    def within_reach(self, one: Scored) -> float:
        """Return the rate of a prompt if it passed all that it was not tested on yet."""
        n_open = sum(not self.trials.is_tested(one.text, case) for case in self.cases)
        n = one.n + n_open
        return (one.n_passed + n_open) / n if n else 0.0

    def changes_nothing(self, one: Scored, failures: Sequence[Shown]) -> int:
        """Try a draft on what it is to cure; return how many failures stayed as they were.

        0: one is cured, or fails in another way, as where a first flaw hid a second one; or there
        is nothing to try the draft on.
        """
        tried = [shown for shown in failures if shown.case.case_id not in one.sources]
        tried = tried[: self.settings.gate_cases]
        if not tried:
            return 0
        cases = [shown.case for shown in tried]
        self.trials.require(len(cases) + len(self.cases))
        self.trials.run(one.text, cases)
        before = {shown.case.case_id: signature(shown.result) for shown in tried}
        stays = [
            not result.passed and signature(result) == before[case.case_id]
            for case, result in self.trials.results(one.text, cases)
        ]
        return len(stays) if all(stays) else 0
