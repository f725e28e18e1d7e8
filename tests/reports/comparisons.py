from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from optimizer.models.case_changes import (
    CaseArm,
    CaseChange,
    CaseOutcome,
    CaseText,
    Kept,
    TryTexts,
)
from optimizer.models.cases import Arm
from optimizer.models.rules import GateCheck, GateResult, GateStatus, Outcome, RuleCheck, Unit
from optimizer.models.terms import GuardMode, GuardStatus, Metric, Scope, Severity, VerdictKind
from optimizer.models.verdicts import (
    BaselineGate,
    Companion,
    Comparison,
    ComparisonSet,
    Finding,
    GuardCheck,
    Guardrail,
    MetricVerdict,
    Need,
)
from reports.gallery.baseline_gate import baseline_gate, gate_with_baseline
from reports.gallery.comparison import comparison

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def arm(label: str, **more: Any) -> Arm:
    facts: dict[str, Any] = {
        "selector": f"sentiment:{label}",
        "label": label,
        "workflow_id": "sentiment",
        "run_ids": (f"sentiment-{label}",),
        "variant_id": "0123456789abcdef",
        "prompt_sha256": "ab" * 32,
        "provider": "local",
        "model": "SmolLM2-135M",
        "parameters": '{"temperature":0}',
        "pairable": True,
        "content_sha256": "cd" * 32,
        "n_tasks": 120,
        "n_completed": 120,
        "n_succeeded": 77,
        "n_errors": 0,
        "n_cached": 0,
        "started_at": NOON,
        "ended_at": NOON,
    }
    return Arm(**(facts | more))


def compared(*metrics: MetricVerdict, **more: Any) -> Comparison:
    facts: dict[str, Any] = {
        "baseline": arm("vague"),
        "candidate": arm("clear"),
        "scope": Scope.CASES,
        "paired": True,
        "n_shared": 60,
        "n_only_baseline": 0,
        "n_only_candidate": 0,
        "findings": (),
        "metrics": metrics,
        "newly_failing": (),
        "newly_passing": (),
        "seed": 0,
        "suite_sha256": "ef" * 32,
    }
    return Comparison(**(facts | more))


def verdict(metric: Metric, kind: VerdictKind, **more: Any) -> MetricVerdict:
    facts: dict[str, Any] = {
        "margin": 0.05 if metric in {Metric.SUCCESS, Metric.SCORE} else 0.1,
        "min_effect": 0.0,
        "n": 60,
        "method": "paired t",
        "why": "every case was run once by both arms",
    }
    return MetricVerdict(metric=metric, kind=kind, **(facts | more))


