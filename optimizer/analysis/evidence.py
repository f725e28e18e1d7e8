"""The evidence on workflows: all that a decision looks at, asked for at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from statistics import median
from typing import TYPE_CHECKING, Any, TypeVar

from optimizer.analysis.anomalies import anomalies
from optimizer.analysis.budgets import budget_states
from optimizer.analysis.contrasts import contrasts_of_each
from optimizer.analysis.drift import Watch, drift
from optimizer.analysis.experiments import experiment_summaries
from optimizer.analysis.settings import AnomalySettings, EvidenceSettings
from optimizer.analysis.stability import stability
from optimizer.analysis.traffic import traffic
from optimizer.analysis.unpaired import unpaired_contrasts
from optimizer.history import queries
from optimizer.history.queries.evidence import case_tables, past_decisions, requests, run_points
from optimizer.history.store import History
from optimizer.models.budgets import BudgetsSettings, BudgetState
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import SelectionError
from optimizer.models.evidence import Evidence
from optimizer.models.nearest import meant, some_of
from optimizer.models.reports import figures_of
from optimizer.models.summaries import WindowSummary
from optimizer.scoring_rules import ScoringRules

if TYPE_CHECKING:
    from optimizer.models.contract import PromptAnalysis
    from optimizer.models.contrasts import CaseTable, Contrast

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What of a history the evidence is made of, whatever the workflow.

    Attributes:
        settings: How far to look back.
        rules: Judge the current variant.
        slow_ms: Tasks that took longer are counted, in ms.
        watch: How moves of metrics are looked for; None: not at all.
        anomaly: What of the newest run is out of the ordinary; None: it is not looked at.
        budgets: What may be spent; None: no limit.
        spending: Where the budgets stand, if that is known already.
        with_texts: Whether inputs, answers and metadata of tasks are read; moves need none.
    """

    settings: EvidenceSettings
    rules: ScoringRules
    slow_ms: float
    watch: Watch | None = None
    anomaly: AnomalySettings | None = None
    budgets: BudgetsSettings | None = None
    spending: tuple[BudgetState, ...] | None = None
    with_texts: bool = True


def evidence(
    history: History,
    *,
    workflow_ids: Sequence[str],
    variant: str | None,
    as_of: datetime | None,
    scope: Scope,
) -> list[Evidence]:
    """Return the evidence on some workflows, in their order.

    The variant in use is that of the newest run, unless it is named. A workflow of which no run
    had ended by `as_of` is left out.

    Args:
        history: An open history.
        workflow_ids: The workflows.
        variant: Label or id of the variant in use, or None.
        as_of: Runs that ended later are not seen; None: all are.
        scope: What is looked at.

    Raises:
        SelectionError: There is no such variant, or two bear the label.
    """
    windows = queries.windows(
        history,
        workflow_ids=workflow_ids,
        as_of=as_of,
        max_runs=scope.settings.max_runs,
        slow_ms=scope.slow_ms,
    )
    by_workflow = {name: tuple(group) for name, group in groupby(windows, lambda w: w.workflow_id)}
    current = {name: _current(group, variant) for name, group in by_workflow.items()}
    found = _Found(history, workflow_ids, current.values(), as_of, scope)
    spending = scope.spending
    if spending is None:
        spending = budget_states(history, scope.budgets, as_of=as_of) if scope.budgets else ()
    paired = _paired(current, found.cases, scope.settings.level)
    return [
        _evidence(
            current[name],
            by_workflow[name],
            found,
            paired.get(name, ()),
            scope,
            as_of=as_of,
            budgets=tuple(one for one in spending if one.workflow_id in (None, name)),
        )
        for name in workflow_ids
        if name in by_workflow
    ]


def require_workflow(history: History, workflow_id: str, as_of: datetime | None) -> None:
    """Refuse a workflow that the history does not know, or did not by a time.

    Raises:
        SelectionError: This is one.
    """
    known = [workflow.workflow_id for workflow in queries.workflows(history)]
    if workflow_id in known:
        raise SelectionError(f"workflow {workflow_id!r}: no run had ended by {as_of}")
    raise SelectionError(
        f"workflow {workflow_id!r}: not in this history, "
        f"expected one of {some_of(known) if known else 'none: it is empty'}",
        hint=meant(workflow_id, known, "See 'optimizer status'."),
    )


