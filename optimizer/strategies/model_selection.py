"""Switch to another model that is worth more in quality, price and time together.

Asks: among the variants that ran on another model or provider, is one better than the current
variant in the weighted sum of its effects, beyond what chance explains?

Proposes: the switch to the one with the largest gain that keeps every limit, with the measured
effects, the next best models as fallbacks, and what the tokens of today would cost there.

Stays silent when nothing completed, when no other model has run or none keeps the limits, when
too few cases were run, when nobody told pass from fail, and when no gain's interval, which allows
for the number of candidates, lies above `min_gain`. A model that has never run needs a trial: it
is named, and never switched to.

Does not look at variants on the same model (`pareto_optimization` does), nor at list prices: what
a model costs is what its runs cost, or derived from their tokens by `ingest --price`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar

from optimizer.learning import choice
from optimizer.learning.candidates import Limits, distinct, refusals
from optimizer.learning.objectives import (
    NO_PRICE,
    NOT_FREE,
    Weights,
    costs_against_free,
    objectives_of,
)
from optimizer.models.dataclass import dataclass
from optimizer.models.evidence import Evidence
from optimizer.models.frontier import WeightedGain
from optimizer.models.proposals import Answer, Change, DecisionType, Proposal
from optimizer.models.settings import Field, Settings, together
from optimizer.models.summaries import WindowSummary
from optimizer.models.switching import switch

if TYPE_CHECKING:
    from optimizer.learning.gains import Measured

WEIGHTS_SLACK = 0.1
"""How far the weights may add up to something else than 1, as the documents allow."""

SHOWN = 5
"""How many variants a sentence lists."""


class ModelSelectionSettings(Settings):
    """Settings of the `model_selection` strategy."""

    quality_weight: Annotated[float, Field(ge=0, le=1)] = 0.4
    """What a point of quality counts; the three weights add up to about 1."""

    cost_weight: Annotated[float, Field(ge=0, le=1)] = 0.4
    """What the price counts, as a share of the current variant's."""

    latency_weight: Annotated[float, Field(ge=0, le=1)] = 0.2
    """What the response time counts, as a share of the current variant's."""

    min_quality: Annotated[float, Field(ge=0, le=1)] = 0.7
    """Lowest pass rate of a model that may be chosen, or mean score where nothing else is known."""

    max_cost: Annotated[float, Field(gt=0)] = 1.0
    """Highest mean price of a call of a model that may be chosen, in USD."""

    max_latency_ms: Annotated[float, Field(gt=0)] = 5000.0
    """Highest 95th percentile of the response time of a model that may be chosen, in ms."""

    num_fallbacks: Annotated[int, Field(ge=0)] = 2
    """How many next best models are named as fallbacks."""

    use_pareto: bool = True
    """Whether only variants are chosen that no other candidate beats in every respect."""

    allowed_providers: tuple[str, ...] = ()
    """The only providers that may be chosen; empty: all may."""

    forbidden_providers: tuple[str, ...] = ()
    """Providers that may not be chosen."""

    candidate_models: tuple[str, ...] = ()
    """Models that could be used; those that never ran are named as in need of a trial."""

    alpha: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """Chance of a switch for nothing, over all candidates."""

    min_cases: Annotated[int, Field(ge=2)] = 30
    """Fewest shared cases, or tests of each where none are shared, worth a comparison."""

    min_gain: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Smallest weighted gain worth a switch."""

    @together
    def _weights_add_up(self) -> None:
        total = self.quality_weight + self.cost_weight + self.latency_weight
        if abs(total - 1) > WEIGHTS_SLACK:
            raise ValueError(f"the weights add up to {total:g}, expected about 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """A variant on another model that keeps every limit."""

    window: WindowSummary
    gain: WeightedGain


class ModelSelection:
    """The `model_selection` strategy."""

    name: ClassVar[str] = "model_selection"
    priority: ClassVar[int] = 100
    settings_type: ClassVar[type[Settings]] = ModelSelectionSettings

    def __init__(self, settings: ModelSelectionSettings) -> None:
        self.settings = settings

    def propose(self, evidence: Evidence) -> Answer:
        """Propose the model with the largest gain, where it is better beyond doubt."""
        current = evidence.current
        if current is None or current.n_completed == 0:
            return Answer(silence="no completed task")
        others = [one for one in evidence.others if _is_other_model(current, one)]
        large = [one for one in others if self._is_large(evidence, current, one)]
        if not large:
            return Answer(silence=self._nothing_to_compare(evidence, current, others))
        limits = self.limits()
        viable = [one for one in large if not refusals(one, limits)]
        if not viable:
            why = "; ".join(choice.refused(large[:SHOWN], limits))
            return Answer(silence=f"no viable model: {why}")
        objectives = objectives_of(evidence, self._weights())
        if not objectives:
            return Answer(silence="nobody told pass from fail: there is no quality to choose by")
        from optimizer.learning.gains import Measured  # noqa: PLC0415 - few have two models

        return self._choose(current, viable, Measured(evidence, objectives), limits)

    def limits(self) -> Limits:
        """Return what no choice may break."""
        settings = self.settings
        return Limits(
            min_quality=settings.min_quality,
            max_cost_usd=settings.max_cost,
            max_latency_ms=settings.max_latency_ms,
            allowed_providers=settings.allowed_providers,
            forbidden_providers=settings.forbidden_providers,
        )

    def _choose(
        self,
        current: WindowSummary,
        viable: Sequence[WindowSummary],
        measured: Measured,
        limits: Limits,
    ) -> Answer:
        """Propose the best of some variants, or say why it is not better beyond doubt."""
        level = 1 - self.settings.alpha / len(viable)
        gains = ((one, measured.gain(one, level=level)) for one in viable)
        known = sorted(
            (_Candidate(window=one, gain=gain) for one, gain in gains if gain is not None),
            key=lambda one: (-one.gain.estimate, one.window.variant_id),
        )
        if not known:
            if any(costs_against_free(current, one) for one in viable):
                return Answer(silence=f"{viable[0].variant}: {NOT_FREE}")
            names = " and ".join(one.name for one in measured.objectives)
            return Answer(silence=f"no other model was measured in {names}: {NO_PRICE}")
        winners = [one for one in known if one.gain.low > self.settings.min_gain]
        if self.settings.use_pareto:
            front = _front(measured, known)
            winners = [one for one in winners if one.window.variant_id in front]
        if not winners:
            return Answer(silence=_no_winner(known))
        return Answer(proposals=(self._proposal(current, winners[0], known, measured, limits),))

    def _proposal(
        self,
        current: WindowSummary,
        best: _Candidate,
        known: Sequence[_Candidate],
        measured: Measured,
        limits: Limits,
    ) -> Proposal:
        evidence, target, gain = measured.evidence, best.window, best.gain
        effects = choice.effects_of(evidence, target)
        models = [one.window.model for one in known if one.window.model != target.model]
        fallbacks = list(distinct(models))[: self.settings.num_fallbacks]
        changes = list(switch(current, target))
        if fallbacks:
            changes.append(Change(setting="fallback_models", old=None, new=fallbacks))
        mix = choice.price_on_mix(current, target)
        weights = {one.name: one.weight for one in measured.objectives}
        return Proposal(
            strategy=self.name,
            type=DecisionType.MODEL_SWITCH,
            changes=tuple(changes),
            effects=effects,
            effects_note=choice.effects_note(effects, gain),
            confidence=gain.p_better,
            rationale=choice.rationale(current, target, gain, weights, len(known)),
            unless=(
                f"the interval of the weighted gain had reached {self.settings.min_gain:g}, or "
                f"{target.variant} had broken a limit"
            ),
            facts=(
                choice.gain_fact(target, gain, self.settings.min_gain),
                *choice.figures_of(current, limits),
                *choice.figures_of(target, limits),
                *((mix,) if mix else ()),
            ),
            notes=(
                *(_fallback_note(one) for one in known if one.window.model in fallbacks),
                *choice.refused(evidence.others[:SHOWN], limits),
                *choice.timeout_note(target),
                *choice.constant_times(current, target),
                *self._trials(evidence),
            ),
        )

    def _weights(self) -> Weights:
        settings = self.settings
        return Weights(
            quality=settings.quality_weight,
            cost=settings.cost_weight,
            latency=settings.latency_weight,
        )

    def _is_large(self, evidence: Evidence, current: WindowSummary, other: WindowSummary) -> bool:
        """Return whether enough was run of both to compare them."""
        contrast = evidence.contrast(other.variant_id)
        is_paired = contrast is not None and contrast.is_paired
        n = contrast.n_shared if contrast and is_paired else min(current.n_cases, other.n_cases)
        return n >= self.settings.min_cases

    def _nothing_to_compare(
        self, evidence: Evidence, current: WindowSummary, others: Sequence[WindowSummary]
    ) -> str:
        least = self.settings.min_cases
        n = min(current.n_cases, max((one.n_cases for one in others), default=current.n_cases))
        if others or n < least:
            return f"not enough data: {n} of {least} cases of {current.variant} and another model"
        said = (f"no other model than {current.model or 'an unnamed one'} has run",)
        return "; ".join((*said, *self._trials(evidence)))

    def _trials(self, evidence: Evidence) -> tuple[str, ...]:
        """Say which of the models that could be used have never run."""
        ran = {one.model for one in (evidence.current, *evidence.others) if one is not None}
        return tuple(
            f"{name} has never run on this workflow: it needs a trial"
            for name in self.settings.candidate_models
            if name not in ran
        )


def _is_other_model(current: WindowSummary, other: WindowSummary) -> bool:
    """Return whether a variant is known to have run on another model, or at another provider."""
    if other.n_completed == 0 or other.model is None:
        return False
    return (current.model, current.provider) != (other.model, other.provider)


def _front(measured: Measured, known: Sequence[_Candidate]) -> frozenset[str]:
    """Return the ids of the candidates that no other beats in every respect."""
    from optimizer.stats.fronts import non_dominated  # noqa: PLC0415 - as above

    means = [(one.window.variant_id, measured.means(one.window)) for one in known]
    points = {name: values for name, values in means if values is not None}
    signs = [one.sign for one in measured.objectives]
    on_front = non_dominated(list(points.values()), signs=signs)
    return frozenset(name for name, is_on in zip(points, on_front, strict=True) if is_on)


def _no_winner(known: Sequence[_Candidate]) -> str:
    best, gain = known[0].window, known[0].gain
    return (
        f"no model is worth more beyond doubt: the best of {len(known)}, {best.variant}, has a "
        f"weighted gain of {gain.estimate:+.3f}, from {gain.low:+.3f} to {gain.high:+.3f} over "
        f"{gain.n} cases"
    )


def _fallback_note(one: _Candidate) -> str:
    gain = one.gain
    return (
        f"Fallback {one.window.model} ({one.window.variant}): weighted gain {gain.estimate:+.3f}, "
        f"from {gain.low:+.3f} to {gain.high:+.3f} over {gain.n} cases."
    )
