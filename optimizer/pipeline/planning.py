"""Planning an experiment."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import datetime

from optimizer.analysis.arms import load_arm
from optimizer.config.tree import Config
from optimizer.experiments.planning import Demand, Pilot, PlannedCases, pilot_of, plan_cases
from optimizer.history import queries
from optimizer.history.experimenting import record_plan
from optimizer.history.queries import ArmInRun
from optimizer.history.store import History
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import ConfigError, SelectionError
from optimizer.models.experiments import Allocation, Experiment, ExperimentArm, ExperimentDesign
from optimizer.models.names import legible
from optimizer.models.terms import RATES, AllocationPolicy, ExperimentStatus, Looks, Metric
from optimizer.models.verdicts import Guardrail
from optimizer.pipeline.baselines import baseline_of
from optimizer.pipeline.select import select_run
from optimizer.pipeline.workflow import require_workflow

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""What an experiment may be called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """What a plan says; what it leaves out is in the settings.

    Attributes:
        experiment_id: Its name.
        workflow_id: The workflow.
        baseline: Label or id of the variant in use; None: the baseline of the workflow.
        candidates: Labels or ids of those that may replace it.
        primary: The metric that decides.
        secondary: Metrics that are shown.
        guardrails: How much worse others may get.
        effect: Least effect that is to be found; None where none is stated.
        discordance: Share of cases that change; None: from earlier runs.
        cases: Planned cases; None: enough for the effect.
        min_cases: Cases before the first look.
        max_duration_days: Days after which it should end.
        early_stopping: Whether it may end before the planned cases.
        looks: How repeated looks are paid for.
        allocation: How tests are shared.
        weights: Planned shares, the baseline first; empty: equal.
        max_traffic: Largest share of live traffic that the candidates get.
        include_existing: Whether runs from before the start count.
        selected_by_search: Whether the candidates were chosen for their results.
        development: Selectors of the runs whose cases that search has seen.
    """

    experiment_id: str
    workflow_id: str
    baseline: str | None
    candidates: tuple[str, ...]
    primary: Metric = Metric.SUCCESS
    secondary: tuple[Metric, ...] = ()
    guardrails: tuple[Guardrail, ...] = ()
    effect: float | None = None
    discordance: float | None = None
    cases: int | None = None
    min_cases: int | None = None
    max_duration_days: float | None = None
    early_stopping: bool | None = None
    looks: Looks | None = None
    allocation: AllocationPolicy | None = None
    weights: tuple[float, ...] = ()
    max_traffic: float | None = None
    include_existing: bool = False
    selected_by_search: bool = False
    development: tuple[str, ...] = ()


def plan(
    history: History, request: PlanRequest, *, config: Config, actor: str, now: datetime
) -> Experiment:
    """Plan an experiment, store it as a draft and return it.

    Raises:
        ConfigError: The plan contradicts itself.
        SelectionError: It names something that is not there, or a name that is taken.
    """
    if not NAME.fullmatch(request.experiment_id):
        raise ConfigError(
            f"experiment {request.experiment_id!r}: not a name, expected up to 64 letters, "
            "digits, dots, dashes or underscores"
        )
    require_workflow(history, request.workflow_id)
    design = _design(history, request, config)
    _require_sound(design)
    experiment = Experiment(design=design, status=ExperimentStatus.DRAFT, created_at=now)
    record_plan(history, experiment, actor=actor)
    return experiment


def _design(history: History, request: PlanRequest, config: Config) -> ExperimentDesign:
    runs = queries.arm_runs(history, request.workflow_id)
    baseline = _baseline(history, request, runs)
    candidates = tuple(_arm(runs, name) for name in request.candidates)
    settings = config.experiments
    policy = request.allocation or settings.allocation
    cases = _cases(history, request, config, baseline, candidates)
    floor = settings.min_cases if request.min_cases is None else request.min_cases
    if request.min_cases is not None and floor > cases.n:
        raise ConfigError(
            f"experiment {request.experiment_id}: {floor} cases before the first look, but only "
            f"{cases.n} are planned",
            hint="State fewer --min-cases, or more --cases.",
        )
    given = request.early_stopping
    limit = request.max_duration_days
    return ExperimentDesign(
        experiment_id=request.experiment_id,
        workflow_id=request.workflow_id,
        baseline=baseline,
        candidates=candidates,
        primary=request.primary,
        secondary=request.secondary,
        guardrails=request.guardrails,
        alpha=config.comparison.alpha,
        power=config.comparison.power,
        min_effect=request.effect,
        n_max=cases.n,
        n_max_reason=cases.reason,
        min_cases=min(floor, cases.n),
        max_duration_days=settings.max_duration_days if limit is None else limit,
        early_stopping=settings.early_stopping if given is None else given,
        looks=request.looks or settings.looks,
        futility=settings.futility,
        allocation=Allocation(
            policy=policy,
            weights=request.weights or (1.0,) * (1 + len(candidates)),
            max_traffic=request.max_traffic or settings.max_traffic,
            epsilon=settings.epsilon,
            exploration=settings.exploration,
        ),
        include_existing=request.include_existing,
        selected_by_search=request.selected_by_search,
        development_runs=tuple(select_run(history, name) for name in request.development),
    )


def _require_sound(design: ExperimentDesign) -> None:
    """Refuse a plan that contradicts itself."""
    subject = f"experiment {design.experiment_id}"
    names = [arm.label for arm in design.arms]
    if not design.candidates or len({arm.variant_id or arm.label for arm in design.arms}) != len(
        design.arms
    ):
        raise ConfigError(
            f"{subject}: arms are {', '.join(names)}, expected two or more, all unlike"
        )
    guarded = [guardrail.metric.value for guardrail in design.guardrails]
    if len(set(guarded)) < len(guarded):
        raise ConfigError(f"{subject}: guardrails on {', '.join(guarded)}, expected one a metric")
    weights = design.allocation.weights
    if len(weights) != len(design.arms) or not all(0 < weight < math.inf for weight in weights):
        raise ConfigError(
            f"{subject}: weights {weights}, expected {len(design.arms)} positive ones, that of "
            "the baseline first"
        )
    if design.looks is Looks.OPEN and design.primary not in RATES:
        raise ConfigError(
            f"{subject}: looks at any time need a metric from 0 to 1, {design.primary} is none",
            hint="Plan it with --looks obf.",
        )
    if design.looks is not Looks.OPEN and design.allocation.policy is not AllocationPolicy.FIXED:
        raise ConfigError(
            f"{subject}: shares by {design.allocation.policy} follow the results, which biases "
            "planned looks",
            hint="Plan it with --looks open, or with --allocation fixed.",
        )
    if design.development_runs and not design.selected_by_search:
        raise ConfigError(
            f"{subject}: --development names runs that a search has seen, but no search is named",
            hint="Add --selected-by-search.",
        )


def _baseline(history: History, request: PlanRequest, runs: Sequence[ArmInRun]) -> ExperimentArm:
    if request.baseline is not None:
        return _arm(runs, request.baseline)
    stored = baseline_of(history, request.workflow_id)
    if stored is None:
        raise SelectionError(
            f"workflow {request.workflow_id!r}: no baseline is set",
            hint="Name one with --baseline, or set one: 'optimizer baseline set latest'.",
        )
    return ExperimentArm(label=stored.variant, variant_id=stored.variant_id)


def _arm(runs: Sequence[ArmInRun], name: str) -> ExperimentArm:
    """Return the variant of a label or an id; one that has not run yet is known by its label."""
    if not name.strip():
        raise ConfigError(f"variant {name!r}: expected the label or the id of one")
    by_id = {run.variant_id: run.variant for run in runs}
    if name in by_id:
        return ExperimentArm(label=by_id[name], variant_id=name)
    ids = sorted({run.variant_id for run in runs if run.variant == name})
    if len(ids) > 1:
        raise SelectionError(
            f"variant {name!r}: {len(ids)} variants are called so: {', '.join(ids)}",
            hint="Name one by its id.",
        )
    return ExperimentArm(label=legible(name), variant_id=ids[0] if ids else None)


def _cases(
    history: History,
    request: PlanRequest,
    config: Config,
    baseline: ExperimentArm,
    candidates: Sequence[ExperimentArm],
) -> PlannedCases:
    """Return how many cases are planned, and why."""
    if request.cases is not None:
        return PlannedCases(n=request.cases, reason=f"{request.cases}: as stated")
    settings = config.experiments
    demand = Demand(
        metric=request.primary,
        effect=request.effect,
        alpha=config.comparison.alpha / max(len(candidates), 1),
        power=config.comparison.power,
        n_guardrails=len(request.guardrails),
        floor=settings.min_cases,
        default=settings.default_cases,
    )
    pilot = None
    if request.effect is not None and request.discordance is None and request.primary in RATES:
        pilot = _pilot(history, request, baseline, candidates)
    return plan_cases(demand, discordance=request.discordance, pilot=pilot)


def _pilot(
    history: History,
    request: PlanRequest,
    baseline: ExperimentArm,
    candidates: Sequence[ExperimentArm],
) -> Pilot | None:
    """Return what earlier runs say on the candidate that changes most cases."""
    arms = [baseline, *candidates]
    runs = queries.arm_runs(history, request.workflow_id)
    loaded = [
        load_arm(
            history,
            selector=arm.label,
            run_ids=[run.run_id for run in runs if run.variant_id == arm.variant_id],
            variant_id=arm.variant_id,
            latencies=False,
        )
        for arm in arms
        if arm.variant_id is not None
    ]
    if baseline.variant_id is None:
        return None
    pilots = [pilot_of(loaded[0], one, request.primary) for one in loaded[1:]]
    return max(
        (pilot for pilot in pilots if pilot is not None),
        key=lambda pilot: pilot.changed / pilot.n,
        default=None,
    )