class _Found:
    """What the history says of some workflows beyond the figures of their variants."""

    def __init__(
        self,
        history: History,
        workflow_ids: Sequence[str],
        current: Iterable[WindowSummary],
        as_of: datetime | None,
        scope: Scope,
    ) -> None:
        settings = scope.settings
        seen: dict[str, Any] = {"workflow_ids": workflow_ids, "as_of": as_of}
        self.prompts = queries.variant_prompts(history, [one.variant_id for one in current])
        self.experiments = _by_workflow(
            experiment_summaries(history, workflow_ids=workflow_ids, as_of=as_of),
            lambda one: one.experiment.design.workflow_id,
        )
        self.points = _by_workflow(
            run_points(history, max_runs=settings.max_points, **seen), lambda one: one.workflow_id
        )
        self.cases = case_tables(history, max_runs=settings.max_runs, **seen)
        self.requests = requests(
            history,
            max_tasks=settings.max_requests,
            max_texts=settings.max_texts if scope.with_texts else None,
            **seen,
        )
        self.decisions = past_decisions(history, max_decisions=settings.max_decisions, **seen)


def _by_workflow(records: Iterable[Row], name_of: Callable[[Row], str]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for record in records:
        found.setdefault(name_of(record), []).append(record)
    return found


def _evidence(
    current: WindowSummary,
    windows: Sequence[WindowSummary],
    found: _Found,
    paired: Sequence[Contrast],
    scope: Scope,
    *,
    as_of: datetime | None,
    budgets: tuple[BudgetState, ...],
) -> Evidence:
    name, settings = current.workflow_id, scope.settings
    others = tuple(window for window in windows if window is not current)
    analysis = prompt_analysis(found.prompts.get(current.variant_id), current)
    report = figures_of(current, is_judged=current.n_unjudged == 0)
    tokens = [window.tokens_mean for window in others if window.tokens_mean is not None]
    explanation = scope.rules.explain_optimize(
        analysis,
        report,
        level=settings.level,
        baseline_tokens=median(tokens) if tokens else None,
    )
    cases, trace = found.cases.get(name), found.requests.get(name)
    points, own = found.points.get(name, []), (name, current.variant_id)
    return Evidence(
        workflow_id=name,
        as_of=as_of,
        seed=settings.seed,
        current=current,
        others=others,
        analysis=analysis,
        explanation=explanation,
        slow_ms=scope.slow_ms,
        experiments=tuple(found.experiments.get(name, ())),
        runs=tuple(points),
        contrasts=_contrasts(paired, current, others, settings.level),
        cases=cases,
        requests=trace,
        traffic=traffic(trace) if trace else None,
        stability=stability(found.points.get(name, ()), current.variant_id, settings),
        drift=drift(*own, points, trace, scope.watch) if scope.watch else None,
        anomalies=anomalies(
            *own, points, trace, scope.anomaly, seed=settings.seed, with_tasks=False
        )
        if scope.anomaly
        else None,
        decisions=found.decisions.get(name, ()),
        budgets=budgets,
    )


def _paired(
    current: Mapping[str, WindowSummary], cases: Mapping[str, CaseTable], level: float
) -> dict[str, tuple[Contrast, ...]]:
    """Return each other variant of some workflows against the current one, on shared cases."""
    names = [name for name in current if name in cases]
    tables = [(cases[name], current[name].variant_id) for name in names]
    return dict(zip(names, contrasts_of_each(tables, level=level), strict=True))


def _contrasts(
    paired: Sequence[Contrast],
    current: WindowSummary,
    others: Sequence[WindowSummary],
    level: float,
) -> tuple[Contrast, ...]:
    """Return each other variant against the current one, on shared cases where there are any."""
    known = {one.variant_id for one in paired}
    apart = [one for one in others if one.variant_id not in known]
    return (*paired, *unpaired_contrasts(current, apart, level=level))


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
        known = some_of(window.variant for window in windows)
        raise SelectionError(
            f"workflow {workflow_id!r}: no variant {variant!r} has run, expected one of {known}"
        )
    ids = " and ".join(window.variant_id for window in found)
    raise SelectionError(
        f"workflow {workflow_id!r}: {len(found)} variants are called {variant!r}: {ids}",
        hint="Name one by the beginning of its id.",
    )
