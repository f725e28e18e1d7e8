"""The report of a metric over time: a row for each window, with its n."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from optimizer.models.rules import Unit
from optimizer.models.series import Aggregate, Fill, Series, SeriesMetric, SeriesWindow
from reports.document import Cell, Details, Document, Prose, Section, Table, Verdict, left, right
from reports.drawings import History, Point
from reports.drawings import Series as Line
from reports.formatting import UNKNOWN, count, figure, name_of, plural, time_span, usd_total, value
from reports.tones import Tone

UNITS = {
    SeriesMetric.SUCCESS: Unit.RATE,
    SeriesMetric.LATENCY: Unit.MS,
    SeriesMetric.COST: Unit.USD,
    SeriesMetric.TOKENS: Unit.TOKENS,
}
"""A score has no unit."""

BESIDE = (Aggregate.COUNT, Aggregate.SUM, Aggregate.STDDEV)
"""Aggregates that are not of the size of a value."""

SECONDS_OF_A_MINUTE = 60

METHOD = (
    "A task is in the windows in which it began; cancelled tasks are in none, and each task of a "
    "run counts once. n is the number of tasks that the metric is known of. Windows are worked "
    "out anew each time this is asked: a task that is ingested late is in its window from then "
    "on. A window is open while the last task that was seen began no later than its end by the "
    "lateness that is allowed: its figures may still change. Windows of equal length begin at "
    "multiples of their step from 1970-01-01 00:00 UTC. Percentiles are by linear interpolation, "
    "stddev is that of the sample. No figure here is an interval: repeats of a case are not "
    "independent, and compare and gate know that."
)


def windows(found: Series, *, limit: int) -> Document:
    """Lay out the newest `limit` windows, oldest first."""
    return Document(
        title=f"{str(found.metric).capitalize()} of {found.workflow_id} over time",
        verdict=_verdict(found),
        blocks=(
            Section("Windows", (_table(found, limit), *_charts(found))),
            Details("How it is measured", (Prose(METHOD),)),
        ),
    )


def _verdict(found: Series) -> Verdict:
    subject = name_of(found.workflow_id)
    if found.variant is not None:
        subject += f" under {name_of(found.variant)}"
    measured = [window for window in found.windows if window.n]
    if not measured:
        return Verdict(Tone.WARN, f"UNKNOWN: no {found.metric} of {subject} was measured.")
    parts = [f"{count(len(measured))} measured"]
    n_filled = sum(window.filled for window in found.windows)
    n_empty = len(found.windows) - len(measured) - n_filled
    n_open = sum(window.open for window in found.windows)
    if n_filled:
        parts.append(f"{count(n_filled)} filled ({found.fill})")
    if n_empty:
        parts.append(f"{count(n_empty)} without a measurement")
    if n_open:
        parts.append(f"{count(n_open)} still open")
    return Verdict(
        Tone.NEUTRAL,
        f"{str(found.metric).capitalize()} of {subject}, {_kind(found)}: "
        f"{', '.join(parts)}{_range(found, measured)}.",
    )


def _kind(found: Series) -> str:
    """Return how many windows of which length there are."""
    size, slide = found.windowing.size_s, found.windowing.slide_s
    n = len(found.windows)
    if size is None or slide is None:
        return plural(n, "session")
    step = "" if size == slide else f", one each {time_span(slide)}"
    return f"{plural(n, 'window')} of {time_span(size)}{step}"


def _range(found: Series, measured: Sequence[SeriesWindow]) -> str:
    """Return from where to where the first aggregate goes in the windows that were measured."""
    first = found.aggregates[0]
    values = [v for window in measured if (v := window.values[first]) is not None]
    if not values:
        return ""
    low, high = _shown(found, first, min(values)), _shown(found, first, max(values))
    return f"; {first} {low}" if low == high else f"; {first} from {low} to {high}"


def _table(found: Series, limit: int) -> Table:
    shown = found.windows[-limit:]
    left_out = len(found.windows) - len(shown)
    is_session, seconds = found.windowing.size_s is None, _needs_seconds(found)
    return Table(
        columns=(
            left("from (UTC)"),
            *((left("to"),) if is_session else ()),
            right("tasks"),
            right("n"),
            *(right(str(aggregate)) for aggregate in found.aggregates),
            left("note"),
        ),
        rows=tuple(
            (
                _time(window.starts_at, seconds),
                *((_time(window.ends_at, seconds),) if is_session else ()),
                count(window.n_tasks),
                count(window.n),
                *(_cell(found, window, aggregate) for aggregate in found.aggregates),
                _note(found, window),
            )
            for window in shown
        ),
        caption=f"{plural(left_out, 'earlier window')} not listed; --limit shows them"
        if left_out
        else None,
        empty="No task was completed.",
    )


def _cell(found: Series, window: SeriesWindow, aggregate: Aggregate) -> Cell | str:
    """Return a value; one that was not measured stands in brackets."""
    text = _shown(found, aggregate, window.values[aggregate])
    if window.filled and text != UNKNOWN:
        return Cell(f"({text})", Tone.WARN)
    return text


def _note(found: Series, window: SeriesWindow) -> str:
    notes = []
    if window.filled:
        notes.append(f"filled: {found.fill}")
    elif not window.n:
        notes.append("not measured" if found.fill is Fill.NONE else "nothing to fill it with")
    if window.open:
        notes.append("open")
    return ", ".join(notes)


def _shown(found: Series, aggregate: Aggregate, amount: float | None) -> str:
    unit = UNITS.get(found.metric)
    if aggregate is Aggregate.COUNT:
        return count(amount)
    if aggregate is Aggregate.SUM and unit is Unit.USD:
        return usd_total(amount)
    if aggregate is Aggregate.SUM and unit is Unit.RATE:
        return count(amount)
    if unit is None or (aggregate is Aggregate.STDDEV and unit is Unit.RATE):
        return figure(amount)
    return value(unit, amount)


def _needs_seconds(found: Series) -> bool:
    """Say whether minutes do not tell the windows apart."""
    slide = found.windowing.slide_s
    return slide is None or slide % SECONDS_OF_A_MINUTE != 0


def _charts(found: Series) -> tuple[History, ...]:
    """Draw what was measured of every window, each aggregate of the metric's unit a series."""
    drawn = [one for one in found.aggregates if one not in BESIDE]
    measured = [(i, one) for i, one in enumerate(found.windows) if one.n]
    if not drawn or not measured:
        return ()
    seconds = _needs_seconds(found)
    lines = tuple(
        Line(
            str(aggregate),
            tuple(
                Point(
                    i,
                    window.values[aggregate],
                    f"from {_time(window.starts_at, seconds)} UTC: "
                    f"{_shown(found, aggregate, window.values[aggregate])}, n = {count(window.n)}",
                )
                for i, window in measured
            ),
        )
        for aggregate in drawn
    )
    first, last = found.windows[0].starts_at, found.windows[-1].starts_at
    told = "; ".join(f"{one.label} {one.points[-1].text}" for one in lines)
    return (
        History(
            title=f"{str(found.metric).capitalize()} of each window",
            description=f"{plural(len(measured), 'window')} measured; the newest: {told}",
            unit=UNITS.get(found.metric),
            first=_time(first, seconds),
            last=_time(last, seconds),
            series=lines,
            of="aggregate",
            per="window",
        ),
    )


def _time(at: datetime, seconds: bool) -> str:
    return f"{at.astimezone(UTC):{'%Y-%m-%d %H:%M:%S' if seconds else '%Y-%m-%d %H:%M'}}"
