"""The figures of runs and variants: tables, and what a reader must know about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from optimizer.models.rules import Unit
from optimizer.models.summaries import Figures, RunSummary, WindowSummary
from reports.document import Table, left, right
from reports.formatting import (
    UNKNOWN,
    count,
    duration,
    interval,
    moment,
    plural,
    rate,
    usd,
    usd_total,
    value,
)

LEVEL = "95 % CI"
"""The level of the interval that figures carry."""

ID_CHARS = 8
"""Of a variant's id, where its label does not tell it apart."""

METHOD = (
    "Rates are of completed tests: succeeded, failed, timed out or in error. Cancelled and "
    "unfinished tests are in none of the figures. Every n counts the tests whose quantity is "
    "known; '-' means that nobody measured it, which is not zero. 'n eff.' is how many independent "
    "tests would know the pass rate as well: repeats of a case count for less than one each."
)


def passed_table(rows: Sequence[tuple[str, Figures]]) -> Table:
    """Lay out how many tests passed, each rate with its interval."""
    return Table(
        columns=(
            left("variant"),
            right("passed"),
            right("of"),
            right("rate"),
            right(LEVEL),
            right("cases"),
            right("n eff."),
        ),
        rows=tuple(
            (
                label,
                count(figures.n_succeeded),
                count(figures.n_completed),
                rate(figures.success_rate),
                interval(Unit.RATE, figures.success_low, figures.success_high),
                count(figures.n_cases),
                count(figures.n_effective),
            )
            for label, figures in rows
        ),
        empty="No test was run.",
    )


def effort_table(rows: Sequence[tuple[str, Figures]]) -> Table:
    """Lay out latency, cost and tokens of the completed tests, each with its n."""
    return Table(
        columns=(
            left("variant"),
            right("p50"),
            right("p95"),
            right("n"),
            right("cost/test"),
            right("in all"),
            right("n"),
            right("tokens/test"),
            right("n"),
        ),
        rows=tuple(
            (
                label,
                duration(figures.latency_p50_ms),
                duration(figures.latency_p95_ms),
                count(figures.n_latency),
                usd(figures.cost_mean_usd),
                usd_total(figures.cost_total_usd),
                count(figures.n_cost),
                value(Unit.TOKENS, figures.tokens_mean),
                count(figures.n_tokens),
            )
            for label, figures in rows
        ),
        empty="No test was run.",
    )


def run_table(runs: Sequence[RunSummary]) -> Table:
    """Lay out runs, one a row, in the order given; a start that all share is left out."""
    timed = len(runs) == 1 or len({run.started_at for run in runs}) > 1
    priced = any(run.n_cost for run in runs)
    branched = any(run.branch for run in runs)
    columns = (
        left("run"),
        left("variant"),
        *((left("started (UTC)"),) if timed else ()),
        right("passed"),
        right("of"),
        right(LEVEL),
        right("p95"),
        *((right("cost"),) if priced else ()),
        *((left("branch"),) if branched else ()),
    )
    return Table(
        columns=columns,
        rows=tuple(
            (
                run.run_id,
                variant_of(run),
                *((moment(run.started_at).removesuffix(" UTC"),) if timed else ()),
                rate(run.success_rate),
                count(run.n_completed),
                interval(Unit.RATE, run.success_low, run.success_high),
                duration(run.latency_p95_ms),
                *((usd_total(run.cost_total_usd),) if priced else ()),
                *((run.branch or UNKNOWN,) if branched else ()),
            )
            for run in runs
        ),
        empty="No run is stored.",
    )


def variant_of(run: RunSummary) -> str:
    """Return the label of a run's variant, or how many it has."""
    return run.variant or plural(run.n_variants, "variant")


def labels(variants: Sequence[RunSummary | WindowSummary]) -> list[str]:
    """Return the labels of variants; those that share one get the beginning of their ids."""
    shared = {label for label, n in Counter(one.variant for one in variants).items() if n > 1}
    return [
        f"{one.variant or UNKNOWN} ({(one.variant_id or UNKNOWN)[:ID_CHARS]})"
        if one.variant in shared
        else one.variant or UNKNOWN
        for one in variants
    ]


def namesakes(variants: Sequence[RunSummary | WindowSummary]) -> tuple[str, ...]:
    """Say which label stands for several variants."""
    counted = Counter(one.variant for one in variants)
    return tuple(
        f"{count(n)} variants are called {label or UNKNOWN}: they differ in prompt, model or "
        "parameters, and are told apart by the beginning of their ids."
        for label, n in counted.items()
        if n > 1
    )


def passed(figures: Figures) -> str:
    """Say how many tests passed: '0 of 120 tests passed (0.0 %, 95 % CI [0.0, 3.1] %)'."""
    if figures.n_completed == 0:
        return "no test was completed"
    bounds = interval(Unit.RATE, figures.success_low, figures.success_high)
    shown = f"{rate(figures.success_rate)}, {LEVEL} {bounds}"
    tests = plural(figures.n_completed, "test")
    return f"{count(figures.n_succeeded)} of {tests} passed ({shown})"


def caveats(figures: Figures) -> tuple[str, ...]:
    """Say what is missing from the figures."""
    unfinished = figures.n_tasks - figures.n_completed - figures.n_cancelled
    completed = figures.n_completed
    of_all = f"of {plural(figures.n_tasks, 'test')}"
    of = f"of {plural(completed, 'completed test')}"
    found = (
        (figures.n_cancelled, of_all, "cancelled, which are not counted"),
        (unfinished, of_all, "never finished, which are not counted"),
        (completed - figures.n_cost, of, "without a known cost"),
        (completed - figures.n_latency, of, "without a known latency"),
        (completed - figures.n_tokens, of, "without a known token count"),
        (figures.n_unclassified_failures, of, "failed for a cause that its message does not tell"),
    )
    said = [f"{count(n)} {whole} {what}." for n, whole, what in found if n > 0]
    if isinstance(figures, WindowSummary) and figures.n_unjudged:
        runs = f"{count(figures.n_unjudged)} of {plural(figures.n_runs, 'run')}"
        said.insert(0, f"In {runs} nobody told pass from fail: passed means that a test ran.")
    if figures.n_retries:
        said.append(f"{plural(figures.n_retries, 'attempt')} beyond the first of a test.")
    return tuple(said)
