"""The report of one run: figures, rules, failures and what to bear in mind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from optimizer.models.case_changes import CaseOutcome
from optimizer.models.dataclass import dataclass
from optimizer.models.nearest import some_of
from optimizer.models.rules import Explanation, Outcome
from optimizer.models.summaries import FailureGroup, Figures, Grading, RunSummary, Scored, Spread
from optimizer.models.tasks import UNJUDGED
from reports.document import (
    Block,
    Details,
    Document,
    Facts,
    Items,
    Section,
    Table,
    Verdict,
    left,
    right,
)
from reports.formatting import (
    UNKNOWN,
    count,
    duration,
    figure,
    figure_interval,
    level,
    listing,
    moment,
    plural,
    shorten,
    usd_total,
)
from reports.parts import figures, rules
from reports.parts.cases import failing_section
from reports.parts.listed import VARIANTS_LAID_OUT, VARIANTS_LISTED, telling, unlisted
from reports.parts.spreads import spread_chart
from reports.tones import Tone

MESSAGE_CHARS = 160
BOTH_ENDS = "passed most and least often"

URGENCY = (Tone.BAD, Tone.WARN, Tone.NEUTRAL, Tone.GOOD)
"""What needs attention first."""


def run(
    total: RunSummary,
    variants: Sequence[RunSummary],
    failures: Sequence[FailureGroup],
    explanations: Sequence[tuple[str, Explanation]],
    warnings: Sequence[str],
    *,
    scores: Sequence[Scored] = (),
    grading: Grading | None = None,
    cases: Sequence[CaseOutcome] | None = None,
    spreads: Sequence[Spread] = (),
) -> Document:
    """Lay out one run.

    Args:
        total: The figures of the run as a whole.
        variants: The figures of each of its variants.
        failures: Its failures, grouped; the most frequent first.
        explanations: How the rules came out: the label of each variant and its explanation.
        warnings: What else a reader should know.
        scores: What each of its scorers said.
        grading: What grading took, and what else its tool said.
        cases: The cases that failed, with an arm for each variant; None where nobody asked.
        spreads: How times and scores spread over its tests.
    """
    explanations = _told_apart(explanations, variants)
    shown = telling([variant.success_rate for variant in variants])
    return Document(
        title=f"Run {total.run_id}",
        verdict=_judged(_verdict(total, variants, explanations), warnings),
        blocks=(
            _figures(total, variants, shown),
            *_spreads(spreads, total, variants, shown),
            *_scores(scores, variants, shown),
            *_rules(total, variants, explanations),
            Section("Failures", (_failures(failures, total),)),
            *((failing_section(cases, figures.labels(variants)),) if cases is not None else ()),
            Section("Caveats", (_caveats(total, variants, warnings),)),
            Details(
                "About this run", (_about(total, grading), Items((figures.METHOD, rules.METHOD)))
            ),
        ),
    )


def _judged(verdict: Verdict, warnings: Sequence[str]) -> Verdict:
    """Return what is said of a run, with a word of caution where nobody told pass from fail."""
    if UNJUDGED not in warnings:
        return verdict
    tone = verdict.tone if verdict.tone is Tone.BAD else Tone.WARN
    return Verdict(tone, f"{verdict.text} Nobody told pass from fail: passed means that it ran.")


def _told_apart(
    explanations: Sequence[tuple[str, Explanation]], variants: Sequence[RunSummary]
) -> list[tuple[str, Explanation]]:
    """Return explanations with labels as in the tables, in the order of variants of one label."""
    names: dict[str, list[str]] = {}
    for variant, name in zip(variants, figures.labels(variants), strict=True):
        names.setdefault(variant.variant or "", []).append(name)
    return [(names[label].pop(0) if names.get(label) else label, e) for label, e in explanations]


@dataclass(frozen=True, slots=True)
class _Finding:
    """What the rules say of one variant; the tone orders findings by urgency."""

    tone: Tone
    label: str
    sentence: str


def _verdict(
    total: RunSummary,
    variants: Sequence[RunSummary],
    explanations: Sequence[tuple[str, Explanation]],
) -> Verdict:
    by_label = dict(zip(figures.labels(variants), variants, strict=True))
    findings = [_finding(label, by_label.get(label, total), e) for label, e in explanations]
    if not findings:
        return Verdict(
            Tone.NEUTRAL, f"{total.run_id}: {figures.passed(total)}; no rule was judged."
        )
    if len(findings) == 1:
        only = by_label.get(explanations[0][0], total)
        counted = figures.passed(only)
        return Verdict(findings[0].tone, f"{total.run_id}: {counted}. {findings[0].sentence}")
    for tone, words in (
        (Tone.BAD, "should be optimized"),
        (Tone.WARN, "may need to be optimized, not enough data"),
    ):
        hit = [finding for finding in findings if finding.tone is tone]
        if hit:
            labels = _named([finding.label for finding in hit])
            return Verdict(
                tone,
                f"{total.run_id}: {len(hit)} of {plural(len(findings), 'variant')} {words}: "
                f"{labels}. {hit[0].label}: {hit[0].sentence}",
            )
    tone = Tone.GOOD if all(finding.tone is Tone.GOOD for finding in findings) else Tone.NEUTRAL
    return Verdict(tone, f"{total.run_id}: {figures.passed(total)}. No rule fired for any variant.")


def _finding(label: str, summary: Figures, explanation: Explanation) -> _Finding:
    fired = rules.fired(explanation.checks)
    sure = [check for check in fired if check.settled is not False]
    if sure:
        return _Finding(Tone.BAD, label, f"Optimize the prompt: {rules.beyond_all(sure)}.")
    if fired:
        tests = plural(fired[0].n or summary.n_completed, "test")
        text = f"{rules.beyond_all(fired)}, but {tests} cannot settle it."
        return _Finding(Tone.WARN, label, text)
    if all(check.outcome is Outcome.NOT_EVALUATED for check in explanation.checks):
        return _Finding(Tone.NEUTRAL, label, "No rule could be judged.")
    unsettled = rules.unsettled(explanation.checks)
    if unsettled:
        names = listing([check.rule for check in unsettled])
        return _Finding(Tone.NEUTRAL, label, f"No rule fired; not enough data to settle {names}.")
    return _Finding(Tone.GOOD, label, "No rule fired.")


def _named(labels: list[str]) -> str:
    """Return labels as a list, only the first of very many."""
    return listing(labels) if len(labels) <= VARIANTS_LAID_OUT else some_of(labels)


def _figures(total: RunSummary, variants: Sequence[RunSummary], shown: Sequence[int]) -> Section:
    labels = figures.labels(variants)
    rows = [(labels[place], variants[place]) for place in shown]
    if len(rows) != 1:
        rows.append(("all", total))
    rest = unlisted(len(shown), len(variants), BOTH_ENDS)
    return Section("Figures", (figures.passed_table(rows), figures.effort_table(rows), *rest))


def _rules(
    total: RunSummary,
    variants: Sequence[RunSummary],
    explanations: Sequence[tuple[str, Explanation]],
) -> Iterator[Block]:
    """Yield how the rules came out for each variant, of very many for the most urgent."""
    chosen = list(explanations)
    if len(chosen) > VARIANTS_LISTED:
        by_label = dict(zip(figures.labels(variants), variants, strict=True))
        tones = {
            label: _finding(label, by_label.get(label, total), explanation).tone
            for label, explanation in chosen
        }
        chosen = sorted(chosen, key=lambda one: URGENCY.index(tones[one[0]]))[:VARIANTS_LAID_OUT]
    for label, explanation in chosen:
        title = "Rules" if len(explanations) == 1 else f"Rules: {label}"
        yield rules.explanation_section(title, explanation)
    yield from unlisted(len(chosen), len(explanations), "need attention most")


def _spreads(
    spreads: Sequence[Spread],
    total: RunSummary,
    variants: Sequence[RunSummary],
    shown: Sequence[int],
) -> list[Section]:
    """Return how the tests spread, none where nothing does."""
    labels = figures.labels(variants)
    charts = tuple(spread_chart(one, labels, total.n_completed, shown) for one in spreads)
    return [Section("How the tests spread", charts)] if charts else []


def _scores(
    scores: Sequence[Scored], variants: Sequence[RunSummary], shown: Sequence[int]
) -> list[Section]:
    """Return the scorers of a run, none where it has none."""
    if not scores:
        return []
    ids = [variant.variant_id for variant in variants]
    labels = dict(zip(ids, figures.labels(variants), strict=True))
    hidden = set(ids) - {ids[place] for place in shown}
    rows = [
        (
            one.figures.scorer,
            labels.get(one.figures.variant_id, one.figures.variant),
            count(one.figures.n),
            count(one.figures.n_cases),
            figure(one.figures.mean),
            figure_interval(one.low, one.high),
            count(one.figures.n_passed) if one.figures.n_judged else UNKNOWN,
            count(one.figures.n_judged) if one.figures.n_judged else UNKNOWN,
        )
        for one in scores
        if one.figures.variant_id not in hidden
    ]
    columns = (
        left("scorer"),
        left("variant"),
        right("n"),
        right("cases"),
        right("mean"),
        right(f"{level(scores[0].level)} CI"),
        right("passed"),
        right("of"),
    )
    return [Section("Scores", (Table(columns=columns, rows=tuple(rows)),))]


def _failures(failures: Sequence[FailureGroup], total: Figures) -> Block:
    return Table(
        columns=(right("n"), left("class"), left("cause"), left("message"), left("for example")),
        rows=tuple(
            (
                count(group.n),
                group.kind,
                group.reason or UNKNOWN,
                shorten(group.message or UNKNOWN, MESSAGE_CHARS),
                group.example_case,
            )
            for group in failures
        ),
        empty="No test failed." if total.n_completed else "No test was completed.",
    )


def _caveats(total: RunSummary, variants: Sequence[RunSummary], warnings: Sequence[str]) -> Items:
    return Items((*figures.caveats(total), *figures.namesakes(variants), *warnings))


def _about(total: RunSummary, grading: Grading | None) -> Facts:
    took_ms = (total.finished_at - total.started_at).total_seconds() * 1000 or None
    return Facts(
        (
            ("workflow", total.workflow_id),
            ("started", moment(total.started_at)),
            ("took", duration(took_ms)),
            ("read from", total.source_path or UNKNOWN),
            ("format", total.tool),
            ("read at", moment(total.ingested_at)),
            ("branch", total.branch or UNKNOWN),
            ("commit", total.git_sha or UNKNOWN),
            *(_grading(grading) if grading is not None else ()),
        )
    )


def _grading(grading: Grading) -> Iterator[tuple[str, str]]:
    """Yield what a tool said beyond the common figures, each with its n."""
    if grading.n_judge_tokens:
        n = plural(grading.n_judge_tokens, "test")
        yield "judge tokens", f"{count(grading.judge_tokens)} for {n}, not among the figures"
    if grading.n_judge_cost:
        n = plural(grading.n_judge_cost, "test")
        yield "judge cost", f"{usd_total(grading.judge_cost_usd)} for {n}, not among the figures"
    if grading.tokens_cached:
        n = plural(grading.n_tokens_cached, "test")
        yield "cached tokens", f"{count(grading.tokens_cached)} of the prompt tokens of {n}"
    if grading.n_derived_costs:
        yield "cost", f"derived from tokens for {plural(grading.n_derived_costs, 'test')}"
    if grading.n_censored:
        n = plural(grading.n_censored, "test")
        yield "cut off", f"{n} ended by a limit: how long they would have taken is unknown"
