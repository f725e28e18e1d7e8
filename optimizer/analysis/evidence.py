"""The evidence on one workflow, or on all of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from statistics import median
from typing import TYPE_CHECKING

from optimizer.analysis.experiments import experiment_summaries
from optimizer.analysis.settings import EvidenceSettings
from optimizer.history import queries
from optimizer.history.store import History
from optimizer.models.errors import SelectionError
from optimizer.models.evidence import Evidence
from optimizer.models.reports import report_of
from optimizer.models.summaries import WindowSummary
from optimizer.scoring_rules import ScoringRules

if TYPE_CHECKING:
    from optimizer.models.contract import PromptAnalysis
    from optimizer.models.experiments import ExperimentSummary


def evidence(
    history: History,
    *,
    workflow_id: str | None,
    variant: str | None,
    as_of: datetime | None,
    settings: EvidenceSettings,
    rules: ScoringRules,
    slow_ms: float,
) -> list[Evidence]:
    """Return the evidence on a workflow, or on every workflow by name.

    The variant in use is that of the newest run, unless it is named.

    Args:
        history: An open history.
        workflow_id: The workflow, or None for all.
        variant: Label or id of the variant in use, or None.
        as_of: Runs that ended later are not seen; None: all are.
        settings: How far to look back.
        rules: Judge the current variant.
        slow_ms: Tasks that took longer are counted, in ms.

    Raises:
        SelectionError: There is no such workflow or variant, or two variants bear the label.
    """
    windows = queries.windows(
        history, workflow_id=workflow_id, as_of=as_of, max_runs=settings.max_runs, slow_ms=slow_ms
    )
    if workflow_id is not None and not windows:
        raise _no_such_workflow(history, workflow_id, as_of)
    by_workflow = [list(group) for _, group in groupby(windows, lambda w: w.workflow_id)]
    current = [_current(group, variant) for group in by_workflow]
    prompts = queries.variant_prompts(history, [window.variant_id for window in current])
    experiments = experiment_summaries(history, workflow_id=workflow_id, as_of=as_of)
    return [
        _evidence(
            window,
            group,
            prompts.get(window.variant_id),
            [e for e in experiments if e.experiment.design.workflow_id == window.workflow_id],
            as_of=as_of,
            settings=settings,
            rules=rules,
            slow_ms=slow_ms,
        )
        for window, group in zip(current, by_workflow, strict=True)
    ]


def _evidence(
    current: WindowSummary,
    windows: Sequence[WindowSummary],
    prompt: str | None,
    experiments: Sequence[ExperimentSummary],
    *,
    as_of: datetime | None,
    settings: EvidenceSettings,
    rules: ScoringRules,
    slow_ms: float,
) -> Evidence:
    others = tuple(window for window in windows if window is not current)
    analysis = prompt_analysis(prompt, current)
    report = report_of(current, is_judged=current.n_unjudged == 0)
    tokens = [window.tokens_mean for window in others if window.tokens_mean is not None]
    explanation = rules.explain_optimize(
        analysis,
        report,
        level=settings.level,
        baseline_tokens=median(tokens) if tokens else None,
    )
    return Evidence(
        workflow_id=current.workflow_id,
        as_of=as_of,
        seed=settings.seed,
        current=current,
        others=others,
        analysis=analysis,
        explanation=explanation,
        slow_ms=slow_ms,
        experiments=tuple(experiments),
    )


def prompt_analysis(prompt: str | None, window: WindowSummary) -> PromptAnalysis | None:
    """Return the static analysis of a recorded prompt, or None where there is none."""
    if prompt is None or not prompt.strip():
        return None
    from optimizer.promptcheck import analyze  # noqa: PLC0415 - most histories hold no prompt

    return analyze(prompt, prompt_id=window.variant, analyzed_at=window.last_started_at)


def _current(windows: Sequence[WindowSummary], variant: str | None) -> WindowSummary:
    """Return the variant in use: the one named, or that of the newest run."""
    if variant is None:
        return windows[0]
    found = [w for w in windows if w.variant == variant or w.variant_id.startswith(variant)]
    if len(found) == 1:
        return found[0]
    workflow_id = windows[0].workflow_id
    if not found:
        known = ", ".join(window.variant for window in windows)
        raise SelectionError(
            f"workflow {workflow_id!r}: no variant {variant!r} has run, expected one of {known}"
        )
    ids = " and ".join(window.variant_id for window in found)
    raise SelectionError(
        f"workflow {workflow_id!r}: {len(found)} variants are called {variant!r}: {ids}",
        hint="Name one by the beginning of its id.",
    )


def _no_such_workflow(history: History, workflow_id: str, as_of: datetime | None) -> SelectionError:
    known = [workflow.workflow_id for workflow in queries.workflows(history)]
    if workflow_id in known:
        return SelectionError(f"workflow {workflow_id!r}: no run had ended by {as_of}")
    return SelectionError(
        f"workflow {workflow_id!r}: not in this history, "
        f"expected one of {', '.join(known) if known else 'none: it is empty'}",
        hint="See 'optimizer status'.",
    )
