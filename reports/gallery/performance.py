"""The report of what a workflow takes: latency, throughput, cache, tokens and cost by run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from optimizer.models.overview import ChangeKind
from optimizer.models.performance import RunPerformance, WorkflowPerformance
from optimizer.models.rules import Unit
from reports.document import (
    Block,
    Details,
    Document,
    Prose,
    Section,
    Table,
    Verdict,
    left,
    right,
)
from reports.drawings import Event, History, Point, Series
from reports.formatting import (
    UNKNOWN,
    count,
    day,
    duration,
    level,
    listing,
    moment,
    name_of,
    plural,
    rate,
    usd,
    usd_total,
    value,
)
from reports.parts.proposals import bounds, estimate
from reports.parts.shifts import (
    NOUNS,
    PASS_RATE,
    clear_effects,
    effect_cells,
    interval_title,
    together,
)
from reports.parts.wording import STORE_RUNS
from reports.tones import Tone

Figure = Callable[[RunPerformance], float | None]

METHOD = (
    "Latency is of completed tests with a known time, percentiles by linear interpolation; what a "
    "cache answered has no time. Cost is the mean price of calls that no cache answered; spent is "
    "the sum of all known prices. Throughput is completed tests by the time from the start of the "
    "run to its end: how many ran at once is part of it. A cache hit is counted where the tool "
    "says whether a cache answered."
)

SHIFT = (
    "The newest run is held against at most {} earlier runs of the same variant, case by case, "
    "repeats averaged first; ratios of means by Fieller's interval. "
)


def performance(found: WorkflowPerformance) -> Document:
    """Lay out what a workflow takes."""
    if not found.runs:
        text = f"{name_of(found.workflow_id)}: no run is stored."
        return Document(
            f"Performance of {found.workflow_id}",
            Verdict(Tone.NEUTRAL, text),
            (),
            (STORE_RUNS,),
        )
    return Document(
        title=f"Performance of {found.workflow_id}",
        verdict=_verdict(found),
        blocks=(
            Section("Newest run against earlier runs", (_changes(found),)),
            *_drawings(found.runs),
            Details("Run by run", (_speed(found.runs), _spend(found.runs))),
            Details("Method and caveats", (Prose(METHOD), Prose(_how(found)))),
        ),
        hints=(f"Run 'optimizer report --workflow {name_of(found.workflow_id)}' for pass rates.",),
    )


def _verdict(found: WorkflowPerformance) -> Verdict:
    subject = name_of(found.workflow_id)
    newest = found.runs[-1]
    p95 = f"p95 latency {duration(newest.latency_p95_ms)} (n = {count(newest.n_latency)})"
    price = f"{usd(newest.cost_mean_usd)} a test (n = {count(newest.n_cost)})"
    now = listing(
        [
            p95 if newest.n_latency else "no latency is known",
            price if newest.n_cost else "no price is known",
        ]
    )
    moved = clear_effects([] if found.shift is None else [(found.workflow_id, found.shift)])
    amounts = [one for _, one in moved if one.metric in NOUNS and one.metric != "score"]
    if not amounts:
        judged = found.shift is not None and found.shift.kind is not ChangeKind.UNKNOWN
        than = "no clear change from earlier runs" if judged else "not enough data to tell a change"
        return Verdict(Tone.NEUTRAL, f"{subject}: {than}; in the newest run {now}.")
    said = listing(
        [
            f"{NOUNS[one.metric]} {estimate(one)} ({level(one.level)} CI {bounds(one)}, "
            f"{plural(one.n, 'shared case')})"
            for one in amounts
        ]
    )
    tone = Tone.WARN if any(one.low > 0 for one in amounts) else Tone.GOOD
    return Verdict(tone, f"{subject}: {said} against earlier runs; in the newest run {now}.")


def _changes(found: WorkflowPerformance) -> Table:
    shift = found.shift
    effects = () if shift is None else shift.effects
    n = 0 if shift is None else shift.n_shared
    return Table(
        columns=(
            left("of"),
            right("change"),
            right(interval_title(found.level_each)),
            right("shared cases"),
        ),
        rows=tuple(
            (NOUNS.get(one.metric, one.metric), *effect_cells(one))
            for one in effects
            if one.metric != PASS_RATE
        ),
        empty=f"Nothing to compare: {plural(n, 'case')} ran before under the variant in use.",
    )


def _drawings(runs: Sequence[RunPerformance]) -> tuple[Block, ...]:
    """Draw each figure over the runs, as far as it is known of any."""
    figures: tuple[tuple[str, Unit, tuple[tuple[str, Figure], ...]], ...] = (
        (
            "Latency of a test",
            Unit.MS,
            (
                ("p50", lambda run: run.latency_p50_ms),
                ("p95", lambda run: run.latency_p95_ms),
                ("p99", lambda run: run.latency_p99_ms),
            ),
        ),
        ("Tests a minute", Unit.COUNT, (("throughput", lambda run: run.per_minute),)),
        ("Answered by a cache", Unit.RATE, (("hit rate", lambda run: run.cached_rate),)),
        ("Tokens of a test", Unit.TOKENS, (("mean", lambda run: run.tokens_mean),)),
        ("Cost of a test", Unit.USD, (("mean", lambda run: run.cost_mean_usd),)),
    )
    known, missing = [], []
    for title, unit, series in figures:
        drawn = [
            Series(label, _points(runs, figure, unit))
            for label, figure in series
            if any(figure(run) is not None for run in runs)
        ]
        if drawn:
            known.append(Section(title, (_history(title, unit, drawn, runs),)))
        else:
            missing.append(title[0].lower() + title[1:])
    if not missing:
        return tuple(known)
    unknown = Prose(f"Not known of any run: {listing(missing)}.")
    return (*known, Section("What is not known", (unknown,)))


def _history(
    title: str, unit: Unit, series: Sequence[Series], runs: Sequence[RunPerformance]
) -> History:
    first, last = day(runs[0].started_at), day(runs[-1].started_at)
    if first == last:
        first, last = moment(runs[0].started_at), moment(runs[-1].started_at)
    return History(
        title=f"{title}, run by run",
        description="; ".join(f"{one.label}: {one.points[-1].text}" for one in series),
        unit=unit,
        first=first,
        last=last,
        series=tuple(series),
        events=_switches(runs),
    )


def _switches(runs: Sequence[RunPerformance]) -> tuple[Event, ...]:
    """Mark where another variant ran than in the run before, as far as each has one."""
    return tuple(
        Event(place + 0.5, name_of(now.variant), f"{name_of(now.variant)} from {now.run_id} on")
        for place, (before, now) in enumerate(pairwise(runs))
        if now.variant is not None and before.variant is not None and now.variant != before.variant
    )


def _points(runs: Sequence[RunPerformance], figure: Figure, unit: Unit) -> tuple[Point, ...]:
    return tuple(
        Point(
            place,
            figure(run),
            f"{run.run_id}, {moment(run.started_at)}: {value(unit, figure(run))}",
        )
        for place, run in enumerate(runs)
    )


def _speed(runs: Sequence[RunPerformance]) -> Table:
    return Table(
        columns=(
            left("run"),
            left("started (UTC)"),
            right("tests"),
            right("p50"),
            right("p95"),
            right("p99"),
            right("n"),
            right("a minute"),
            right("cached"),
            right("n"),
        ),
        rows=tuple(
            (
                run.run_id,
                moment(run.started_at).removesuffix(" UTC"),
                count(run.n_completed),
                duration(run.latency_p50_ms),
                duration(run.latency_p95_ms),
                duration(run.latency_p99_ms),
                count(run.n_latency),
                count(run.per_minute),
                rate(run.cached_rate),
                count(run.n_cache_known),
            )
            for run in reversed(runs)
        ),
        caption="Newest first; n counts the tests of which it is known",
        empty="No run is stored.",
    )


def _spend(runs: Sequence[RunPerformance]) -> Table:
    return Table(
        columns=(
            left("run"),
            left("variant"),
            right("tokens/test"),
            right("in all"),
            right("n"),
            right("cost/test"),
            right("spent"),
            right("n"),
        ),
        rows=tuple(
            (
                run.run_id,
                run.variant or UNKNOWN,
                value(Unit.TOKENS, run.tokens_mean),
                count(run.tokens_total),
                count(run.n_tokens),
                usd(run.cost_mean_usd),
                usd_total(run.cost_total_usd),
                count(run.n_cost),
            )
            for run in reversed(runs)
        ),
        empty="No run is stored.",
    )


def _how(found: WorkflowPerformance) -> str:
    shown = len(found.runs)
    left_out = found.n_runs - shown
    more = f" {plural(left_out, 'older run')} not shown; --limit shows them." if left_out else ""
    return SHIFT.format(count(found.earlier_runs)) + together(found.level, found.level_each) + more