BINARY = {
    "method": "McNemar mid-p, Tango interval",
    "why": "every case was run once by both arms",
}
IMPROVED = verdict(
    Metric.SUCCESS,
    VerdictKind.IMPROVED,
    detail="at least 10 pp",
    baseline=0.0,
    candidate=0.6417,
    estimate=0.6417,
    low=0.5203,
    high=0.7311,
    low_one_sided=0.541,
    high_one_sided=0.718,
    p_value=1.2e-9,
    n_changed=43,
    n_fixed=41,
    n_broken=2,
    min_effect=0.1,
    companions=(
        Companion(name="p_better", value=0.99998, text="probability that clear is better"),
        Companion(name="odds_ratio", value=math.inf, low=5.2, high=math.inf, text="fixed / broken"),
        Companion(name="cohens_h", value=1.8534, low=1.21, high=2.02, text="size of effect"),
    ),
    **BINARY,
)
LATENCY = verdict(
    Metric.LATENCY,
    VerdictKind.NO_WORSE,
    baseline=231.4,
    candidate=229.93,
    estimate=-0.0064,
    low=-0.0402,
    high=0.0287,
    high_one_sided=0.0229,
    p_value=0.7123,
    n_changed=60,
    n_fixed=31,
    n_broken=29,
    method="paired Fieller",
    why="mean of paired amounts",
)
TAIL = verdict(
    Metric.LATENCY_P95,
    VerdictKind.INCONCLUSIVE,
    baseline=4301.2,
    candidate=4655.1,
    estimate=0.0823,
    low=-0.0802,
    high=0.3287,
    high_one_sided=0.2829,
    n=1234,
    method="bootstrap of cases",
    why="a quantile has no formula that holds under repeats",
    need=Need(n_cases=1810, more_cases=576, n_repeats=None, text="needs 576 more cases"),
)
COST = verdict(
    Metric.COST,
    VerdictKind.IMPROVED,
    baseline=0.002134,
    candidate=0.001323,
    estimate=-0.38,
    low=-0.4121,
    high=-0.3451,
    low_one_sided=-0.4081,
    high_one_sided=-0.351,
    p_value=0.00002,
    n_changed=60,
    n_fixed=60,
    n_broken=0,
    n_dropped=3,
    method="paired Fieller",
    why="mean of paired amounts",
)
TOKENS = replace(
    COST,
    metric=Metric.TOKENS,
    kind=VerdictKind.REGRESSED,
    detail="beyond margin",
    baseline=59.25,
    candidate=92.3,
    estimate=0.5578,
    low=0.3145,
    high=0.8219,
    n_dropped=0,
)
UNPRICED = verdict(
    Metric.COST,
    VerdictKind.INVALID,
    reason="the cost of no test is known",
    n=0,
    method="",
    why="",
)
REGRESSED = verdict(
    Metric.SUCCESS,
    VerdictKind.REGRESSED,
    detail="beyond margin",
    baseline=0.785,
    candidate=0.62,
    estimate=-0.165,
    low=-0.232,
    high=-0.0955,
    low_one_sided=-0.221,
    high_one_sided=-0.1067,
    p_value=0.00431,
    n=200,
    n_changed=47,
    n_fixed=7,
    n_broken=40,
    **BINARY,
)
EQUIVALENT = verdict(
    Metric.SUCCESS,
    VerdictKind.EQUIVALENT,
    baseline=0.872,
    candidate=0.87,
    estimate=-0.002,
    low=-0.0212,
    high=0.0178,
    low_one_sided=-0.018,
    high_one_sided=0.0145,
    p_value=0.86,
    n=1000,
    n_changed=99,
    n_fixed=48,
    n_broken=50,
    **BINARY,
)
INCONCLUSIVE = verdict(
    Metric.SUCCESS,
    VerdictKind.INCONCLUSIVE,
    baseline=0.7667,
    candidate=0.75,
    estimate=-0.0167,
    low=-0.1071,
    high=0.0743,
    low_one_sided=-0.0921,
    high_one_sided=0.0588,
    p_value=0.727,
    n_changed=7,
    n_fixed=3,
    n_broken=4,
    need=Need(
        n_cases=270,
        more_cases=210,
        n_repeats=None,
        text="needs 210 more cases to settle 5 pp at 80 % power",
    ),
    **BINARY,
)
INVALID = Finding(
    code="few_shared_cases",
    severity=Severity.INVALID,
    text="Only 12 of 60 cases were run by both arms, at least 90 % are needed.",
)
LATER = Finding(
    code="confounded_with_time",
    severity=Severity.CAVEAT,
    text="The runs of the arms are 3 h 10 min apart: what differs may be the hour.",
    metrics=(Metric.LATENCY, Metric.LATENCY_P95),
)
CACHED = Finding(
    code="cached",
    severity=Severity.CAVEAT,
    text="14 of 120 tests of clear were answered from a cache; they are in no price.",
)


def ids(n: int) -> tuple[str, ...]:
    return tuple(f"review-{i:03}" for i in range(n))


def alone(one: Comparison) -> tuple[ComparisonSet]:
    return (ComparisonSet(comparisons=(one,)),)


def holm(label: str, found: MetricVerdict, p: float, *findings: Finding) -> Comparison:
    return compared(
        replace(found, p_adjusted=p, level=0.983),
        replace(LATENCY, p_adjusted=1.0, level=0.983),
        candidate=arm(label),
        correction="Holm over 3 candidates; simultaneous intervals",
        findings=(CACHED, *findings),
        newly_failing=ids(found.n_broken or 0),
    )


def text(content: str, kept: Kept = Kept.WHOLE, n_chars: int | None = None) -> CaseText:
    return CaseText(text=content, kept=kept, n_chars=len(content) if n_chars is None else n_chars)


def tried(n_passed: int, n: int = 1, **more: Any) -> CaseArm:
    facts: dict[str, Any] = {"score": n_passed / n, "latency_ms": 231.4, "tokens": 59.0}
    return CaseArm(n=n, n_passed=n_passed, **(facts | more))


def shown(output: CaseText, status: str = "succeeded", **more: Any) -> TryTexts:
    return TryTexts(status=status, output=output, **more)


