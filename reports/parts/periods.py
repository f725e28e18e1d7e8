"""What happened in a period: runs, decisions, experiments, refused files, what waits."""

from __future__ import annotations

from collections.abc import Mapping

from optimizer.models.lifecycle import OutcomeStatus
from optimizer.models.overview import PeriodFigures, PeriodReview, Waiting, WaitKind, Watched
from reports.document import (
    Block,
    Cell,
    Details,
    Items,
    Prose,
    Section,
    Table,
    left,
    right,
)
from reports.formatting import (
    UNKNOWN,
    count,
    day,
    level,
    listing,
    moment,
    name_of,
    plural,
    shorten,
    usd_total,
)
from reports.parts.effects import change, change_interval
from reports.parts.prompts import quoted
from reports.parts.trails import trail_of_all
from reports.parts.wording import STATE_TONES, STATES
from reports.tones import Tone

ID_CHARS = 8
LONGEST_REASON = 160

NEXT: Mapping[WaitKind, str] = {
    WaitKind.DECISION: "optimizer explain {}",
    WaitKind.APPROVED: "optimizer apply {}",
    WaitKind.VERSION: "optimizer prompts promote {}",
    WaitKind.EXPERIMENT: "optimizer experiment status {}",
    WaitKind.ROLLOUT: "optimizer rollout advance {}",
    WaitKind.BASELINE: "optimizer baseline set {}:VARIANT",
}


def totals_table(found: PeriodReview) -> Table:
    """Lay out how much was run and spent in both periods."""
    before = [one.before for one in found.changes if one.before is not None]
    now = [one.now for one in found.changes if one.now is not None]
    rows = (
        ("workflows", count(len(before)), count(len(now))),
        ("runs", *(count(sum(one.n_runs for one in side)) for side in (before, now))),
        ("tests", *(count(sum(one.n_tasks for one in side)) for side in (before, now))),
        ("completed", *(count(sum(one.n_completed for one in side)) for side in (before, now))),
        ("of known price", *(count(sum(one.n_priced for one in side)) for side in (before, now))),
        ("spent, by those", *(_spent(side) for side in (before, now))),
    )
    return Table(
        columns=(left(""), right("before"), right("now")),
        rows=rows,
    )


def spans_said(found: PeriodReview) -> Prose:
    """Say from when to when both periods are."""
    return Prose(
        f"Before: from {moment(found.before.starts_at)}; now: from "
        f"{moment(found.now.starts_at)} to {moment(found.now.ends_at)}."
    )


def _spent(side: list[PeriodFigures]) -> str:
    known = [one.cost_total_usd for one in side if one.cost_total_usd is not None]
    return usd_total(sum(known)) if known else UNKNOWN


def watched_block(found: PeriodReview) -> Section:
    """Say what else has moved, and of which workflows nobody looked."""
    texts = [text for one in found.watched if (text := _moved(one)) is not None]
    looked = f"{plural(len(found.watched), 'workflow')} looked over"
    rest = (
        f"; {count(found.n_unwatched)} more ran and were not, see overview.max_watched"
        if found.n_unwatched
        else ""
    )
    empty = "Nothing was looked over: no workflow ran." if not found.watched else "Nothing moved."
    blocks: tuple[Block, ...] = (Items(tuple(texts), empty=empty),)
    if found.watched:
        blocks = (*blocks, Prose(f"{looked}, the newest run against all earlier ones{rest}."))
    return Section("Drift and anomalies", blocks)


def _moved(one: Watched) -> str | None:
    name, parts = name_of(one.workflow_id), []
    if one.drift is not None and one.drift.drifting:
        metrics = dict.fromkeys(finding.metric for finding in one.drift.drifting)
        parts.append(f"drift in {listing(list(metrics))}: 'optimizer drift -w {quoted(name)}'")
    if one.anomalies is not None and one.anomalies.anomalies:
        n = plural(len(one.anomalies.anomalies), "anomaly", "anomalies")
        parts.append(f"{n} in the newest run: 'optimizer anomalies -w {quoted(name)}'")
    return f"{name}: {'; '.join(parts)}." if parts else None


