"""What a policy would have earned, from rounds that another policy logged."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from optimizer.models.dataclass import dataclass
from optimizer.stats.arrays import finite_values
from optimizer.stats.intervals import wilson
from optimizer.stats.quantiles import normal_quantile, t_upper_tail
from optimizer.stats.results import Difference
from optimizer.stats.student import require_level, t_critical

Bounds = Literal["adjusted", "t", "bootstrap"]
Floats = NDArray[np.float64]

RESAMPLES = 2000
FEWEST_UNITS = 2  # one has no spread
CHUNK = 4_000_000  # cells of a table of resamples that are held at a time
PSEUDO = 2  # observations that the adjusted bounds of a doubly robust value add: one up, one down


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyValue:
    """The mean reward that a policy would have had on the logged rounds.

    Attributes:
        estimate: In the unit of the rewards; NaN where no logged choice is one of the policy's.
        low: Lower bound, NaN likewise.
        high: Upper bound, NaN likewise.
        level: Two-sided confidence level, 0 to 1.
        standard_error: Of the estimate.
        n: Number of rounds.
        n_units: Independent units among them.
        n_effective: Rounds of the policy itself that would know as much: (Σw)² / Σw².
        mean_weight: About 1 where the propensities are right and cover what the policy does.
        largest_weight: After clipping.
        clipped: Share of rounds whose weight was clipped, 0 to 1.
    """

    estimate: float
    low: float
    high: float
    level: float
    standard_error: float
    n: int
    n_units: int
    n_effective: float
    mean_weight: float
    largest_weight: float
    clipped: float


def ips(
    rewards: ArrayLike,
    logged: ArrayLike,
    target: ArrayLike,
    *,
    units: ArrayLike | None = None,
    clip: float | None = None,
    bounds: Bounds = "adjusted",
    seed: int = 0,
    level: float = 0.95,
) -> PolicyValue:
    """Return the value of a policy by inverse propensity scoring.

    Args:
        rewards: One per round; from 0 to 1 for `adjusted` bounds.
        logged: Probability with which each logged choice was made, above 0.
        target: Probability with which the policy would have made it.
        units: Rounds of the same unit bear the same number; None: each is its own.
        clip: Largest weight; None: as they are.
        bounds: `adjusted` (Wilson's, of the rewards on the scale of the largest weight), `t` or
            `bootstrap`, which resamples units.
        seed: Of the bootstrap.
        level: Two-sided confidence level, 0 to 1.

    Raises:
        ValueError: Unequal lengths, fewer than 2 units, a probability outside, a reward outside
            of 0 to 1 for `adjusted` bounds, or a level or clip out of range.

    Assumes:
        True propensities above 0 for all that the policy may do, and rewards of a round that do
        not depend on other rounds.

    Formula:
        mean of w r, w = target / logged; unbiased unless clipped. Adjusted: Wilson's interval of
        mean(w r) / max w, on as many observations as give its standard error, or that of rewards
        of 0 and 1 that do not depend on the weights if it is larger.

    Not for:
        Weights that vary much (`snips`, `doubly_robust`); a log without propensities, unless
        their estimate is named as such.

    References:
        Horvitz and Thompson (1952), JASA 47, 663-685; Strehl et al. (2010), NeurIPS 23.
    """
    log = _Log(rewards, logged, target, units, clip, level)
    if not log.weight.any():
        return log.unknown()
    earned = log.weight * log.reward
    estimate = float(earned.mean())
    error = log.error(earned - estimate, len(earned))
    if bounds == "bootstrap":
        low, high = log.resampled(earned, np.ones_like(earned), seed)
    elif bounds == "t":
        low, high = log.students(estimate, error)
    else:
        largest = float(log.weight.max())
        squares = float(log.weight @ log.weight) / len(earned)
        as_if = math.sqrt(max(estimate * squares - estimate**2, 0.0) / log.n_units)
        low, high = log.wilson(estimate, max(error, as_if), scale=largest, fallback=len(earned))
    return log.value(estimate, low, high, error)


def snips(
    rewards: ArrayLike,
    logged: ArrayLike,
    target: ArrayLike,
    *,
    units: ArrayLike | None = None,
    clip: float | None = None,
    bounds: Bounds = "adjusted",
    seed: int = 0,
    level: float = 0.95,
) -> PolicyValue:
    """Return the value of a policy by self-normalized inverse propensity scoring.

    Args:
        rewards: One per round; from 0 to 1 for `adjusted` bounds.
        logged: Probability with which each logged choice was made, above 0.
        target: Probability with which the policy would have made it.
        units: Rounds of the same unit bear the same number; None: each is its own.
        clip: Largest weight; None: as they are.
        bounds: `adjusted` (Wilson's), `t` or `bootstrap`, which resamples units.
        seed: Of the bootstrap.
        level: Two-sided confidence level, 0 to 1.

    Raises:
        ValueError: As `ips`.

    Assumes:
        As `ips`; propensities that are off by a common factor do no harm.

    Formula:
        Σ w r / Σ w, w = target / logged; standard error √(Σ w² (r - v)²) / Σ w. Adjusted: Wilson's
        interval on as many observations as give that error, but not more than the effective size
        (Σ w)² / Σ w².

    Not for:
        Few rounds: it is biased by an amount of order 1/n (`ips`).

    References:
        Swaminathan and Joachims (2015), NeurIPS 28; Hesterberg (1995), Technometrics 37.
    """
    log = _Log(rewards, logged, target, units, clip, level)
    if not log.weight.any():
        return log.unknown()
    total = float(log.weight.sum())
    estimate = float(log.weight @ log.reward) / total
    error = log.error(log.weight * (log.reward - estimate), total)
    if bounds == "bootstrap":
        low, high = log.resampled(log.weight * log.reward, log.weight, seed)
    elif bounds == "t":
        low, high = log.students(estimate, error)
    else:
        as_if = math.sqrt(max(estimate * (1 - estimate), 0.0) / min(log.n_effective, log.n_units))
        low, high = log.wilson(estimate, max(error, as_if), scale=1.0, fallback=log.n_effective)
    return log.value(estimate, low, high, error)


def doubly_robust(
    rewards: ArrayLike,
    logged: ArrayLike,
    target: ArrayLike,
    predicted: ArrayLike,
    predicted_target: ArrayLike,
    *,
    units: ArrayLike | None = None,
    clip: float | None = None,
    bounds: Bounds = "adjusted",
    seed: int = 0,
    level: float = 0.95,
) -> PolicyValue:
    """Return the value of a policy by a model of the rewards, corrected by what it got wrong.

    Args:
        rewards: One per round; from 0 to 1 for `adjusted` bounds.
        logged: Probability with which each logged choice was made, above 0.
        target: Probability with which the policy would have made it.
        predicted: Reward that the model predicts for the logged choice, fitted without the round.
        predicted_target: Mean of its predictions over what the policy would do in the round.
        units: Rounds of the same unit bear the same number; None: each is its own.
        clip: Largest weight; None: as they are.
        bounds: `adjusted` (Student's t with two pseudo-observations of errors +1 and -1), `t` or
            `bootstrap`, which resamples units.
        seed: Of the bootstrap.
        level: Two-sided confidence level, 0 to 1.

    Raises:
        ValueError: As `ips`.

    Assumes:
        As `ips`, or a model that is right; one of the two is enough.

    Formula:
        mean of q(policy) + w (r - q(logged)), w = target / logged. Adjusted: its variance plus
        2 (Σw² / Σw)² / n².

    Not for:
        A model fitted on the very rounds it is corrected by.

    References:
        Dudík, Langford and Li (2011), ICML; Robins, Rotnitzky and Zhao (1994), JASA 89.
    """
    log = _Log(rewards, logged, target, units, clip, level)
    if not log.weight.any():
        return log.unknown()
    per_round = log.corrected(predicted, predicted_target)
    estimate = float(per_round.mean())
    error = log.error(per_round - estimate, len(per_round))
    if bounds == "bootstrap":
        low, high = log.resampled(per_round, np.ones_like(per_round), seed)
    else:
        error = log.adjusted(error) if bounds == "adjusted" else error
        low, high = log.students(estimate, error)
    if bounds == "adjusted":
        low, high = max(low, min(0.0, estimate)), min(high, max(1.0, estimate))
    return log.value(estimate, low, high, error)


def doubly_robust_difference(  # noqa: PLR0917 - two policies and a model of rewards
    rewards: ArrayLike,
    logged: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    predicted: ArrayLike,
    predicted_first: ArrayLike,
    predicted_second: ArrayLike,
    *,
    units: ArrayLike | None = None,
    clip: float | None = None,
    level: float = 0.95,
) -> Difference:
    """Return how much more a second policy would have earned than a first on the same rounds.

    Args:
        rewards: One per round, 0 to 1.
        logged: Probability with which each logged choice was made, above 0.
        first: Probability with which the first policy would have made it.
        second: The same of the second policy.
        predicted: Reward that the model predicts for the logged choice, fitted without the round.
        predicted_first: Mean of its predictions over what the first policy would do.
        predicted_second: The same of the second policy.
        units: Rounds of the same unit bear the same number; None: each is its own.
        clip: Largest weight of either policy; None: as they are.
        level: Two-sided confidence level, 0 to 1.

    Raises:
        ValueError: As `ips`.

    Assumes:
        As `doubly_robust`.

    Formula:
        The mean over rounds of the difference of what `doubly_robust` averages, so that what the
        policies share cancels; its variance plus 2 (Σ(w₂-w₁)² / Σ|w₂-w₁|)² / n².

    Not for:
        Policies of which one never did what was logged: the result is NaN.

    References:
        Dudík, Langford and Li (2011), ICML; Agresti and Min (2005), Biometrics 61 (the
        pseudo-observations).
    """
    before = _Log(rewards, logged, first, units, clip, level)
    after = _Log(rewards, logged, second, units, clip, level)
    if not (before.weight.any() and after.weight.any()):
        return _difference(math.nan, math.nan, after, level)
    gain = after.corrected(predicted, predicted_second)
    gain -= before.corrected(predicted, predicted_first)
    estimate = float(gain.mean())
    error = after.error(gain - estimate, len(gain))
    after.weight = after.weight - before.weight
    return _difference(estimate, after.adjusted(error), after, level)


class _Log:
    """Checked rounds and their weights."""

    def __init__(  # noqa: PLR0917 - what every kernel takes
        self,
        rewards: ArrayLike,
        logged: ArrayLike,
        target: ArrayLike,
        units: ArrayLike | None,
        clip: float | None,
        level: float,
    ) -> None:
        self.reward = finite_values(rewards, name="rewards")
        p, q = finite_values(logged, name="logged"), finite_values(target, name="target")
        self.level = level
        require_level(level)
        if not self.reward.size == p.size == q.size:
            raise ValueError("rewards, logged and target: expected equally many")
        if (p <= 0).any() or (p > 1).any() or (q < 0).any() or (q > 1).any():
            raise ValueError("expected logged above 0 and target from 0, both at most 1")
        if clip is not None and not clip > 0:
            raise ValueError(f"clip must be positive, got {clip}")
        raw = q / p
        self.weight: Floats = raw if clip is None else np.minimum(raw, clip)
        self.clipped = float((raw > self.weight).mean())
        self.units = _places(units, raw.size)
        self.n_units = int(self.units.max()) + 1
        if self.n_units < FEWEST_UNITS:
            raise ValueError(f"found {self.n_units} units, expected at least {FEWEST_UNITS}")

    @property
    def n_effective(self) -> float:
        return float(self.weight.sum() ** 2 / (self.weight @ self.weight))

    def corrected(self, predicted: ArrayLike, predicted_target: ArrayLike) -> Floats:
        """Return what a doubly robust value is the mean of."""
        known = finite_values(predicted, name="predicted")
        wanted = finite_values(predicted_target, name="predicted_target")
        if not known.size == wanted.size == self.reward.size:
            raise ValueError("predictions: expected as many as rewards")
        return np.asarray(wanted + self.weight * (self.reward - known))

    def error(self, deviations: Floats, total: float) -> float:
        """Return a standard error by the sums of deviations within units."""
        sums = np.bincount(self.units, weights=deviations)
        return math.sqrt(float(sums @ sums) * self.n_units / (self.n_units - 1)) / total

    def adjusted(self, error: float) -> float:
        """Return a standard error that two observations, one up and one down, have widened."""
        self._require_unit_rewards()
        size = float(np.abs(self.weight).sum())
        typical = float(self.weight @ self.weight) / size if size else 0.0
        return math.hypot(error, math.sqrt(PSEUDO) * typical / len(self.weight))

    def students(self, estimate: float, error: float) -> tuple[float, float]:
        half = t_critical(self.level, self.n_units - 1) * error
        return estimate - half, estimate + half

    def wilson(
        self, estimate: float, error: float, *, scale: float, fallback: float
    ) -> tuple[float, float]:
        """Return Wilson's bounds of a mean of values from 0 to `scale`."""
        self._require_unit_rewards()
        share = min(max(estimate / scale, 0.0), 1.0)
        n = share * (1 - share) * (scale / error) ** 2 if error > 0 else min(fallback, self.n_units)
        shrunk = n * (_normal(self.level) / t_critical(self.level, self.n_units - 1)) ** 2
        size = len(self.reward)
        found = wilson(share * size, size, level=self.level, n_effective=shrunk)
        return scale * found.low, scale * found.high

    def resampled(self, above: Floats, below: Floats, seed: int) -> tuple[float, float]:
        """Return percentiles of Σ above / Σ below over resamples of whole units."""
        sums = np.stack([np.bincount(self.units, weights=w) for w in (above, below)], axis=1)
        rng, found = np.random.default_rng(seed), []
        at_a_time = max(CHUNK // self.n_units, 1)
        for start in range(0, RESAMPLES, at_a_time):
            shape = (min(at_a_time, RESAMPLES - start), self.n_units)
            drawn = sums[rng.integers(0, self.n_units, shape)].sum(axis=1)
            found.append(drawn[drawn[:, 1] > 0])
        rows = np.concatenate(found)
        tail = (1 - self.level) / 2
        low, high = np.quantile(rows[:, 0] / rows[:, 1], [tail, 1 - tail])
        return float(low), float(high)

    def value(self, estimate: float, low: float, high: float, error: float) -> PolicyValue:
        return PolicyValue(
            estimate=estimate,
            low=low,
            high=high,
            level=self.level,
            standard_error=error,
            n=len(self.reward),
            n_units=self.n_units,
            n_effective=self.n_effective if self.weight.any() else 0.0,
            mean_weight=float(self.weight.mean()),
            largest_weight=float(self.weight.max()),
            clipped=self.clipped,
        )

    def unknown(self) -> PolicyValue:
        """Return the value of a policy that never did what was logged."""
        return self.value(math.nan, math.nan, math.nan, math.nan)

    def _require_unit_rewards(self) -> None:
        if self.reward.min() < 0 or self.reward.max() > 1:
            raise ValueError("rewards: adjusted bounds expect them from 0 to 1")


def _places(units: ArrayLike | None, n: int) -> NDArray[np.intp]:
    if units is None:
        return np.arange(n)
    found = finite_values(units, name="units")
    if found.size != n:
        raise ValueError(f"units: found {found.size}, expected {n}")
    return np.asarray(np.unique(found, return_inverse=True)[1])


def _normal(level: float) -> float:
    return normal_quantile((1 + level) / 2)


def _difference(estimate: float, error: float, log: _Log, level: float) -> Difference:
    df = log.n_units - 1
    half = t_critical(level, df) * error
    t = estimate / error if error > 0 else math.nan
    return Difference(
        estimate=estimate,
        low=estimate - half,
        high=estimate + half,
        level=level,
        standard_error=error,
        statistic=t,
        df=df,
        p_value=2 * t_upper_tail(abs(t), df) if math.isfinite(t) else math.nan,
        n=log.n_units,
    )
