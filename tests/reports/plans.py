from __future__ import annotations

from typing import Any

from optimizer.models.power import (
    Basis,
    Pilot,
    PlanRow,
    PowerPlan,
    PowerQuestion,
    RepeatRow,
    VarianceParts,
)
from optimizer.models.terms import Metric
from reports.gallery.power import power

PILOT = Pilot(
    workflow_id="sentiment",
    baseline="clear",
    candidate="few_shot",
    baseline_runs=("sentiment-clear",),
    candidate_runs=("sentiment-few_shot",),
    n=60,
    n_dropped=2,
    n_changed=33,
    spread=0.358333,
    spread_limit=0.440426,
    level=0.8,
    parts=VarianceParts(
        between=0.135734, first=0.058333, second=0.158333, first_repeats=2.0, second_repeats=1.5
    ),
    pass_rate=0.641667,
    arm_sd=0.46,
    n_families=12,
    family_size=5.4,
    icc=0.21,
    design_effect=1.924,
)


def question(**more: Any) -> PowerQuestion:
    facts: dict[str, Any] = {
        "metric": Metric.SUCCESS,
        "effect": 0.05,
        "n": None,
        "prove": False,
        "repeats": 1,
        "alpha": 0.05,
        "power": 0.8,
    }
    return PowerQuestion(**(facts | more))


def plan(*rows: PlanRow, asked: PowerQuestion | None = None, **more: Any) -> PowerPlan:
    facts: dict[str, Any] = {
        "question": asked or question(),
        "rows": rows,
        "planned": rows[-1] if rows else None,
        "pilot": None,
        "repeats": (),
        "repeats_needed": None,
        "out_of_reach": None,
        "best_repeats": None,
        "n_unpaired": None,
    }
    return PowerPlan(**(facts | more))


def row(spread: float, basis: Basis = Basis.ASSUMED, **more: Any) -> PlanRow:
    return PlanRow(basis=basis, spread=spread, **more)


RANGE = (
    row(0.05, n_detect=None, n_prove=124),
    row(0.15, n_detect=469, n_prove=371),
    row(0.30, n_detect=940, n_prove=742),
)
MEASURED = (
    row(0.358333, Basis.PILOT, n_detect=1123, n_prove=887, detectable=0.132, provable=0.117),
    row(0.440426, Basis.PILOT_LIMIT, n_detect=1381, n_prove=1090, detectable=0.146, provable=0.129),
)
REPEATS = (
    RepeatRow(repeats=1, n=1381, n_runs=2762),
    RepeatRow(repeats=3, n=803, n_runs=4818),
    RepeatRow(repeats=None, n=524, n_runs=None),
)

CASES = {
    "power": (
        power,
        (
            plan(
                *MEASURED,
                asked=question(n=160, case_cost=5.0, run_cost=1.0),
                pilot=PILOT,
                repeats=REPEATS,
                out_of_reach=True,
                best_repeats=3,
                n_unpaired=1395,
            ),
        ),
    ),
    "power-empty": (power, (plan(),)),
    "power-range": (power, (plan(*RANGE, planned=None, n_unpaired=906),)),
    "power-reach": (
        power,
        (
            plan(
                row(0.05, provable=0.0511),
                row(0.15, detectable=0.0977, provable=0.0886),
                asked=question(n=120, effect=None, repeats=2),
                planned=None,
            ),
        ),
    ),
    "power-proof": (
        power,
        (
            plan(
                row(0.3, Basis.ALL_NOISE, n_detect=26, n_prove=21),
                row(0.3, Basis.NO_NOISE, n_detect=78, n_prove=62),
                asked=question(metric=Metric.COST, effect=0.1, prove=True, repeats=3, sd=0.3),
            ),
        ),
    ),
    "power-impossible": (power, (plan(row(0.03, Basis.PILOT_LIMIT, n_prove=75), pilot=PILOT),)),
}
