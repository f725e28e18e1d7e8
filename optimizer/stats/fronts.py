"""Fronts: what nothing else beats in every respect, how much it holds, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

ROUNDING = 1e-12
"""Values closer than this share of the largest are equal: weighted means of one value differ so."""

CHUNK = 1 << 21
"""Weights of cases held at once: 16 MB."""


def non_dominated(points: Sequence[ArrayLike], *, signs: Sequence[int]) -> tuple[bool, ...]:
    """Return for each point whether no other is as good in every objective and better in one.

    Args:
        points: One list of values per point, an objective per place; finite numbers.
        signs: 1 for each objective of which more is better, -1 where less is.

    Raises:
        ValueError: No points, a sign that is none, points of unequal length, or a value that is
            not finite.

    Assumes:
        Values without error (`front_membership` allows for theirs).

    Formula:
        j is on the front unless some i has s·x_i >= s·x_j in all objectives and > in one; points
        that are equal in all are on it together.

    Not for:
        Choosing one of them: that takes weights (`weighted_gain`).

    References:
        Pareto (1906), Manuale di economia politica; Kung, Luccio and Preparata (1975), JACM 22,
        469-476.
    """
    values = _oriented(points, signs)
    return tuple(_on_front(values.T[:, :, None])[:, 0].tolist())


def dominators(points: Sequence[ArrayLike], *, signs: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """Return for each point the places of those as good in every objective and better in one.

    Args:
        points: As in `non_dominated`.
        signs: As in `non_dominated`.

    Raises:
        ValueError: As in `non_dominated`.

    Assumes:
        As `non_dominated`.

    Formula:
        i is listed for j where s·x_i >= s·x_j in all objectives and > in one, places from 0.

    Not for:
        How sure that is (`front_membership`).

    References:
        As `non_dominated`.
    """
    values = _oriented(points, signs)
    columns = values.T[:, :, None]
    ahead = np.hstack([_ahead(columns, rival) for rival in range(len(values))])
    return tuple(tuple(np.flatnonzero(row).tolist()) for row in ahead)


def hypervolume(
    points: Sequence[ArrayLike], *, reference: Sequence[float], signs: Sequence[int]
) -> float:
    """Return the exact volume of what some point beats, down to a reference point.

    Args:
        points: As in `non_dominated`; those that are not better than the reference in every
            objective add nothing.
        reference: The worst values that count, an objective per place.
        signs: As in `non_dominated`.

    Raises:
        ValueError: As in `non_dominated`, or a reference that is of another length or not finite.

    Assumes:
        Units that stay the same: the volume is in the product of the objectives' units.

    Formula:
        The volume of the union of the boxes between the reference and each point. Cut into slabs
        at the values of the last objective; the area of a slab is the hypervolume of the points
        that reach it in the objectives before.

    Not for:
        Many points in many objectives: the time grows with n to the power of the objectives.

    References:
        Zitzler and Thiele (1999), IEEE Trans Evol Comput 3, 257-271; While et al. (2006), IEEE
        Trans Evol Comput 10, 29-38.
    """
    values = _oriented(points, signs)
    worst = _oriented([reference], signs)[0]
    if worst.size != values.shape[1]:
        raise ValueError(f"reference: found {worst.size} values, expected {values.shape[1]}")
    above = values - worst
    return _volume(above[(above > 0).all(axis=1)])


def front_membership(
    objectives: Sequence[Sequence[ArrayLike]],
    *,
    signs: Sequence[int],
    resamples: int = 1000,
    seed: int = 0,
) -> tuple[float, ...]:
    """Return the posterior probability of each option that it is on the front of the means.

    Args:
        objectives: For each objective a list of the cases' values for each option, all of the
            same cases in the same order; NaN where an option did not run a case.
        signs: As in `non_dominated`.
        resamples: How many times the cases are weighted anew.
        seed: Of the random weights.

    Raises:
        ValueError: As in `non_dominated`, lengths that differ, an infinite value, an option
            without any value of an objective, or no resamples.

    Assumes:
        Independent cases that are like those to come.

    Formula:
        The share of resamples in which the option is on the front, each option at its weighted
        means. A resample gives every case an exponential weight, the same for all options and
        objectives, so that what cases have in common cancels (the Bayesian bootstrap).

    Not for:
        Options of which all cases are alike: without spread the data know no doubt.

    References:
        Rubin (1981), Ann Stat 9, 130-134; Fieldsend and Everson (2015), IEEE Trans Evol Comput
        19, 103-117 (probabilistic dominance).
    """
    table = np.asarray(objectives, dtype=np.float64)
    if table.ndim != 3:  # noqa: PLR2004 - objectives, options, cases
        raise ValueError(f"objectives: found {table.ndim} dimensions, expected 3 of equal lengths")
    if np.isinf(table).any():
        raise ValueError("objectives: found infinity, expected finite numbers or NaN")
    signs_of(signs, n=table.shape[0])
    draws = mean_draws(table.transpose(1, 0, 2), resamples=resamples, seed=seed)
    return membership(draws, signs=signs)


def mean_draws(values: NDArray[np.float64], *, resamples: int, seed: int) -> NDArray[np.float64]:
    """Return draws of means: resamples x options x objectives.

    Args:
        values: Options x objectives x cases, NaN where unknown.
        resamples: How many draws.
        seed: Of the random weights.

    Raises:
        ValueError: No resamples, or an option without any value of an objective.
    """
    if resamples < 1:
        raise ValueError(f"resamples must be at least 1, got {resamples}")
    options, objectives, n = values.shape
    flat = values.reshape(options * objectives, n).T
    known = ~np.isnan(flat)
    if not known.any(axis=0).all():
        raise ValueError("found an option without any value of an objective, expected some")
    filled = np.where(known, flat, 0.0)
    is_whole, as_weights = bool(known.all()), known.astype(np.float64)
    rng = np.random.default_rng(seed)
    rows = max(1, CHUNK // n)
    parts = []
    for done in range(0, resamples, rows):
        weights = rng.standard_exponential((min(rows, resamples - done), n))
        total = weights.sum(axis=1, keepdims=True) if is_whole else weights @ as_weights
        parts.append((weights @ filled) / total)
    return np.concatenate(parts).reshape(resamples, options, objectives)


def membership(draws: NDArray[np.float64], *, signs: Sequence[int]) -> tuple[float, ...]:
    """Return the share of draws in which each option is on the front.

    Args:
        draws: Draws x options x objectives.
        signs: As in `non_dominated`.
    """
    values = np.ascontiguousarray(draws.transpose(2, 1, 0))
    values *= np.asarray(signs, dtype=np.float64)[:, None, None]
    return tuple(_on_front(values).mean(axis=1).tolist())


def signs_of(signs: Sequence[int], *, n: int) -> NDArray[np.float64]:
    """Return the signs of objectives as an array.

    Raises:
        ValueError: There are not `n` of them, or one is neither 1 nor -1.
    """
    found = np.asarray(signs, dtype=np.float64)
    if found.shape != (n,) or not (np.abs(found) == 1).all():
        raise ValueError(f"signs: found {list(signs)}, expected {n} of 1 and -1")
    return found


def _oriented(points: Sequence[ArrayLike], signs: Sequence[int]) -> NDArray[np.float64]:
    """Return points as rows of which more is better in every place."""
    lengths = {np.size(point) for point in points}
    if len(lengths) != 1 or 0 in lengths:
        raise ValueError(f"points: found {sorted(lengths)} values, expected some, equally many")
    values = np.asarray(points, dtype=np.float64)
    if not np.isfinite(values).all():
        raise ValueError("points: found NaN or infinity, expected finite numbers")
    return values * signs_of(signs, n=values.shape[1])


def _on_front(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return options x draws: whether no other option of the draw dominates it.

    Args:
        values: Objectives x options x draws; more is better.
    """
    free = np.ones(values.shape[1:], dtype=np.bool_)
    for rival in range(values.shape[1]):
        free &= ~_ahead(values, rival)
    return free


