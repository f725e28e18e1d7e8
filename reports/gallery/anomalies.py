"""The report of anomalies: what is out of the ordinary, and how far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from optimizer.models.drift import Anomaly, AnomalyReport
from optimizer.models.series import Timeline
from optimizer.models.summaries import RunPoint
from reports.document import (
    Block,
    Cell,
    Details,
    Document,
    Items,
    Prose,
    Section,
    Table,
    Verdict,
    left,
    right,
)
from reports.drawings import History
from reports.formatting import figure, moment, name_of, plural
from reports.parts.run_charts import (
    ANOMALY_TONES,
    out_of_the_ordinary,
    run_history,
    shown,
    timeline_history,
)
from reports.tones import Tone

METHODS = {
    "mad": "MAD",
    "iqr": "IQR",
    "z": "z",
    "mahalanobis": "Mahalanobis",
}
METHOD = (
    "Every value is held against earlier ones only, never against itself: a run against earlier "
    "runs, a task against tasks of earlier runs, a value of a series against those before it: by "
    "the median (MAD), the quartiles (IQR), the mean (z). "
    "Amounts are compared by their logarithms. A threshold is wider where few values tell the "
    "spread, and a value that is not rarer than earlier ones is ordinary however far out. "
    "Latency, cost and tokens together are judged by the distance from the bulk of earlier tasks, "
    "their correlations taken into account (minimum covariance determinant). Nothing is left out "
    "of any other figure for being an outlier."
)


def anomalies(
    found: AnomalyReport,
    points: Sequence[RunPoint] = (),
    timeline: Timeline | None = None,
    *,
    limit: int,
) -> Document:
    """Lay out the gravest `limit` anomalies.

    Args:
        found: What was found.
        points: The runs that were looked at, oldest first.
        timeline: The series that was looked at instead of runs.
        limit: How many are listed.
    """
    return Document(
        title=f"Anomalies of {found.workflow_id}",
        verdict=_verdict(found),
        blocks=(
            Section(
                "Out of the ordinary",
                (_table(found, limit), *_charts(found, points), *_timeline(found, timeline)),
            ),
            *_missing(found),
            Details("How it is measured", (Prose(METHOD),)),
        ),
    )


def _verdict(found: AnomalyReport) -> Verdict:
    subject = name_of(found.workflow_id)
    if not found.n_looked_at and found.not_looked_at:
        return Verdict(Tone.WARN, f"UNKNOWN: {subject}: {found.not_looked_at[0]}.")
    looked = plural(found.n_looked_at, "value")
    if not found.anomalies:
        return Verdict(Tone.GOOD, f"Nothing of {subject} is out of the ordinary, of {looked}.")
    worst = found.anomalies[0]
    n = plural(len(found.anomalies), "anomaly", "anomalies")
    return Verdict(
        ANOMALY_TONES[worst.severity],
        f"{n} in {subject} of {looked}; the gravest is {worst.severity}.",
    )


def _charts(found: AnomalyReport, points: Sequence[RunPoint]) -> Iterator[History]:
    """Yield every metric in which a run as a whole is out, over the runs."""
    own = [point for point in points if point.variant_id == found.variant_id and point.n]
    times = [point.started_at for point in own]
    of_runs = [one for one in found.anomalies if one.task_id is None and one.run_id is not None]
    for metric in dict.fromkeys(one.metric for one in of_runs):
        chart = run_history(
            metric,
            own,
            out_of_the_ordinary((one for one in of_runs if one.metric == metric), times),
        )
        if chart.series[0].points:
            yield chart


def _timeline(found: AnomalyReport, timeline: Timeline | None) -> tuple[History, ...]:
    if timeline is None or not timeline.values:
        return ()
    return (timeline_history(timeline, out_of_the_ordinary(found.anomalies, timeline.times)),)


def _missing(found: AnomalyReport) -> tuple[Block, ...]:
    if not found.not_looked_at:
        return ()
    return (Section("What could not be looked at", (Items(found.not_looked_at),)),)


def _table(found: AnomalyReport, limit: int) -> Table:
    more = len(found.anomalies) - limit
    return Table(
        columns=(
            left("severity"),
            left("metric"),
            right("value"),
            right("usual"),
            left("by"),
            right("x limit"),
            left("where"),
            left("when (UTC)"),
        ),
        rows=tuple(
            (
                Cell(str(one.severity), ANOMALY_TONES[one.severity]),
                one.metric,
                shown(one.metric, one.value),
                shown(one.metric, one.expected),
                METHODS.get(one.method, one.method),
                figure(one.distance / one.threshold),
                _where(one),
                moment(one.at).removesuffix(" UTC"),
            )
            for one in found.anomalies[:limit]
        ),
        caption=f"{plural(more, 'anomaly', 'anomalies')} more; --limit shows them"
        if more > 0
        else None,
        empty="Nothing is out of the ordinary.",
    )


def _where(one: Anomaly) -> str:
    if one.task_id is not None:
        return f"task {name_of(one.task_id)}"
    return "" if one.run_id is None else f"run {name_of(one.run_id)}"
