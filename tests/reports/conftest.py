from __future__ import annotations

import dataclasses
import os
import runpy
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import pytest

from optimizer.models.case_changes import CaseChange
from optimizer.models.decisions import AuditEntry, Decision, DecisionState
from optimizer.models.drift import DriftFinding, DriftMethod
from optimizer.models.ingest import FileOutcome, FileStatus
from optimizer.models.lifecycle import (
    DecisionOutcome,
    MeasuredEffect,
    OutcomeStatus,
    PastDecision,
)
from optimizer.models.proposals import (
    Answer,
    Change,
    DecisionType,
    Effect,
    Proposal,
    StrategyAnswer,
)
from optimizer.models.rules import (
    Explanation,
    GateCheck,
    GateResult,
    GateStatus,
    Outcome,
    RuleCheck,
    StrategyChoice,
    Unit,
)
from optimizer.models.summaries import (
    FailureGroup,
    Grading,
    Reject,
    RunSummary,
    Scored,
    ScorerFigures,
    Spread,
    WindowSummary,
    WorkflowSummary,
)
from reports.document import Document
from reports.gallery.checks import Check, checks
from reports.gallery.decision import decision
from reports.gallery.decision_list import decision_list
from reports.gallery.formats import Format, formats
from reports.gallery.gate import gate
from reports.gallery.ingest import ingest
from reports.gallery.run import run
from reports.gallery.run_list import run_list, runs_of_file
from reports.gallery.settings import SettingRow, settings
from reports.gallery.status import status
from reports.gallery.workflow import workflow
from reports.render.files import render

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
WILSON = {0: (0.0, 0.0310), 77: (0.5528, 0.7218), 89: (0.6567, 0.8116)}


def figures(n_passed: int | None, **more: Any) -> dict[str, Any]:
    n = 0 if n_passed is None else 120
    known = n_passed is not None
    found = {
        "n_tasks": n,
        "n_completed": n,
        "n_succeeded": n_passed or 0,
        "n_failed": n - (n_passed or 0),
        "n_timeout": 0,
        "n_error": 0,
        "n_cancelled": 0,
        "n_cases": n // 2,
        "success_rate": (n_passed or 0) / n if known else None,
        "n_effective": 84.2 if known else None,
        "success_low": max((n_passed or 0) / n - 0.08, 0.0) if known else None,
        "success_high": min((n_passed or 0) / n + 0.08, 1.0) if known else None,
        "n_latency": n,
        "latency_mean_ms": 231.4 if known else None,
        "latency_sd_ms": 40.2 if known else None,
        "latency_p50_ms": 217.63 if known else None,
        "latency_p95_ms": 301.07 if known else None,
        "latency_p99_ms": 355.0 if known else None,
        "n_cost": 0,
        "cost_mean_usd": None,
        "cost_sd_usd": None,
        "cost_total_usd": None,
        "n_tokens": n,
        "tokens_mean": 59.25 if known else None,
        "tokens_total": 7110 if known else None,
        "n_scored": n,
        "score_mean": (n_passed or 0) / n if known else None,
        "score_sd": 0.4 if known else None,
        "n_retries": 0,
        "n_timeout_failures": 0,
        "n_api_failures": 0,
        "n_validation_failures": n - (n_passed or 0),
        "n_llm_failures": 0,
        "n_unclassified_failures": 0,
    }
    return found | more


SCORED = (
    Scored(
        figures=ScorerFigures(
            variant_id="0123456789abcdef",
            variant="clear",
            scorer="faithful | <b>",
            n=120,
            n_cases=60,
            mean=0.642,
            sd=0.45,
            least=0.0,
            most=1.0,
            n_judged=120,
            n_passed=77,
        ),
        low=0.525,
        high=0.758,
        level=0.95,
    ),
    Scored(
        figures=ScorerFigures(
            variant_id="0123456789abcdef",
            variant="clear",
            scorer="length",
            n=1,
            n_cases=1,
            mean=41.0,
            sd=None,
            least=41.0,
            most=41.0,
            n_judged=0,
            n_passed=0,
        ),
        low=None,
        high=None,
        level=0.95,
    ),
)
GRADING = Grading(
    n_judge_tokens=120,
    judge_tokens=81_000,
    n_judge_cost=118,
    judge_cost_usd=0.42,
    n_tokens_cached=1,
    tokens_cached=900,
    n_derived_costs=120,
    n_censored=2,
)

