"""What a pilot tells: how far cases differ, never which variant is better."""

from __future__ import annotations

from optimizer.models.power import Pilot
from optimizer.models.terms import RATES, Metric
from reports.document import Facts, Section
from reports.formatting import count, figure, level, plural
from reports.parts.plans import spread_of


def pilot_section(pilot: Pilot, metric: Metric) -> Section:
    """Lay out a pilot with the n that it rests on."""
    return Section("Pilot", (Facts(_pilot_facts(pilot, metric)),))


def _pilot_facts(pilot: Pilot, metric: Metric) -> tuple[tuple[str, str], ...]:
    parts = pilot.parts
    each = [count(parts.first_repeats), count(parts.second_repeats)]
    noise = (
        "not known: no case was run twice by both"
        if metric in RATES
        else "not known: planned with the repeats of the pilot"
    )
    if parts.first is not None and parts.second is not None:
        noise = f"{figure(parts.first)} {pilot.baseline}, {figure(parts.second)} {pilot.candidate}"
    limit = f"{level(pilot.level)} upper limit {spread_of(metric, pilot.spread_limit)}"
    name = "flips" if metric is Metric.SUCCESS else "sd"
    return (
        ("variants", f"{pilot.baseline} and {pilot.candidate} of {pilot.workflow_id}"),
        ("cases", f"{count(pilot.n)} shared, {count(pilot.n_changed)} of them differ"),
        *((("left out", plural(pilot.n_dropped, "case")),) if pilot.n_dropped else ()),
        ("runs of a case", each[0] if each[0] == each[1] else f"{each[0]} and {each[1]}"),
        (name, f"{spread_of(metric, pilot.spread)}, {limit}, n = {count(pilot.n)}"),
        ("variance of cases", figure(parts.between)),
        ("variance of runs", noise),
        *(_family_facts(pilot)),
    )


def _family_facts(pilot: Pilot) -> tuple[tuple[str, str], ...]:
    if pilot.n_families is None:
        return ()
    size = count(pilot.family_size)
    families = plural(pilot.n_families, "family", "families")
    if pilot.icc is None:
        return (("families", f"{families} of {size} cases, ICC not known: not reckoned with"),)
    return (
        ("families", f"{families} of {size} cases, ICC {figure(pilot.icc)}"),
        ("design effect", f"{figure(pilot.design_effect)} times the cases, reckoned with"),
    )
