"""What held-out tests say of a champion, and why they may say nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from optimizer.experiments.comparing import compare
from optimizer.experiments.settings import ComparisonSettings
from optimizer.models.optimization import Case
from optimizer.models.terms import Metric, VerdictKind
from optimizer.models.verdicts import Comparison, MetricVerdict
from optimizer.models.versions import LICENCES, Confirmation
from optimizer.prompts.search.settings import Objective
from optimizer.prompts.settings import OptimizeSettings
from optimizer.prompts.versions.held_out_arms import Tests, arm_of

_SAID_OF_ANY: Mapping[str, str] = {
    VerdictKind.IMPROVED: "better than the prompt in use",
    VerdictKind.REGRESSED: "worse than the prompt in use",
}
_SAID: Mapping[tuple[str, str], str] = {
    (Objective.TOKENS, VerdictKind.EQUIVALENT): "as good as the prompt in use, and shorter",
    (Objective.TOKENS, VerdictKind.NO_WORSE): "no worse than the prompt in use, and shorter",
}
_NOT_SHOWN: Mapping[str, str] = {
    Objective.PASS_RATE: "not shown to be better than the prompt in use",
    Objective.TOKENS: "not shown to be no worse than the prompt in use",
}


class Judgement:
    """What the tests say, and what they would say if all in doubt went against the champion."""

    def __init__(
        self,
        tests: Tests,
        cases: Sequence[Case],
        alpha: float,
        settings: ComparisonSettings,
        objective: Objective,
    ) -> None:
        self.tests = tests
        self.alpha = alpha
        self.objective = objective
        licences = LICENCES[objective]
        self.verdict = self._compared(tests, cases, settings).primary
        self.stands = self.verdict.kind not in licences or (
            self._compared(tests.against_champion(), cases, settings).primary.kind in licences
        )

    def _compared(
        self, tests: Tests, cases: Sequence[Case], settings: ComparisonSettings
    ) -> Comparison:
        arms = [arm_of(name, tests, cases) for name in ("control", "champion")]
        found = compare(
            arms[0], arms[1:], settings=settings, metrics=(Metric.SUCCESS,), alpha=self.alpha
        )
        return found.comparisons[0]


def doubt_of(found: Judgement, settings: OptimizeSettings) -> str | None:
    """Say why the tests are no verdict, or None where they are one."""
    n, n_lost = len(found.tests.control), found.tests.n_lost
    if n_lost > settings.max_infrastructure_rate * n:
        return (
            f"no verdict: {n_lost} of {n} pairs of held-out tests failed for reasons other than "
            "the prompt"
        )
    if not found.stands:
        n_in_doubt = found.tests.n_lost_by_champion
        return (
            f"no verdict: {n_in_doubt} held-out tests of the new prompt failed for reasons that "
            "may not be the prompt's; counted against it, nothing is confirmed"
        )
    return None


def reason_of(plain: Confirmation, verdict: MetricVerdict) -> str:
    """Return the verdict in a sentence, with the counts."""
    counts = (
        f"{plain.n_champion_passed} of {plain.n_tests} held-out tests passed with the new prompt, "
        f"{plain.n_control_passed} with the one in use; {verdict.n_fixed or 0} cases got better, "
        f"{verdict.n_broken or 0} worse"
    )
    said = _SAID.get((plain.objective, verdict.kind)) or _SAID_OF_ANY.get(verdict.kind)
    why = f": {verdict.reason}" if verdict.reason else ""
    return f"{said or _NOT_SHOWN[plain.objective]}{why} ({counts})"