PRICED = {"n_cost": 118, "cost_mean_usd": 0.002134, "cost_total_usd": 0.2518}


def run_summary(variant: str | None, n_passed: int | None, **more: Any) -> RunSummary:
    name = f"sentiment-{variant}" if variant else "sentiment-all"
    facts: dict[str, Any] = {
        "run_id": name,
        "workflow_id": "sentiment",
        "variant_id": "0123456789abcdef" if variant else None,
        "variant": variant,
        "n_variants": 1 if variant else 2,
        "started_at": NOON,
        "finished_at": NOON + timedelta(seconds=115.1),
        "ingested_at": NOON + timedelta(hours=1),
        "tool": "native",
        "source_path": f"sample_runs/native/{name}.json",
        "branch": "main",
        "git_sha": None,
    }
    return RunSummary(**(figures(n_passed) | facts | more))


def window(variant: str, n_passed: int, **more: Any) -> WindowSummary:
    facts: dict[str, Any] = {
        "workflow_id": "sentiment",
        "variant_id": "0123456789abcdef",
        "variant": variant,
        "model": "SmolLM2-135M",
        "n_runs": 1,
        "n_unjudged": 0,
        "n_slow": 0,
        "first_started_at": NOON,
        "last_started_at": NOON,
    }
    return WindowSummary(**(figures(n_passed) | facts | more))


def success_check(n_passed: int, *, n: int = 120, settled: bool = True) -> RuleCheck:
    low, high = WILSON.get(n_passed, (0.468, 0.911))
    fired = n_passed / n < 0.8
    return RuleCheck(
        rule="success_rate",
        setting="min_success_rate",
        unit=Unit.RATE,
        fires_below=True,
        threshold=0.8,
        outcome=Outcome.FIRED if fired else Outcome.QUIET,
        value=n_passed / n,
        margin=n_passed / n - 0.8,
        n=n,
        low=low,
        high=high,
        level=0.95,
        settled=settled,
    )


def other_checks() -> tuple[RuleCheck, ...]:
    return (
        RuleCheck(
            rule="latency",
            setting="max_acceptable_latency_ms",
            unit=Unit.MS,
            fires_below=False,
            threshold=5000.0,
            outcome=Outcome.QUIET,
            value=231.4,
            margin=4768.6,
            n=120,
            low=224.2,
            high=238.6,
            level=0.95,
            settled=True,
        ),
        RuleCheck(
            rule="timeout_rate",
            setting="max_timeout_error_rate",
            unit=Unit.RATE,
            fires_below=False,
            threshold=0.05,
            outcome=Outcome.QUIET,
            value=0.0,
            margin=0.05,
            n=120,
            low=0.0,
            high=0.031,
            level=0.95,
            settled=True,
        ),
        RuleCheck(
            rule="cost",
            setting="max_cost_per_request",
            unit=Unit.USD,
            fires_below=False,
            threshold=0.1,
            outcome=Outcome.NOT_EVALUATED,
            note="the cost of no test is known",
        ),
        RuleCheck(
            rule="overall_score",
            setting="optimization_threshold",
            unit=Unit.POINTS,
            fires_below=True,
            threshold=80.0,
            outcome=Outcome.QUIET,
            value=84.5,
            margin=4.5,
            note="static analysis of the prompt text, not a sample",
        ),
        RuleCheck(
            rule="critical_issues",
            setting="critical_issue_threshold",
            unit=Unit.COUNT,
            fires_below=False,
            threshold=1.0,
            outcome=Outcome.NOT_EVALUATED,
            note="no prompt text",
        ),
    )


CRITICAL = RuleCheck(
    rule="critical_issues",
    setting="critical_issue_threshold",
    unit=Unit.COUNT,
    fires_below=False,
    threshold=1.0,
    outcome=Outcome.FIRED,
    value=1.0,
    margin=0.0,
)


