"""What a comparison rests on: findings, a row for each metric, the cases that changed."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.cases import Arm
from optimizer.models.terms import Scope, Severity
from optimizer.models.verdicts import Companion, Comparison, Finding, MetricVerdict
from reports.document import (
    Block,
    Cell,
    Details,
    Facts,
    Items,
    Prose,
    Section,
    Table,
    left,
    right,
)
from reports.formatting import (
    UNKNOWN,
    count,
    figure,
    figure_interval,
    level,
    listing,
    moment,
    name_of,
    named,
    p_value,
    plural,
    signed_interval,
)
from reports.parts.cases import changed_section
from reports.parts.effects import change, margin_of, measured
from reports.parts.rules import interval_title
from reports.parts.verdicts import TONES, p_of

SHOWN = 20
"""Cases, candidates and findings that are listed; of more, the number is said."""

HASH_CHARS = 12

DIRECTION = "Candidate minus baseline; amounts in percent of the baseline, less is better"

SCOPES = {
    Scope.CASES: "the cases stand for others like them",
    Scope.SUITE: "the cases stand for themselves: only the noise between runs is random",
}


def finding_section(comparisons: Sequence[Comparison]) -> tuple[Section, ...]:
    """Lay out what the integrity checks found, the gravest first, each once; () of nothing."""
    told: dict[tuple[Severity, str], list[str]] = {}
    for comparison in comparisons:
        for finding in comparison.findings:
            key = (finding.severity, _told(finding))
            told.setdefault(key, []).append(comparison.candidate.label)
    gravest_first = sorted(told.items(), key=lambda item: item[0][0] is not Severity.INVALID)
    texts = [
        f"{severity.value}{_of(labels, len(comparisons))}: {text}"
        for (severity, text), labels in gravest_first
    ]
    return (Section("Findings", (Items(listed(texts)),)),) if texts else ()


def metric_table(metrics: Sequence[MetricVerdict]) -> Table:
    """Lay out the verdicts, a metric a row."""
    return Table(
        columns=(
            left("metric"),
            right("baseline"),
            right("candidate"),
            right("effect"),
            right(levels_title(metrics)),
            right(p_title(metrics)),
            right("n"),
            left("verdict"),
        ),
        rows=tuple(
            (
                found.metric.value,
                measured(found.metric, found.baseline),
                measured(found.metric, found.candidate),
                *effect_cells(found),
            )
            for found in metrics
        ),
        caption=DIRECTION,
        empty="No metric was compared.",
    )


def effect_cells(found: MetricVerdict) -> tuple[Cell | str, ...]:
    """Return effect, interval, p, n and verdict of a metric."""
    return (
        change(found.metric, found.estimate),
        signed_interval(found.low, found.high),
        p_value(p_of(found)),
        units_of(found),
        verdict_cell(found),
    )


def verdict_cell(found: MetricVerdict) -> Cell:
    """Name a verdict and its detail."""
    detail = f", {found.detail}" if found.detail else ""
    return Cell(f"{found.kind.value}{detail}", TONES[found.kind])


def case_blocks(comparison: Comparison) -> tuple[Block, ...]:
    """Lay out what became of each case where that was asked for, else which of them changed."""
    if comparison.cases is not None:
        return (changed_section(comparison),)
    lists = (
        ("Newly failing", comparison.newly_failing),
        ("Newly passing", comparison.newly_passing),
    )
    return tuple(
        Details(f"{title}: {plural(len(ids), 'case')}", (Prose(", ".join(listed(ids))),))
        for title, ids in lists
        if ids
    )


def judged_details(comparison: Comparison, title: str = "How it was judged") -> Details:
    """Lay out the method behind each verdict, and what was compared."""
    return Details(
        title,
        (
            method_table(comparison.metrics),
            *_needs(comparison.metrics),
            arm_table((comparison.baseline, comparison.candidate)),
            Facts(_facts(comparison)),
        ),
    )


def method_table(metrics: Sequence[MetricVerdict]) -> Table:
    """Lay out by which method, and against which bounds, each metric was judged."""
    wanted = any(found.min_effect for found in metrics)
    return Table(
        columns=(
            left("metric"),
            left("method"),
            left("because"),
            right("alpha"),
            right("margin"),
            *((right("at least"),) if wanted else ()),
        ),
        rows=tuple(
            (
                found.metric.value,
                found.method or UNKNOWN,
                _because(found),
                level(found.alpha),
                margin_of(found.metric, found.margin),
                *((margin_of(found.metric, found.min_effect),) if wanted else ()),
            )
            for found in metrics
        ),
        empty="No metric was compared.",
    )


def companion_details(comparison: Comparison) -> tuple[Block, ...]:
    """Lay out the further figures, on which no verdict rests."""
    rows = tuple(
        (
            found.metric.value,
            companion.name,
            p_value(companion.value) if _is_chance(companion) else figure(companion.value),
            figure_interval(companion.low, companion.high),
            companion.text,
        )
        for found in comparison.metrics
        for companion in found.companions
    )
    columns = (left("metric"), left("figure"), right("value"), right("interval"), left("meaning"))
    return (Details("Further figures", (Table(columns, rows),)),) if rows else ()


def arm_table(arms: Sequence[Arm]) -> Table:
    """Lay out what each arm is made of."""
    return Table(
        columns=(
            left("arm"),
            left("model"),
            right("runs"),
            right("tests"),
            right("completed"),
            right("errors"),
            right("cached"),
            left("started (UTC)"),
        ),
        rows=tuple(
            (
                name_of(arm.label),
                arm.model or UNKNOWN,
                count(len(arm.run_ids)),
                count(arm.n_tasks),
                count(arm.n_completed),
                count(arm.n_errors),
                count(arm.n_cached),
                moment(arm.started_at).removesuffix(" UTC"),
            )
            for arm in arms
        ),
    )


def levels_title(metrics: Sequence[MetricVerdict]) -> str:
    """Return the heading of a column of intervals: '95 % CI', 'CI, 97 % to 97.5 %'."""
    levels = sorted({found.level for found in metrics if found.low is not None})
    if len(levels) > 1:
        return f"CI, {level(levels[0])} to {level(levels[-1])}"
    return interval_title(levels[0] if levels else None)


def p_title(metrics: Sequence[MetricVerdict]) -> str:
    """Return the heading of a column of p-values."""
    return "p" if all(found.p_adjusted is None for found in metrics) else "adj. p"


def units_of(found: MetricVerdict) -> str:
    """Count the units behind an effect: '60'; of arms that share none: '60 / 58'."""
    if found.n_candidate is None:
        return count(found.n)
    return f"{count(found.n)} / {count(found.n_candidate)}"


def listed(texts: Sequence[str]) -> tuple[str, ...]:
    """Return the first texts, and how many more there are."""
    more = len(texts) - SHOWN
    return (*texts[:SHOWN], *((f"and {count(more)} more",) if more > 0 else ()))


def _is_chance(companion: Companion) -> bool:
    return companion.name.startswith("p_")


def _told(finding: Finding) -> str:
    about = f" ({listing([metric.value for metric in finding.metrics])})" if finding.metrics else ""
    return finding.text + about


def _of(labels: Sequence[str], n_candidates: int) -> str:
    """Name the candidates that a finding is of, unless it is of all."""
    if len(labels) == n_candidates:
        return ""
    return f" ({named(labels)})"


def _because(found: MetricVerdict) -> str:
    dropped = f"{plural(found.n_dropped, 'case')} left out for want of a value"
    said = (found.why, dropped if found.n_dropped else "", found.reason or "")
    return "; ".join(filter(None, said)) or UNKNOWN


def _needs(metrics: Sequence[MetricVerdict]) -> tuple[Block, ...]:
    texts = tuple(f"{found.metric.value}: {found.need.text}" for found in metrics if found.need)
    return (Items(texts),) if texts else ()


def _facts(comparison: Comparison) -> tuple[tuple[str, str], ...]:
    shared = f"{count(comparison.n_shared)} shared"
    alone = (
        f"{count(comparison.n_only_baseline)} of the baseline alone, "
        f"{count(comparison.n_only_candidate)} of the candidate alone"
    )
    how = "in pairs" if comparison.paired else "not in pairs"
    return (
        ("cases", f"{shared}, {alone}; compared {how}"),
        ("scope", f"{comparison.scope.value}: {SCOPES[comparison.scope]}"),
        *((("correction", comparison.correction),) if comparison.correction else ()),
        ("seed", count(comparison.seed)),
        ("hash of the suite", comparison.suite_sha256[:HASH_CHARS] or UNKNOWN),
        ("hash of the baseline", comparison.baseline.content_sha256[:HASH_CHARS] or UNKNOWN),
        ("hash of the candidate", comparison.candidate.content_sha256[:HASH_CHARS] or UNKNOWN),
    )
