"""The spreads that a plan is made for: stated, assumed, or what a pilot leaves possible."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from optimizer.models.dataclass import dataclass
from optimizer.models.power import Basis, Pilot, PowerQuestion
from optimizer.models.terms import Metric

DISCORDANCES = (0.05, 0.10, 0.15, 0.20, 0.30)
"""Shares of flipping cases that a plan is made for where none is known."""

SPREADS = (0.1, 0.2, 0.3, 0.5)
"""Standard deviations likewise, of scores from 0 to 1 and of log ratios."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One spread to plan with.

    Attributes:
        basis: What it rests on.
        spread: As `PlanRow.spread`.
        between: Variance of differences that repeats change nothing of.
        noise: Variance of the difference of two single runs of one case.
        design_effect: Factor on cases because of families.
    """

    basis: Basis
    spread: float
    between: float
    noise: float
    design_effect: float = 1.0

    def variance(self, repeats: float) -> float:
        """Return the variance of a case's difference with so many runs of each."""
        return self.between + self.noise / repeats


def scenarios(question: PowerQuestion, pilot: Pilot | None) -> Iterator[Scenario]:
    """Yield the spreads to plan with, the careful one last."""
    if pilot is not None:
        yield from _of_pilot(pilot, question)
        return
    is_success = question.metric is Metric.SUCCESS
    stated = question.discordance if is_success else question.sd
    for spread in (stated,) if stated is not None else (DISCORDANCES if is_success else SPREADS):
        variance = spread if is_success else spread**2
        if stated is None or question.repeats == 1:
            yield Scenario(basis=Basis.ASSUMED, spread=spread, between=variance, noise=0.0)
            continue
        yield Scenario(basis=Basis.ALL_NOISE, spread=spread, between=0.0, noise=variance)
        yield Scenario(basis=Basis.NO_NOISE, spread=spread, between=variance, noise=0.0)


def _of_pilot(pilot: Pilot, question: PowerQuestion) -> Iterator[Scenario]:
    """Yield what the pilot shows, and the same scaled up to its limit."""
    is_success = question.metric is Metric.SUCCESS
    between, noise = pilot.parts.between, pilot.parts.noise or 0.0
    spread = pilot.spread if is_success else math.sqrt(between + noise / question.repeats)
    shown = Scenario(
        basis=Basis.PILOT,
        spread=spread,
        between=between,
        noise=noise,
        design_effect=pilot.design_effect,
    )
    yield shown
    if pilot.spread == 0:
        limit = pilot.spread_limit
        yield replace(shown, basis=Basis.PILOT_LIMIT, spread=limit, between=limit)
        return
    ratio = pilot.spread_limit / pilot.spread
    factor = ratio if is_success else ratio**2
    yield replace(
        shown,
        basis=Basis.PILOT_LIMIT,
        spread=spread * ratio,
        between=between * factor,
        noise=noise * factor,
    )
