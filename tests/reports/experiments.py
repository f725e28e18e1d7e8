from __future__ import annotations

import runpy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from optimizer.models.experiment_page import ExperimentPage
from optimizer.models.experiments import (
    Allocation,
    ArmProgress,
    Baseline,
    CandidateReport,
    Experiment,
    ExperimentArm,
    ExperimentDesign,
    ExperimentReport,
    ExperimentSummary,
    Look,
    LookKey,
    NextShare,
    Outcome,
    Split,
    Standing,
    Stop,
    StopReason,
)
from optimizer.models.terms import (
    AllocationPolicy,
    ExperimentStatus,
    GuardMode,
    GuardStatus,
    Looks,
    Metric,
    VerdictKind,
)
from optimizer.models.verdicts import GuardCheck, Guardrail
from reports.gallery.baseline import baseline
from reports.gallery.experiment import experiment
from reports.gallery.experiment_list import experiment_list
from reports.gallery.experiments import experiments

COMPARED = runpy.run_path(str(Path(__file__).with_name("comparisons.py")))
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
VAGUE, CLEAR, FEW_SHOT = (
    ExperimentArm(label=label, variant_id=f"id-{label}") for label in ("vague", "clear", "few_shot")
)
COST = Guardrail(metric=Metric.COST, margin=0.1, mode=GuardMode.PROVE)


def design(**more: Any) -> ExperimentDesign:
    facts: dict[str, Any] = {
        "experiment_id": "clear-1",
        "workflow_id": "sentiment",
        "baseline": VAGUE,
        "candidates": (CLEAR,),
        "primary": Metric.SUCCESS,
        "secondary": (Metric.LATENCY,),
        "guardrails": (COST,),
        "alpha": 0.05,
        "power": 0.8,
        "min_effect": 0.05,
        "n_max": 312,
        "n_max_reason": "312 find 5 pp with power 80% at alpha 0.05 if 10% of the cases change",
        "min_cases": 100,
        "max_duration_days": 7.0,
        "early_stopping": True,
        "looks": Looks.OBF,
        "futility": 0.1,
        "allocation": Allocation(
            policy=AllocationPolicy.FIXED,
            weights=(1.0, 1.0),
            max_traffic=0.1,
            epsilon=0.1,
            exploration=1.4,
        ),
    }
    return ExperimentDesign(**(facts | more))


def look(seq: int, n: int, **more: Any) -> Look:
    facts: dict[str, Any] = {
        "experiment_id": "clear-1",
        "seq": seq,
        "key": LookKey(
            suite_sha256="ab" * 32,
            metric=Metric.SUCCESS,
            baseline_id="id-vague",
            candidate_id="id-clear",
        ),
        "candidate": "clear",
        "looked_at": NOON,
        "n": n,
        "n_max": 312,
        "fraction": n / 312,
        "z_bound": 3.71,
        "alpha_k": 0.000207,
        "alpha_spent": 0.000207,
        "z": 1.4,
        "p_value": 0.162,
        "verdict": VerdictKind.INCONCLUSIVE,
        "estimate": 0.0433,
        "low": -0.0312,
        "high": 0.1178,
        "broken": (),
        "data_sha256": "cd" * 32,
        "run_ids": ("r1", "r2"),
    }
    return Look(**(facts | more))


FIRST = look(1, 104)
SECOND = look(
    2,
    208,
    z_bound=2.51,
    alpha_k=0.0121,
    alpha_spent=0.0122,
    z=6.1,
    p_value=1e-9,
    verdict=VerdictKind.IMPROVED,
    estimate=0.6417,
    low=0.5203,
    high=0.7311,
)
RUNNING = Experiment(
    design=design(),
    status=ExperimentStatus.RUNNING,
    created_at=NOON - timedelta(hours=1),
    started_at=NOON,
)


