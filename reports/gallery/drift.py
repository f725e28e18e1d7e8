"""The report of drift: which metrics moved, by which method, and what could not be looked at."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.drift import DriftFinding, DriftMethod, DriftReport
from optimizer.models.rules import Unit
from reports.document import (
    Block,
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
from reports.formatting import (
    count,
    figure,
    listing,
    moment,
    name_of,
    p_value,
    plural,
    value,
)
from reports.tones import Tone

UNITS = {
    "success": Unit.RATE,
    "latency": Unit.MS,
    "cost": Unit.USD,
    "tokens": Unit.TOKENS,
}
"""A score and the values of a file have no unit."""

METHODS = {
    DriftMethod.KS: "KS",
    DriftMethod.PSI: "PSI",
    DriftMethod.CHI2: "chi-squared",
    DriftMethod.WELCH: "Welch",
    DriftMethod.PAIRED: "paired t",
    DriftMethod.ADWIN: "ADWIN",
    DriftMethod.PAGE_HINKLEY: "Page-Hinkley",
    DriftMethod.CUSUM: "CUSUM",
}

METHOD = (
    "The newest run is held against all earlier ones: cases that ran in both as pairs (paired t), "
    "else means (Welch); the distributions of score, latency, cost and tokens (KS, PSI), the "
    "shares of outcomes (chi-squared). p-values are adjusted for the number of these looks by "
    "Benjamini and Hochberg, and a change has to be of a size worth a word. Series over runs, or "
    "over tasks less the mean of their case, are watched for steps by their ranks, so that units "
    "and outliers do not matter; an alarm of CUSUM or Page-Hinkley is kept where shuffles of the "
    "same values have no step as great. All of it takes values for independent while nothing "
    "changes: seasons and slow trends are moves, too."
)


def drift(found: DriftReport) -> Document:
    """Lay out what has moved, then what was looked at and has not."""
    quiet = [one for one in found.findings if not one.is_drifting]
    return Document(
        title=f"Drift of {found.workflow_id}",
        verdict=_verdict(found),
        blocks=(
            Section("What has moved", (_table(found.drifting, "Nothing has moved."),)),
            *_missing(found),
            *((Details("What has not", (_table(quiet, ""),)),) if quiet else ()),
            Details("How it is measured", (Prose(METHOD),)),
        ),
    )


def _verdict(found: DriftReport) -> Verdict:
    subject = name_of(found.workflow_id)
    if not found.findings and found.not_looked_at:
        return Verdict(Tone.WARN, f"UNKNOWN: {subject}: {found.not_looked_at[0]}.")
    moved = list(dict.fromkeys(one.metric for one in found.drifting))
    if not moved:
        looks = f", by {plural(len(found.findings), 'look')}" if found.findings else ""
        return Verdict(Tone.GOOD, f"Nothing of {subject} has moved{looks}.")
    n = plural(len(found.drifting), "finding")
    return Verdict(Tone.WARN, f"DRIFT in {listing(moved)} of {subject}: {n}.")


def _missing(found: DriftReport) -> tuple[Block, ...]:
    if not found.not_looked_at:
        return ()
    return (Section("What could not be looked at", (Items(found.not_looked_at),)),)


def _table(findings: Sequence[DriftFinding], empty: str) -> Table:
    return Table(
        columns=(
            left("metric"),
            left("by"),
            right("before"),
            right("after"),
            right("values"),
            right("p"),
            left("since"),
        ),
        rows=tuple(
            (
                one.metric,
                METHODS[one.method],
                _shown(one.metric, one.before),
                _shown(one.metric, one.after),
                f"{count(one.n_before)} + {count(one.n_after)}",
                p_value(one.p_value),
                moment(one.changed_at),
            )
            for one in findings
        ),
        empty=empty,
    )


def _shown(metric: str, amount: float | None) -> str:
    unit = UNITS.get(metric)
    return figure(amount) if unit is None else value(unit, amount)