def explanation(n_passed: int, **more: Any) -> Explanation:
    check = success_check(n_passed, **more)
    return Explanation(
        should_optimize=check.outcome is Outcome.FIRED,
        checks=(check, *other_checks()),
        choice=StrategyChoice(
            strategy="clarity_focus",
            reason="no score is low, clarity is the default",
            runner_up="structure_focus",
            runner_up_reason="120 failures are of one class: validation",
            rival_causes=("The grader reads one word only.", "The model is small."),
        ),
        advice=("59.2 tokens a test, 3.1 more than the median of earlier versions.",),
    )


FAILURES = (
    FailureGroup(
        kind="validation",
        reason="assertion",
        message="assertion failed: expected 'positive', found no label in \"\\n\\nI don't have to "
        'do it, but I would like to thank the |reviewer| for <b>every</b> word of it"',
        n=64,
        example_case="review-001",
    ),
    FailureGroup(kind="unclassified", reason=None, message=None, n=56, example_case="review-002"),
)


def proposal() -> Proposal:
    return Proposal(
        strategy="ab_testing",
        type=DecisionType.PROMPT_VARIANT,
        changes=(Change(setting="variant", old="vague", new="few_shot"),),
        effects=(
            Effect(
                metric="success_rate",
                estimate=0.741667,
                low=0.6553,
                high=0.8116,
                level=0.95,
                n=60,
                estimator="newcombe",
            ),
            Effect(
                metric="latency_ms",
                estimate=34.2,
                low=20.1,
                high=48.9,
                level=0.95,
                n=120,
                estimator="hodges_lehmann",
            ),
        ),
        effects_note="cost: the price of no test is known",
        confidence=0.9996,
        rationale="few_shot passed 45 more of the 60 shared cases than vague, and none fewer.",
        unless="fewer than 30 cases were shared, or the interval reached below 0.",
    )


REWRITE = Proposal(
    strategy="prompt_optimization",
    type=DecisionType.OPTIMIZE_PROMPT,
    changes=(
        Change(
            setting="prompt",
            old="Tell me about this review.\n{review}",
            new="Is this review positive or negative? Answer with one word.\n{review}",
        ),
    ),
    effects=(),
    effects_note="no run has tried the new text",
    confidence=None,
    rationale="success_rate is 80.0 pp below its threshold over 120 tests.",
    unless="no rule had fired.",
)


def answers() -> tuple[StrategyAnswer, ...]:
    return (
        StrategyAnswer(strategy="ab_testing", priority=100, answer=Answer(proposals=(proposal(),))),
        StrategyAnswer(
            strategy="prompt_optimization", priority=80, answer=Answer(proposals=(REWRITE,))
        ),
        StrategyAnswer(
            strategy="caching", priority=90, answer=Answer(silence="no case was asked twice")
        ),
        StrategyAnswer(
            strategy="pareto_optimization",
            priority=70,
            answer=None,
            failure="ValueError: not enough fronts",
        ),
    )


def make_decision(**more: Any) -> Decision:
    facts: dict[str, Any] = {
        "decision_id": "d4c0ffee0123456789abcdef01234567",
        "workflow_id": "sentiment",
        "as_of": None,
        "decided_at": NOON + timedelta(hours=2),
        "state": DecisionState.PENDING,
        "current": window("vague", 0),
        "others": (window("few_shot", 89, **PRICED), window("clear", 77)),
        "explanation": explanation(0),
        "answers": answers(),
        "config_sha256": "ab" * 32,
        "seed": 7,
        "version": "0.1.0",
    }
    return Decision(**(facts | more))


SILENT = make_decision(
    answers=(answers()[2],), explanation=explanation(100), current=window("clear", 100), others=()
)
UNKNOWN_WORKFLOW = make_decision(
    workflow_id="never-run", current=None, others=(), explanation=None, answers=()
)

AUDIT = (
    AuditEntry(
        seq=12,
        logged_at=NOON + timedelta(hours=2),
        actor="maria",
        action="decision.proposed",
        subject="d4c0ffee",
        detail='{"proposals":2}',
        previous_hash="0" * 64,
        hash="1" * 64,
    ),
)


