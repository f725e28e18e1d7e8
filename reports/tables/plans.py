"""How many cases a question takes, as rows."""

from __future__ import annotations

from optimizer.models.data_tables import DataColumn, DataTable, flag, number, text, whole
from optimizer.models.power import PowerPlan

REPEAT: tuple[DataColumn, ...] = (whole("repeats"), whole("n"), whole("n_runs"))


def plan_tables(plan: PowerPlan) -> tuple[DataTable, ...]:
    """Return what each spread makes of the question, and what repeats would change."""
    columns = (
        text("metric", lambda _: plan.question.metric),
        text("basis"),
        number("spread"),
        flag("is_planned", lambda row: row is plan.planned or row == plan.planned),
        whole("n_detect"),
        whole("n_prove"),
        number("detectable"),
        number("provable"),
        number("power"),
    )
    return (DataTable("plan", columns, plan.rows), DataTable("repeats", REPEAT, plan.repeats))
