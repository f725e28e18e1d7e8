"""Suites of cases by the generator, and arms made of them as the product sees them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import numpy as np

from optimizer.experiments import rates
from optimizer.experiments.comparing import compare
from optimizer.experiments.guardrails import guard
from optimizer.experiments.pairing import Pairs, match
from optimizer.experiments.settings import ComparisonSettings
from optimizer.experiments.verdict import judge
from optimizer.models.cases import Arm, CaseColumns, LoadedArm
from optimizer.models.terms import GuardMode, GuardStatus, Metric, VerdictKind
from optimizer.models.verdicts import Guardrail, MetricVerdict

ALPHA, MARGIN = 0.05, 0.05
SETTINGS = ComparisonSettings(alpha=ALPHA)
FOUND = (VerdictKind.IMPROVED, VerdictKind.REGRESSED)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Suites:
    """Suites of cases: logit of the pass rate N(mean, 2²) by case, N(0, tau²) by case and arm."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def bases(self, reps: int, n: int, *, mean: float = 1.0) -> Any:
        """The logits that both arms share."""
        return self.rng.normal(mean, 2.0, (reps, n))

    def rates(self, bases: Any, *, tau: float = 0.0, effect: float = 0.0) -> Any:
        """The pass rate of each case under one arm."""
        logits = bases + effect
        if tau:
            logits = logits + self.rng.normal(0, tau, bases.shape)
        return 1 / (1 + np.exp(-logits))

    def passes(self, rates: Any, repeats: int) -> Any:
        """How many of the repeats of each case passed."""
        return self.rng.binomial(repeats, rates)

    def arms(
        self, reps: int, n: int, *, repeats: int = 1, tau: float = 0.0, effect: float = 0.0
    ) -> tuple[Any, Any]:
        """Passes of two arms over the same cases."""
        bases = self.bases(reps, n)
        return (
            self.passes(self.rates(bases, tau=tau), repeats),
            self.passes(self.rates(bases, tau=tau, effect=effect), repeats),
        )

    def flips(self, reps: int, n: int, *, broken: float, fixed: float) -> tuple[Any, Any]:
        """Cases broken and fixed so far, after 1, 2, ... n cases run once."""
        drawn = self.rng.random((reps, n))
        return (
            np.cumsum(drawn < broken, axis=1),
            np.cumsum((drawn >= broken) & (drawn < broken + fixed), axis=1),
        )


class Arms:
    """Arms as the product sees them, from counts of passes."""

    def cases(
        self, passed: Any, repeats: int = 1, *, family: Any = None, errors: Any = None
    ) -> CaseColumns:
        n = len(passed)
        none, unknown = np.zeros(n, dtype=np.int64), np.full(n, np.nan)
        return CaseColumns(
            case_id=_case_ids(n),
            n=np.full(n, repeats),
            n_passed=np.asarray(passed, dtype=np.int64),
            n_errors=none if errors is None else errors,
            n_cached=none,
            n_unfinished=none,
            n_scored=none,
            score=unknown,
            score_variance=unknown,
            n_latency=none,
            latency_ms=unknown,
            n_cost=none,
            cost_usd=unknown,
            n_tokens=none,
            tokens=unknown,
            family=_no_families(n) if family is None else family,
            first_at=np.arange(n),
        )

    def pairs(self, first: Any, second: Any, repeats: int = 1, **columns: Any) -> Pairs:
        return self.match(
            self.cases(first, repeats, **columns), self.cases(second, repeats, **columns)
        )

    def match(self, first: CaseColumns, second: CaseColumns) -> Pairs:
        return match(first, second)

    def loaded(self, label: str, passed: Any, repeats: int = 1, **columns: Any) -> LoadedArm:
        cases = self.cases(passed, repeats, **columns)
        total = int(cases.n.sum())
        return LoadedArm(
            arm=Arm(
                selector=label,
                label=label,
                workflow_id="wf",
                run_ids=(label,),
                variant_id=label,
                prompt_sha256=label,
                provider=None,
                model=None,
                parameters=None,
                pairable=True,
                content_sha256=label,
                n_tasks=total,
                n_completed=total,
                n_succeeded=int(cases.n_passed.sum()),
                n_errors=int(cases.n_errors.sum()),
                started_at=NOON,
                ended_at=NOON,
            ),
            cases=cases,
        )

    def verdict(self, pairs: Pairs, *, method: str | None = None) -> MetricVerdict:
        """What the product says of the pass rate."""
        measured = rates.paired_rate(
            pairs, Metric.SUCCESS, settings=SETTINGS, alpha=ALPHA, families=True, method=method
        )
        return judge(measured, margin=MARGIN, min_effect=0.0, min_changed=SETTINGS.min_changed)

    def found(self, pairs: Pairs, *, method: str | None = None) -> bool:
        """Whether the product claims a difference."""
        return self.verdict(pairs, method=method).kind in FOUND


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the product makes of cases that both arms ran once."""

    verdict: MetricVerdict
    prove: GuardStatus
    detect: GuardStatus

    @property
    def kind(self) -> VerdictKind:
        return self.verdict.kind


@cache
def decided(broken: int, fixed: int, n: int) -> Decision:
    """What `compare` and `guard` say of cases broken, fixed and all; no case was run twice."""
    made, first, second = Arms(), np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    first[:broken], second[broken : broken + fixed] = 1, 1
    comparison = compare(
        made.loaded("old", first),
        [made.loaded("new", second)],
        settings=SETTINGS,
        metrics=[Metric.SUCCESS],
    ).comparisons[0]
    modes = (GuardMode.PROVE, GuardMode.DETECT)
    rails = [Guardrail(metric=Metric.SUCCESS, margin=MARGIN, mode=mode) for mode in modes]
    prove, detect = (check.status for check in guard(comparison, rails).checks)
    return Decision(verdict=comparison.primary, prove=prove, detect=detect)


@cache
def _case_ids(n: int) -> Any:
    return np.array([f"c{i:05}" for i in range(n)], dtype=object)


@cache
def _no_families(n: int) -> Any:
    return np.full(n, "", dtype=object)
