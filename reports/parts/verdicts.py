"""The verdict on a candidate, in one sentence with its figures; a second says what is cheaper."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from optimizer.models.terms import RATES, Metric, Severity, VerdictKind
from optimizer.models.verdicts import Comparison, Finding, MetricVerdict
from reports.document import Verdict
from reports.formatting import UNKNOWN, count, level, name_of, p_statement, plural
from reports.parts.effects import WORDS, change, change_interval, compared, margin_of
from reports.tones import Tone

TONES: Mapping[VerdictKind, Tone] = {
    VerdictKind.INVALID: Tone.BAD,
    VerdictKind.IMPROVED: Tone.GOOD,
    VerdictKind.REGRESSED: Tone.BAD,
    VerdictKind.EQUIVALENT: Tone.NEUTRAL,
    VerdictKind.NO_WORSE: Tone.NEUTRAL,
    VerdictKind.INCONCLUSIVE: Tone.WARN,
}

NO_DIFFERENCE = (VerdictKind.EQUIVALENT, VerdictKind.NO_WORSE, VerdictKind.INCONCLUSIVE)
DIFFERENCE = (VerdictKind.IMPROVED, VerdictKind.REGRESSED)
PRICES = (Metric.COST, Metric.TOKENS)
"""What an arm can be cheaper in, the first that settles it."""

PLURALS = {"family": "families"}

NOTHING_MEASURED = Verdict(Tone.BAD, "INVALID: nothing was measured.")


def verdict_of(comparison: Comparison) -> Verdict:
    """Say what became of a candidate, by the primary metric."""
    if not comparison.metrics:
        return NOTHING_MEASURED
    found = comparison.primary
    detail = f", {found.detail}" if found.detail else ""
    text = f"{found.kind.value.upper()}{detail}: {said_of(comparison)}."
    cheaper = cheaper_arm(comparison)
    return Verdict(TONES[found.kind], f"{text} {cheaper}" if cheaper else text)


def said_of(comparison: Comparison) -> str:
    """Say what was found on the primary metric, without the name of the verdict."""
    found = comparison.primary
    arms = (name_of(comparison.candidate.label), name_of(comparison.baseline.label))
    if found.kind is VerdictKind.INVALID:
        return invalid_because(comparison, found)
    said = _claim(found, *arms) if measurable(found) else f"{arms[0]} against {arms[1]}"
    figures = _figures(found, bare=found.kind in (VerdictKind.EQUIVALENT, VerdictKind.NO_WORSE))
    need = found.need.text if found.need else None
    tail = "; ".join(clause(text) for text in (found.reason, need) if text)
    return said + (figures if measurable(found) else "") + (f": {tail}" if tail else "")


def cheaper_arm(comparison: Comparison) -> str | None:
    """Say which arm is cheaper, where that is all the difference that was found."""
    primary = comparison.primary
    if primary.metric not in RATES or primary.kind not in NO_DIFFERENCE:
        return None
    settled = {found.metric: found for found in comparison.metrics if found.kind in DIFFERENCE}
    price = next((settled[metric] for metric in PRICES if metric in settled), None)
    if price is None or price.estimate is None or not measurable(price):
        return None
    candidate, baseline = name_of(comparison.candidate.label), name_of(comparison.baseline.label)
    if price.estimate < 0:
        said = f"{candidate} is cheaper: it {compared(price.metric, price.estimate, baseline)}"
    else:
        dearer = compared(price.metric, price.estimate, baseline)
        said = f"{baseline} is cheaper: {candidate} {dearer}"
    noun = WORDS[primary.metric].noun
    return f"No difference in {noun} was found, and {said}{_interval(price)}."


def invalid_because(comparison: Comparison, found: MetricVerdict) -> str:
    """Say why no verdict can be given."""
    reasons = [f.text for f in invalidating(comparison.findings) if touches(f, found.metric)]
    return clause(found.reason or "; ".join(map(clause, reasons)) or "the reason was not recorded")


def invalidating(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings that forbid a verdict."""
    return [finding for finding in findings if finding.severity is Severity.INVALID]


def touches(finding: Finding, metric: Metric) -> bool:
    """Tell whether a finding bears on a metric."""
    return not finding.metrics or metric in finding.metrics


def measurable(found: MetricVerdict) -> bool:
    """Tell whether there is an effect."""
    return found.estimate is not None and math.isfinite(found.estimate)


def counts_of(found: MetricVerdict) -> str:
    """Say how many units changed of how many: '41 fixed / 2 broken of 60 cases'."""
    many = PLURALS.get(found.unit)
    if found.n_candidate is not None:
        return f"{count(found.n)} and {plural(found.n_candidate, found.unit, many)}"
    units = plural(found.n, found.unit, many)
    if found.n_fixed is None or found.n_broken is None:
        return units
    good, bad = ("fixed", "broken") if found.metric is Metric.SUCCESS else ("better", "worse")
    changed = f"{count(found.n_fixed)} {good} / {count(found.n_broken)} {bad}"
    return f"{changed} cases in {units}" if many else f"{changed} of {units}"


def p_of(found: MetricVerdict) -> float | None:
    """Return the p-value that decided: the adjusted one, where there is one."""
    return found.p_value if found.p_adjusted is None else found.p_adjusted


def clause(text: str) -> str:
    """Return a sentence as a part of another."""
    return text.strip().rstrip(".")


def _claim(found: MetricVerdict, candidate: str, baseline: str) -> str:
    noun, margin = WORDS[found.metric].noun, margin_of(found.metric, found.margin)
    within = "their margin" if margin == UNKNOWN else margin
    if found.kind is VerdictKind.EQUIVALENT:
        return f"{candidate} and {baseline} have the same {noun} within {within}"
    if found.kind is VerdictKind.NO_WORSE:
        side = "below" if found.metric in RATES else "above"
        return f"the {noun} of {candidate} is at most {within} {side} that of {baseline}"
    return f"{candidate} {compared(found.metric, found.estimate or 0.0, baseline)}"


def _figures(found: MetricVerdict, *, bare: bool) -> str:
    """Return the figures after a claim; where the claim holds no effect, with the effect."""
    effect = f": {change(found.metric, found.estimate)}" if bare else ""
    p = p_of(found)
    name = "p" if found.p_adjusted is None else "adjusted p"
    shown = "" if p is None or math.isnan(p) else f" ({p_statement(p, name)})"
    return f"{effect}{_interval(found)}, {counts_of(found)}{shown}"


def _interval(found: MetricVerdict) -> str:
    shown = change_interval(found.metric, found.low, found.high)
    return "" if shown == UNKNOWN else f", {level(found.level)} CI {shown}"
