"""The measured variants of a workflow against each other in quality, price and time."""

from __future__ import annotations

from optimizer.models.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One objective of one variant.

    Attributes:
        estimate: Its mean over the cases: a rate or score of 0 to 1, USD per call, or ms.
        low: Lower bound of its interval.
        high: Upper bound of its interval.
    """

    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedGain:
    """What a variant is worth beyond the one in use, in hundredths of the weights.

    Attributes:
        estimate: Weighted sum of its effects: of quality as a difference of 0 to 1, of price and
            time as shares of what the current variant takes, less being better.
        low: Lower bound of the interval, which allows for the number of candidates.
        high: Upper bound.
        level: Level of the interval of one of them, 0 to 1.
        p_better: Posterior probability that it is above 0.
        n: Cases behind it; where `is_paired` is not, cases of both.
        is_paired: Whether it rests on cases that both ran.
    """

    estimate: float
    low: float
    high: float
    level: float
    p_better: float
    n: int
    is_paired: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One variant among those measured.

    Attributes:
        variant_id: The variant.
        variant: Its label.
        model: Its model, or None where it was not recorded.
        provider: Who runs the model, or None likewise.
        is_current: Whether it is the one in use.
        n: Completed tasks.
        readings: Its objectives, in the order of the frontier's.
        is_on_front: Whether nothing measured is as good in every objective and better in one.
        membership: Posterior probability of that.
        dominated_by: Ids of the variants that are as good in every objective and better in one.
        gain: What it is worth beyond the one in use; None of that one itself.
        refusals: The limits that it does not keep, a sentence part each.
        price_note: Where its price comes from, where it was not recorded; else None.
    """

    variant_id: str
    variant: str
    model: str | None
    provider: str | None
    is_current: bool
    n: int
    readings: tuple[Reading, ...]
    is_on_front: bool
    membership: float
    dominated_by: tuple[str, ...]
    gain: WeightedGain | None
    refusals: tuple[str, ...]
    price_note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A variant that is not held against the others, and why.

    Attributes:
        variant_id: Identity of the variant.
        variant: Its label.
        why: Why it is left out.
    """

    variant_id: str
    variant: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frontier:
    """The measured variants of a workflow against each other.

    Attributes:
        workflow_id: The workflow.
        objectives: What is looked at: `success_rate` or `score`, `cost_usd`, `latency_ms`.
        weights: What each counts, of a sum of 1.
        standings: Best gain first; the one in use counts as a gain of 0.
        hypervolume: Share of the box from a little beyond the worst to the best measured values
            that some variant beats, 0 to 1; None where all are alike.
        level: Level of the readings' intervals, 0 to 1.
        resamples: Draws behind the memberships.
        left_out: Variants that lack an objective, or completed too little.
    """

    workflow_id: str
    objectives: tuple[str, ...]
    weights: tuple[float, ...]
    standings: tuple[Standing, ...]
    hypervolume: float | None
    level: float
    resamples: int
    left_out: tuple[LeftOut, ...]

    @property
    def current(self) -> Standing | None:
        """The one in use, where it is among them."""
        return next((one for one in self.standings if one.is_current), None)
