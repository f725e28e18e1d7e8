"""The report of the front: which variants nothing else beats, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from optimizer.models.frontier import Frontier, Reading, Standing
from optimizer.models.rules import Unit
from reports.document import (
    Block,
    Cell,
    Details,
    Document,
    Facts,
    Items,
    Prose,
    Section,
    Table,
    Verdict,
    left,
    right,
)
from reports.drawings import Front, Spot
from reports.formatting import (
    UNKNOWN,
    count,
    figure,
    figure_interval,
    interval,
    level,
    listing,
    name_of,
    named,
    plural,
    rate,
    relative_change,
    relative_interval,
    value,
)
from reports.tones import Tone

UNITS = {"success_rate": Unit.RATE, "cost_usd": Unit.USD, "latency_ms": Unit.MS}
"""Unit of each objective; a score has none."""

TITLES = {
    "success_rate": "pass rate",
    "score": "score",
    "cost_usd": "cost/test",
    "latency_ms": "time",
}

ROUNDING = 1e-9
"""An interval this narrow, as a share of its estimate, has no width but that of the arithmetic."""

METHOD = (
    "A variant is on the front when no other is as good in every objective and better in one, by "
    "the means over its cases. Its probability of being there is the share of draws in which it "
    "is: each draw weighs the cases anew, those that variants share together (the Bayesian "
    "bootstrap); a variant whose cases are not comparable is drawn from its own figures. The "
    "weighted gain adds up the effects against the variant in use: of quality as a difference, of "
    "price and time as shares of what is in use now, less being better, each times its weight. "
    "Its interval allows for the number of variants. The hypervolume is the share of the box from "
    "a little beyond the worst to the best measured values that some variant beats."
)


def frontier(found: Frontier, *, limit: int) -> Document:
    """Lay out at most `limit` variants, best weighted gain first."""
    shown = found.standings[:limit]
    blocks: list[Block] = [
        Section("Variants", (_table(found, shown),)),
        Section("Measured", (_measured(found, shown), *_fronts(found))),
    ]
    beaten = [one for one in shown if one.dominated_by]
    if beaten:
        blocks.append(Section("Who beats whom", (_rivals(found, beaten),)))
    blocks.append(Section("Notes", (Items(_notes(found)),)))
    if len(found.objectives) > 1 and shown:
        blocks.append(Details("Intervals of price and time", (_intervals(found, shown),)))
    blocks.append(Details("How it is measured", (Facts(_facts(found)), Prose(METHOD))))
    return Document(f"Trade-offs of {found.workflow_id}", _verdict(found), tuple(blocks))


def _verdict(found: Frontier) -> Verdict:
    here = found.current
    if here is None or len(found.standings) < 2:  # noqa: PLR2004 - one is not compared
        return Verdict(
            Tone.WARN,
            f"UNKNOWN: no two variants of {name_of(found.workflow_id)} can be compared.",
        )
    front = [one for one in found.standings if one.is_on_front]
    place = "on" if here.is_on_front else "off"
    best = next((one for one in found.standings if one.gain and one.gain.low > 0), None)
    verb = "is" if len(front) == 1 else "are"
    n = f"{count(len(front))} of {plural(len(found.standings), 'variant')} {verb} on the front"
    sure = f"{name_of(here.variant)} (in use) is {place} it (probability {rate(here.membership)})"
    if best is None or best.gain is None:
        return Verdict(
            Tone.GOOD, f"No variant is worth more by the weights beyond doubt. {n}; {sure}."
        )
    gain = best.gain
    bounds = relative_interval(gain.low, gain.high)
    return Verdict(
        Tone.WARN,
        f"{name_of(best.variant)} is worth more than {name_of(here.variant)} (in use) by the "
        f"weights: {relative_change(gain.estimate)}, {level(gain.level)} CI {bounds}. {n}; "
        f"{name_of(here.variant)} is {place} it (probability {rate(here.membership)}).",
    )


def _table(found: Frontier, shown: Sequence[Standing]) -> Table:
    left_out = len(found.standings) - len(shown)
    return Table(
        columns=(
            left("variant"),
            left("front"),
            right("probability"),
            right("beaten by"),
            right("weighted gain"),
            right("interval"),
            right("cases"),
        ),
        rows=tuple(
            (
                _label(one),
                Cell("on", Tone.GOOD) if one.is_on_front else Cell("off"),
                rate(one.membership),
                count(len(one.dominated_by)),
                *_gain(one),
            )
            for one in shown
        ),
        caption=f"{plural(left_out, 'more variant')} not listed; --limit shows them"
        if left_out
        else None,
        empty="No variant was measured in everything.",
    )


def _gain(one: Standing) -> tuple[str, str, str]:
    if one.gain is None:
        return UNKNOWN, UNKNOWN, UNKNOWN
    bounds = relative_interval(one.gain.low, one.gain.high)
    shared = count(one.gain.n) + ("" if one.gain.is_paired else " not shared")
    return relative_change(one.gain.estimate), bounds, shared


def _measured(found: Frontier, shown: Sequence[Standing]) -> Table:
    """Lay out what was measured; the model where they differ."""
    has_models = len({(one.model, one.provider) for one in found.standings}) > 1
    titles = [right(TITLES.get(name, name)) for name in found.objectives]
    return Table(
        columns=(
            left("variant"),
            *((left("model"),) if has_models else ()),
            *titles[:1],
            right(f"{level(found.level)} CI"),
            *titles[1:],
            right("tests"),
        ),
        rows=tuple(
            (
                _label(one),
                *((_model(one),) if has_models else ()),
                *_readings(found, one),
                count(one.n),
            )
            for one in shown
        ),
        empty="No variant was measured in everything.",
    )


def _fronts(found: Frontier) -> Iterator[Front]:
    """Yield quality against each other objective, where there are variants to compare."""
    if len(found.standings) < 2:  # noqa: PLR2004 - one is not compared
        return
    quality = found.objectives[0]
    best = [name_of(one.variant) for one in found.standings if one.is_on_front]
    for place, name in enumerate(found.objectives[1:], start=1):
        yield Front(
            title=f"{_title(quality).capitalize()} against {_title(name)}",
            description=f"on the front: {named(best)}",
            x_title=_title(name),
            y_title=_title(quality),
            x_unit=UNITS.get(name),
            y_unit=UNITS.get(quality),
            spots=tuple(_spot(found, one, place) for one in found.standings),
        )


def _spot(found: Frontier, one: Standing, place: int) -> Spot:
    y, x = one.readings[0], one.readings[place]
    quality, name = found.objectives[0], found.objectives[place]
    text = (
        f"{_title(quality)} {' '.join(_reading(quality, y))}, "
        f"{_title(name)} {' '.join(_reading(name, x))}"
    )
    return Spot(
        label=_label(one),
        x=x.estimate,
        y=y.estimate,
        text=text,
        on_front=one.is_on_front,
        is_current=one.is_current,
        y_low=y.low,
        y_high=y.high,
    )


def _title(name: str) -> str:
    return TITLES.get(name, name)


def _readings(found: Frontier, one: Standing) -> tuple[str, ...]:
    """Return the first objective with its interval, then the others."""
    shown = [
        _reading(name, reading)
        for name, reading in zip(found.objectives, one.readings, strict=True)
    ]
    return (*shown[0], *(text for text, _ in shown[1:]))


def _intervals(found: Frontier, shown: Sequence[Standing]) -> Table:
    """Lay out the intervals of price and time."""
    names = found.objectives[1:]
    return Table(
        columns=(left("variant"), *(right(TITLES.get(name, name)) for name in names)),
        rows=tuple(
            (
                _label(one),
                *(
                    _reading(name, reading)[1]
                    for name, reading in zip(names, one.readings[1:], strict=True)
                ),
            )
            for one in shown
        ),
        caption=f"{level(found.level)} CI of the means",
    )


def _model(one: Standing) -> str:
    model = name_of(one.model) if one.model else UNKNOWN
    return f"{model} ({name_of(one.provider)})" if one.provider else model


def _reading(name: str, reading: Reading) -> tuple[str, str]:
    unit = UNITS.get(name)
    if unit is None:
        return figure(reading.estimate), figure_interval(reading.low, reading.high)
    return value(unit, reading.estimate), interval(unit, reading.low, reading.high)


def _rivals(found: Frontier, beaten: Sequence[Standing]) -> Table:
    names = {one.variant_id: one.variant for one in found.standings}
    return Table(
        columns=(left("variant"), left("is beaten in every respect by")),
        rows=tuple(
            (_label(one), named([names.get(rival, rival) for rival in one.dominated_by]))
            for one in beaten
        ),
    )


def _notes(found: Frontier) -> tuple[str, ...]:
    return (
        *(f"{name_of(one.variant)} is left out: {one.why}." for one in found.left_out),
        *(
            f"{name_of(one.variant)} breaks a limit: {reason}."
            for one in found.standings
            for reason in one.refusals
        ),
        *(
            f"{name_of(one.variant)} has no recorded price: it counts {one.price_note}."
            for one in found.standings
            if one.price_note
        ),
        *(
            f"{name_of(one.variant)} shares no case with the variant in use, so that the cases may "
            "be what differs: re-run both on the same."
            for one in found.standings
            if one.gain is not None and not one.gain.is_paired
        ),
        *_flat(found),
    )


def _flat(found: Frontier) -> tuple[str, ...]:
    """Say which times have no spread at all: nobody measured them one by one."""
    if "latency_ms" not in found.objectives:
        return ()
    place = found.objectives.index("latency_ms")
    names = [one.variant for one in found.standings if _is_flat(one.readings[place])]
    if not names:
        return ()
    verb = "has" if len(names) == 1 else "have"
    return (
        f"{named(names)} {verb} the same time in every case: an average was written to each, whose "
        "own error is in no interval here.",
    )


def _is_flat(reading: Reading) -> bool:
    return reading.high - reading.low <= ROUNDING * reading.estimate


def _facts(found: Frontier) -> tuple[tuple[str, str], ...]:
    weights = [
        f"{rate(weight)} {TITLES.get(name, name)}"
        for name, weight in zip(found.objectives, found.weights, strict=True)
    ]
    return (
        ("weights", listing(weights)),
        ("hypervolume", rate(found.hypervolume)),
        ("draws", count(found.resamples)),
    )


def _label(one: Standing) -> str:
    return f"{name_of(one.variant)} (in use)" if one.is_current else name_of(one.variant)
