"""May this run ship? By absolute thresholds, with room for doubt.

A rule fails the gate when the whole interval lies beyond its threshold, passes when the estimate
meets it, and leaves it inconclusive in between. Strictly, the estimate alone decides. A run in
which nobody told pass from fail does not pass either.
"""

from __future__ import annotations

from optimizer.models.errors import SelectionError
from optimizer.models.rules import GateCheck, GateResult, GateStatus, Outcome, RuleCheck
from optimizer.models.tasks import UNJUDGED
from optimizer.pipeline.view import RunView, VariantView

NO_BASELINE = "Judged by absolute thresholds only: no baseline was compared."


def gate(view: RunView, *, strict: bool) -> tuple[GateResult, ...]:
    """Judge every variant of a run.

    Raises:
        SelectionError: A variant completed no task, so that there is nothing to judge.
    """
    for variant in view.variants:
        if variant.summary.n_completed == 0:
            raise SelectionError(
                f"run {view.total.run_id!r}: no task was completed "
                f"({variant.summary.n_cancelled} of {variant.summary.n_tasks} were cancelled), "
                "so there is nothing to judge"
            )
    return tuple(_gate_variant(view, variant, strict=strict) for variant in view.variants)


def worst(results: tuple[GateResult, ...]) -> GateStatus:
    """Return the worst status of some gates."""
    return _worst(tuple(result.status for result in results))


def _gate_variant(view: RunView, variant: VariantView, *, strict: bool) -> GateResult:
    checks = variant.explanation.checks
    judged = tuple(
        GateCheck(check=check, status=_status(check, strict=strict))
        for check in checks
        if check.outcome is not Outcome.NOT_EVALUATED
    )
    unjudged = () if UNJUDGED not in view.warnings else (GateStatus.INCONCLUSIVE,)
    return GateResult(
        run_id=view.total.run_id,
        workflow_id=view.total.workflow_id,
        variant=variant.summary.variant,
        status=_worst((*(check.status for check in judged), *unjudged)),
        checks=judged,
        not_evaluated=tuple(c for c in checks if c.outcome is Outcome.NOT_EVALUATED),
        strict=strict,
        baseline_note=NO_BASELINE,
        warnings=view.warnings,
    )


def _status(check: RuleCheck, *, strict: bool) -> GateStatus:
    if check.outcome is Outcome.QUIET:
        return GateStatus.PASSED
    in_doubt = check.n is not None and check.settled is not True
    return GateStatus.INCONCLUSIVE if in_doubt and not strict else GateStatus.FAILED


def _worst(statuses: tuple[GateStatus, ...]) -> GateStatus:
    for status in (GateStatus.FAILED, GateStatus.INCONCLUSIVE):
        if status in statuses:
            return status
    return GateStatus.PASSED
