"""A test statistic on its way through planned looks: how likely it crosses a bound, and where.

The statistic times the root of the information is a walk with independent normal steps. Between
looks its distribution is kept on nodes of a composite Gauss-Legendre rule.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from optimizer.models.dataclass import dataclass
from optimizer.stats.quantiles import normal_quantile

NODES = 8
PANEL = 2.0
"""Width of a panel of nodes, in steps' standard deviations."""

REACH = 16.0
"""How many standard deviations of a step are followed."""

CHUNK = 256
FARTHEST = 37.5
"""The z beyond which a normal tail is no longer a number of its own."""

LEAST_PROBABILITY = 1e-300

LEAST_GROWTH = 1e-6
"""Least growth of the information between looks, as a share of it: nodes grow finer with it."""

PRECISION = 1e-12
MAX_STEPS = 200
ROOT_TWO_PI = math.sqrt(2 * math.pi)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Walk:
    """Where a walk may be that has crossed no bound so far.

    Attributes:
        position: Possible positions, ascending.
        mass: Probability of each.
        information: The share of the planned information seen, 0 to 1.
    """

    position: NDArray[np.float64]
    mass: NDArray[np.float64]
    information: float


def start() -> Walk:
    """Return the walk before the first look."""
    return Walk(position=np.zeros(1), mass=np.ones(1), information=0.0)


def require_information(information: Sequence[float]) -> tuple[float, ...]:
    """Return the information at each look, ascending above 0.

    Raises:
        ValueError: There are no looks, or the information does not grow from look to look.
    """
    times = tuple(float(t) for t in information)
    if not times:
        raise ValueError("at least one look is needed, got none")
    for before, t in zip((0.0, *times), times, strict=False):
        if not before * (1 + LEAST_GROWTH) < t < math.inf:
            raise ValueError(f"information must grow from look to look, got {before} then {t}")
    return times


def crossing_probabilities(
    information: Sequence[float], bounds: Sequence[float], *, drift: float = 0.0
) -> tuple[float, ...]:
    """Return how likely each look is the first to cross its two-sided bound.

    Args:
        information: Share of the planned information at each look, growing.
        bounds: z boundary of each look; infinity where it cannot be crossed.
        drift: Expected z at information 1; 0 for the null hypothesis.

    Raises:
        ValueError: There is not one bound per look, a bound is negative or NaN, or the
            information does not grow.

    Assumes:
        z-statistics with independent increments, as those of means of independent observations.

    Formula:
        P(|Z_1| <= c_1, ..., |Z_k| > c_k), Z_k √t_k a normal walk with variance t_k and mean
        drift·t_k, by recursive numerical integration.

    Not for:
        Statistics whose null distribution is far from normal.

    References:
        Armitage, McPherson and Rowe (1969), JRSS A 132, 235-244; Jennison and Turnbull (2000),
        chapter 19.
    """
    times = require_information(information)
    if len(times) != len(bounds) or not all(bound >= 0 for bound in bounds):
        raise ValueError(f"one bound of 0 or more is needed for each look, got {bounds!r}")
    walk, found = start(), []
    for look, (t, bound) in enumerate(zip(times, bounds, strict=True)):
        found.append(crossing(walk, bound, t, drift=drift))
        if look + 1 < len(times):
            walk = advance(walk, bound, t, following=times[look + 1], drift=drift)
    return tuple(found)


def crossing(walk: Walk, bound: float, t: float, *, drift: float = 0.0) -> float:
    """Return how likely the walk is beyond the bound at the look at information `t`."""
    from scipy.special import ndtr

    step, centre = _step(walk, t, drift)
    edge = bound * math.sqrt(t)
    beyond = ndtr((centre - edge) / step) + ndtr((-centre - edge) / step)
    return float(walk.mass @ beyond)


def advance(walk: Walk, bound: float, t: float, *, following: float, drift: float = 0.0) -> Walk:
    """Return the walk after a look at information `t` that it has not crossed.

    Args:
        walk: The walk before.
        bound: The look's z boundary.
        t: The look's information.
        following: Information of the look after it, which says how fine the nodes must be.
        drift: Expected z at information 1.
    """
    step, centre = _step(walk, t, drift)
    edge = min(bound, FARTHEST + abs(drift) * math.sqrt(t)) * math.sqrt(t)
    finest = min(step, math.sqrt(following - t))
    panels = max(1, math.ceil(2 * edge / (PANEL * finest)))
    node, weight = _rule()
    half = edge / panels
    middles = -edge + half * (2 * np.arange(panels) + 1)
    position = (middles[:, None] + half * node).ravel()
    mass = np.empty_like(position)
    for begin in range(0, position.size, CHUNK):
        some = position[begin : begin + CHUNK]
        near = slice(
            int(np.searchsorted(centre, some[0] - REACH * step)),
            int(np.searchsorted(centre, some[-1] + REACH * step)),
        )
        distance = (some[:, None] - centre[near]) / step
        mass[begin : begin + CHUNK] = np.exp(-distance * distance / 2) @ walk.mass[near]
    mass *= np.tile(half * weight, panels) / (step * ROOT_TWO_PI)
    return Walk(position=position, mass=mass, information=t)


def crossing_bound(walk: Walk, probability: float, t: float) -> float:
    """Return the z boundary that the walk crosses at information `t` with this probability.

    Infinity for a probability too small for any. By Newton's method on the logarithm of the
    crossing probability, which is concave, inside a bracket.
    """
    if probability < LEAST_PROBABILITY:
        return math.inf
    step, centre = _step(walk, t, 0.0)
    root = math.sqrt(t)
    low, high = 0.0, -normal_quantile(probability / 2)
    bound = high
    for _ in range(MAX_STEPS):
        found = crossing(walk, bound, t)
        low, high = (bound, high) if found >= probability else (low, bound)
        distance = (bound * root - centre) / step
        opposite = (bound * root + centre) / step
        density = np.exp(-distance * distance / 2) + np.exp(-opposite * opposite / 2)
        slope = root / (step * ROOT_TWO_PI) * float(walk.mass @ density)
        moved = math.nan
        if found > 0 and slope > 0:
            moved = bound + math.log(found / probability) * found / slope
        if not low <= moved <= high:
            moved = (low + high) / 2
        if abs(moved - bound) < PRECISION:
            return moved
        bound = moved
    return bound


def _step(walk: Walk, t: float, drift: float) -> tuple[float, NDArray[np.float64]]:
    """Return the standard deviation of the step to `t`, and where it starts from on average."""
    gained = t - walk.information
    return math.sqrt(gained), walk.position + drift * gained


@lru_cache(maxsize=1)
def _rule() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    node, weight = np.polynomial.legendre.leggauss(NODES)
    return node, weight
