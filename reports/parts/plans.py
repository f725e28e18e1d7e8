"""Plans in words: what cases find or prove, and what is taken for granted."""

from __future__ import annotations

from optimizer.models.power import PlanRow, PowerPlan, PowerQuestion
from optimizer.models.terms import RATES, Metric
from reports.document import Verdict
from reports.formatting import count, figure, level, plural, rate
from reports.parts.effects import WORDS, margin_of, size
from reports.tones import Tone


def verdict_of_plan(plan: PowerPlan) -> Verdict:
    """Say in one sentence what a question takes."""
    if not plan.rows:
        return Verdict(Tone.WARN, "Nothing was planned.")
    asked, row = plan.question, plan.planned
    if row is None:
        return Verdict(Tone.NEUTRAL, _range_sentence(plan))
    if asked.n is None:
        return _cases_verdict(plan, row)
    return _reach_verdict(plan, row)


def _cases_verdict(plan: PowerPlan, row: PlanRow) -> Verdict:
    asked = plan.question
    n = _cases_of(asked, row)
    if n is None:
        return Verdict(Tone.WARN, f"No number of cases does: {_too_few_flips(asked, row)}.")
    return Verdict(
        Tone.NEUTRAL,
        f"{plural(n, 'case')} {does(asked, n)} with {level(asked.power)} power, if "
        f"{_given(plan, row)}.",
    )


def _reach_verdict(plan: PowerPlan, row: PlanRow) -> Verdict:
    asked = plan.question
    reached = row.provable if asked.prove else row.detectable
    cases = plural(asked.n or 0, "case")
    given = f"if {_given(plan, row)}"
    can = f"are too few to {'prove any margin' if asked.prove else 'find any difference'}"
    if reached is not None:
        verb = "prove no worse than a margin of" if asked.prove else "find a difference of"
        can = f"{verb} {size(asked.metric, reached)} or more"
    if asked.effect is None:
        tone = Tone.WARN if reached is None else Tone.NEUTRAL
        return Verdict(tone, f"{cases} {can} with {level(asked.power)} power, {given}.")
    needed = _cases_of(asked, row)
    effect = margin_of(asked.metric, asked.effect)
    if needed is not None and needed <= (asked.n or 0):
        return Verdict(Tone.GOOD, f"{cases} are enough for {effect}: {count(needed)} are, {given}.")
    if needed is None:
        why = _too_few_flips(asked, row)
        return Verdict(Tone.WARN, f"No number of cases is enough for {effect}: {why}.")
    return Verdict(
        Tone.WARN,
        f"{cases} are too few for {effect}: {count(needed)} are enough, {given}; so few {can}.",
    )


def _range_sentence(plan: PowerPlan) -> str:
    asked = plan.question
    spreads = f"{spread_of(asked.metric, plan.rows[0].spread)} to "
    spreads += spread_of(asked.metric, plan.rows[-1].spread)
    what = _spread_noun(asked.metric)
    if asked.n is not None and asked.effect is None:
        reached = [row.provable if asked.prove else row.detectable for row in plan.rows]
        known = [size(asked.metric, amount) for amount in reached if amount is not None]
        cases = plural(asked.n, "case")
        if not known:
            return f"{cases} are too few for any difference, with {what} of {spreads}."
        verb = "prove a margin" if asked.prove else "find a difference"
        none = "" if len(known) == len(reached) else ", or none,"
        span = known[0] if len(known) == 1 else f"{known[0]} to {known[-1]}"
        return f"{cases} {verb} of {span}{none} with {level(asked.power)} power: {what} decides."
    needed = [n for row in plan.rows if (n := _cases_of(asked, row)) is not None]
    if not needed:
        effect = margin_of(asked.metric, asked.effect)
        return f"No number of cases finds {effect} where {spreads} of the cases flip."
    span = f"{count(needed[0])} to {count(needed[-1])}" if len(needed) > 1 else count(needed[0])
    done = does(asked, needed[-1])
    return f"{span} cases {done} with {level(asked.power)} power: {what} decides."


def does(asked: PowerQuestion, n: int) -> str:
    """Say what cases do: 'find a difference of 5 pp'."""
    effect = margin_of(asked.metric, asked.effect)
    noun = WORDS[asked.metric].noun
    if asked.prove:
        return f"{'proves' if n == 1 else 'prove'} a {noun} no worse by {effect}"
    return f"{'finds' if n == 1 else 'find'} a difference of {effect} in the {noun}"


def _cases_of(asked: PowerQuestion, row: PlanRow) -> int | None:
    return row.n_prove if asked.prove else row.n_detect


def _too_few_flips(asked: PowerQuestion, row: PlanRow) -> str:
    effect = margin_of(asked.metric, asked.effect)
    return f"where {rate(row.spread)} of the cases flip, the pass rates cannot differ by {effect}"


def _given(plan: PowerPlan, row: PlanRow) -> str:
    """Say what is taken for granted, and where it is from."""
    said = _said_spread(plan.question.metric, row.spread)
    if plan.pilot is None:
        return said
    return f"{said} (upper limit of a pilot of {plural(plan.pilot.n, 'case')})"


def _said_spread(metric: Metric, spread: float) -> str:
    if metric is Metric.SUCCESS:
        return f"{rate(spread)} of the cases flip"
    of = "differences" if metric in RATES else "log ratios"
    return f"the cases' {of} have a standard deviation of {figure(spread)}"


def _spread_noun(metric: Metric) -> str:
    if metric is Metric.SUCCESS:
        return "the share of cases that flip"
    return f"the standard deviation of the {'differences' if metric in RATES else 'log ratios'}"


def spread_of(metric: Metric, spread: float) -> str:
    """Format a spread: '15.0 %' of the cases, or a standard deviation."""
    return rate(spread) if metric is Metric.SUCCESS else figure(spread)
