"""What became of each case of a comparison or a run, down to the texts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

import numpy as np

from optimizer.analysis.case_texts import with_texts
from optimizer.experiments.changed import case_arms, changed_cases
from optimizer.history.queries.cases import case_columns
from optimizer.history.store import History
from optimizer.models.case_changes import (
    VARIANTS_WITH_CASES,
    CaseArm,
    CaseChange,
    CaseOutcome,
    TextLimits,
)
from optimizer.models.cases import CaseColumns, LoadedArm
from optimizer.models.dataclass import dataclass
from optimizer.models.verdicts import Comparison, ComparisonSet


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenArm:
    """An arm, and the way to the history that its texts are in.

    Attributes:
        loaded: The arm.
        history: Opens its history.
    """

    loaded: LoadedArm
    history: Callable[[], AbstractContextManager[History]]


def with_cases(
    found: Comparison, baseline: OpenArm, candidate: OpenArm, limits: TextLimits
) -> Comparison:
    """Return a comparison with what became of each case, and with texts of the first of them.

    Arms that are not compared in pairs share no cases to tell of.
    """
    if not found.paired:
        return replace(found, cases=())
    cases = changed_cases(baseline.loaded.cases, candidate.loaded.cases)
    for side, arm in enumerate((baseline, candidate)):
        with arm.history() as history:
            cases = with_texts(cases, history, arm.loaded.arm, side, limits)
    return replace(found, cases=cases)


def all_with_cases(
    found: ComparisonSet, arms: Sequence[OpenArm], limits: TextLimits, told: Collection[int]
) -> ComparisonSet:
    """Return comparisons of the first arm with the others, some of them with their cases.

    Args:
        found: The comparisons, in the order of the arms.
        arms: The arms.
        limits: How many texts are wanted by all of them together.
        told: Places of the comparisons whose cases are wanted.
    """
    each = limits.shared_by(max(len(told), 1))
    comparisons = tuple(
        with_cases(one, arms[0], arm, each) if place in told else one
        for place, (one, arm) in enumerate(zip(found.comparisons, arms[1:], strict=True))
    )
    return replace(found, comparisons=comparisons)


def failing_cases(
    history: History,
    run_id: str,
    variant_ids: Sequence[str],
    limits: TextLimits,
    *,
    workflow_id: str,
) -> tuple[CaseOutcome, ...]:
    """Return the cases of a run that failed under one of its variants, those that did most first.

    Of a run with very many variants, only the first `VARIANTS_WITH_CASES` are looked at.

    Args:
        history: The history that holds the run.
        run_id: The run.
        variant_ids: Its variants, in the order of the arms of a case.
        limits: How many texts are wanted, and how much of each.
        workflow_id: The workflow of the run.
    """
    told = variant_ids[:VARIANTS_WITH_CASES]
    columns = case_columns(history, {variant_id: [run_id] for variant_id in told})
    cases = _failing([columns[variant_id] for variant_id in told])
    for side, variant_id in enumerate(told):
        cases = with_texts(cases, history, (workflow_id, (run_id,), variant_id), side, limits)
    return cases


def _failing(columns: Sequence[CaseColumns]) -> tuple[CaseOutcome, ...]:
    arms: dict[str, list[CaseArm]] = {}
    for side, one in enumerate(columns):
        rows = np.arange(len(one.case_id))
        for case_id, arm in zip(one.case_id.tolist(), case_arms(one, rows), strict=True):
            arms.setdefault(str(case_id), [NOT_TRIED] * len(columns))[side] = arm
    failed = [
        CaseOutcome(case_id=case_id, change=_change(of_case), arms=tuple(of_case))
        for case_id, of_case in arms.items()
        if any(arm.n_passed < arm.n for arm in of_case)
    ]
    return tuple(sorted(failed, key=_passed))


def _change(arms: Sequence[CaseArm]) -> CaseChange:
    return CaseChange.FLAKY if any(arm.n_passed for arm in arms) else CaseChange.FAILING


def _passed(case: CaseOutcome) -> tuple[float, str]:
    """Return the share of tries that passed, and the name of the case."""
    n = sum(arm.n for arm in case.arms)
    return (sum(arm.n_passed for arm in case.arms) / n, case.case_id)


NOT_TRIED = CaseArm(n=0, n_passed=0)
