"""What is known of the settings of one workflow's parameters, and which to try next."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from statistics import NormalDist, median
from typing import TYPE_CHECKING, Any

from optimizer.learning.parameters import (
    Acquisition,
    Observation,
    Parameter,
    SearchStrategy,
    Suggestion,
    inside,
)
from optimizer.models.contrasts import CaseTable
from optimizer.models.dataclass import dataclass
from optimizer.models.proposals import Effect
from optimizer.models.summaries import WindowSummary
from optimizer.models.switching import parameters_of
from optimizer.stats.power import mean_noninferiority_n

if TYPE_CHECKING:
    from optimizer.learning.setting_gains import Gain
    from optimizer.models.requests import Requests

SEVERAL = 2
"""Task types from which on each is looked at by itself."""

NAME_END = "@"
"""What parts the name of a prompt from that of its setting, where no prompt is recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is searched for, and how.

    Attributes:
        parameters: What may be tuned, the most important first.
        in_use: Values of those that runs do not record.
        presets: Settings to try first.
        weights: How much `quality`, `cost` and `latency` count.
        design: How the first trials are chosen.
        acquisition: How the others are.
        beta: Standard deviations above the mean in the upper confidence bound.
        min_improvement: Smallest gain that matters.
        alpha: Family-wise false-alarm rate, two-sided.
        power: Chance of finding the smallest gain that matters.
        min_tests: Fewest shared cases.
        min_sample_size: Fewest cases of a trial.
        min_trials: Settings measured before a process is fitted.
        n_ideas: Most settings to try next.
        seed: Decides everything random.
    """

    parameters: tuple[Parameter, ...]
    in_use: Mapping[str, Any]
    presets: tuple[Mapping[str, Any], ...]
    weights: Mapping[str, float]
    design: SearchStrategy
    acquisition: Acquisition
    beta: float
    min_improvement: float
    alpha: float
    power: float
    min_tests: int
    min_sample_size: int
    min_trials: int
    n_ideas: int
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A setting that has run on the cases of the one in use.

    Attributes:
        variant_id: Its variant.
        gain: What it gains over the one in use.
        low: Lower end of the interval of the gain.
        high: Upper end of it.
        level: Of that interval, the number of settings allowed for.
        p_better: Posterior probability that the gain is above 0, of this setting alone.
        n: Cases that both ran.
        effects: What a gain among the requests of one type is made of; empty over all requests,
            where the contrasts of the evidence tell.
    """

    variant_id: str
    gain: float
    low: float
    high: float
    level: float
    p_better: float
    n: int
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Idea:
    """A setting worth a trial.

    Attributes:
        values: Value of each parameter that is tuned.
        method: What chose it.
        chance: Probability of a gain that matters; None before a process was fitted.
    """

    values: Mapping[str, Any]
    method: str
    chance: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """What is known of the settings of a workflow's parameters.

    Attributes:
        tuned: The parameters that are tuned.
        aims: What a gain is made of, with its weights; empty where nothing of it is measured.
        measured: The settings that ran beside the one in use, most gain first.
        by_type: The same among the requests of each task type, where there are several.
        n_compared: How many comparisons the intervals allow for.
        ideas: Which to try next, best first.
        cases: How many cases each of them takes; None where there is none.
        same_by_name: Whether variants were taken to share a prompt by their names.
        outside: Parameters that stay because their value in use is not one that is searched.
    """

    tuned: tuple[str, ...]
    aims: Mapping[str, float]
    measured: tuple[Measured, ...]
    by_type: Mapping[str, tuple[Measured, ...]]
    n_compared: int
    ideas: tuple[Idea, ...]
    cases: int | None
    same_by_name: bool
    outside: tuple[str, ...]


def tune(
    cases: CaseTable | None,
    requests: Requests | None,
    current: WindowSummary,
    others: Sequence[WindowSummary],
    terms: Terms,
) -> Tuning | None:
    """Return what the settings that ran beside the one in use tell; None where none is recorded.

    Args:
        cases: What each case gave under each variant; None where nothing completed.
        requests: The newest tasks as a trace, which tells their types; None where none has run.
        current: The variant in use.
        others: Every other variant.
        terms: What is searched for.
    """
    values = _values(current, terms)
    tuned = tuple(one for one in terms.parameters if inside([one], values))
    if not tuned or not current.n_completed:
        return None
    from optimizer.learning.setting_gains import measurable  # noqa: PLC0415 - only where there is one

    aims = measurable(current, terms.weights)
    rivals = [one for one in others if _is_rival(current, one, terms)]
    gains = _gains(cases, current, rivals, aims, terms) if cases and aims else {}
    tables = _tables(requests, rivals) if aims else {}
    typed = {name: _gains(one, current, rivals, aims, terms) for name, one in tables.items()}
    n_compared = len(gains) + sum(map(len, typed.values()))
    alpha = terms.alpha / max(n_compared, 1)
    ideas = _ideas(current, rivals, gains, tuned, terms) if aims else ()
    return Tuning(
        tuned=tuple(one.name for one in tuned),
        aims=aims,
        measured=tuple(_measured(gains, alpha)),
        by_type={
            name: _typed(found, tables[name], current, 1 - terms.alpha, alpha)
            for name, found in typed.items()
            if found
        },
        n_compared=n_compared,
        ideas=tuple(_idea(one, terms) for one in ideas),
        cases=_cases(current, list(gains.values()), aims, len(ideas), terms) if ideas else None,
        same_by_name=any(one.prompt_sha256 is None for one in rivals),
        outside=tuple(p.name for p in terms.parameters if p.name in values and p not in tuned),
    )


def _values(window: WindowSummary, terms: Terms) -> dict[str, Any]:
    return {**terms.in_use, **parameters_of(window)}


