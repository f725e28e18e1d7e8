"""How many cases a question takes, or what a number of cases can answer."""

from __future__ import annotations

import math
from typing import TypedDict

from optimizer.experiments.scenarios import Scenario, scenarios
from optimizer.models.errors import ConfigError
from optimizer.models.power import (
    Pilot,
    PlanRow,
    PowerPlan,
    PowerQuestion,
    RepeatRow,
)
from optimizer.models.terms import RATES, Metric
from optimizer.stats.power import (
    best_repeats,
    mean_noninferiority_n,
    paired_noninferiority_n,
    paired_rates_detectable,
    paired_rates_n,
    paired_rates_power,
    paired_t_n,
    repeats_floor,
    two_rates_n,
    welch_t_n,
)

REPEATS = (1, 2, 3, 5, 10)
"""Runs of each case that are shown side by side."""

LARGEST_ALPHA = 0.5
"""Beyond it a test would be more likely wrong than a coin."""

FEWEST_CASES = 2
"""No plan asks for fewer."""

FEWEST_FOR_NORMAL = 20
"""Cases below which Student's t is reckoned with."""

MOST_EXACT = 10_000
"""Cases up to which power is enumerated; beyond, the formula is as good."""

MOST_REPEATS = 100
"""Repeats beyond which nobody wants to be told of repeats."""


def plan(question: PowerQuestion, pilot: Pilot | None = None) -> PowerPlan:
    """Return what a question takes; never planned with the difference that a pilot showed.

    Raises:
        ConfigError: The question contradicts itself or the pilot.
    """
    _require_sound(question, pilot)
    spreads = tuple(scenarios(question, pilot))
    is_range = pilot is None and question.discordance is None and question.sd is None
    careful = None if is_range else spreads[-1]
    rows = tuple(_row(question, scenario) for scenario in spreads)
    knows_noise = careful is not None and pilot is not None and pilot.parts.noise is not None
    asked = question if question.effect is not None and knows_noise else None
    return PowerPlan(
        question=question,
        rows=rows,
        planned=None if is_range else rows[-1],
        pilot=pilot,
        repeats=_repeat_rows(asked, careful) if asked and careful else (),
        repeats_needed=_repeats_needed(asked, careful) if asked and careful else None,
        out_of_reach=_out_of_reach(asked, careful) if asked and careful else None,
        best_repeats=_best_repeats(question, careful) if knows_noise and careful else None,
        n_unpaired=_n_unpaired(question, pilot),
    )


def _require_sound(question: PowerQuestion, pilot: Pilot | None) -> None:
    if not 0 < question.alpha <= LARGEST_ALPHA or not question.alpha < question.power < 1:
        raise ConfigError(
            f"alpha {question.alpha:g}, power {question.power:g}: expected "
            "0 < alpha <= 0.5 and alpha < power < 1, as 0.05 and 0.8"
        )
    if (question.case_cost is None) != (question.run_cost is None):
        raise ConfigError("costs: one alone says nothing, expected --case-cost and --run-cost")
    for cost in (question.case_cost, question.run_cost):
        if cost is not None and not 0 < cost < math.inf:
            raise ConfigError(f"cost {cost:g}: must be above 0")
    if pilot is not None and (question.discordance is not None or question.sd is not None):
        raise ConfigError(
            "spread: both stated and taken from a pilot, expected one of the two",
            hint="Leave out --discordance and --sd, or --from-history and --arms.",
        )
    _require_sound_sd(question)
    _require_sound_discordance(question)


def _require_sound_sd(question: PowerQuestion) -> None:
    if question.sd is not None and question.metric is Metric.SUCCESS:
        raise ConfigError(
            "sd: the spread of a pass rate follows from its flips",
            hint="State the share of cases that flip with --discordance.",
        )
    if question.sd is not None and not 0 < question.sd < math.inf:
        raise ConfigError(f"sd {question.sd:g}: must be above 0")


def _require_sound_discordance(question: PowerQuestion) -> None:
    discordance, effect = question.discordance, question.effect
    if discordance is None:
        return
    if question.metric is not Metric.SUCCESS:
        raise ConfigError(
            f"discordance: is of the pass rate, not of {question.metric}",
            hint="State its spread with --sd.",
        )
    if not 0 < discordance <= 1:
        raise ConfigError(
            f"discordance {discordance:g}: must be above 0 and at most 1",
            hint="It is the share of cases that flip: 0.15 for 15 %.",
        )
    if effect is not None and not question.prove and effect > discordance:
        raise ConfigError(
            f"discordance {discordance:g}: a difference of {100 * effect:g} pp takes at least as "
            "many cases that flip",
            hint="State a larger --discordance, or a smaller --detect.",
        )


def _row(question: PowerQuestion, scenario: Scenario) -> PlanRow:
    return PlanRow(
        basis=scenario.basis,
        spread=scenario.spread,
        n_detect=_cases(question, scenario, question.repeats, prove=False),
        n_prove=_cases(question, scenario, question.repeats, prove=True),
        detectable=_reached(question, scenario, prove=False),
        provable=_reached(question, scenario, prove=True),
        power=_exact_power(question, scenario),
    )


def _cases(
    question: PowerQuestion, scenario: Scenario, repeats: float, *, prove: bool
) -> int | None:
    """Return the cases that answer the question; None where no number does."""
    if question.effect is None:
        return None
    if _is_flips(question, repeats):
        n = _cases_of_flips(question, scenario.spread, question.effect, prove=prove)
    elif question.metric is Metric.SUCCESS and not prove and question.effect > scenario.spread:
        n = None
    else:
        shift = _on_scale(question.metric, question.effect)
        n = _cases_of_mean(question, scenario.variance(repeats), shift, prove=prove)
    return None if n is None else max(FEWEST_CASES, math.ceil(n * scenario.design_effect))