def decisions_block(found: PeriodReview, limit: int) -> tuple[Section, ...]:
    """Lay out the decisions that would change something, and count the others."""
    if not found.decisions:
        return ()
    proposing = [one for one in found.decisions if one.n_proposals]
    quiet = len(found.decisions) - len(proposing)
    table = Table(
        columns=(left("decision"), left("workflow"), left("made"), left("stands"), left("outcome")),
        rows=tuple(
            (
                one.decision_id[:ID_CHARS],
                one.workflow_id,
                day(one.decided_at),
                Cell(STATES[one.state], STATE_TONES[one.state]),
                _outcome(one.outcome),
            )
            for one in proposing[:limit]
        ),
        empty="No decision with a proposal was made.",
    )
    blocks: list[Block] = [table]
    if len(proposing) > limit:
        blocks.append(Prose(f"{plural(len(proposing) - limit, 'more decision')} not shown."))
    if quiet:
        blocks.append(Prose(f"{plural(quiet, 'decision')} proposed nothing."))
    return (Section("New decisions", tuple(blocks)),)


def _outcome(status: str | None) -> Cell:
    if status is None:
        return Cell("not measured")
    tone = {OutcomeStatus.SUCCESS: Tone.GOOD, OutcomeStatus.ROLLED_BACK: Tone.BAD}
    known = {str(one): tone.get(one, Tone.NEUTRAL) for one in OutcomeStatus}
    return Cell(status.replace("_", " "), known.get(status, Tone.NEUTRAL))


def experiments_block(found: PeriodReview) -> tuple[Section, ...]:
    """Say how the experiments ended that were concluded."""
    texts = []
    for one in found.experiments:
        outcome = one.outcome
        if outcome is None:
            continue
        ended = f"winner {name_of(outcome.winner)}" if outcome.winner else "no winner"
        effect = ""
        if outcome.estimate is not None and outcome.level is not None:
            bounds = change_interval(outcome.metric, outcome.low, outcome.high)
            effect = (
                f", {change(outcome.metric, outcome.estimate)} on {outcome.metric} "
                f"({level(outcome.level)} CI {bounds}, {plural(outcome.n, 'case')})"
            )
        texts.append(f"{one.design.experiment_id}: {ended}{effect}.")
    return (Section("Experiments concluded", (Items(tuple(texts)),)),) if texts else ()


def waiting_block(found: PeriodReview, limit: int) -> tuple[Section, ...]:
    """Lay out what waits for whom, longest first."""
    if not found.waiting:
        return ()
    table = Table(
        columns=(left("what"), left("workflow"), left("since"), left("next")),
        rows=tuple(
            (one.kind.value, one.workflow_id or UNKNOWN, day(one.since), _step(one))
            for one in found.waiting[:limit]
        ),
    )
    rest = len(found.waiting) - limit
    more = (Prose(f"{count(rest)} more that wait are not shown."),) if rest > 0 else ()
    return (Section("What waits", (table, *more)),)


def _step(one: Waiting) -> str:
    hashed = one.kind in (WaitKind.DECISION, WaitKind.APPROVED, WaitKind.ROLLOUT)
    return NEXT[one.kind].format(one.subject[:ID_CHARS] if hashed else quoted(one.subject))


def rejects_block(found: PeriodReview, limit: int) -> tuple[Section, ...]:
    """Lay out the files that were refused."""
    if not found.rejects:
        return ()
    table = Table(
        columns=(left("file"), left("at"), left("why")),
        rows=tuple(
            (one.path, moment(one.rejected_at), shorten(one.reason, LONGEST_REASON))
            for one in found.rejects[:limit]
        ),
    )
    rest = len(found.rejects) - limit
    blocks: list[Block] = [table]
    if rest > 0:
        blocks.append(Prose(f"{plural(rest, 'more file')} not shown."))
    if found.rejects and found.workflow_id is not None:
        blocks.append(Prose("These may be of any workflow: what is refused is not read."))
    return (Section("Refused files", tuple(blocks)),)


def nothing_said(found: PeriodReview) -> tuple[Section, ...]:
    """Say in a line each what there is nothing to tell of."""
    told = (
        (found.decisions, "No decision was made."),
        (any(one.outcome for one in found.experiments), "No experiment was concluded."),
        (found.waiting, "Nothing waits for anybody."),
        (found.rejects, "No file was refused."),
        (found.activity, "Nobody did anything that the audit log keeps."),
    )
    texts = tuple(text for found_any, text in told if not found_any)
    return (Section("Also looked for", (Prose(" ".join(texts)),)),) if texts else ()


def activity_block(found: PeriodReview, limit: int) -> tuple[Details, ...]:
    """Lay out the newest lines of the audit log of the period, in order."""
    if not found.activity:
        return ()
    shown = found.activity[-limit:]
    more = f"; the newest {count(len(shown))} shown" if len(shown) < len(found.activity) else ""
    table = trail_of_all(
        shown,
        caption=f"{plural(len(found.activity), 'line')} of the audit log{more}",
    )
    return (Details("What was done, and by whom", (table,)),)
