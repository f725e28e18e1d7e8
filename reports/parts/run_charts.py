"""Metrics over runs, with what moved, what was decided and what is out of the ordinary."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from optimizer.models.drift import Anomaly, AnomalySeverity, DriftFinding
from optimizer.models.lifecycle import OutcomeStatus, PastDecision
from optimizer.models.rules import Unit
from optimizer.models.series import Timeline
from optimizer.models.summaries import RunPoint
from reports.drawings import Event, History, Point, Series
from reports.formatting import day, figure, moment, plural, value
from reports.tones import Tone

UNITS: Mapping[str, Unit] = {
    "success": Unit.RATE,
    "errors": Unit.RATE,
    "latency": Unit.MS,
    "cost": Unit.USD,
    "tokens": Unit.TOKENS,
}
"""A score and the values of a file have no unit."""

TITLES = {"success": "Pass rate", "errors": "Share of errors"}

SHORT_ID = 8
"""Characters of an id that stand beside a rule."""

ALIKE = 2
"""Positions within which alarms of several methods are one change point."""

OUTCOME_TONES = {
    OutcomeStatus.SUCCESS: Tone.GOOD,
    OutcomeStatus.PARTIAL_SUCCESS: Tone.WARN,
    OutcomeStatus.FAILED: Tone.BAD,
    OutcomeStatus.ROLLED_BACK: Tone.BAD,
    OutcomeStatus.UNKNOWN: Tone.NEUTRAL,
}
ANOMALY_TONES = {
    AnomalySeverity.LOW: Tone.NEUTRAL,
    AnomalySeverity.MEDIUM: Tone.WARN,
    AnomalySeverity.HIGH: Tone.BAD,
    AnomalySeverity.CRITICAL: Tone.BAD,
}


def run_history(metric: str, points: Sequence[RunPoint], events: Sequence[Event]) -> History:
    """Draw a metric of one variant over its runs, oldest first."""
    drawn = tuple(
        Point(i, amount, f"{point.run_id}, {moment(point.started_at)}: {shown(metric, amount)}")
        for i, point in enumerate(points)
        if (amount := _mean(metric, point)) is not None
    )
    first, last = ends([point.started_at for point in points])
    return History(
        title=f"{TITLES.get(metric, f'Mean {metric}')} of each run, oldest first",
        description=_described(metric, drawn, events),
        unit=UNITS.get(metric),
        first=first,
        last=last,
        series=(Series(metric, drawn),),
        events=tuple(events),
        of="metric",
    )


def timeline_history(timeline: Timeline, events: Sequence[Event]) -> History:
    """Draw any series of numbers."""
    drawn = tuple(
        Point(i, amount, f"{moment(at)}: {figure(amount)}")
        for i, (at, amount) in enumerate(zip(timeline.times, timeline.values, strict=True))
    )
    first, last = ends(timeline.times)
    return History(
        title=f"Values of {timeline.name}",
        description=_described("value", drawn, events),
        unit=None,
        first=first,
        last=last,
        series=(Series(timeline.name, drawn),),
        events=tuple(events),
        of="series",
        per="value",
    )


def moves(findings: Iterable[DriftFinding], times: Sequence[datetime]) -> tuple[Event, ...]:
    """Return where a metric is thought to have moved, once where several methods agree."""
    found: list[Event] = []
    dated = [(one.changed_at, one) for one in findings if one.is_drifting and one.changed_at]
    for at, one in sorted(dated, key=lambda pair: pair[0]):
        place = position(at, times)
        if found and place - found[-1].position < ALIKE:
            continue
        before, after = shown(one.metric, one.before), shown(one.metric, one.after)
        text = f"{one.metric} moved about {moment(at)}: {before} before, {after} after"
        found.append(Event(place, "change point", text, Tone.WARN))
    return tuple(found)


def decided(past: Iterable[PastDecision], times: Sequence[datetime]) -> tuple[Event, ...]:
    """Return when decisions with an accepted proposal were put in force, or else made."""
    dated = [(one.applied_at or one.decided_at, one) for one in past if one.strategies]
    return tuple(
        _decision(one, at, position(at, times)) for at, one in sorted(dated, key=lambda p: p[0])
    )


def out_of_the_ordinary(
    anomalies: Iterable[Anomaly], times: Sequence[datetime]
) -> tuple[Event, ...]:
    """Return what is out of the ordinary, a rule at each time, told by the gravest there."""
    gravest: dict[datetime, Anomaly] = {}
    for one in anomalies:
        gravest.setdefault(one.at, one)
    return tuple(
        Event(
            position(at, times, exact=True),
            str(one.severity),
            f"{one.severity} anomaly at {moment(at)}: {shown(one.metric, one.value)}, "
            f"usual {shown(one.metric, one.expected)}",
            ANOMALY_TONES[one.severity],
        )
        for at, one in sorted(gravest.items())
    )


def position(at: datetime, times: Sequence[datetime], *, exact: bool = False) -> float:
    """Return the place of a time among those of points: before the first that is not earlier."""
    place = bisect_left(times, at)
    is_there = exact and place < len(times) and times[place] == at
    return place if is_there else place - 0.5


def ends(times: Sequence[datetime]) -> tuple[str, str]:
    """Name the first and the last of some times, by the minute where the day is the same."""
    if not times:
        return "", ""
    first, last = day(times[0]), day(times[-1])
    return (first, last) if first != last else (moment(times[0]), moment(times[-1]))


def shown(metric: str, amount: float | None) -> str:
    """Format a value of a metric, which may have no unit."""
    unit = UNITS.get(metric)
    return figure(amount) if unit is None else value(unit, amount)


def _decision(one: PastDecision, at: datetime, place: float) -> Event:
    name = one.decision_id[:SHORT_ID]
    step = "in force" if one.applied_at else "decided"
    status = one.outcome.status if one.outcome is not None else None
    came_of_it = "" if status is None else f", outcome {status.replace('_', ' ')}"
    text = f"decision {name} {step} {moment(at)}{came_of_it}"
    tone = Tone.NEUTRAL if status is None else OUTCOME_TONES[status]
    return Event(place, f"{name} {step}", text, tone)


def _described(metric: str, drawn: Sequence[Point], events: Sequence[Event]) -> str:
    if not drawn:
        return f"{metric} is not known of any run"
    first, last = shown(metric, drawn[0].value), shown(metric, drawn[-1].value)
    marked = f"; {plural(len(events), 'event')} marked" if events else ""
    return f"{metric} from {first} to {last} over {plural(len(drawn), 'value')}{marked}"


def _mean(metric: str, point: RunPoint) -> float | None:
    rates = {"success": point.n_succeeded, "errors": point.n_bad}
    if metric in rates:
        return rates[metric] / point.n if point.n else None
    return {
        "score": point.score_mean,
        "latency": point.latency_mean_ms,
        "cost": point.cost_mean_usd,
        "tokens": point.tokens_mean,
    }.get(metric)
