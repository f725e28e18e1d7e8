"""Bayesian optimization: which settings of parameters to try next, given what others gave.

The first trials fill the space by a design. After them, a Gaussian process is fitted to the
measured means with their known variances, and the next trial is where an acquisition is largest:
GP-UCB (mean + beta sd), or the expected improvement over the best posterior mean of what was
tried, which is the plug-in form for noisy data. A batch is chosen one by one, each taken to give
what the process expects of it. Nothing that was measured is suggested again.

References:
    Srinivas et al. (2010), ICML; Jones, Schonlau and Welch (1998), J Glob Optim 13, 455-492;
    Picheny, Wagner and Ginsbourger (2013), Struct Multidiscip Optim 48, 607-626;
    Ginsbourger, Le Riche and Carraro (2010), Kriging is well-suited to parallelize optimization.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from optimizer.learning.designs import DESIGNS, places_of, values_at
from optimizer.learning.gaussian_process import GaussianProcess, fit
from optimizer.learning.parameters import (
    Acquisition,
    Observation,
    Parameter,
    ParameterKind,
    SearchStrategy,
    Suggestion,
    inside,
)
from optimizer.learning.tpe import suggest as suggest_by_tpe
from optimizer.models.dataclass import dataclass

Array = NDArray[np.float64]

CANDIDATES = 512
"""Places drawn evenly, of which the best is refined."""

LEADERS = 8
"""How many of the best are refined."""

OFFSPRING = 16
"""Places drawn around each of them in a round."""

SCALES = (0.1, 0.03, 0.01)
"""How far around in each round, as a share of a range."""

SQRT_2 = math.sqrt(2)

ONE_HOT = math.sqrt(0.5)
"""Two choices are as far apart as the ends of a range."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A search as far as it has come; asking changes nothing, telling makes another.

    Attributes:
        parameters: What is searched.
        observed: What was measured, in order.
        design: How the first trials are chosen.
        first_trials: Trials before a process is fitted.
        acquisition: How the trials after them are.
        beta: Standard deviations above the mean in the upper confidence bound.
        seed: Decides everything random.
    """

    parameters: tuple[Parameter, ...]
    observed: tuple[Observation, ...] = ()
    design: SearchStrategy = SearchStrategy.LATIN_HYPERCUBE
    first_trials: int = 8
    acquisition: Acquisition = Acquisition.UPPER_CONFIDENCE_BOUND
    beta: float = 2.0
    seed: int = 0

    def tell(self, *observations: Observation) -> Search:
        """Return the search with more measured.

        Raises:
            ValueError: A setting is outside the values that may be taken.
        """
        for one in observations:
            if not inside(self.parameters, one.parameters):
                raise ValueError(f"{dict(one.parameters)}: outside the space that is searched")
        return replace(self, observed=(*self.observed, *observations))

    def ask(self, n: int = 1) -> tuple[Suggestion, ...]:
        """Return up to n settings to try next; fewer where no more are left."""
        missing = self.first_trials - len(self.observed)
        if missing > 0:
            return self._first(min(n, missing))
        if self.acquisition is Acquisition.TPE:
            return suggest_by_tpe(self.parameters, self.observed, n=n, seed=self.seed)
        return self._next(n)

    def recommended(self) -> Suggestion:
        """Return the setting that the process expects most of, measured or not.

        Raises:
            ValueError: Fewer than two settings were measured.
        """
        model = self._model()
        bounds = _Bounds(self.parameters)
        tried = places_of(self.parameters, [one.parameters for one in self.observed])
        (best,) = _climb(lambda x: model.posterior(x)[0], bounds, tried, self._rng(), keep=1)
        return self._suggestion(model, bounds, best, "posterior_mean")

    def _first(self, n: int) -> tuple[Suggestion, ...]:
        taken = places_of(self.parameters, [one.parameters for one in self.observed])
        return _spread(
            self.design,
            self.first_trials,
            _Space(self.parameters),
            self.seed,
            taken=tuple(map(tuple, taken.tolist())),
            n=n,
        )

    def _next(self, n: int) -> tuple[Suggestion, ...]:
        model, bounds, rng = self._model(), _Bounds(self.parameters), self._rng()
        tried = places_of(self.parameters, [one.parameters for one in self.observed])
        typical = float(np.median(model.noise))
        chosen: list[Suggestion] = []
        for _ in range(n):
            best = _climb(self._acquired(model), bounds, tried, rng, keep=1, fresh=True)
            if not len(best):
                break
            one = self._suggestion(model, bounds, best[0], self.acquisition.value)
            chosen.append(one)
            tried = np.vstack([tried, best])
            feature = bounds.features(best)
            model = model.with_observation(feature, float(model.posterior(feature)[0][0]), typical)
        return tuple(chosen)

    def _acquired(self, model: GaussianProcess) -> Callable[[Array], Array]:
        if self.acquisition is Acquisition.UPPER_CONFIDENCE_BOUND:
            return lambda x: upper_confidence_bound(*model.posterior(x), beta=self.beta)
        incumbent = float(model.posterior(model.x)[0].max())
        return lambda x: expected_improvement(*model.posterior(x), incumbent=incumbent)

    def _model(self) -> GaussianProcess:
        places = places_of(self.parameters, [one.parameters for one in self.observed])
        return fit(
            _Bounds(self.parameters).features(places),
            np.array([one.value for one in self.observed]),
            np.array([one.variance for one in self.observed]),
            seed=self.seed,
        )

    def _rng(self) -> np.random.Generator:
        return np.random.default_rng((self.seed, len(self.observed)))

    def _suggestion(
        self, model: GaussianProcess, bounds: _Bounds, place: Array, method: str
    ) -> Suggestion:
        mean, sd = model.posterior(bounds.features(place[None, :]))
        (values,) = values_at(self.parameters, place[None, :])
        return Suggestion(parameters=values, method=method, mean=float(mean[0]), sd=float(sd[0]))


class _Space:
    """Parameters that are the same where they are written alike: values need not be hashable."""

    def __init__(self, parameters: tuple[Parameter, ...]) -> None:
        self.parameters = parameters
        self._written = repr(parameters)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Space) and self._written == other._written

    def __hash__(self) -> int:
        return hash(self._written)


@lru_cache(maxsize=256)
def _spread(
    design: SearchStrategy,
    n_trials: int,
    space: _Space,
    seed: int,
    *,
    taken: tuple[tuple[float, ...], ...],
    n: int,
) -> tuple[Suggestion, ...]:
    """Choose of a design what lies farthest from all that was measured or chosen.

    Many workflows have the same parameters, with the same values in use.
    """
    settings = values_at(space.parameters, DESIGNS[design](n_trials, space.parameters, seed))
    places = places_of(space.parameters, settings)
    chosen: list[Suggestion] = []
    gap = _gap(places, np.array(taken)) if taken else np.arange(len(places), 0, -1.0)
    while len(chosen) < n and (gap > 0).any():
        i = int(gap.argmax())
        chosen.append(Suggestion(parameters=settings[i], method=design.value))
        nearest = _gap(places, places[[i]])
        gap = np.minimum(gap, nearest) if taken else np.where(nearest > 0, gap, 0.0)
    return tuple(chosen)


def upper_confidence_bound(mean: Array, sd: Array, *, beta: float) -> Array:
    """Return mean + beta sd."""
    return mean + beta * sd


def expected_improvement(mean: Array, sd: Array, *, incumbent: float) -> Array:
    """Return E[max(f - incumbent, 0)] for f normal with these moments."""
    gain = mean - incumbent
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(sd > 0, gain / sd, 0.0)
    below = np.array([0.5 * math.erfc(-one / SQRT_2) for one in z.tolist()])
    density = np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
    return np.where(sd > 0, gain * below + sd * density, np.maximum(gain, 0.0))


class _Bounds:
    """The space as the process sees it: values snapped to what may be taken, choices one-hot."""

    def __init__(self, parameters: Sequence[Parameter]) -> None:
        self.parameters = parameters

    def snapped(self, places: Array) -> Array:
        """Return the places of the values that some places stand for."""
        columns = [
            self._snapped(one, np.clip(column, 0.0, 1.0))
            for one, column in zip(self.parameters, places.T, strict=True)
        ]
        return np.column_stack(columns)

    def features(self, places: Array) -> Array:
        """Return the columns that distances are taken in."""
        columns = [
            self._features(one, column)
            for one, column in zip(self.parameters, places.T, strict=True)
        ]
        return np.column_stack(columns)

    @staticmethod
    def _snapped(parameter: Parameter, column: Array) -> Array:
        values = (parameter.place(parameter.at(place)) for place in column.tolist())
        return np.array([0.0 if place is None else place for place in values])

    @staticmethod
    def _features(parameter: Parameter, column: Array) -> Array:
        if parameter.kind is not ParameterKind.CHOICE:
            return column[:, None]
        n = len(parameter.choices)
        chosen = np.minimum((column * n).astype(int), n - 1)
        return np.asarray(ONE_HOT * np.eye(n)[chosen])


def _climb(
    score: Callable[[Array], Array],
    bounds: _Bounds,
    tried: Array,
    rng: np.random.Generator,
    *,
    keep: int,
    fresh: bool = False,
) -> Array:
    """Return the places where a score is largest: drawn evenly, then refined round by round."""

    def best_of(places: Array, n: int) -> Array:
        if fresh:
            places = places[_gap(places, tried) > 0]
        if not len(places):
            return places
        order = np.argsort(-score(bounds.features(places)), kind="stable")
        return places[order[:n]]

    n_dims = tried.shape[1]
    start = np.vstack([rng.random((CANDIDATES, n_dims)), tried])
    leaders = best_of(bounds.snapped(start), LEADERS)
    for scale in SCALES:
        steps = scale * rng.standard_normal((len(leaders) * OFFSPRING, n_dims))
        around = np.repeat(leaders, OFFSPRING, axis=0) + steps
        leaders = best_of(np.vstack([leaders, bounds.snapped(around)]), LEADERS)
    return leaders[:keep]


def _gap(places: Array, others: Array) -> Array:
    """Return how far each place is from the nearest of others."""
    squared = ((places[:, None, :] - others[None, :, :]) ** 2).sum(-1)
    return np.asarray(np.sqrt(squared.min(1)))
