"""First trials that fill a space evenly: Latin hypercube, Sobol, grid, random.

A design is an array of places, 0 to 1, one row a trial and one column a parameter. The same seed
gives the same design.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.learning.parameters import Parameter, ParameterKind, SearchStrategy

Design = Callable[[int, Sequence[Parameter], int], NDArray[np.float64]]

FEWEST_LEVELS = 2
"""A grid with one level would not move."""


def latin_hypercube(n: int, parameters: Sequence[Parameter], seed: int) -> NDArray[np.float64]:
    """Return n trials of which each stratum of n of every parameter holds exactly one.

    References:
        McKay, Beckman and Conover (1979), Technometrics 21, 239-245.
    """
    rng = np.random.default_rng(seed)
    strata = np.column_stack([rng.permutation(n) for _ in parameters])
    return (strata + rng.random(strata.shape)) / n


def sobol(n: int, parameters: Sequence[Parameter], seed: int) -> NDArray[np.float64]:
    """Return the first n points of a scrambled Sobol sequence.

    Of the first 2^k points, each stratum of 2^k of every parameter holds exactly one.

    References:
        Sobol (1967), USSR Comput Math Math Phys 7, 86-112; Owen (1998), J Complexity 14, 466-489.
    """
    from scipy.stats import qmc  # noqa: PLC0415 - few ask for it, and it is slow to load

    sequence = qmc.Sobol(len(parameters), scramble=True, rng=np.random.default_rng(seed))
    return np.asarray(sequence.random_base2(math.ceil(math.log2(max(n, 1))))[:n])


def grid(n: int, parameters: Sequence[Parameter], seed: int) -> NDArray[np.float64]:
    """Return the smallest full grid of at least n trials, as far as there are as many values.

    The ends of a range are in it, and all choices are. The seed decides the order.
    """
    levels = [FEWEST_LEVELS for _ in parameters]
    most = [one.levels or n for one in parameters]
    levels = [
        top if one.kind is ParameterKind.CHOICE else min(low, top)
        for one, low, top in zip(parameters, levels, most, strict=True)
    ]
    while math.prod(levels) < n:
        open_ = [i for i, (now, top) in enumerate(zip(levels, most, strict=True)) if now < top]
        if not open_:
            break
        fewest = min(open_, key=lambda i: levels[i])
        levels[fewest] += 1
    points = np.array(list(product(*map(_places, parameters, levels))), np.float64)
    return np.random.default_rng(seed).permutation(points)


def random(n: int, parameters: Sequence[Parameter], seed: int) -> NDArray[np.float64]:
    """Return n trials drawn evenly and independently.

    References:
        Bergstra and Bengio (2012), JMLR 13, 281-305.
    """
    return np.random.default_rng(seed).random((n, len(parameters)))


DESIGNS: Mapping[SearchStrategy, Design] = {
    SearchStrategy.LATIN_HYPERCUBE: latin_hypercube,
    SearchStrategy.SOBOL: sobol,
    SearchStrategy.GRID: grid,
    SearchStrategy.RANDOM: random,
}


def values_at(parameters: Sequence[Parameter], points: NDArray[np.float64]) -> list[dict[str, Any]]:
    """Return the settings at some places, without those that come twice, in their order."""
    found: list[dict[str, Any]] = []
    for row in points.tolist():
        values = {one.name: one.at(place) for one, place in zip(parameters, row, strict=True)}
        if values not in found:
            found.append(values)
    return found


def places_of(
    parameters: Sequence[Parameter], settings: Sequence[Mapping[str, Any]]
) -> NDArray[np.float64]:
    """Return where some settings lie, one row each.

    Raises:
        ValueError: One is outside the values that may be taken.
    """
    return np.array(
        [[_place(one, values.get(one.name)) for one in parameters] for values in settings],
        np.float64,
    ).reshape(len(settings), len(parameters))


def _place(parameter: Parameter, value: Any) -> float:
    place = parameter.place(value)
    if place is None:
        raise ValueError(f"{parameter.name}: {value!r} is not a value that it may take")
    return place


def _places(parameter: Parameter, levels: int) -> list[float]:
    if parameter.kind is ParameterKind.CHOICE:
        return [(i + 0.5) / levels for i in range(levels)]
    return [float(place) for place in np.linspace(0, 1, levels)]
