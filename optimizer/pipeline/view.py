"""One run as a person wants to see it: figures, failures, and how the rules come out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from optimizer.history import queries
from optimizer.history.columns import prepare
from optimizer.history.recording import record
from optimizer.history.settings import PayloadPolicy, RawPolicy, StoreSettings
from optimizer.history.store import History, temporary_history
from optimizer.models.case_changes import VARIANTS_WITH_CASES, CaseOutcome, TextLimits
from optimizer.models.contract import PromptAnalysis
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import SelectionError
from optimizer.models.reports import report_of
from optimizer.models.rules import Explanation
from optimizer.models.summaries import (
    FailureGroup,
    Grading,
    RunSummary,
    Scored,
    ScorerFigures,
    Spread,
)
from optimizer.models.tasks import UNJUDGED, Reading
from optimizer.pipeline.cases import failing_cases
from optimizer.promptcheck import analyze
from optimizer.scoring_rules import ScoringRules
from optimizer.stats.intervals import mean_interval

SHOWN_FAILURES = 10
SPREADS = ("latency", "score")
FEWEST_BINS = 3
"""Bins with a test in them from which on there is a spread to look at."""

N_BINS = 20
"""Parts of the range of a metric in which tests are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantView:
    """One variant of a run.

    Attributes:
        summary: Its figures.
        explanation: How the scoring rules come out for it.
        analysis: Static analysis of its prompt, or None where the text is unknown.
    """

    summary: RunSummary
    explanation: Explanation
    analysis: PromptAnalysis | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """One run.

    Attributes:
        total: Figures of the run as a whole.
        variants: Its variants, by label.
        failures: Its most frequent failures, by class and message.
        warnings: What a reader should know of how it was read.
        scores: What each of its scorers said, by scorer and variant.
        grading: What grading took, and what else its tool said.
        cases: The cases that failed, with an arm for each of the first `n_variants_with_cases`
            variants; None where nobody asked.
        n_variants_with_cases: Variants whose failing cases are told, the first of `variants`; None
            where nobody asked.
        spreads: How times and scores spread over its tests, where they differ.
    """

    total: RunSummary
    variants: tuple[VariantView, ...]
    failures: tuple[FailureGroup, ...]
    warnings: tuple[str, ...]
    scores: tuple[Scored, ...]
    grading: Grading
    spreads: tuple[Spread, ...]
    cases: tuple[CaseOutcome, ...] | None = None
    n_variants_with_cases: int | None = None


@contextmanager
def history_of(
    readings: Sequence[Reading], now: datetime, *, payloads: PayloadPolicy = PayloadPolicy.NONE
) -> Iterator[History]:
    """Make a temporary history of files that are not to be stored.

    Raises:
        FormatError: A task is not as the bridge expects.
        SelectionError: Two of the files hold different runs of one name.
    """
    settings = StoreSettings(raw=RawPolicy.REFERENCE, payloads=payloads)
    with temporary_history(now) as history:
        files = [prepare(reading, settings) for reading in readings]
        recorded = record(history, files, settings, replace=False, actor="", now=now)
        for reading, what in zip(readings, recorded, strict=True):
            if what.conflict is not None:
                raise SelectionError(
                    f"{reading.source.path}: run {what.conflict!r} is in another of these files "
                    "with other content"
                )
        yield history


def run_view(
    history: History,
    run_id: str,
    *,
    rules: ScoringRules,
    level: float,
    prompt: str | None = None,
    recorded_prompts: bool = True,
    texts: TextLimits | None = None,
) -> RunView:
    """Return the view of one run.

    Args:
        history: An open history.
        run_id: The run, which must be there.
        rules: Judge each variant.
        level: Confidence level of the intervals, 0 to 1.
        prompt: Text of the prompt, if it is known better than the run does.
        recorded_prompts: Whether the texts that the run recorded are checked.
        texts: Which texts of failing cases are wanted; None: not even the cases.
    """
    total, *by_variant = queries.run_reports(history, run_id)
    ids = [variant.variant_id or "" for variant in by_variant]
    recorded = queries.variant_prompts(history, ids) if recorded_prompts else {}
    warnings = queries.run_warnings(history, run_id)
    is_judged = UNJUDGED not in warnings
    return RunView(
        total=total,
        variants=tuple(
            _variant_view(
                variant,
                prompt or recorded.get(variant.variant_id or ""),
                rules,
                level,
                is_judged=is_judged,
            )
            for variant in by_variant
        ),
        failures=tuple(queries.failures(history, run_id, limit=SHOWN_FAILURES)),
        warnings=warnings,
        scores=tuple(_scored(f, level) for f in queries.scorer_figures(history, run_id)),
        grading=queries.grading(history, run_id),
        cases=None
        if texts is None
        else failing_cases(history, run_id, ids, texts, workflow_id=total.workflow_id),
        n_variants_with_cases=None if texts is None else min(len(ids), VARIANTS_WITH_CASES),
        spreads=tuple(_spreads(history, run_id, ids)),
    )


def _spreads(history: History, run_id: str, variant_ids: Sequence[str]) -> Iterator[Spread]:
    """Yield how a metric spreads over the tests of a run; two values are told by their rate."""
    for metric in SPREADS:
        bins = queries.spread(history, run_id, metric, n_bins=N_BINS)
        if len({one.bin for one in bins}) < FEWEST_BINS:
            continue
        counts = {(one.variant_id, one.bin): one.n for one in bins}
        yield Spread(
            metric=metric,
            n_bins=N_BINS,
            least=bins[0].least,
            most=bins[0].most,
            counts=tuple(
                tuple(counts.get((variant_id, i), 0) for i in range(N_BINS))
                for variant_id in variant_ids
            ),
        )


def _scored(figures: ScorerFigures, level: float) -> Scored:
    """Return the figures of a scorer with the interval of its mean over cases."""
    if figures.mean is None or figures.sd is None:
        return Scored(figures=figures, low=None, high=None, level=level)
    bounds = mean_interval(figures.mean, figures.sd, figures.n_cases, level=level)
    if figures.least is None or figures.most is None or figures.least < 0 or figures.most > 1:
        return Scored(figures=figures, low=bounds.low, high=bounds.high, level=level)
    low, high = max(0.0, bounds.low), min(1.0, bounds.high)
    return Scored(figures=figures, low=low, high=high, level=level)


def _variant_view(
    summary: RunSummary, prompt: str | None, rules: ScoringRules, level: float, *, is_judged: bool
) -> VariantView:
    analysis = None
    if prompt is not None and prompt.strip():
        analysis = analyze(
            prompt, prompt_id=summary.variant or summary.run_id, analyzed_at=summary.finished_at
        )
    return VariantView(
        summary=summary,
        explanation=rules.explain_optimize(
            analysis, report_of(summary, is_judged=is_judged), level=level
        ),
        analysis=analysis,
    )
