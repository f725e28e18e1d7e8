"""What is wrong with a prompt, as far as a proposer must know it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

from optimizer.models.optimization import Case, FailureCluster, Shown
from optimizer.prompts.search.diagnosis import diagnose
from optimizer.prompts.search.pool import Scored
from optimizer.prompts.search.scoring import blocks
from optimizer.prompts.search.settings import SearchSettings
from optimizer.prompts.search.trials import Trials

UNKNOWN = 0.5
"""Where a case whose outcome is unknown stands between a failed one, 0, and a passed one, 1."""


class Symptoms:
    """Finds failures of prompts on train cases, with as few tests as will do."""

    def __init__(
        self,
        trials: Trials,
        train: Sequence[Case],
        settings: SearchSettings,
        chance: random.Random,
        *,
        n_cases: int,
        n_scoring: int,
    ) -> None:
        self._trials = trials
        self._train = train
        self._settings = settings
        self._random = chance
        self._n_cases = n_cases
        self._n_scoring = n_scoring
        self._n_tried: Counter[tuple[str, str]] = Counter()

    def shown(self, parent: Scored) -> tuple[Shown, ...]:
        """Return train results of a prompt, run until there are failures enough.

        What its own parent failed comes first, because there its failures are found soonest.
        Cases whose content is in the prompt say nothing of it and are left out.

        Raises:
            BudgetExhausted: No draft could be scored after more of them.
        """
        cases = [case for case in self._train if case.case_id not in parent.sources]
        for block in blocks(self._in_turn(parent, cases), self._settings.block):
            if len(self._failed(parent.text, cases)) >= self._settings.min_failures:
                break
            n_open = sum(not self._trials.is_tested(parent.text, case) for case in block)
            self._trials.require(n_open + self._n_scoring)
            self._trials.run(parent.text, block)
        return tuple(
            Shown(case=case, result=result)
            for case, result in self._trials.results(parent.text, cases)
        )

    def cluster(self, parent: Scored, shown: Sequence[Shown]) -> FailureCluster | None:
        """Choose the kind of failure to cure, or None where there is none."""
        clusters = diagnose(shown).clusters
        if not clusters:
            return None
        keys = [(parent.text, cluster.signature) for cluster in clusters]
        weights = [
            len(cluster.failures) / (1 + self._n_tried[key])
            for cluster, key in zip(clusters, keys, strict=True)
        ]
        (chosen,) = self._random.choices(range(len(clusters)), weights)
        self._n_tried[keys[chosen]] += 1
        return clusters[chosen]

    def _in_turn(self, parent: Scored, cases: Sequence[Case]) -> Sequence[Case]:
        """Return the cases that may be run, in the order in which they are."""
        if parent.parent is None:
            return cases[: self._n_cases]
        results = self._trials.results(parent.parent, cases)
        passed = {case.case_id: float(result.passed) for case, result in results}
        in_turn = sorted(cases, key=lambda case: passed.get(case.case_id, UNKNOWN))
        return in_turn[: self._n_cases]

    def _failed(self, prompt: str, cases: Sequence[Case]) -> Sequence[Case]:
        return [case for case, one in self._trials.results(prompt, cases) if not one.passed]