def progress(arm: ExperimentArm, n: int) -> ArmProgress:
    return ArmProgress(
        arm=arm,
        run_ids=tuple(f"run-{i}" for i in range(n // 100)),
        n_tasks=n,
        n_succeeded=n // 2,
        n_completed=n,
    )


def report(*candidates: CandidateReport, **more: Any) -> ExperimentReport:
    facts: dict[str, Any] = {
        "experiment": RUNNING,
        "progress": (progress(VAGUE, 208), progress(CLEAR, 208)),
        "candidates": candidates,
        "looks": (FIRST, SECOND),
        "stop": None,
        "split": Split(
            counts=(208, 208),
            planned=(0.5, 0.5),
            chi2=0.0,
            df=1,
            p_value=1.0,
            threshold=0.001,
        ),
        "next_batch": (
            NextShare(arm=VAGUE, share=0.5, n=50, traffic_share=0.9),
            NextShare(arm=CLEAR, share=0.5, n=50, traffic_share=0.1),
        ),
    }
    return ExperimentReport(**(facts | more))


WON = CandidateReport(
    arm=CLEAR,
    n=208,
    standing=Standing.NEW,
    text="look 2 at 208 of 312 planned cases: |z| must reach 2.510 (p 0.0121)",
    look=SECOND,
    comparison=COMPARED["FULL"],
    guards=(
        GuardCheck(
            guardrail=COST,
            status=GuardStatus.PASSED,
            verdict=COMPARED["LATENCY"],
            could_hide=0.02,
            smallest_margin=0.01,
            text="shown to be no worse than the margin",
        ),
    ),
)
WAITING = CandidateReport(
    arm=CLEAR,
    n=104,
    standing=Standing.WAITING,
    text="104 cases, no more than at the last look, which stands",
    look=FIRST,
    conditional_power=0.31,
)
GONE = CandidateReport(
    arm=FEW_SHOT,
    n=0,
    standing=Standing.INVALID,
    text="of the runs last looked at, 1 no longer stored: sentiment-few_shot",
)
NOTHING = CandidateReport(
    arm=CLEAR, n=0, standing=Standing.WAITING, text="nothing of it has run since the start"
)
OUTCOME = Outcome(
    winner="clear",
    reason="clear improved success against vague, on 208 cases",
    metric=Metric.SUCCESS,
    estimate=0.6417,
    low=0.5203,
    high=0.7311,
    level=1 - 0.0121,
    n=208,
    confirmed=True,
)
ENDED = replace(
    RUNNING, status=ExperimentStatus.COMPLETED, ended_at=NOON + timedelta(days=2), outcome=OUTCOME
)
LOST = Outcome(
    winner=None,
    reason="clear is inconclusive after 312 of 312 cases",
    metric=Metric.SUCCESS,
)
SEVERAL = design(
    candidates=(CLEAR, FEW_SHOT),
    guardrails=(),
    secondary=(),
    min_effect=None,
    looks=Looks.OPEN,
    selected_by_search=True,
    development_runs=("r0",),
    max_duration_days=None,
)
UNEVEN = Split(
    counts=(208, 312), planned=(0.5, 0.5), chi2=20.8, df=1, p_value=5.1e-6, threshold=0.001
)
BASELINE = Baseline(
    workflow_id="sentiment",
    run_id="sentiment-vague",
    variant_id="id-vague",
    variant="vague",
    set_at=NOON,
    actor="ann",
)


def page(
    *active: ExperimentReport,
    ended: tuple[ExperimentSummary, ...] = (),
    n_active: int | None = None,
) -> ExperimentPage:
    return ExperimentPage(
        workflow_id=None,
        active=active,
        ended=ended,
        n_running=sum(one.experiment.status is ExperimentStatus.RUNNING for one in active),
        n_active=len(active) if n_active is None else n_active,
        n_ended=len(ended),
    )


CASES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "experiment": (
        experiment,
        (
            report(
                WON,
                stop=Stop(
                    reason=StopReason.WINNER, text="clear improved success and broke no guardrail"
                ),
            ),
        ),
    ),
    "experiment-empty": (
        experiment,
        (
            report(
                NOTHING,
                experiment=replace(RUNNING, status=ExperimentStatus.DRAFT, started_at=None),
                progress=(progress(VAGUE, 0), progress(CLEAR, 0)),
                looks=(),
                split=None,
            ),
        ),
    ),
    "experiment-running": (experiment, (report(WAITING, looks=(FIRST,)),)),
    "experiment-several": (
        experiment,
        (
            report(
                replace(WAITING, look=replace(FIRST, fraction=None, z_bound=None)),
                GONE,
                experiment=replace(RUNNING, design=SEVERAL),
                looks=(replace(FIRST, fraction=None, z_bound=None),),
                split=UNEVEN,
                notes=("2 runs called clear are left out: their prompt is another",),
            ),
        ),
    ),
    "experiment-won": (experiment, (report(WON, experiment=ENDED, next_batch=()),)),
    "experiment-lost": (
        experiment,
        (report(WAITING, experiment=replace(ENDED, outcome=LOST), next_batch=()),),
    ),
    "experiment-unconfirmed": (
        experiment,
        (
            report(
                WON,
                experiment=replace(ENDED, outcome=replace(OUTCOME, winner=None, confirmed=False)),
                next_batch=(),
            ),
        ),
    ),
    "experiment_list": (
        experiment_list,
        (
            (
                ExperimentSummary(experiment=RUNNING, looks=(FIRST,)),
                ExperimentSummary(experiment=ENDED, looks=(SECOND,)),
            ),
        ),
    ),
    "experiment_list-empty": (experiment_list, ((),)),
    "experiments": (
        experiments,
        (
            page(
                report(WAITING, looks=(FIRST,)),
                report(
                    GONE,
                    experiment=replace(RUNNING, design=design(experiment_id="客服 | <b>")),
                    stop=Stop(reason=StopReason.DURATION, text="7 days are over"),
                    split=UNEVEN,
                ),
                report(
                    NOTHING,
                    experiment=replace(RUNNING, status=ExperimentStatus.DRAFT, started_at=None),
                    progress=(progress(VAGUE, 0), progress(CLEAR, 0)),
                    looks=(),
                    split=None,
                    next_batch=(),
                ),
                n_active=5,
                ended=(
                    ExperimentSummary(experiment=ENDED, looks=(SECOND,)),
                    ExperimentSummary(experiment=replace(ENDED, outcome=LOST), looks=()),
                    ExperimentSummary(
                        experiment=replace(ENDED, status=ExperimentStatus.CANCELLED, outcome=None),
                        looks=(),
                    ),
                ),
            ),
        ),
    ),
    "experiments-empty": (experiments, (page(),)),
    "experiments-ended": (
        experiments,
        (page(ended=(ExperimentSummary(experiment=ENDED, looks=(SECOND,)),)),),
    ),
    "baseline": (
        baseline,
        ((BASELINE, replace(BASELINE, workflow_id="support", run_id="gone")), ("support",)),
    ),
    "baseline-one": (baseline, ((BASELINE,),)),
    "baseline-empty": (baseline, ((),)),
}