def _cases_of_flips(
    question: PowerQuestion, discordance: float, effect: float, *, prove: bool
) -> float | None:
    errors = _errors(question)
    if discordance == 0:
        return float(FEWEST_CASES) if prove else None
    if prove:
        return paired_noninferiority_n(discordance, effect, **errors)
    return paired_rates_n(discordance, effect, **errors) if effect <= discordance else None


def _cases_of_mean(question: PowerQuestion, variance: float, shift: float, *, prove: bool) -> float:
    errors = _errors(question)
    n = (mean_noninferiority_n if prove else repeats_floor)(variance, shift, **errors)
    if n >= FEWEST_FOR_NORMAL or variance == 0 or question.metric is Metric.SUCCESS:
        return n
    two_sided = 2 * question.alpha if prove else question.alpha
    if two_sided >= question.power:
        return n
    return paired_t_n(shift / math.sqrt(variance), alpha=two_sided, power=question.power)


def _reached(question: PowerQuestion, scenario: Scenario, *, prove: bool) -> float | None:
    """Return the smallest difference, or margin, that the n of the question is enough for."""
    if question.n is None:
        return None
    errors = _errors(question)
    worth = question.n / scenario.design_effect
    if _is_flips(question, question.repeats) and not prove and scenario.spread > 0:
        return paired_rates_detectable(worth, scenario.spread, **errors)
    variance = scenario.variance(question.repeats)
    if variance == 0:
        return None
    one = (mean_noninferiority_n if prove else repeats_floor)(variance, 1.0, **errors)
    shift = math.sqrt(one / worth)
    if question.metric not in RATES:
        return math.expm1(shift)
    largest = scenario.spread if question.metric is Metric.SUCCESS and not prove else 1.0
    return shift if shift <= largest else None


def _exact_power(question: PowerQuestion, scenario: Scenario) -> float | None:
    """Return the chance that the n of the question finds the effect, by enumeration."""
    n, effect = question.n, question.effect
    if n is None or effect is None or n > MOST_EXACT or not _is_flips(question, question.repeats):
        return None
    worth = int(n / scenario.design_effect)
    if not effect <= scenario.spread or worth < 1:
        return None
    return paired_rates_power(worth, scenario.spread, effect, alpha=question.alpha)


def _repeat_rows(question: PowerQuestion, scenario: Scenario) -> tuple[RepeatRow, ...]:
    rows = []
    for repeats in sorted({*REPEATS, question.repeats}):
        n = _cases(question, scenario, repeats, prove=question.prove)
        if n is not None:
            rows.append(RepeatRow(repeats=repeats, n=n, n_runs=2 * repeats * n))
    floor = _cases(question, scenario, math.inf, prove=question.prove)
    if floor is not None:
        rows.append(RepeatRow(repeats=None, n=floor, n_runs=None))
    return tuple(rows)


def _out_of_reach(question: PowerQuestion, scenario: Scenario) -> bool | None:
    if question.n is None:
        return None
    floor = _cases(question, scenario, math.inf, prove=question.prove)
    return floor is None or floor > question.n


def _repeats_needed(question: PowerQuestion, scenario: Scenario) -> int | None:
    """Return the fewest repeats with which the n of the question is enough."""
    if question.n is None or _out_of_reach(question, scenario):
        return None
    for repeats in range(1, MOST_REPEATS + 1):
        n = _cases(question, scenario, repeats, prove=question.prove)
        if n is not None and n <= question.n:
            return repeats
    return None


def _best_repeats(question: PowerQuestion, scenario: Scenario) -> int | None:
    if question.case_cost is None or question.run_cost is None:
        return None
    best = best_repeats(
        scenario.noise / 2,
        scenario.noise / 2,
        scenario.between,
        case_cost=question.case_cost,
        run_cost=question.run_cost,
    )
    return max(1, round(best)) if math.isfinite(best) else None


def _n_unpaired(question: PowerQuestion, pilot: Pilot | None) -> int | None:
    """Return the cases for each of two arms with cases of their own, each run once."""
    if question.effect is None:
        return None
    errors = _errors(question)
    if question.metric is Metric.SUCCESS:
        first = question.pass_rate if pilot is None or pilot.pass_rate is None else pilot.pass_rate
        reachable = (first + question.effect, first - question.effect)
        second = next((rate for rate in reachable if 0 <= rate <= 1), None)
        return None if second is None else math.ceil(two_rates_n(first, second, **errors))
    if pilot is None or pilot.arm_sd == 0:
        return None
    shift = _on_scale(question.metric, question.effect)
    return math.ceil(welch_t_n(shift / pilot.arm_sd, **errors))


class _Errors(TypedDict):
    alpha: float
    power: float


def _errors(question: PowerQuestion) -> _Errors:
    return {"alpha": question.alpha, "power": question.power}


def _is_flips(question: PowerQuestion, repeats: float) -> bool:
    """Say whether each case is passed or failed once by either arm."""
    return question.metric is Metric.SUCCESS and repeats == 1


def _on_scale(metric: Metric, effect: float) -> float:
    """Return an effect on the scale that is planned on: amounts on the logarithmic one."""
    return effect if metric in RATES else math.log1p(effect)
