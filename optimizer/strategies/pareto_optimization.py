"""Go to a measured configuration that nothing else beats in quality, price and time.

Asks: among all variants that were measured, which does no other beat in every respect, how sure
is that, and is one of them worth more than the current variant by the weights?

Proposes: the switch to the variant on the front with the largest weighted gain, where the gain's
interval lies above 0 or the current variant is off the front beyond doubt; with the three to five
best configurations and their probabilities of being on the front.

Stays silent without cost pressure or a degradation unless the last change is long ago, when fewer
than `min_candidates` variants were measured in everything, when the current variant is the best
by the weights or may well be, and when no other on the front keeps every limit.

Does not look at untried combinations (`adaptive_parameters` does), nor at how far a winner of
many is flattered by chance beyond what the adjusted level of its interval allows for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar, cast

from optimizer.learning import choice
from optimizer.learning.candidates import FrontierDemand, Limits
from optimizer.learning.objectives import Weights
from optimizer.models.evidence import Evidence
from optimizer.models.frontier import Frontier, Standing, WeightedGain
from optimizer.models.proposals import Answer, Fact, Proposal
from optimizer.models.settings import Field, Settings, together
from optimizer.models.summaries import RunPoint, WindowSummary
from optimizer.models.switching import switch
from optimizer.stats.intervals import newcombe, wilson

WEIGHTS_SLACK = 0.1
"""How far the weights may add up to something else than 1, as the documents allow."""

SECONDS_AN_HOUR = 3600

LISTED = 5
"""How many of the best configurations a proposal lists."""


class ObjectiveWeights(Settings):
    """What each objective counts; the three add up to about 1."""

    quality: Annotated[float, Field(ge=0, le=1)] = 0.5
    """What a point of quality counts."""

    cost: Annotated[float, Field(ge=0, le=1)] = 0.3
    """What the price counts, as a share of the current variant's."""

    latency: Annotated[float, Field(ge=0, le=1)] = 0.2
    """What the response time counts, as a share of the current variant's."""

    @together
    def _add_up(self) -> None:
        total = self.quality + self.cost + self.latency
        if abs(total - 1) > WEIGHTS_SLACK:
            raise ValueError(f"the weights add up to {total:g}, expected about 1")


