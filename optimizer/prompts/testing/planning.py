"""What an optimization will cost, told before anything is spent."""

from __future__ import annotations

from enum import StrEnum

from optimizer.models.dataclass import dataclass
from optimizer.prompts.runner.settings import RunnerSettings
from optimizer.prompts.settings import OptimizeSettings

PROMPTS_COMPARED = 2


class Phase(StrEnum):
    """What tests are run for."""

    CONTROL = "control"
    """The prompt as it is, on the cases of the search."""

    REPEAT = "repeat"
    """Some of it once more, to know the noise."""

    CANARY = "canary"
    """A senseless prompt, to see that the prompt is used."""

    SEARCH = "search"
    """Candidates; as many rounds as the budget leaves."""

    CONFIRMATION = "confirmation"
    """The best of them and a fresh control on the held-out cases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPhase:
    """One phase and how many tests it takes."""

    phase: Phase
    n_tests: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an optimization will cost, in tests.

    Attributes:
        budget: Tests that may be run in all.
        phases: The phases in their order; together they never take more than the budget, unless
            it is too small for what must be run.
        n_round: Tests of one round of the search.
        n_rounds: Rounds the budget suffices for.
        n_needed: Smallest budget with one round.
        warnings: What is wrong with the budget.
    """

    budget: int
    phases: tuple[PlannedPhase, ...]
    n_round: int
    n_rounds: int
    n_needed: int
    warnings: tuple[str, ...]

    @property
    def n_reserved(self) -> int:
        """Tests that are kept for the confirmation whatever the search would like to have."""
        return next(one.n_tests for one in self.phases if one.phase is Phase.CONFIRMATION)

    @property
    def n_before_confirmation(self) -> int:
        """Tests that preflight and search may spend."""
        return max(0, self.budget - self.n_reserved)


def plan_of(
    n_train: int,
    n_validation: int,
    n_holdout: int,
    *,
    settings: OptimizeSettings,
    runner: RunnerSettings,
    n_gate: int = 0,
    whole_suite: bool = False,
) -> Plan:
    """Return what an optimization will cost.

    Args:
        n_train: Cases that proposers see.
        n_validation: Cases that candidates are scored on.
        n_holdout: Cases that confirm the champion.
        settings: Budget and repetitions.
        runner: How many cases are repeated and get the senseless prompt.
        n_gate: Cases a candidate must pass before it is scored.
        whole_suite: Whether each call runs all cases, and costs as much.
    """
    n_seen, n_suite = n_train + n_validation, n_train + n_validation + n_holdout

    def cost(n_cases: int) -> int:
        return n_suite if whole_suite and n_cases else n_cases

    fixed = {
        Phase.CONTROL: cost(n_seen),
        Phase.REPEAT: cost(min(runner.repeated_cases, n_seen)),
        Phase.CANARY: cost(min(runner.canary_cases, n_seen)),
    }
    reserved = PROMPTS_COMPARED * settings.replicates * cost(n_holdout)
    n_round = max(1, cost(n_gate + n_validation))
    left = settings.budget - sum(fixed.values()) - reserved
    n_rounds = max(0, left // n_round)
    n_needed = settings.budget - left + n_round
    tests = fixed | {Phase.SEARCH: max(0, left), Phase.CONFIRMATION: reserved}
    return Plan(
        budget=settings.budget,
        phases=tuple(PlannedPhase(phase=phase, n_tests=tests[phase]) for phase in Phase),
        n_round=n_round,
        n_rounds=n_rounds,
        n_needed=n_needed,
        warnings=_warnings(settings, n_rounds, n_needed, n_round),
    )


def _warnings(
    settings: OptimizeSettings, n_rounds: int, n_needed: int, n_round: int
) -> tuple[str, ...]:
    if n_rounds >= settings.min_rounds:
        return ()
    enough = n_needed + (settings.min_rounds - 1) * n_round
    if n_rounds == 0:
        return (
            f"budget too small for a single round: {settings.budget} of {n_needed} tests; "
            f"{enough} would do for {settings.min_rounds} rounds",
        )
    return (
        f"budget too small for {settings.min_rounds} rounds: {settings.budget} of {enough} tests, "
        f"enough for {n_rounds}",
    )
