"""The report of a plan: how many cases it takes, or what so many can find."""

from __future__ import annotations

from collections.abc import Mapping

from optimizer.models.power import Basis, PlanRow, PowerPlan, PowerQuestion
from optimizer.models.terms import Metric
from reports.document import (
    Block,
    Cell,
    Details,
    Document,
    Facts,
    Items,
    Prose,
    Section,
    Table,
    left,
    right,
)
from reports.formatting import count, level, listing, plural, rate
from reports.parts.effects import margin_of, size
from reports.parts.pilots import pilot_section
from reports.parts.plans import does, spread_of, verdict_of_plan

BASES: Mapping[Basis, str] = {
    Basis.ASSUMED: "assumed",
    Basis.ALL_NOISE: "all noise",
    Basis.NO_NOISE: "no noise",
    Basis.PILOT: "pilot",
    Basis.PILOT_LIMIT: "upper limit",
}

METHOD = (
    "Each case is run by both variants and counts once; repeats are averaged inside it. Cases of "
    "paired pass rates by Connor's formula, all others by the variance of the cases' differences "
    "(of log ratios, for amounts), divided by repeats as far as it is noise. To prove no worse, "
    "the variants are taken to be equal. The difference that a pilot showed is never planned with."
)


def power(plan: PowerPlan) -> Document:
    """Lay out what a question takes, and what it rests on."""
    return Document(
        title="Power of a comparison",
        verdict=verdict_of_plan(plan),
        blocks=(
            _row_table(plan),
            *_notes(plan),
            *((pilot_section(plan.pilot, plan.question.metric),) if plan.pilot else ()),
            *_repeats_section(plan),
            Details("How it was planned", (_settings(plan.question), Prose(METHOD))),
        ),
        hints=_hints(plan),
    )


def _row_table(plan: PowerPlan) -> Table:
    asked = plan.question
    based = any(row.basis is not Basis.ASSUMED for row in plan.rows)
    effect = margin_of(asked.metric, asked.effect)
    headings = [
        *(["find " + effect, "no worse by " + effect] if asked.effect is not None else []),
        *([f"found by {count(asked.n)}", f"proved by {count(asked.n)}"] if asked.n else []),
        *(["power"] if any(row.power is not None for row in plan.rows) else []),
    ]
    return Table(
        columns=(
            *((left("spread"),) if based else ()),
            right("cases that flip" if asked.metric is Metric.SUCCESS else "sd"),
            *map(right, headings),
        ),
        rows=tuple(_row(plan, row, based=based) for row in plan.rows),
        caption=_caption(asked),
        empty="Nothing to plan.",
    )


def _caption(asked: PowerQuestion) -> str:
    found = []
    if asked.effect is not None:
        found.append("cases that it takes")
    if asked.n is not None:
        found.append(f"what {plural(asked.n, 'case')} are enough for")
    runs = "each run once" if asked.repeats == 1 else f"each run {count(asked.repeats)} times"
    return f"{listing(found)}, {runs} by both variants".capitalize()


def _row(plan: PowerPlan, row: PlanRow, *, based: bool) -> tuple[Cell | str, ...]:
    asked = plan.question
    has_power = any(one.power is not None for one in plan.rows)
    return (
        *((BASES[row.basis],) if based else ()),
        spread_of(asked.metric, row.spread),
        *((count(row.n_detect), count(row.n_prove)) if asked.effect is not None else ()),
        *(
            (size(asked.metric, row.detectable), size(asked.metric, row.provable))
            if asked.n
            else ()
        ),
        *((rate(row.power),) if has_power else ()),
    )


def _notes(plan: PowerPlan) -> tuple[Block, ...]:
    said = tuple(_said(plan))
    return (Items(said),) if said else ()


def _said(plan: PowerPlan) -> list[str]:
    asked, said = plan.question, []
    if plan.planned is None and asked.repeats > 1:
        said.append(
            "Planned as if no flip were noise between runs, which repeats would average out: "
            "a pilot with repeats tells how much is."
        )
    if any(row.basis is Basis.ALL_NOISE for row in plan.rows):
        said.append(
            "Repeats help as far as the spread is noise between runs, which is not known without "
            "a pilot with repeats; planned with none."
        )
    if asked.n is not None and any(row.detectable is None for row in plan.rows):
        said.append("Where it says '-', so few cases find no difference that is possible.")
    elif asked.effect is not None and any(row.n_detect is None for row in plan.rows):
        said.append(
            "Where it says '-', no number of cases does: pass rates cannot differ by more than the "
            "share of cases that flip."
        )
    if plan.n_unpaired is not None:
        said.append(_unpaired(plan, plan.n_unpaired))
    return said


def _unpaired(plan: PowerPlan, n: int) -> str:
    asked = plan.question
    effect = margin_of(asked.metric, asked.effect)
    start = ""
    if asked.metric is Metric.SUCCESS:
        known = plan.pilot.pass_rate if plan.pilot else None
        start = f" from {rate(asked.pass_rate if known is None else known)}"
    return (
        f"Unpaired, with other cases for each variant, finding {effect}{start} would take "
        f"{plural(n, 'case')} for each."
    )


def _repeats_section(plan: PowerPlan) -> tuple[Block, ...]:
    if not plan.repeats:
        return ()
    table = Table(
        columns=(right("runs of each case"), right("cases"), right("runs in all")),
        rows=tuple(
            (
                "endless" if row.repeats is None else count(row.repeats),
                count(row.n),
                count(row.n_runs),
            )
            for row in plan.repeats
        ),
        caption=f"Cases that {does(plan.question, 2)}",
    )
    said = _repeat_sentences(plan)
    return (Section("Repeats", (table, *((Items(said),) if said else ()))),)


def _repeat_sentences(plan: PowerPlan) -> tuple[str, ...]:
    asked, said = plan.question, []
    cases = plural(asked.n or 0, "case")
    effect = margin_of(asked.metric, asked.effect)
    if plan.out_of_reach:
        said.append(f"With {cases} more repeats cannot reach {effect}: only more cases can.")
    elif plan.repeats_needed is not None and plan.repeats_needed > asked.repeats:
        runs = count(plan.repeats_needed)
        said.append(f"{cases} are enough for {effect} with {runs} runs of each.")
    elif plan.out_of_reach is False and plan.repeats_needed is None:
        said.append(f"With {cases} it would take more repeats than are sensible.")
    if asked.case_cost is not None and plan.best_repeats is not None:
        runs = plural(plan.best_repeats, "run")
        said.append(f"At these costs {runs} of each case tell most for the money.")
    elif asked.case_cost is not None:
        said.append("All spread is noise between runs: at any costs, repeats tell most.")
    return tuple(said)


def _settings(asked: PowerQuestion) -> Facts:
    alpha = f"{level(asked.alpha)}, two-sided to find and one-sided to prove"
    return Facts((("alpha", alpha), ("power", level(asked.power))))


def _hints(plan: PowerPlan) -> tuple[str, ...]:
    if plan.planned is not None:
        return ()
    stated = "--discordance" if plan.question.metric is Metric.SUCCESS else "--sd"
    return (f"Take the spread from earlier runs with --from-history, or state it with {stated}.",)
