"""Which of the measured variants nothing else beats, and how sure that is.

The cases that variants share are weighted anew together in every draw; a variant whose cases are
not comparable is drawn from its figures. See `stats.fronts`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from optimizer.learning.candidates import FrontierDemand, refusals
from optimizer.learning.gains import PRIOR, Measured, Moments
from optimizer.learning.objectives import (
    NO_PRICE,
    NOT_FREE,
    Objective,
    costs_against_free,
    objectives_of,
    token_price,
)
from optimizer.models.dataclass import dataclass
from optimizer.models.evidence import Evidence
from optimizer.models.frontier import Frontier, LeftOut, Reading, Standing, WeightedGain
from optimizer.models.summaries import WindowSummary
from optimizer.stats.fronts import dominators, hypervolume, mean_draws, membership
from optimizer.stats.intervals import wilson

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NO_OBJECTIVE = {
    "success_rate": "nothing of it completed",
    "score": "it has no score",
    "cost_usd": NO_PRICE,
    "latency_ms": "its time was not recorded",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Option:
    """A variant that is measured in every objective."""

    window: WindowSummary
    gain: WeightedGain | None
    values: tuple[float, ...]
    draws: NDArray[np.float64]


def frontier(evidence: Evidence, demand: FrontierDemand) -> Frontier | None:
    """Return the measured variants against each other; None where there is nothing to compare."""
    objectives = objectives_of(evidence, demand.weights)
    if evidence.current is None or not objectives:
        return None
    measured = Measured(evidence, objectives)
    windows = (evidence.current, *evidence.others)
    lacking = {one.variant_id: _lacks(evidence, one, objectives, demand) for one in windows}
    kept = [one for one in windows if lacking[one.variant_id] is None]
    options = _options(measured, kept, demand)
    known = {one.window.variant_id for one in options}
    return Frontier(
        workflow_id=evidence.workflow_id,
        objectives=tuple(one.name for one in objectives),
        weights=tuple(one.weight for one in objectives),
        standings=_standings(evidence, options, objectives, demand),
        hypervolume=_share(options, objectives, demand.margin),
        level=demand.level,
        resamples=demand.resamples,
        left_out=tuple(
            LeftOut(
                variant_id=one.variant_id,
                variant=one.variant,
                why=lacking[one.variant_id] or "too few of its cases are known in every objective",
            )
            for one in windows
            if one.variant_id not in known
        ),
    )


def lacking(evidence: Evidence, window: WindowSummary, objective: Objective) -> str | None:
    """Say why an objective of a variant is not known, or None where it is."""
    mean = {
        "success_rate": window.success_rate,
        "score": window.score_mean,
        "cost_usd": window.cost_mean_usd,
        "latency_ms": window.latency_mean_ms,
    }[objective.name]
    if mean is not None:
        return None
    if objective.name == "cost_usd" and token_price(evidence, window) is not None:
        return None
    return NO_OBJECTIVE[objective.name]


def _lacks(
    evidence: Evidence,
    window: WindowSummary,
    objectives: Sequence[Objective],
    demand: FrontierDemand,
) -> str | None:
    if window.n_completed < demand.min_cases:
        return f"not enough data: {window.n_completed} of {demand.min_cases} tasks"
    if evidence.current is not None and costs_against_free(evidence.current, window):
        return NOT_FREE
    return next(filter(None, (lacking(evidence, window, one) for one in objectives)), None)


def _options(
    measured: Measured, windows: Sequence[WindowSummary], demand: FrontierDemand
) -> list[_Option]:
    """Return the variants with their draws, those of which too few cases are known left out."""
    current = measured.evidence.current
    level = 1 - demand.alpha / max(len(windows) - 1, 1)
    drawn = _drawn(measured, windows, demand.resamples)
    found = []
    for one in windows:
        gain = None if one is current else measured.gain(one, level=level)
        if one.variant_id in drawn and (one is current or gain is not None):
            values, draws = drawn[one.variant_id]
            found.append(_Option(window=one, gain=gain, values=values, draws=draws))
    return found


Drawn = dict[str, tuple[tuple[float, ...], "NDArray[np.float64]"]]
"""By variant the means of its objectives and draws x objectives of them."""


def _drawn(measured: Measured, windows: Sequence[WindowSummary], resamples: int) -> Drawn:
    import numpy as np  # noqa: PLC0415 - the study is not made where nothing is measured

    seed = measured.evidence.seed
    paired = [one for one in windows if measured.cases(one) is not None]
    found = _drawn_together(measured, paired, resamples)
    for place, one in enumerate(windows):
        moments = measured.moments(one)
        if one in paired or moments is None:
            continue
        rng = np.random.default_rng([seed, place])
        draws = [
            _draws(rng, objective, of, resamples)
            for objective, of in zip(measured.objectives, moments, strict=True)
        ]
        found[one.variant_id] = (tuple(mean for mean, _, _ in moments), np.stack(draws, axis=1))
    return found


def _drawn_together(measured: Measured, windows: Sequence[WindowSummary], resamples: int) -> Drawn:
    """Return draws of the variants in the table of cases, on one set of weights."""
    import numpy as np  # noqa: PLC0415 - as above

    cases = {one.variant_id: measured.cases(one) for one in windows}
    whole = {
        name: found
        for name, found in cases.items()
        if found is not None and bool((~np.isnan(found.values)).any(axis=1).all())
    }
    if not whole:
        return {}
    every = np.unique(np.concatenate([found.case for found in whole.values()]))
    table = np.full((len(whole), len(measured.objectives), len(every)), math.nan)
    for place, found in enumerate(whole.values()):
        table[place][:, np.searchsorted(every, found.case)] = found.values
    draws = mean_draws(table, resamples=resamples, seed=measured.evidence.seed)
    means = np.nanmean(table, axis=2)
    return {name: (tuple(means[i].tolist()), draws[:, i]) for i, name in enumerate(whole)}


def _draws(
    rng: np.random.Generator, objective: Objective, moments: Moments, n: int
) -> NDArray[np.float64]:
    """Return draws of a mean from its posterior: beta of a rate, else normal."""
    mean, sd, size = moments
    if objective.name == "success_rate":
        return rng.beta(mean * size + PRIOR, (1 - mean) * size + PRIOR, n)
    return rng.normal(mean, sd / math.sqrt(size), n)


def _standings(
    evidence: Evidence,
    options: Sequence[_Option],
    objectives: Sequence[Objective],
    demand: FrontierDemand,
) -> tuple[Standing, ...]:
    if not options:
        return ()
    import numpy as np  # noqa: PLC0415 - as above

    signs = [one.sign for one in objectives]
    rivals = dominators([one.values for one in options], signs=signs)
    draws = np.stack([one.draws for one in options], axis=1)
    members = membership(draws, signs=signs)
    tails = [(1 - demand.level) / 2, (1 + demand.level) / 2]
    lows, highs = np.quantile(draws, tails, axis=0).tolist()
    found = [
        Standing(
            variant_id=one.window.variant_id,
            variant=one.window.variant,
            model=one.window.model,
            provider=one.window.provider,
            is_current=one.window is evidence.current,
            n=one.window.n_completed,
            readings=tuple(_readings(one, objectives, low, high, demand.level)),
            is_on_front=not places,
            membership=member,
            dominated_by=tuple(options[place].window.variant_id for place in places),
            gain=one.gain,
            refusals=refusals(one.window, demand.limits),
            price_note=_price_note(evidence, one.window, objectives),
        )
        for one, places, member, low, high in zip(
            options, rivals, members, lows, highs, strict=True
        )
    ]
    return tuple(sorted(found, key=lambda one: (-worth(one), one.variant_id)))


def worth(standing: Standing) -> float:
    """Return the weighted gain of a variant, 0 of the one in use."""
    return standing.gain.estimate if standing.gain else 0.0


def _readings(
    option: _Option,
    objectives: Sequence[Objective],
    lows: Sequence[float],
    highs: Sequence[float],
    level: float,
) -> Iterator[Reading]:
    """Yield the objectives of a variant: Wilson's interval of a pass rate, else of the draws."""
    for one, value, low, high in zip(objectives, option.values, lows, highs, strict=True):
        if one.name == "success_rate":
            yield _rate(value, option.window, level)
        else:
            yield Reading(estimate=value, low=min(low, value), high=max(high, value))


def _rate(value: float, window: WindowSummary, level: float) -> Reading:
    n = window.n_completed
    found = wilson(value * n, n, level=level, n_effective=window.n_effective)
    return Reading(estimate=value, low=found.low, high=found.high)


def _price_note(
    evidence: Evidence, window: WindowSummary, objectives: Sequence[Objective]
) -> str | None:
    price = token_price(evidence, window)
    if price is None or all(one.name != "cost_usd" for one in objectives):
        return None
    return f"at {price:.3g} USD per token, as other runs of {window.model} cost"


def _share(
    options: Sequence[_Option], objectives: Sequence[Objective], margin: float
) -> float | None:
    """Return the hypervolume as a share of the box of all values, widened at its worse end."""
    scaled = []
    for place, one in enumerate(objectives):
        values = [one.sign * option.values[place] for option in options]
        low, high = min(values, default=0.0), max(values, default=0.0)
        if high > low:
            scaled.append([(value - low) / (high - low) for value in values])
    if not scaled:
        return None
    points, d = list(zip(*scaled, strict=True)), len(scaled)
    volume = hypervolume(points, reference=[-margin] * d, signs=[1] * d)
    return float(volume / (1 + margin) ** d)
