"""How many cases a question takes, and what a number of cases can answer."""

from __future__ import annotations

from enum import StrEnum

from optimizer.models.dataclass import dataclass
from optimizer.models.terms import Metric


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerQuestion:
    """What the cases must be enough for.

    Attributes:
        metric: The metric.
        effect: Difference to find, and loss to rule out, in the unit of the metric's margin;
            None where only the number of cases is given.
        n: Cases that there are; None where their number is asked for.
        prove: Whether "no worse than the effect" is to be proved, rather than a difference found.
        repeats: Runs of each case under each variant, 1 or more.
        alpha: False-alarm rate: two-sided of finding, one-sided of proving.
        power: Chance of finding a true difference of that size, or of proving that there is no
            loss where there is none.
        discordance: Share of cases whose outcome flips between two single runs, of the pass rate;
            None where it is not stated.
        sd: Standard deviation of the differences between two single runs of a case, of any other
            metric (of log ratios, for amounts); None where it is not stated.
        pass_rate: Pass rate of the baseline, for the unpaired contrast.
        case_cost: Cost of one more case; None where repeats are not weighed against cases.
        run_cost: Cost of running a case once more under both variants; None likewise.
    """

    metric: Metric
    effect: float | None
    n: int | None
    prove: bool
    repeats: int
    alpha: float
    power: float
    discordance: float | None = None
    sd: float | None = None
    pass_rate: float = 0.8
    case_cost: float | None = None
    run_cost: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VarianceParts:
    """Where the variance of a case's difference comes from.

    Attributes:
        between: Variance between cases, free of the noise between runs where that is known.
        first: Variance between single runs of a case under the baseline; None where no case was
            repeated.
        second: The same under the candidate.
        first_repeats: Runs of a case under the baseline (harmonic mean).
        second_repeats: Runs of a case under the candidate.
    """

    between: float
    first: float | None
    second: float | None
    first_repeats: float
    second_repeats: float

    @property
    def noise(self) -> float | None:
        """Variance of the difference of two single runs of one case; None where unknown."""
        return None if self.first is None or self.second is None else self.first + self.second


@dataclass(frozen=True, slots=True, kw_only=True)
class Pilot:
    """What two variants that have run say of the spread; never which of them is better.

    Attributes:
        workflow_id: Their workflow.
        baseline: Label of the one.
        candidate: Label of the other.
        baseline_runs: Its runs.
        candidate_runs: The other's runs.
        n: Cases that both know.
        n_dropped: Shared cases without a value in one of them, or without a ratio.
        n_changed: Cases that differ between the two.
        spread: Discordance of single runs for the pass rate, 0 to 1; else the standard deviation
            of the cases' differences (of log ratios, for amounts).
        spread_limit: Its upper limit.
        level: Two-sided level of that limit.
        parts: Where the variance comes from.
        pass_rate: Pass rate of the baseline; None for other metrics.
        arm_sd: Standard deviation of single runs of the cases under one variant, for the unpaired
            contrast; of the cases' means where the noise between runs is not known.
        n_families: Families that the cases belong to; None where each is its own.
        family_size: Cases of the family that a case is in, on average; None likewise.
        icc: Correlation of two differences of one family; None likewise, or where nothing varies.
        design_effect: Factor on the number of cases because of families, 1 without.
    """

    workflow_id: str
    baseline: str
    candidate: str
    baseline_runs: tuple[str, ...]
    candidate_runs: tuple[str, ...]
    n: int
    n_dropped: int
    n_changed: int
    spread: float
    spread_limit: float
    level: float
    parts: VarianceParts
    pass_rate: float | None
    arm_sd: float
    n_families: int | None
    family_size: float | None
    icc: float | None
    design_effect: float


class Basis(StrEnum):
    """What a row of a plan rests on."""

    ASSUMED = "assumed"
    """A spread that was stated, or one of a range."""

    ALL_NOISE = "all noise"
    """A stated spread that comes from the noise between runs alone, which repeats average out."""

    NO_NOISE = "no noise"
    """A stated spread that repeats change nothing of."""

    PILOT = "pilot"
    """What the pilot shows."""

    PILOT_LIMIT = "pilot, upper limit"
    """What the pilot does not rule out; the careful choice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """What one spread makes of the question.

    Attributes:
        basis: What it rests on.
        spread: Discordance of single runs for the pass rate; else the standard deviation of the
            differences: of single runs where it was stated, with the repeats of the question
            where a pilot tells it.
        n_detect: Cases that find the effect; None where no number does, or none was asked for.
        n_prove: Cases that prove no worse than the effect; None likewise.
        detectable: Smallest difference that the n of the question finds; None where none.
        provable: Smallest margin that they prove; None where none.
        power: Exact power of the n of the question for the effect; None where not computed.
    """

    basis: Basis
    spread: float
    n_detect: int | None = None
    n_prove: int | None = None
    detectable: float | None = None
    provable: float | None = None
    power: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatRow:
    """How many cases it takes when each is run several times.

    Attributes:
        repeats: Runs of each case under each variant; None: without end.
        n: Cases.
        n_runs: Runs of cases in all, of both variants; None without end.
    """

    repeats: int | None
    n: int
    n_runs: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerPlan:
    """What a question takes.

    Attributes:
        question: The question.
        rows: What each spread makes of it.
        planned: The row to plan with; None where the spread is only assumed for a range.
        pilot: The pilot; None without.
        repeats: How repeats would change the number of cases; empty where noise is unknown.
        repeats_needed: Repeats with which the n of the question is enough; None where none would
            be, or it is not known.
        out_of_reach: Whether the n of the question is too small however many repeats are made;
            None where it is not known.
        best_repeats: Repeats that give the most certainty at the costs of the question; None
            where it is not known, or where there is nothing but noise and every repeat pays.
        n_unpaired: Cases for each arm, if the two did not share them; None where not known.
    """

    question: PowerQuestion
    rows: tuple[PlanRow, ...]
    planned: PlanRow | None
    pilot: Pilot | None
    repeats: tuple[RepeatRow, ...]
    repeats_needed: int | None
    out_of_reach: bool | None
    best_repeats: int | None
    n_unpaired: int | None
