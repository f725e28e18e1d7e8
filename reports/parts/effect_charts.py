"""Effects and flips of comparisons, as charts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from optimizer.models.terms import RATES, Metric
from optimizer.models.verdicts import Comparison, MetricVerdict
from optimizer.models.versions import Confirmation
from reports.document import Block
from reports.drawings import Flip, Flips, Forest, Interval, Scale
from reports.formatting import (
    UNKNOWN,
    count,
    level,
    listing,
    name_of,
    percentage_points,
    plural,
    signed_interval,
)
from reports.parts.effects import change
from reports.parts.verdicts import TONES
from reports.tones import Tone

TOLD = 3
"""Effects that the description of a chart tells; its text has all."""

NOUNS = {"case": "cases", "family": "families of cases"}


def metric_charts(one: Comparison) -> tuple[Block, ...]:
    """Draw what a candidate does to each metric, and which cases it changes."""
    return (*metric_effects(one), *_flips([one]))


def metric_effects(one: Comparison) -> tuple[Block, ...]:
    """Draw what a candidate does to each metric."""
    labels = [found.metric.value for found in one.metrics]
    return tuple(_forest(one.metrics, labels, "Effects"))


def candidate_charts(compared: Sequence[Comparison]) -> tuple[Block, ...]:
    """Draw what each candidate does to the primary metric, and which cases it changes."""
    primaries = [one.primary for one in compared if one.metrics]
    labels = [name_of(one.candidate.label) for one in compared if one.metrics]
    metrics = listing(sorted({found.metric.value for found in primaries}))
    return (*_forest(primaries, labels, f"Effects on {metrics}"), *_flips(compared))


def held_out_charts(look: Confirmation) -> tuple[Block, ...]:
    """Draw what a champion gained on held-out cases; nothing where that is not known."""
    if look.estimate is None:
        return ()
    told = f"{percentage_points(look.estimate)} {signed_interval(look.low, look.high)}"
    gain = Interval(
        label=f"{plural(look.n, 'held-out case')}",
        scale=Scale.POINTS,
        more_is_better=True,
        estimate=look.estimate,
        low=look.low,
        high=look.high,
        text=told,
        tone=Tone.GOOD if look.is_better else Tone.NEUTRAL,
    )
    title = f"Gain in pass rate, {level(1 - look.alpha)} CI"
    return (Forest(title, f"{told} on {gain.label}.", (gain,)),)


def _forest(
    verdicts: Sequence[MetricVerdict], labels: Sequence[str], title: str
) -> Iterator[Forest]:
    """Yield a forest plot, none where no effect was measured."""
    if all(found.estimate is None for found in verdicts):
        return
    pairs = list(zip(verdicts, labels, strict=True))
    intervals = tuple(_interval(found, label) for found, label in pairs)
    told = [
        f"{one.label} {one.text}, {found.kind.value}"
        for one, found in zip(intervals[:TOLD], verdicts, strict=False)
    ]
    more = len(intervals) - TOLD
    yield Forest(
        title, "; ".join([*told, *([f"{count(more)} more"] if more > 0 else [])]), intervals
    )


def _interval(found: MetricVerdict, label: str) -> Interval:
    is_rate = found.metric in RATES
    margin = found.margin
    bounds = signed_interval(found.low, found.high)
    told = [change(found.metric, found.estimate), *([bounds] if bounds != UNKNOWN else [])]
    return Interval(
        label=label,
        scale=Scale.POINTS if is_rate else Scale.PERCENT,
        more_is_better=is_rate,
        estimate=found.estimate,
        low=found.low,
        high=found.high,
        text=" ".join(told),
        tone=TONES[found.kind],
        margin=None if margin is None else -margin if is_rate else margin,
    )


def _flips(compared: Sequence[Comparison]) -> Iterator[Flips]:
    """Yield which cases changed in the primary metric, where it was compared in pairs."""
    found = [
        (name_of(one.candidate.label), one.primary)
        for one in compared
        if one.metrics and one.primary.metric is Metric.SUCCESS
    ]
    flips = tuple(
        _flip(label, verdict) for label, verdict in found if verdict.n_changed is not None
    )
    if not flips:
        return
    unit = next(verdict.unit for _, verdict in found if verdict.n_changed is not None)
    noun = NOUNS.get(unit, f"{unit}s")
    told = "; ".join(
        f"{one.label}: {count(one.n_fixed)} better, {count(one.n_broken)} worse, "
        f"{count(one.n_same)} the same"
        for one in flips[:TOLD]
    )
    yield Flips(f"{noun.capitalize()} that changed", told, flips, noun)


def _flip(label: str, found: MetricVerdict) -> Flip:
    fixed, broken = found.n_fixed or 0, found.n_broken or 0
    return Flip(label, n_broken=broken, n_fixed=fixed, n_same=found.n - fixed - broken)