def gate_result(gate_status: GateStatus, *gated: GateCheck, **more: Any) -> GateResult:
    facts: dict[str, Any] = {
        "run_id": "sentiment-vague",
        "workflow_id": "sentiment",
        "status": gate_status,
        "checks": gated,
        "not_evaluated": (other_checks()[2], other_checks()[4]),
        "strict": False,
        "baseline_note": "No baseline was given: changes against one were not judged.",
    }
    return GateResult(**(facts | more))


PASSING = tuple(GateCheck(check=c, status=GateStatus.PASSED) for c in other_checks()[:2])
FAILING = GateCheck(check=success_check(0), status=GateStatus.FAILED)
UNSURE = GateCheck(check=success_check(9, n=12, settled=False), status=GateStatus.INCONCLUSIVE)

WORKFLOW = WorkflowSummary(
    workflow_id="sentiment",
    n_runs=3,
    n_tasks=360,
    n_variants=3,
    first_started_at=NOON,
    last_started_at=NOON + timedelta(days=2),
    n_decisions=1,
)

OUTCOMES = (
    FileOutcome(path="runs/a.json", status=FileStatus.STORED, run_ids=("a-1", "a-2"), n_tasks=240),
    FileOutcome(
        path="runs/b.json",
        status=FileStatus.STORED,
        run_ids=("b-1",),
        n_tasks=120,
        n_redacted=2,
        warnings=("120 times carry no zone and are taken as UTC",),
    ),
    FileOutcome(path="runs/c.json", status=FileStatus.UNCHANGED, run_ids=("c-1",)),
    FileOutcome(
        path="runs/bad.json",
        status=FileStatus.REJECTED,
        reason="runs/bad.json: task_results[17].cost: found 'free', expected a number\n"
        "runs/bad.json: statistics.total_tasks: found 119, expected 120, the number of tasks",
        hint="Name its format with --from.",
    ),
)


SPREADS = (
    Spread(
        metric="latency",
        n_bins=10,
        least=120.0,
        most=4800.0,
        counts=((1, 4, 11, 25, 31, 22, 13, 7, 3, 1),),
    ),
    Spread(metric="score", n_bins=5, least=0.0, most=1.0, counts=((4, 9, 20, 41, 46),)),
)


def effect(metric: str, estimate: float, low: float, high: float) -> Effect:
    return Effect(
        metric=metric, estimate=estimate, low=low, high=high, level=0.95, n=80, estimator="tango"
    )


def past_decision(name: str, day: int, status: OutcomeStatus, *gains: float) -> PastDecision:
    predicted, measured = gains
    at = NOON + timedelta(days=day, hours=6)
    return PastDecision(
        decision_id=name,
        decided_at=at,
        seen_until=at,
        state="completed",
        strategies=("ab_testing",),
        applied_at=at,
        outcome=DecisionOutcome(
            decision_id=name,
            workflow_id="sentiment",
            strategies=("ab_testing",),
            status=status,
            effects=(
                MeasuredEffect(
                    metric="success_rate",
                    predicted=effect("success_rate", predicted, predicted - 0.1, predicted + 0.1),
                    measured=effect("success_rate", measured, measured - 0.08, measured + 0.08),
                    as_predicted=abs(predicted - measured) < 0.18,
                ),
                MeasuredEffect(
                    metric="cost_relative",
                    predicted=effect("cost_relative", -0.1, -0.12, -0.08),
                    measured=effect("cost_relative", 0.02, -0.01, 0.05),
                    as_predicted=False,
                ),
            ),
            n_before=120,
            n_after=120,
            run_ids=("nightly-02",),
            applied_at=at,
            measured_at=at,
            reason="120 tests before, 120 since",
        ),
    )


