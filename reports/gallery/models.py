"""The report of models: what was measured of each, whatever prompt it ran with."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.profiles import ModelPerformanceProfile, ModelProfiles
from optimizer.models.rules import Unit
from reports.document import (
    Block,
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
    count,
    duration,
    interval,
    level,
    name_of,
    named,
    plural,
    rate,
    usd,
    usd_total,
)
from reports.tones import Tone

METHOD = (
    "Every run that is stored counts, whatever prompt and parameters the model ran with: models "
    "that ran different prompts or cases are described here, not compared; frontier and compare "
    "do that. Rates are of completed tests that somebody told pass from fail; their intervals "
    "count each case once, however often it was repeated. Every n counts the tests whose quantity "
    "is known. The limits are those of strategies.model_selection."
)


def models(found: ModelProfiles, *, limit: int) -> Document:
    """Lay out the profiles of at most `limit` models."""
    shown = found.profiles[:limit]
    left_out = len(found.profiles) - len(shown)
    blocks: list[Block] = [Section("Quality", (_quality(shown, left_out),))]
    if shown:
        blocks.append(Section("Price and time", (_amounts(shown),)))
    broken = [f"{_name(one)}: {reason}." for one in shown for reason in one.refusals]
    blocks.append(Section("Limits", (Items(tuple(broken), empty="No model breaks a limit."),)))
    if found.untried:
        trials = tuple(
            f"{name_of(name)} has never run: it needs a trial." for name in found.untried
        )
        blocks.append(Section("Not tried", (Items(trials),)))
    blocks.append(Details("How it is measured", (Prose(METHOD),)))
    return Document("Models", _verdict(found), tuple(blocks))


def _verdict(found: ModelProfiles) -> Verdict:
    where = f" in {name_of(found.workflow_id)}" if found.workflow_id else ""
    if not found.profiles:
        return Verdict(Tone.WARN, f"UNKNOWN: no model has run{where}.")
    n_tests = sum(one.figures.n_completed for one in found.profiles)
    names = named([_name(one) for one in found.profiles])
    counted = plural(len(found.profiles), "model")
    return Verdict(
        Tone.NEUTRAL, f"{counted} measured{where} on {plural(n_tests, 'test')}: {names}."
    )


def _quality(shown: Sequence[ModelPerformanceProfile], left_out: int) -> Table:
    levels = {one.level for one in shown}
    return Table(
        columns=(
            left("model"),
            right("passed"),
            right("of"),
            right("rate"),
            right(f"{level(levels.pop())} CI" if len(levels) == 1 else "interval"),
            right("cases"),
            right("variants"),
            right("workflows"),
            left("limits"),
        ),
        rows=tuple(
            (
                _name(one),
                count(one.figures.n_succeeded),
                count(one.figures.n_judged),
                rate(one.figures.success_rate),
                interval(Unit.RATE, one.success_low, one.success_high),
                count(one.figures.n_judged_cases),
                count(one.figures.n_variants),
                count(one.figures.n_workflows),
                Cell("broken", Tone.BAD) if one.refusals else Cell("kept", Tone.GOOD),
            )
            for one in shown
        ),
        caption=f"{plural(left_out, 'more model')} not listed; --limit shows them"
        if left_out
        else None,
        empty="No model has run.",
    )


def _amounts(shown: Sequence[ModelPerformanceProfile]) -> Table:
    return Table(
        columns=(
            left("model"),
            right("p50"),
            right("p95"),
            right("n"),
            right("cost/test"),
            right("in all"),
            right("n"),
            right("tokens in"),
            right("out"),
            right("n"),
        ),
        rows=tuple(
            (
                _name(one),
                duration(one.figures.latency_p50_ms),
                duration(one.figures.latency_p95_ms),
                count(one.figures.n_latency),
                usd(one.figures.cost_mean_usd),
                usd_total(one.figures.cost_total_usd),
                count(one.figures.n_cost),
                count(one.figures.tokens_in_mean),
                count(one.figures.tokens_out_mean),
                count(one.figures.n_tokens),
            )
            for one in shown
        ),
    )


def _name(one: ModelPerformanceProfile) -> str:
    model = name_of(one.figures.model) if one.figures.model else "not recorded"
    return f"{model} ({name_of(one.figures.provider)})" if one.figures.provider else model
