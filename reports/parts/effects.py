"""Effects in the words of their metric: rates in percentage points, amounts in percent."""

from __future__ import annotations

from collections.abc import Mapping

from optimizer.models.dataclass import dataclass
from optimizer.models.rules import Unit
from optimizer.models.terms import RATES, Metric
from optimizer.models.verdicts import Guardrail
from reports.formatting import (
    effect_interval,
    percentage_points,
    relative_change,
    relative_interval,
    tolerance,
    value,
)


@dataclass(frozen=True, slots=True)
class Words:
    """How one metric is spoken of.

    Attributes:
        unit: Unit of its values.
        noun: What the mean of its values is called.
        more: What an arm does that has more, around the size of the difference.
        less: What an arm does that has less.
        same: What an arm does that has as much.
    """

    unit: Unit
    noun: str
    more: str
    less: str
    same: str


WORDS: Mapping[Metric, Words] = {
    Metric.SUCCESS: Words(
        Unit.RATE, "pass rate", "passes {} more than", "passes {} less than", "passes as often as"
    ),
    Metric.SCORE: Words(
        Unit.RATE,
        "mean score",
        "scores {} higher than",
        "scores {} lower than",
        "scores the same as",
    ),
    Metric.LATENCY: Words(
        Unit.MS,
        "mean latency",
        "takes {} longer than",
        "takes {} less time than",
        "takes as long as",
    ),
    Metric.LATENCY_P50: Words(
        Unit.MS,
        "median latency",
        "takes {} longer at the median than",
        "takes {} less time at the median than",
        "takes as long at the median as",
    ),
    Metric.LATENCY_P95: Words(
        Unit.MS,
        "95th percentile of the latency",
        "takes {} longer at the 95th percentile than",
        "takes {} less time at the 95th percentile than",
        "takes as long at the 95th percentile as",
    ),
    Metric.COST: Words(
        Unit.USD, "mean cost", "costs {} more than", "costs {} less than", "costs as much as"
    ),
    Metric.TOKENS: Words(
        Unit.TOKENS,
        "mean token count",
        "uses {} more tokens than",
        "uses {} fewer tokens than",
        "uses as many tokens as",
    ),
}


def measured(metric: Metric, amount: float | None) -> str:
    """Format a value of a metric: '87.5 %', '$0.00213'."""
    return value(WORDS[metric].unit, amount)


def change(metric: Metric, effect: float | None) -> str:
    """Format an effect: '+6.2 pp', '-38.0 %'."""
    return percentage_points(effect) if metric in RATES else relative_change(effect)


def change_interval(metric: Metric, low: float | None, high: float | None) -> str:
    """Format the interval of an effect: '[+1.2, +11.3] pp', '[-41.2, unbounded] %'."""
    if metric in RATES:
        return effect_interval(Unit.RATE, low, high)
    return relative_interval(low, high)


def size(metric: Metric, effect: float | None) -> str:
    """Format an effect without its sign: '6.2 pp', '38.0 %'."""
    return change(metric, None if effect is None else abs(effect)).lstrip("+")


def margin_of(metric: Metric, margin: float | None) -> str:
    """Format a margin: '5 pp', '10 %'."""
    return tolerance(margin, " pp" if metric in RATES else " %")


def guardrail_name(guardrail: Guardrail) -> str:
    """Name a guardrail as a person would: 'success 5 pp prove'."""
    margin = margin_of(guardrail.metric, guardrail.margin)
    return f"{guardrail.metric.value} {margin} {guardrail.mode.value}"


def option_margin(metric: Metric, margin: float) -> str:
    """Format a margin as it is written on the command line: '5pp', '10%'."""
    return tolerance(margin, "pp" if metric in RATES else "%")


def compared(metric: Metric, effect: float, baseline: str) -> str:
    """Say how a candidate compares: 'passes 6.2 pp more than vague'."""
    words = WORDS[metric]
    if not effect:
        return f"{words.same} {baseline}"
    phrase = words.more if effect > 0 else words.less
    return f"{phrase.format(size(metric, effect))} {baseline}"
