"""The report of drift: which metrics moved, by which method, and what could not be looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from optimizer.models.drift import DriftFinding, DriftMethod, DriftReport
from optimizer.models.series import Timeline
from optimizer.models.summaries import RunPoint
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
from reports.drawings import History
from reports.formatting import (
    count,
    listing,
    moment,
    name_of,
    p_value,
    plural,
)
from reports.parts.run_charts import moves, run_history, shown, timeline_history
from reports.tones import Tone

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


def drift(
    found: DriftReport, points: Sequence[RunPoint] = (), timeline: Timeline | None = None
) -> Document:
    """Lay out what has moved, then what was looked at and has not.

    Args:
        found: What was found.
        points: The runs that were looked at, oldest first.
        timeline: The series that was looked at instead of runs.
    """
    quiet = [one for one in found.findings if not one.is_drifting]
    return Document(
        title=f"Drift of {found.workflow_id}",
        verdict=_verdict(found),
        blocks=(
            Section(
                "What has moved",
                (
                    _table(found.drifting, "Nothing has moved."),
                    *_charts(found, points),
                    *_timeline(found, timeline),
                ),
            ),
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


def _charts(found: DriftReport, points: Sequence[RunPoint]) -> Iterator[History]:
    """Yield every metric that has moved, over the runs."""
    own = [point for point in points if point.variant_id == found.variant_id and point.n]
    times = [point.started_at for point in own]
    for metric in dict.fromkeys(one.metric for one in found.drifting):
        if own:
            events = moves([one for one in found.drifting if one.metric == metric], times)
            yield run_history(metric, own, events)


def _timeline(found: DriftReport, timeline: Timeline | None) -> tuple[History, ...]:
    if timeline is None or not timeline.values:
        return ()
    return (timeline_history(timeline, moves(found.drifting, timeline.times)),)


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
            left("since (UTC)"),
        ),
        rows=tuple(
            (
                one.metric,
                METHODS[one.method],
                shown(one.metric, one.before),
                shown(one.metric, one.after),
                f"{count(one.n_before)} + {count(one.n_after)}",
                p_value(one.p_value),
                moment(one.changed_at).removesuffix(" UTC"),
            )
            for one in findings
        ),
        empty=empty,
    )
