"""The report of all workflows: one line each, the one that needs attention most first."""

from __future__ import annotations

from collections.abc import Mapping

from optimizer.models.overview import ChangeKind, Portfolio, Standing, WorkflowState
from optimizer.models.rules import Unit
from reports.charts.bars import sparkline
from reports.document import (
    Block,
    Cell,
    Details,
    Document,
    Prose,
    Section,
    Table,
    Verdict,
    left,
    right,
)
from reports.formatting import (
    UNKNOWN,
    count,
    day,
    interval,
    listing,
    moment,
    name_of,
    plural,
    rate,
    usd_total,
    word,
)
from reports.parts.figures import LEVEL
from reports.parts.prompts import quoted
from reports.parts.shifts import PASS_RATE, effect_rows_table, together
from reports.parts.wording import STORE_RUNS
from reports.tones import Tone

TONES: Mapping[WorkflowState, Tone] = {
    WorkflowState.FAILING: Tone.BAD,
    WorkflowState.DRIFTING: Tone.BAD,
    WorkflowState.WAITING: Tone.WARN,
    WorkflowState.UNMEASURED: Tone.WARN,
    WorkflowState.STALE: Tone.WARN,
    WorkflowState.UNSETTLED: Tone.NEUTRAL,
    WorkflowState.HEALTHY: Tone.GOOD,
}

STEPS: Mapping[WorkflowState, str] = {
    WorkflowState.FAILING: "optimizer decide --workflow {}",
    WorkflowState.DRIFTING: "optimizer drift --workflow {}",
    WorkflowState.UNMEASURED: "optimizer runs --workflow {}",
    WorkflowState.STALE: "optimizer ingest FILE: newer results",
    WorkflowState.UNSETTLED: "more tests: run the suite again",
}

ID_CHARS = 8


def portfolio(found: Portfolio) -> Document:
    """Lay out all workflows."""
    if not found.n:
        text = "No workflow is stored, so there is nothing to look at."
        hint = STORE_RUNS
        return Document("All workflows", Verdict(Tone.NEUTRAL, text), (), (hint,))
    first = word(name_of(found.workflows[0].row.workflow_id))
    return Document(
        title="All workflows",
        verdict=_verdict(found),
        blocks=(
            Section("Workflows", (_workflows(found), *_left_out(found))),
            Section("Newest run against earlier runs", (_changes(found),)),
            Section("Next steps", (_next_steps(found),)),
            Details("Method and caveats", (Prose(_method(found)), Prose(_caveats(found)))),
        ),
        hints=(
            f"Run 'optimizer report --workflow {first}' to see one over time.",
            "Run 'optimizer report --period week' to see what changed.",
        ),
    )


def _verdict(found: Portfolio) -> Verdict:
    worst = found.counts[0].state
    if len(found.counts) == 1:
        every = "" if found.n == 1 else "all "
        return Verdict(TONES[worst], f"{plural(found.n, 'workflow')}: {every}{worst.value}.")
    counts = listing([f"{count(one.n)} {one.state.value}" for one in found.counts])
    return Verdict(TONES[worst], f"{plural(found.n, 'workflow')}: {counts}.")


def _workflows(found: Portfolio) -> Table:
    return Table(
        columns=(
            left("workflow"),
            left("state"),
            left("last run"),
            right("passed"),
            right(LEVEL),
            right("of"),
            left("trend"),
            right("spent"),
        ),
        rows=tuple(_row(one) for one in found.workflows),
        caption=f"As of {moment(found.at)}; passed: the variant in use, in its newest run; "
        f"spent: known prices of {count(found.spend_days)} days",
    )


def _row(one: Standing) -> tuple[Cell | str, ...]:
    row = one.row
    return (
        row.workflow_id,
        Cell(one.state.value, TONES[one.state]),
        day(row.last_finished_at),
        rate(row.success_rate),
        interval(Unit.RATE, row.success_low, row.success_high),
        count(row.n_completed),
        sparkline(row.rates, 1.0),
        usd_total(row.cost_total_usd),
    )


def _left_out(found: Portfolio) -> tuple[Block, ...]:
    shown = len(found.workflows)
    if shown == found.n:
        return ()
    states = dict.fromkeys(one.state for one in found.counts)
    rest = {one.state: one.n for one in found.counts}
    for one in found.workflows:
        rest[one.state] -= 1
    counts = listing([f"{count(rest[state])} {state.value}" for state in states if rest[state]])
    text = (
        f"{plural(found.n - shown, 'more workflow')} not shown: {counts}. "
        "--limit shows more of them."
    )
    return (Prose(text),)


def _changes(found: Portfolio) -> Table:
    rows = [
        (one.row.workflow_id, effect)
        for one in found.workflows
        if one.shift.kind in (ChangeKind.WORSE, ChangeKind.BETTER)
        and (effect := one.shift.effect(PASS_RATE)) is not None
    ]
    empty = (
        "Of the workflows above, none passes clearly more or less than in earlier runs of the "
        "same variant."
    )
    return effect_rows_table(rows, found.level_each, empty)


def _next_steps(found: Portfolio) -> Table:
    rows = [
        (one.row.workflow_id, one.row.variant or UNKNOWN, _waits(one), step)
        for one in found.workflows
        if (step := _step(one)) is not None
    ]
    return Table(
        columns=(left("workflow"), left("in use"), left("waits"), left("next")),
        rows=tuple(rows),
        empty="Nothing is to be done.",
    )


def _waits(one: Standing) -> str:
    row = one.row
    waits = [f"decision {row.decision_id[:ID_CHARS]}"] if row.decision_id is not None else []
    if row.n_experiments:
        waits.append(plural(row.n_experiments, "experiment"))
    return listing(waits) or UNKNOWN


def _step(one: Standing) -> str | None:
    """Return what to go on with; None where nothing is to be done."""
    if one.row.decision_id is not None:
        return f"optimizer explain {one.row.decision_id[:ID_CHARS]}"
    step = STEPS.get(one.state)
    return None if step is None else step.format(quoted(one.row.workflow_id))


def _method(found: Portfolio) -> str:
    return (
        "The variant in use is that of the newest run. Failing: the whole interval of its pass "
        f"rate lies below {rate(found.min_success_rate)}, which scoring.min_success_rate asks for. "
        "Drifting: its newest run passed clearly less than its earlier runs, on the cases they "
        f"share, of which {count(found.min_cases)} are needed. No recent data: no run for "
        f"{plural(found.stale_days, 'day')}. Undecided: the interval of its pass rate holds that "
        "bound, so that more tests would tell. Healthy: none of these. Of several states the first "
        "of these is shown. " + together(found.level, found.level_each)
    )


def _caveats(found: Portfolio) -> str:
    unpriced = found.n_recent - found.n_priced
    spent = (
        f"{usd_total(found.cost_total_usd)} were spent in {plural(found.spend_days, 'day')}, "
        f"by the known prices of {count(found.n_priced)} of {plural(found.n_recent, 'test')}"
        if found.n_priced
        else f"No price is known of {plural(found.n_recent, 'test')} in the last "
        f"{plural(found.spend_days, 'day')}"
    )
    more = "; what the others cost nobody knows" if found.n_priced and unpriced else ""
    return (
        f"{spent}{more}. Decisions, experiments and baselines are as they stand today. The "
        f"interval of a pass rate is at {LEVEL.removesuffix(' CI')} and of its own workflow alone: "
        "of many workflows some will lie outside of theirs."
    )
