"""How many cases an experiment needs before it begins.

Origins disagree: 100 results are the least to conclude from, 1000 the usual plan. Here the number
follows from the effect that is to be found; 100 is the floor of it, and 1000 the plan where no
effect is stated. Both are settings.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from optimizer.models.dataclass import dataclass
from optimizer.models.terms import RATES, Metric
from optimizer.stats.power import discordance_limit, paired_rates_n

if TYPE_CHECKING:
    from optimizer.models.cases import LoadedArm

PILOT_LEVEL = 0.8
"""Two-sided level of the Wilson limit that a pilot's share of changed cases is taken at."""

INDEPENDENT = 0.5
"""Share of cases that change between two unrelated variants that pass half of them: the most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pilot:
    """How many cases change between two variants, as far as they have run.

    Attributes:
        changed: Cases whose outcome differs; with repeats the sum of squared differences of their
            means, which is the same for single runs.
        n: Cases that both completed.
    """

    changed: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCases:
    """A number of cases and where it is from.

    Attributes:
        n: The cases.
        reason: Where the number is from, in a line.
        discordance: Share of cases taken to change; None where it is of no use.
    """

    n: int
    reason: str
    discordance: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What the cases must be enough for.

    Attributes:
        metric: The primary metric.
        effect: Least effect that is to be found, in the unit of the metric; None: not stated.
        alpha: Two-sided false-alarm rate of one candidate.
        power: Chance of finding the effect, over the primary metric and all guardrails.
        n_guardrails: How many guardrails must pass as well.
        floor: Least number of planned cases.
        default: Planned cases where no effect is stated.
    """

    metric: Metric
    effect: float | None
    alpha: float
    power: float
    n_guardrails: int
    floor: int
    default: int


def plan_cases(
    demand: Demand,
    *,
    discordance: float | None = None,
    source: str = "as stated",
    pilot: Pilot | None = None,
) -> PlannedCases:
    """Return how many cases it takes to find the effect in pairs.

    Every guardrail must pass too, so each of the k + 1 metrics is planned to miss with chance
    (1 - power) / (k + 1).

    Args:
        demand: What they must be enough for.
        discordance: Share of cases that change, if it is known.
        source: Where that share is from.
        pilot: What earlier runs of the two variants say, or None.
    """
    effect = demand.effect
    if effect is None:
        return PlannedCases(
            n=demand.default, reason=f"{demand.default}: no effect was stated to plan for"
        )
    if demand.metric not in RATES:
        text = f"{demand.default}: cases for {demand.metric} are not planned by its effect"
        return PlannedCases(n=demand.default, reason=text)
    share, known_from = _discordance(discordance, source, pilot)
    share = min(max(share, effect), 1.0)
    power = 1 - (1 - demand.power) / (demand.n_guardrails + 1)
    needed = math.ceil(paired_rates_n(share, effect, alpha=demand.alpha, power=power))
    n = max(needed, demand.floor)
    floor = f", {demand.floor} are the least" if n > needed else ""
    return PlannedCases(
        n=n,
        reason=(
            f"{needed} cases find {100 * effect:g} pp with power {power:.0%} at alpha "
            f"{demand.alpha:.3g} if {share:.0%} of the cases change ({known_from}){floor}"
        ),
        discordance=share,
    )


def pilot_of(baseline: LoadedArm, candidate: LoadedArm, metric: Metric) -> Pilot | None:
    """Return what earlier runs say on how many cases change, or None where they share none.

    Only the spread of the differences is looked at, not which way they go.
    """
    from optimizer.experiments.pairing import (  # noqa: PLC0415 - arrays only where there are runs
        match,
        paired_values,
    )

    d = paired_values(match(baseline.cases, candidate.cases), metric, families=False).differences
    return Pilot(changed=float(d @ d), n=len(d)) if len(d) else None


def _discordance(known: float | None, source: str, pilot: Pilot | None) -> tuple[float, str]:
    if known is not None:
        return known, source
    if pilot is None:
        return INDEPENDENT, "the most, for no runs tell"
    flips = min(math.ceil(pilot.changed), pilot.n)
    limit = discordance_limit(flips, pilot.n, PILOT_LEVEL)
    return limit, f"at most, by {pilot.n} cases that ran before"