PAST = (
    past_decision("d1a90c77f3b2", 4, OutcomeStatus.FAILED, 0.3, 0.05),
    past_decision("c011a12b8c2a", 1, OutcomeStatus.SUCCESS, 0.6, 0.58),
)
MOVES = (
    DriftFinding(
        metric="success",
        method=DriftMethod.CUSUM,
        is_drifting=True,
        statistic=11.1,
        threshold=10.3,
        p_value=0.007,
        before=0.03,
        after=0.66,
        n_before=2,
        n_after=7,
        changed_at=NOON + timedelta(days=2),
    ),
)


def run_history() -> tuple[RunSummary, ...]:
    days = [
        run_summary(
            variant,
            n_passed,
            run_id=f"nightly-{day:02}",
            started_at=NOON + timedelta(days=day),
            finished_at=NOON + timedelta(days=day, minutes=2),
            branch="main" if day % 2 else "feature/shorter-prompt",
            **PRICED,
        )
        for day, (variant, n_passed) in enumerate(
            [
                ("vague", 3),
                ("vague", 0),
                ("clear", 77),
                ("vague", 2),
                ("clear", 81),
                ("few_shot", 89),
                ("clear", 74),
                ("few_shot", 96),
                ("few_shot", 101),
            ]
        )
    ]
    return tuple(reversed(days))


NAMESAKES = make_decision(
    current=window("clear", 77),
    others=(window("clear", 89, variant_id="fedcba9876543210"), window("vague", 0)),
)