TOLD = (
    CaseOutcome(
        case_id="review-003",
        change=CaseChange.BROKEN,
        arms=(
            tried(2, 2, shown=shown(text("negative\n\n| cold | soup |"))),
            tried(
                0,
                2,
                latency_ms=464.9,
                tokens=None,
                shown=shown(
                    text("p" * 40, n_chars=1_048_576),
                    "failed",
                    error=text("assertion failed: expected 'negative', got 'positive'"),
                    reasons=(text("faithful: says the reverse of the review"),),
                ),
            ),
        ),
        input=text("Cold soup, slow service and a bill with two dishes we never ordered."),
        expected=text("negative"),
    ),
    CaseOutcome(
        case_id="review-011",
        change=CaseChange.FIXED,
        arms=(
            tried(0, shown=shown(CaseText(), "timeout", error=text("Request timed out"))),
            tried(1, shown=shown(text("ab" * 32, Kept.HASH))),
        ),
        input=text('{"review": "The kettle bo', Kept.EXCERPT),
    ),
    CaseOutcome(
        case_id="評価-٤٢",
        change=CaseChange.FAILING,
        arms=(tried(0, score=None, latency_ms=None, tokens=None), tried(0, score=None)),
    ),
    CaseOutcome(case_id="review-030", change=CaseChange.FLAKY, arms=(tried(1, 2), tried(1, 2))),
    CaseOutcome(case_id="review-031", change=CaseChange.PASSING, arms=(tried(1), tried(1))),
)
FAILED_CASES = (
    CaseOutcome(
        case_id="review-002",
        change=CaseChange.FAILING,
        arms=(tried(0, 2, shown=shown(text(" positive."), "failed")),),
        input=text("The zip broke on the second day."),
    ),
    CaseOutcome(case_id="review-005", change=CaseChange.FLAKY, arms=(tried(1, 2),)),
)
FULL = compared(
    IMPROVED,
    replace(IMPROVED, metric=Metric.SCORE, detail=None, companions=()),
    LATENCY,
    TAIL,
    COST,
    TOKENS,
    newly_failing=ids(2),
    newly_passing=ids(41),
    findings=(CACHED, LATER),
)
BROKEN = compared(
    REGRESSED,
    LATENCY,
    UNPRICED,
    newly_failing=ids(40),
    newly_passing=ids(7),
    findings=(CACHED,),
    n_shared=200,
)
UNSETTLED = compared(INCONCLUSIVE, LATENCY, newly_failing=ids(4), newly_passing=ids(3))
REFUSED = compared(
    verdict(Metric.SUCCESS, VerdictKind.INVALID, baseline=0.71, candidate=0.75, n=12),
    verdict(Metric.LATENCY, VerdictKind.INVALID, n=12),
    findings=(LATER, INVALID),
    n_shared=12,
    n_only_baseline=48,
    n_only_candidate=50,
)
UNPAIRED = compared(
    verdict(
        Metric.SUCCESS,
        VerdictKind.INCONCLUSIVE,
        baseline=0.7667,
        candidate=0.8276,
        estimate=0.0609,
        low=-0.0851,
        high=0.2031,
        p_value=0.414,
        n_candidate=58,
        method="pooled z, Newcombe interval",
        why="the arms ran different cases",
        need=Need(
            n_cases=1812,
            more_cases=1694,
            n_repeats=None,
            text="needs 906 cases of each arm; the same cases in both would need 312",
        ),
    ),
    paired=False,
    n_shared=0,
    n_only_baseline=60,
    n_only_candidate=58,
)
UNBOUNDED = compared(
    verdict(
        Metric.COST,
        VerdictKind.INCONCLUSIVE,
        reason="the baseline's cost cannot be told from 0",
        baseline=0.000012,
        candidate=0.0134,
        estimate=1115.67,
        low=-0.52,
        high=math.inf,
        p_value=0.31,
        n=3,
        unit="family",
        n_fixed=1,
        n_broken=2,
        need=Need(
            n_cases=None, more_cases=None, n_repeats=None, text="no number of cases would settle it"
        ),
    ),
    verdict(Metric.TOKENS, VerdictKind.INCONCLUSIVE, estimate=0.0, low=-math.inf, high=math.inf),
)


def guard(found: MetricVerdict, mode: GuardMode, status: GuardStatus, text: str) -> GuardCheck:
    rate = found.metric in {Metric.SUCCESS, Metric.SCORE}
    bound = found.low_one_sided if rate else found.high_one_sided
    worse = None if bound is None else max(0.0, -bound if rate else bound)
    return GuardCheck(
        guardrail=Guardrail(metric=found.metric, margin=found.margin or 0.05, mode=mode),
        status=status,
        verdict=found,
        could_hide=worse,
        smallest_margin=worse,
        text=text,
    )


