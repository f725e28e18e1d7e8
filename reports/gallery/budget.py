"""The report of what was spent, and of the budgets that limit it."""

from __future__ import annotations

from optimizer.models.budgets import BudgetState, BudgetStatus, SpendRow
from reports.document import (
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
from reports.formatting import (
    UNKNOWN,
    count,
    day,
    level,
    moment,
    name_of,
    named,
    plural,
    rate,
    usd_total,
)
from reports.tones import Tone

METHOD = (
    "A task is on the day on which it began; repeats cost money and count. What costs are unknown "
    "of is in no sum. The interval is that of one day to come if days stay as they were: "
    "Student's t around the mean of the earlier days, those without a request included."
)


def budget(found: BudgetStatus, *, limit: int) -> Document:
    """Lay out the budgets, and at most `limit` rows of what was spent."""
    dear = _dear(found.states)
    blocks = (
        Section("Today", (_today(found.states),)),
        *((Section("Earlier days", (_earlier(found.states),)),) if found.states else ()),
        *((Section("Single requests", (Items(dear),)),) if dear else ()),
        Section("Spent", (_days(found.days, limit),)),
        Details("How it is measured", (Prose(METHOD),)),
    )
    hints = () if found.states else ("Set budgets in the settings: see 'budgets.limits'.",)
    return Document("Budgets", _verdict(found), blocks, hints)


def _verdict(found: BudgetStatus) -> Verdict:
    if not found.states:
        return Verdict(Tone.NEUTRAL, "No budget is set.")
    over = [one.name for one in found.states if one.is_exceeded]
    if over:
        return Verdict(
            Tone.BAD, f"EXCEEDED: {named(over)}, of {plural(len(found.states), 'budget')}."
        )
    soon = [one.name for one in found.states if one.will_be_exceeded]
    if soon:
        return Verdict(
            Tone.WARN, f"KEPT so far; a day like the earlier ones exceeds {named(soon)}."
        )
    return Verdict(Tone.GOOD, f"KEPT: {plural(len(found.states), 'budget')}.")


def _today(states: tuple[BudgetState, ...]) -> Table:
    return Table(
        columns=(
            left("budget"),
            left("tenant"),
            left("workflow"),
            right("spent"),
            right("of"),
            right("used"),
            right("requests"),
            right("priced"),
        ),
        rows=tuple(
            (
                name_of(one.name),
                UNKNOWN if one.tenant is None else name_of(one.tenant),
                UNKNOWN if one.workflow_id is None else name_of(one.workflow_id),
                usd_total(one.spent_usd),
                usd_total(one.daily_limit_usd),
                Cell(
                    rate(one.spent_usd / one.daily_limit_usd),
                    Tone.BAD if one.is_exceeded else Tone.NEUTRAL,
                ),
                count(one.n_requests),
                count(one.n_priced),
            )
            for one in states
        ),
        empty="No budget is set.",
    )


def _earlier(states: tuple[BudgetState, ...]) -> Table:
    return Table(
        columns=(
            left("budget"),
            right("days"),
            right("over"),
            right("mean day"),
            left("next day"),
            left("sure"),
            left("resets"),
        ),
        rows=tuple(
            (
                name_of(one.name),
                count(one.n_days),
                count(one.n_days_over),
                usd_total(one.day_mean_usd),
                _next_day(one),
                level(one.level),
                moment(one.resets_at),
            )
            for one in states
        ),
        empty="No budget is set.",
    )


def _dear(states: tuple[BudgetState, ...]) -> tuple[str, ...]:
    """Return the budgets whose dearest request cost more than one may."""
    return tuple(
        f"{name_of(one.name)}: the dearest request cost {usd_total(one.largest_usd)}, at most "
        f"{usd_total(one.per_request_limit_usd)} is allowed."
        for one in states
        if one.per_request_limit_usd is not None
        and one.largest_usd is not None
        and one.largest_usd > one.per_request_limit_usd
    )


def _next_day(one: BudgetState) -> str:
    if one.next_low_usd is None:
        return UNKNOWN
    return f"{usd_total(one.next_low_usd)} to {usd_total(one.next_high_usd)}"


def _days(days: tuple[SpendRow, ...], limit: int) -> Table:
    left_out = len(days) - limit
    return Table(
        columns=(
            left("day (UTC)"),
            left("workflow"),
            left("tenant"),
            right("requests"),
            right("priced"),
            right("cost"),
        ),
        rows=tuple(
            (
                day(one.day_at),
                name_of(one.workflow_id),
                UNKNOWN if one.tenant is None else name_of(one.tenant),
                count(one.n_requests),
                count(one.n_priced),
                usd_total(one.cost_usd) if one.n_priced else UNKNOWN,
            )
            for one in days[:limit]
        ),
        caption=f"{plural(left_out, 'row')} not listed; --limit shows them"
        if left_out > 0
        else None,
        empty="No request in these days.",
    )