CASES: Mapping[str, tuple[Callable[..., Document], tuple[Any, ...]]] = {
    "checks": (
        checks,
        (
            (
                Check(name="python", ok=True, text="3.12.1"),
                Check(
                    name="history",
                    ok=False,
                    text="schema version is 3, expected 4",
                    hint="Run 'optimizer store migrate'.",
                ),
                Check(name="runner", ok=None, text="no command is set"),
            ),
        ),
    ),
    "checks-empty": (checks, ((),)),
    "decision": (decision, (make_decision(), AUDIT)),
    "decision-empty": (decision, (UNKNOWN_WORKFLOW, ())),
    "decision-namesakes": (decision, (NAMESAKES, AUDIT)),
    "decision-silent": (decision, (SILENT, AUDIT)),
    "decision_list": (decision_list, ((make_decision(), SILENT, UNKNOWN_WORKFLOW),)),
    "decision_list-empty": (decision_list, ((),)),
    "formats": (
        formats,
        (
            (
                Format(
                    name="native",
                    tool="the executor",
                    versions="1",
                    wants="task_results",
                    carried_over=("everything",),
                    lost=("nothing",),
                    example="optimizer ingest run.json",
                ),
                Format(
                    name="junit_xml",
                    tool="most test runners",
                    versions="no version of its own",
                    wants="a testsuite",
                    carried_over=("status, time, message",),
                    lost=("cost, tokens, score, inputs and outputs",),
                ),
            ),
        ),
    ),
    "formats-empty": (formats, ((),)),
    "formats-one": (
        formats,
        (
            (
                Format(
                    name="promptfoo",
                    tool="promptfoo",
                    versions="0.100 to 0.119",
                    wants="evalId and results",
                    carried_over=("status, score, latency, cost", "prompt, provider"),
                    lost=("named scores",),
                    example="promptfoo eval -o results.json\noptimizer ingest results.json",
                ),
            ),
        ),
    ),
    "gate": (gate, ((gate_result(GateStatus.FAILED, FAILING, *PASSING),),)),
    "gate-empty": (gate, ((),)),
    "gate-unjudged": (gate, ((gate_result(GateStatus.PASSED, baseline_note=""),),)),
    "gate-passed": (gate, ((gate_result(GateStatus.PASSED, *PASSING, strict=True),),)),
    "gate-unsure": (gate, ((gate_result(GateStatus.INCONCLUSIVE, UNSURE, *PASSING),),)),
    "gate-variants": (
        gate,
        (
            (
                gate_result(GateStatus.FAILED, FAILING, variant="vague"),
                gate_result(GateStatus.PASSED, *PASSING, variant="clear"),
            ),
        ),
    ),
    "ingest": (ingest, (OUTCOMES,)),
    "ingest-empty": (ingest, ((),)),
    "run": (
        run,
        (
            run_summary("vague", 0),
            (run_summary("vague", 0),),
            FAILURES,
            (("vague", explanation(0)),),
            ("times carry no zone and are taken as UTC",),
        ),
    ),
    "run-critical": (
        run,
        (
            run_summary("clear", 100),
            (run_summary("clear", 100),),
            (),
            (("clear", Explanation(should_optimize=True, checks=(CRITICAL,))),),
            (),
        ),
    ),
    "run-good": (
        run,
        (
            run_summary("clear", 100, n_cost=120, cost_mean_usd=0.0, cost_total_usd=0.0),
            (run_summary("clear", 100, n_cost=120, cost_mean_usd=0.0, cost_total_usd=0.0),),
            FAILURES[:1],
            (("clear", explanation(100)),),
            (),
        ),
    ),
    "run-empty": (run, (run_summary(None, None), (), (), (), ())),
    "run-scores": (
        partial(run, scores=SCORED, grading=GRADING, spreads=SPREADS),
        (
            run_summary("clear", 77),
            (run_summary("clear", 77),),
            (),
            (("clear", explanation(77)),),
            (),
        ),
    ),
    "run-namesakes": (
        run,
        (
            run_summary(None, 89),
            (
                run_summary("clear", 89),
                run_summary("vague", 89),
                run_summary("clear", 100, variant_id="fedcba9876543210"),
            ),
            (),
            (("clear", explanation(89)), ("vague", explanation(89)), ("clear", explanation(100))),
            (),
        ),
    ),
    "run-several": (
        run,
        (
            run_summary(None, 89, n_cancelled=2, n_tasks=123, n_retries=1, **PRICED),
            (run_summary("few_shot", 89, **PRICED), run_summary("clear", 100)),
            FAILURES,
            (("few_shot", explanation(89, settled=False)), ("clear", explanation(100))),
            (),
        ),
    ),
    "run_list": (run_list, (run_history(),)),
    "run_list-empty": (run_list, ((),)),
    "run_list-file": (
        runs_of_file,
        (
            (run_summary("clear", 77), run_summary("few|shot", 89, run_id="r2")),
            {
                "sentiment-clear": ("no time | in the file", "2 rows skipped"),
                "r2": ("no time | in the file",),
            },
            "out|put.json",
        ),
    ),
    "settings": (
        settings,
        (
            (
                SettingRow("rules.min_success_rate", 0.8, "default", "Lowest pass rate, 0 to 1."),
                SettingRow(
                    "ingest.redact_patterns",
                    ("sk-[a-z]+",),
                    "optimizer.toml:12",
                    "Regular expressions of further secrets to blank.",
                ),
                SettingRow("prompts.runner", None, "default", "Command that runs the tests."),
            ),
        ),
    ),
    "settings-empty": (settings, ((),)),
    "status": (
        status,
        (
            "history.duckdb",
            3_420_160,
            4,
            (WORKFLOW,),
            (
                Reject(
                    path="runs/bad.json",
                    reason="runs/bad.json: line 3: found '{', expected a number\nand 4 more",
                    rejected_at=NOON,
                ),
            ),
        ),
    ),
    "status-empty": (status, ("history.duckdb", 0, 4, (), ())),
    "workflow": (
        workflow,
        (
            WORKFLOW,
            run_history(),
            (window("few_shot", 89, **PRICED), window("clear", 77), window("vague", 0)),
            make_decision(),
        ),
    ),
    "workflow-decisions": (
        partial(workflow, past=PAST, moves=MOVES),
        (WORKFLOW, run_history(), (window("few_shot", 89, **PRICED),), None),
    ),
    "workflow-empty": (workflow, (WORKFLOW, (), (), None)),
}


for file in (
    "aftermath.py",
    "caches.py",
    "comments.py",
    "comparisons.py",
    "experiments.py",
    "fronts.py",
    "kernels.py",
    "schemas.py",
    "limits.py",
    "plans.py",
    "repeats.py",
    "moments.py",
    "moves.py",
    "overviews.py",
    "reviews.py",
    "searches.py",
    "lakes.py",
    "sites.py",
    "upkeep.py",
    "versions.py",
    "lints.py",
    "words.py",
):
    CASES |= runpy.run_path(str(Path(__file__).with_name(file)))["CASES"]

