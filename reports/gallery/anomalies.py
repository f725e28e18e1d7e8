"""The report of anomalies: what is out of the ordinary, and how far."""

from __future__ import annotations

from optimizer.models.drift import Anomaly, AnomalyReport, AnomalySeverity
from optimizer.models.rules import Unit
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
from reports.formatting import figure, moment, name_of, plural, value
from reports.tones import Tone

UNITS = {
    "success": Unit.RATE,
    "errors": Unit.RATE,
    "latency": Unit.MS,
    "cost": Unit.USD,
    "tokens": Unit.TOKENS,
}
"""Throughput is in tasks a second; scores, distances and the values of a file have no unit."""

METHODS = {
    "mad": "MAD",
    "iqr": "IQR",
    "z": "z",
    "mahalanobis": "Mahalanobis",
}
TONES = {
    AnomalySeverity.LOW: Tone.NEUTRAL,
    AnomalySeverity.MEDIUM: Tone.WARN,
    AnomalySeverity.HIGH: Tone.BAD,
    AnomalySeverity.CRITICAL: Tone.BAD,
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


def anomalies(found: AnomalyReport, *, limit: int) -> Document:
    """Lay out the gravest `limit` anomalies."""
    return Document(
        title=f"Anomalies of {found.workflow_id}",
        verdict=_verdict(found),
        blocks=(
            Section("Out of the ordinary", (_table(found, limit),)),
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
        TONES[worst.severity], f"{n} in {subject} of {looked}; the gravest is {worst.severity}."
    )


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
            left("when"),
        ),
        rows=tuple(
            (
                Cell(str(one.severity), TONES[one.severity]),
                one.metric,
                _shown(one, one.value),
                _shown(one, one.expected),
                METHODS.get(one.method, one.method),
                figure(one.distance / one.threshold),
                _where(one),
                moment(one.at),
            )
            for one in found.anomalies[:limit]
        ),
        caption=f"{plural(more, 'anomaly', 'anomalies')} more; --limit shows them"
        if more > 0
        else None,
        empty="Nothing is out of the ordinary.",
    )


def _shown(one: Anomaly, amount: float) -> str:
    unit = UNITS.get(one.metric)
    return figure(amount) if unit is None else value(unit, amount)


def _where(one: Anomaly) -> str:
    if one.task_id is not None:
        return f"task {name_of(one.task_id)}"
    return "" if one.run_id is None else f"run {name_of(one.run_id)}"
