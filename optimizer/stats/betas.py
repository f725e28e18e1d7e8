"""Beta distributions over their log-odds: expectations, and distributions of differences.

An expectation is a Gauss-Legendre sum over the log-odds, in panels that follow the width of every
distribution involved, so that a million outcomes are as exact as ten.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from optimizer.models.dataclass import dataclass

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

NODES = 16
"""Points a panel."""

PANEL_SDS = 2.0
"""Width of a panel in standard deviations of the log-odds."""

WIDEST_PANEL = 4.0
"""Width of a panel in log-odds near the peak: the functions have poles at a distance of pi."""

WIDENING = 0.25
"""Width of a panel at least, as a share of its distance from the peak."""

NEGLIGIBLE = 45.0
"""How far below its peak a log density is left out: exp(-45) is below the last digit."""

TINY = 1e-300
"""Stands for a rate too small to be written."""


@dataclass(frozen=True, slots=True)
class Beta:
    """A Beta distribution, seen over its log-odds.

    Attributes:
        a: First shape, above 0: successes and their prior.
        b: Second shape, above 0: failures and their prior.
    """

    a: float
    b: float

    @property
    def mean(self) -> float:
        """Return the expected rate."""
        return self.a / (self.a + self.b)

    @property
    def peak(self) -> float:
        """Return the log-odds of the highest density."""
        return math.log(self.a) - math.log(self.b)

    def mirrored(self) -> Beta:
        """Return the distribution of 1 - rate."""
        return Beta(self.b, self.a)

    def log_density(self, log_odds: Floats) -> Floats:
        """Return the log density of the log-odds, 0 at the peak.

        As an offset from the peak, since a difference of large logarithms has few digits.
        """
        offset = log_odds - self.peak
        to_base = np.expm1(-np.abs(offset))
        share = np.where(offset > 0, self.b, self.a) / (self.a + self.b)
        bend = np.maximum(offset, 0) + np.log1p(share * to_base)
        return np.asarray(self.a * offset - (self.a + self.b) * bend)

    def density(self, nodes: Floats, weights: Floats) -> Floats:
        """Return weights of the nodes that sum to 1."""
        density = weights * np.exp(self.log_density(nodes))
        return np.asarray(density / density.sum())

    def below(self, log_odds: Floats, *, shift: int = 0) -> Floats:
        """Return P(rate < x) at the log-odds of x, after `shift` more successes."""
        from scipy.special import betainc, expit

        return np.asarray(betainc(self.a + shift, self.b, expit(log_odds)))

    def above(self, log_odds: Floats, *, shift: int = 0) -> Floats:
        """Return P(rate > x) at the log-odds of x, after `shift` more successes."""
        from scipy.special import betainc, expit

        return np.asarray(betainc(self.b, self.a + shift, expit(-log_odds)))

    def above_half(self) -> float:
        """Return P(rate > 1/2)."""
        from scipy.special import betainc

        return float(betainc(self.b, self.a, 0.5))

    def excess_over_half(self) -> float:
        """Return E max(2 rate - 1, 0)."""
        more = Beta(self.a + 1, self.b)
        return max(2 * self.mean * more.above_half() - self.above_half(), 0.0)

    def breaks(self) -> Floats:
        """Return log-odds that cut what is not negligible into smooth panels."""
        left, right = (self._offsets(side) for side in (-1.0, 1.0))
        return np.array([self.peak + offset for offset in (*reversed(left), 0.0, *right)])

    def _offsets(self, side: float) -> list[float]:
        """Return distances from the peak out to where the density is negligible.

        They widen on the way: far out the density only decays, and smoothly.
        """
        width = min(PANEL_SDS * math.sqrt(1 / self.a + 1 / self.b), WIDEST_PANEL)
        offsets = [side * width]
        while self.log_density(np.array([self.peak + offsets[-1]]))[0] > -NEGLIGIBLE:
            offsets.append(offsets[-1] + side * max(width, abs(offsets[-1]) * WIDENING))
        return offsets


def difference_below(first: Beta, second: Beta) -> Callable[[float], float]:
    """Return P(second - first <= difference) as a function of the difference."""
    from scipy.special import betainc, expit

    breaks = first.breaks()
    bends = np.concatenate([expit(second.breaks()), [0.0, 1.0]])

    def cdf(difference: float) -> float:
        nodes, weights = points_between(breaks, _within(breaks, bends - difference))
        below = betainc(second.a, second.b, np.clip(expit(nodes) + difference, 0, 1))
        return float(first.density(nodes, weights) @ below)

    return cdf


def scaled_below(scale: Beta, side: Beta) -> Callable[[float], float]:
    """Return P(scale (2 side - 1) <= difference) as a function of the difference."""
    from scipy.special import betainc, expit

    breaks = scale.breaks()
    leanings = np.concatenate([np.tanh(side.breaks() / 2), [-1.0, 1.0]])
    leanings = leanings[leanings != 0]

    def cdf(difference: float) -> float:
        nodes, weights = points_between(breaks, _within(breaks, difference / leanings))
        shares = np.maximum(expit(nodes), TINY)
        leaning = np.clip(difference, -shares, shares) / shares
        below = betainc(side.a, side.b, (1 + leaning) / 2)
        return float(scale.density(nodes, weights) @ below)

    return cdf


def points_between(*breaks: Floats) -> tuple[Floats, Floats]:
    """Return the points and weights of a Gauss-Legendre sum between all neighbouring breaks."""
    edges = np.unique(np.concatenate(breaks))
    points, weights = _legendre()
    halves = np.diff(edges)[:, None] / 2
    middles = (edges[:-1] + edges[1:])[:, None] / 2
    return (middles + halves * points).ravel(), (halves * weights).ravel()


def _within(breaks: Floats, rates: Floats) -> Floats:
    """Return the log-odds of the rates that lie inside the breaks."""
    from scipy.special import logit

    log_odds = logit(rates[(rates > 0) & (rates < 1)])
    return np.asarray(log_odds[(log_odds > breaks[0]) & (log_odds < breaks[-1])])


@lru_cache(maxsize=1)
def _legendre() -> tuple[Floats, Floats]:
    points, weights = np.polynomial.legendre.leggauss(NODES)
    return points.astype(np.float64), weights.astype(np.float64)