def _is_rival(current: WindowSummary, other: WindowSummary, terms: Terms) -> bool:
    """Return whether a variant differs from the one in use by its parameters alone."""
    return (
        (other.model, other.provider, other.prompt_sha256)
        == (current.model, current.provider, current.prompt_sha256)
        and (current.prompt_sha256 is not None or _prompt(current) == _prompt(other))
        and _values(other, terms) != _values(current, terms)
    )


def _prompt(window: WindowSummary) -> str:
    """Return the name of a prompt: that of its variant, without what follows the mark."""
    return window.variant.rpartition(NAME_END)[0] or window.variant


def _gains(
    cases: CaseTable,
    current: WindowSummary,
    rivals: Sequence[WindowSummary],
    aims: Mapping[str, float],
    terms: Terms,
) -> dict[str, Gain]:
    from optimizer.learning.setting_gains import gain  # noqa: PLC0415 - as above

    if current.variant_id not in cases.variants:
        return {}
    found = {
        one.variant_id: gain(cases, current.variant_id, one.variant_id, aims) for one in rivals
    }
    return {name: one for name, one in found.items() if one and one.n >= terms.min_tests}


def _tables(requests: Requests | None, rivals: Sequence[WindowSummary]) -> dict[str, CaseTable]:
    """Return a table for each type of task, where there are several."""
    if requests is None or len(requests.task_types) < SEVERAL or not rivals:
        return {}
    from optimizer.learning.task_types import cases_of_type  # noqa: PLC0415 - as above

    return {name: cases_of_type(requests, name) for name in requests.task_types}


def _typed(
    gains: Mapping[str, Gain], table: CaseTable, current: WindowSummary, level: float, alpha: float
) -> tuple[Measured, ...]:
    """Return the settings that ran requests of one type, with what their gains are made of."""
    from optimizer.learning.setting_gains import effects  # noqa: PLC0415 - as above

    of_type = partial(effects, table, current.variant_id, level=level)
    return tuple(replace(m, effects=of_type(m.variant_id)) for m in _measured(gains, alpha))


def _measured(gains: Mapping[str, Gain], alpha: float) -> list[Measured]:
    """Return the settings that ran, most gain first."""
    level = 1 - alpha
    found = [
        Measured(
            variant_id=name,
            gain=one.mean,
            low=one.low(level),
            high=one.high(level),
            level=level,
            p_better=one.p_better,
            n=one.n,
        )
        for name, one in gains.items()
    ]
    return sorted(found, key=lambda one: (-one.gain, one.variant_id))


def _ideas(
    current: WindowSummary,
    rivals: Sequence[WindowSummary],
    gains: Mapping[str, Gain],
    tuned: Sequence[Parameter],
    terms: Terms,
) -> tuple[Suggestion, ...]:
    """Return what to try next, of settings that differ from the one in use by what is tuned."""
    from optimizer.learning.bayes_opt import Search  # noqa: PLC0415 - as above

    names = {one.name for one in tuned}
    search = Search(
        parameters=tuple(tuned),
        design=terms.design,
        first_trials=terms.min_trials,
        acquisition=terms.acquisition,
        beta=terms.beta,
        seed=terms.seed,
    ).tell(_observation(_values(current, terms), names, 0.0, 0.0, current.n_completed))
    rest = _without(_values(current, terms), names)
    for one in sorted(rivals, key=lambda one: one.variant_id):
        found, values = gains.get(one.variant_id), _values(one, terms)
        if found and _without(values, names) == rest and inside(tuned, values):
            observed = _observation(values, names, found.centre, found.standard_error**2, found.n)
            search = search.tell(observed)
    tried = [dict(one.parameters) for one in search.observed]
    presets = [
        Suggestion(parameters=preset, method="preset")
        for preset in ({**tried[0], **_with(given, names)} for given in terms.presets)
        if inside(tuned, preset) and preset not in tried
    ]
    return (*presets, *search.ask(terms.n_ideas))[: terms.n_ideas]


def _observation(
    values: Mapping[str, Any], names: set[str], value: float, variance: float, n: int
) -> Observation:
    return Observation(parameters=_with(values, names), value=value, variance=variance, n=n)


def _with(values: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in names}


def _without(values: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}


def _idea(one: Suggestion, terms: Terms) -> Idea:
    chance = None
    if one.mean is not None and one.sd is not None:
        short = terms.min_improvement - one.mean
        chance = 1 - NormalDist().cdf(short / one.sd) if one.sd else float(short < 0)
    return Idea(values=one.parameters, method=one.method, chance=chance)


def _cases(
    current: WindowSummary,
    gains: Sequence[Gain],
    aims: Mapping[str, float],
    n_ideas: int,
    terms: Terms,
) -> int:
    """Return how many cases a trial takes to find the smallest gain that matters."""
    variance = median(one.sd**2 for one in gains) if gains else _variance(current, aims)
    needed = mean_noninferiority_n(
        variance,
        terms.min_improvement,
        alpha=terms.alpha / (2 * n_ideas),
        power=terms.power,
    )
    return max(math.ceil(needed), terms.min_sample_size)


def _variance(window: WindowSummary, aims: Mapping[str, float]) -> float:
    """Return the variance of a gain between cases, as if settings were unrelated and alike."""
    rate = window.success_rate or 0.0
    spread = {
        "quality": rate * (1 - rate),
        "score": (window.score_sd or 0.0) ** 2,
        "cost": _relative(window.cost_mean_usd, window.cost_sd_usd),
        "latency": _relative(window.latency_mean_ms, window.latency_sd_ms),
    }
    return 2 * math.fsum(weight**2 * spread[aim] for aim, weight in aims.items())


def _relative(mean: float | None, sd: float | None) -> float:
    return (sd / mean) ** 2 if mean and sd else 0.0