class ParetoOptimizationSettings(Settings):
    """Settings of the `pareto_optimization` strategy."""

    min_candidates: Annotated[int, Field(ge=2)] = 5
    """Fewest variants measured in everything, the current one among them."""

    max_cost_threshold: Annotated[float, Field(gt=0)] | None = 1.0
    """Highest mean price of a call of a variant that may be chosen, in USD."""

    min_quality_threshold: Annotated[float, Field(ge=0, le=1)] | None = 0.7
    """Lowest pass rate of a variant that may be chosen; mean score where nobody told it."""

    max_latency_threshold: Annotated[float, Field(gt=0)] | None = None
    """Highest 95th percentile of the response time of a variant that may be chosen, in ms."""

    cost_pressure: Annotated[float, Field(gt=0, le=1)] = 0.8
    """Share of `max_cost_threshold` from which on the current price counts as pressure."""

    min_hours_between: Annotated[float, Field(ge=0)] = 24.0
    """Hours since the last change after which it looks without pressure or degradation."""

    alpha: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """Chance of a switch for nothing, over all candidates."""

    level: Annotated[float, Field(gt=0, lt=1)] = 0.95
    """Level of the intervals of what was measured."""

    min_cases: Annotated[int, Field(ge=2)] = 30
    """Fewest completed tasks of a variant that is held against the others."""

    min_gain: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Smallest weighted gain worth a switch."""

    resamples: Annotated[int, Field(ge=100, le=100_000)] = 1000
    """Draws behind the probabilities of being on the front."""

    hypervolume_margin: Annotated[float, Field(ge=0, le=1)] = 0.1
    """How far the reference of the hypervolume is beyond the worst values, of their range."""

    weights: ObjectiveWeights = ObjectiveWeights()
    """What each objective counts."""


class ParetoOptimization:
    """The `pareto_optimization` strategy."""

    name: ClassVar[str] = "pareto_optimization"
    priority: ClassVar[int] = 90
    settings_type: ClassVar[type[Settings]] = ParetoOptimizationSettings
    study_type: ClassVar[type[Frontier]] = Frontier

    def __init__(self, settings: ParetoOptimizationSettings) -> None:
        self.settings = settings

    def study(self, evidence: Evidence) -> Frontier | None:
        """Work out the front, where enough variants ran for one."""
        if evidence.current is None or len(evidence.others) + 1 < self.settings.min_candidates:
            return None
        from optimizer.learning.frontier import frontier  # noqa: PLC0415 - few have so many

        return frontier(evidence, self.demand())

    def propose(self, evidence: Evidence) -> Answer:
        """Propose the best of the front, where it is better than the current variant."""
        current = evidence.current
        if current is None or current.n_completed == 0:
            return Answer(silence="no completed task")
        reason = self._reason(evidence, current)
        if reason is None:
            hours = self.settings.min_hours_between
            return Answer(
                silence=f"no cost pressure, no degradation, and less than {hours:g} h from the "
                "last change to the newest run"
            )
        front: Frontier | None = evidence.studies.get(self.name)
        here = front.current if front else None
        if front is None or here is None or len(front.standings) < self.settings.min_candidates:
            return Answer(silence=self._too_few(evidence, front))
        best = self._best(front, here)
        if best is None:
            return Answer(silence=_no_better(front, here))
        return Answer(proposals=(self._proposal(evidence, current, best, front, reason),))

    def demand(self) -> FrontierDemand:
        """Return what the front is worked out with."""
        settings = self.settings
        return FrontierDemand(
            weights=Weights(**settings.weights.model_dump()),
            limits=Limits(
                min_quality=settings.min_quality_threshold,
                max_cost_usd=settings.max_cost_threshold,
                max_latency_ms=settings.max_latency_threshold,
            ),
            alpha=settings.alpha,
            level=settings.level,
            min_cases=settings.min_cases,
            resamples=settings.resamples,
            margin=settings.hypervolume_margin,
        )

    def _reason(self, evidence: Evidence, current: WindowSummary) -> str | None:
        """Say why it is time to look, or None where it is not."""
        cost, most = current.cost_mean_usd, self.settings.max_cost_threshold
        if cost is not None and most is not None and cost >= self.settings.cost_pressure * most:
            return f"a call costs {cost:.3g} USD, and {most:g} is the most that is allowed"
        fallen = _degradation(evidence.runs, current.variant_id, self.settings.level)
        if fallen is not None:
            return fallen
        changed_at = max(
            (one.applied_at for one in evidence.decisions if one.applied_at), default=None
        )
        if changed_at is None:
            return "no change was ever applied"
        hours = (current.last_started_at - changed_at).total_seconds() / SECONDS_AN_HOUR
        if hours < self.settings.min_hours_between:
            return None
        return f"the newest run began {hours:.0f} h after the last change"

    def _too_few(self, evidence: Evidence, front: Frontier | None) -> str:
        n = len(front.standings) if front else len(evidence.others) + 1
        least = self.settings.min_candidates
        left_out = front.left_out if front else ()
        why = "".join(f"; {one.variant}: {one.why}" for one in left_out[:LISTED])
        if n >= least:
            return f"not enough data: the current variant cannot be placed{why}"
        return f"not enough data: {n} of {least} variants measured in everything{why}"

    def _best(self, front: Frontier, here: Standing) -> Standing | None:
        """Return the best choice that is better than the current variant beyond doubt, or None."""
        is_dominated = here.membership < self.settings.alpha
        for one in front.standings:
            if one.gain is None or not one.is_on_front or one.refusals:
                continue
            bound = one.gain.estimate if is_dominated else one.gain.low
            if bound > self.settings.min_gain:
                return one
        return None

    def _proposal(
        self,
        evidence: Evidence,
        current: WindowSummary,
        best: Standing,
        front: Frontier,
        reason: str,
    ) -> Proposal:
        target = next(one for one in evidence.others if one.variant_id == best.variant_id)
        gain = cast(WeightedGain, best.gain)
        effects = choice.effects_of(evidence, target)
        limits, n = self.demand().limits, len(front.standings) - 1
        weights = dict(zip(front.objectives, front.weights, strict=True))
        why = choice.rationale(current, target, gain, weights, n)
        return Proposal(
            strategy=self.name,
            type=choice.kind_of_switch(current, target),
            changes=switch(current, target),
            effects=effects,
            effects_note=choice.effects_note(effects, gain),
            confidence=gain.p_better,
            rationale=f"{why} {_place(front)}",
            unless=(
                f"the interval of the weighted gain had reached {self.settings.min_gain:g} and "
                f"{current.variant} might have been on the front, or {target.variant} had broken "
                "a limit"
            ),
            facts=(
                choice.gain_fact(target, gain, self.settings.min_gain),
                *_memberships(front, best, self.settings.alpha),
                *choice.figures_of(current, limits),
                *choice.figures_of(target, limits),
            ),
            notes=(
                f"Looked because {reason}.",
                *_configurations(front),
                *choice.timeout_note(target),
                *choice.constant_times(current, target),
            ),
        )


def _degradation(runs: Sequence[RunPoint], variant_id: str, level: float) -> str | None:
    """Say that the newest run passed less than those before it, or None where it did not."""
    points = [one for one in runs if one.variant_id == variant_id and one.n]
    if len(points) < 2:  # noqa: PLR2004 - a run and those before it
        return None
    last, earlier = points[-1], points[:-1]
    passed, n = sum(one.n_succeeded for one in earlier), sum(one.n for one in earlier)
    before, after = wilson(passed, n, level=level), wilson(last.n_succeeded, last.n, level=level)
    if newcombe(before, after).high >= 0:
        return None
    return f"the newest run passed {last.n_succeeded} of {last.n}, those before {passed} of {n}"


def _no_better(front: Frontier, here: Standing) -> str:
    """Say why nothing on the front is chosen."""
    others = [one for one in front.standings if one.gain is not None and one.is_on_front]
    place = f"{here.variant} is on the front with probability {here.membership:.3g}"
    if not others:
        return f"{place}, and nothing else is"
    allowed = [one for one in others if not one.refusals]
    if not allowed:
        return f"{place}; {others[0].variant}: {', '.join(others[0].refusals)}"
    best, gain = allowed[0], cast(WeightedGain, allowed[0].gain)
    return (
        f"{place}; the best other of {len(front.standings) - 1}, {best.variant}, has a weighted "
        f"gain of {gain.estimate:+.3f}, from {gain.low:+.3f} to {gain.high:+.3f} over {gain.n} "
        "cases"
    )


def _place(front: Frontier) -> str:
    here = cast(Standing, front.current)
    n = len(here.dominated_by)
    beaten = f"{n} of {len(front.standings) - 1} others beat it in every respect"
    return f"{here.variant} is on the front with probability {here.membership:.3g}; {beaten}."


def _memberships(front: Frontier, best: Standing, alpha: float) -> Iterator[Fact]:
    for one in (cast(Standing, front.current), best):
        yield Fact(
            name=f"front_membership of {one.variant}",
            n=one.n,
            estimate=one.membership,
            threshold=alpha if one.is_current else None,
        )


def _configurations(front: Frontier) -> Iterator[str]:
    """Yield the best configurations on the front, best first."""
    found = [one for one in front.standings if one.is_on_front]
    for place, one in enumerate(found[:LISTED], start=1):
        gain = one.gain
        worth = (
            "in use"
            if gain is None
            else f"weighted gain {gain.estimate:+.3f}, from {gain.low:+.3f} to {gain.high:+.3f}"
        )
        broken = f"; not allowed: {', '.join(one.refusals)}" if one.refusals else ""
        yield (
            f"Front {place} of {len(found)}: {one.variant}, {worth}, on the front with probability "
            f"{one.membership:.3g}{broken}."
        )