FAILED = BaselineGate(
    status=GuardStatus.FAILED,
    checks=(
        guard(
            REGRESSED,
            GuardMode.PROVE,
            GuardStatus.FAILED,
            "worse by more than the margin",
        ),
        guard(
            LATENCY,
            GuardMode.DETECT,
            GuardStatus.PASSED,
            "no regression was found",
        ),
        guard(
            TAIL,
            GuardMode.PROVE,
            GuardStatus.INCONCLUSIVE,
            "neither shown to be within the margin nor beyond it",
        ),
        guard(UNPRICED, GuardMode.DETECT, GuardStatus.INVALID, "the cost of no test is known"),
    )[:3],
    comparison=BROKEN,
)
PROVED = BaselineGate(
    status=GuardStatus.PASSED,
    checks=(
        guard(
            EQUIVALENT,
            GuardMode.PROVE,
            GuardStatus.PASSED,
            "shown to be no worse than the margin",
        ),
        guard(COST, GuardMode.PROVE, GuardStatus.PASSED, "shown to be no worse than the margin"),
    ),
    comparison=compared(EQUIVALENT, COST, n_shared=1000),
)
REFUSING = BaselineGate(
    status=GuardStatus.INVALID,
    checks=(
        guard(
            REFUSED.metrics[0],
            GuardMode.PROVE,
            GuardStatus.INVALID,
            "Only 12 of 60 cases were run by both arms, at least 90 % are needed.",
        ),
    ),
    comparison=REFUSED,
)
THRESHOLDS = GateResult(
    run_id="sentiment-clear",
    workflow_id="sentiment",
    variant="clear",
    status=GateStatus.FAILED,
    checks=(
        GateCheck(
            check=RuleCheck(
                rule="success_rate",
                setting="min_success_rate",
                unit=Unit.RATE,
                fires_below=True,
                threshold=0.8,
                outcome=Outcome.FIRED,
                value=0.62,
                margin=-0.18,
                n=200,
                low=0.551,
                high=0.684,
                level=0.95,
                settled=True,
            ),
            status=GateStatus.FAILED,
        ),
    ),
    not_evaluated=(),
    strict=False,
    baseline_note="",
)

CASES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "comparison": (comparison, alone(FULL)),
    "comparison-empty": (comparison, (ComparisonSet(comparisons=()),)),
    "comparison-unmeasured": (comparison, alone(compared())),
    "comparison-regressed": (comparison, alone(BROKEN)),
    "comparison-equivalent": (comparison, alone(compared(EQUIVALENT, COST, LATENCY))),
    "comparison-dearer": (comparison, alone(compared(INCONCLUSIVE, LATENCY, TOKENS))),
    "comparison-inconclusive": (comparison, alone(UNSETTLED)),
    "comparison-invalid": (comparison, alone(REFUSED)),
    "comparison-unpaired": (comparison, alone(UNPAIRED)),
    "comparison-unbounded": (comparison, alone(UNBOUNDED)),
    "comparison-cases": (comparison, alone(replace(BROKEN, cases=TOLD))),
    "comparison-cases-unpaired": (comparison, alone(replace(UNPAIRED, cases=()))),
    "comparison-several": (
        comparison,
        (
            ComparisonSet(
                comparisons=(
                    holm("few_shot", INCONCLUSIVE, 0.727),
                    holm("clear", IMPROVED, 3.6e-9),
                    holm("terse", REGRESSED, 0.0086, LATER),
                ),
                omnibus_p=0.0000041,
                omnibus_n=60,
            ),
        ),
    ),
    "comparison-none-improved": (
        comparison,
        (
            ComparisonSet(
                comparisons=(
                    holm("few_shot", INCONCLUSIVE, 0.727),
                    holm("terse", EQUIVALENT, 0.86),
                    replace(REFUSED, candidate=arm("torn")),
                )
            ),
        ),
    ),
    "baseline_gate": (baseline_gate, (FAILED,)),
    "baseline_gate-empty": (baseline_gate, (replace(PROVED, checks=(), comparison=compared()),)),
    "baseline_gate-cases": (
        baseline_gate,
        (replace(FAILED, comparison=replace(BROKEN, cases=TOLD)),),
    ),
    "baseline_gate-proved": (baseline_gate, (PROVED,)),
    "baseline_gate-invalid": (baseline_gate, (REFUSING,)),
    "baseline_gate-thresholds": (gate_with_baseline, ((THRESHOLDS,), FAILED)),
    "baseline_gate-thresholds-only": (gate_with_baseline, ((THRESHOLDS,), PROVED)),
}