def _ahead(values: NDArray[np.float64], rival: int) -> NDArray[np.bool_]:
    """Return options x draws: whether one option dominates the others."""
    as_good = np.ones(values.shape[1:], dtype=np.bool_)
    better = np.zeros(values.shape[1:], dtype=np.bool_)
    for objective in values:
        noise = ROUNDING * max(float(objective.max()), -float(objective.min()))
        ahead = objective[rival] - objective
        as_good &= ahead >= -noise
        better |= ahead > noise
    return as_good & better


def _volume(points: NDArray[np.float64]) -> float:
    """Return the volume of the union of the boxes from 0 to each point."""
    if points.shape[0] == 0:
        return 0.0
    if points.shape[1] == 1:
        return float(points.max())
    points = points[_on_front(points.T[:, :, None])[:, 0]]
    return math.fsum(depth * _volume(slab) for depth, slab in _slabs(points))


def _slabs(points: NDArray[np.float64]) -> Iterator[tuple[float, NDArray[np.float64]]]:
    """Yield the depth of each slab of the last objective, and what reaches it in the others."""
    ordered = points[np.argsort(-points[:, -1], kind="stable")]
    depths = -np.diff(ordered[:, -1], append=0.0)
    for place, depth in enumerate(depths.tolist(), start=1):
        if depth > 0:
            yield depth, ordered[:place, :-1]