COMPARED = runpy.run_path(str(Path(__file__).with_name("comparisons.py")))
CASES |= {
    f"run-{name}": (partial(run, cases=cases), CASES["run"][1])
    for name, cases in {
        "cases": COMPARED["FAILED_CASES"],
        "cases-none": (),
    }.items()
}
CASES["run-cases-variants"] = (
    partial(run, cases=[dataclasses.replace(COMPARED["TOLD"][0], change=CaseChange.FLAKY)]),
    (
        *CASES["run"][1][:1],
        (run_summary("vague", 0), run_summary("clear", 77)),
        *CASES["run"][1][2:],
    ),
)


def poisoned(record: Any, poison: str, keep: frozenset[str] = frozenset()) -> Any:
    if isinstance(record, Enum):
        return record
    if isinstance(record, str):
        return poison + record
    if isinstance(record, tuple):
        items = [poisoned(item, poison, keep) for item in record]
        return type(record)(*items) if hasattr(record, "_fields") else tuple(items)
    if dataclasses.is_dataclass(record) and not isinstance(record, type):
        changes = {
            field.name: poisoned(getattr(record, field.name), poison, keep)
            for field in dataclasses.fields(record)
            if field.name not in keep
        }
        return dataclasses.replace(record, **changes)
    return record


@pytest.fixture(scope="session")
def case_names() -> frozenset[str]:
    return frozenset(CASES)


@pytest.fixture
def document(request: pytest.FixtureRequest) -> Document:
    return laid_out(request.param)


@pytest.fixture(scope="session")
def lay_out() -> Callable[..., Document]:
    return laid_out


@pytest.fixture(scope="session")
def rendered() -> Callable[..., str]:
    """A case in some format, rendered once for the tests of it, which follow each other."""

    @lru_cache(maxsize=64)
    def once(name: str, suffix: str, poison: str = "", keep: frozenset[str] = frozenset()) -> str:
        return render(laid_out(name, poison, keep), suffix)

    return once


def laid_out(name: str, poison: str = "", keep: frozenset[str] = frozenset()) -> Document:
    function, arguments = CASES[name]
    return function(*(poisoned(argument, poison, keep) for argument in arguments))


@pytest.fixture(scope="session")
def arguments_of() -> Callable[..., tuple[Any, ...]]:
    """What the report of a case is laid out from."""

    def found(name: str, poison: str = "") -> tuple[Any, ...]:
        arguments = CASES[name][1]
        return tuple(poisoned(one, poison) for one in arguments) if poison else arguments

    return found


@pytest.fixture(scope="session")
def case_arguments() -> Callable[[str], dict[str, tuple[Any, ...]]]:
    """What the examples of a report are made of, by their names."""

    def of(kind: str) -> dict[str, tuple[Any, ...]]:
        function = _bare(CASES[kind][0])
        return {
            name: arguments
            for name, (laid_out, arguments) in CASES.items()
            if _bare(laid_out) is function
        }

    return of


def _bare(function: Any) -> Any:
    return function.func if isinstance(function, partial) else function


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    def agrees(name: str, text: str) -> None:
        path = Path(__file__).parent / "golden" / name
        if os.environ.get("UPDATE_GOLDEN"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.read_text(encoding="utf-8") == text, f"UPDATE_GOLDEN=1 rewrites {name}"

    return agrees


def fullest() -> list[str]:
    """One example of each report, that which is laid out from most."""
    found: dict[Any, str] = {}
    for name, (laid_out, _) in sorted(CASES.items(), key=lambda case: len(repr(case[1][1]))):
        found[_bare(laid_out)] = name
    return sorted(found.values())


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "example" in metafunc.fixturenames:
        metafunc.parametrize("example", fullest())
    if "document" in metafunc.fixturenames:
        metafunc.parametrize("document", sorted(CASES), indirect=True, scope="module")
    if "name" in metafunc.fixturenames:
        metafunc.parametrize("name", sorted(CASES), scope="module")
