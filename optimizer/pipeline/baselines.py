"""What the candidates of a workflow are held against: set, found, taken away."""

from __future__ import annotations

from datetime import datetime

from optimizer.history import queries
from optimizer.history.baselines import record_baseline, remove_baseline
from optimizer.history.store import History
from optimizer.models.errors import NothingYetError, SelectionError
from optimizer.models.experiments import Baseline
from optimizer.pipeline.select import select_run

HINT = "Set the newest run with 'optimizer baseline set latest', or name another."


def set_baseline(history: History, selector: str, *, actor: str, now: datetime) -> Baseline:
    """Make a run the baseline of its workflow, in place of the one there was.

    Args:
        history: An open history.
        selector: A run as `select_run` takes it; `WORKFLOW:VARIANT` is the newest such run.
        actor: Who.
        now: When, UTC.

    Raises:
        SelectionError: It means no run, or one with several variants and none of them.
    """
    run_id = select_run(history, selector)
    variants = queries.arms(history, [run_id])
    label = selector.rpartition(":")[2] if ":" in selector else None
    found = [one for one in variants if one.variant == label] or variants
    if len(found) != 1:
        names = ", ".join(sorted(one.variant for one in variants))
        raise SelectionError(
            f"run {run_id!r}: holds {len(variants)} variants: {names}",
            hint="Name one as WORKFLOW:VARIANT.",
        )
    (arm,) = found
    baseline = Baseline(
        workflow_id=arm.workflow_id,
        run_id=run_id,
        variant_id=arm.variant_id,
        variant=arm.variant,
        set_at=now,
        actor=actor,
    )
    record_baseline(history, baseline)
    return baseline


def baseline_of(history: History, workflow_id: str) -> Baseline | None:
    """Return the baseline of a workflow, or None where none is set."""
    found = queries.baselines(history, workflow_id=workflow_id)
    return found[0] if found else None


def require_baseline(history: History, workflow_id: str | None) -> Baseline:
    """Return the baseline of a workflow, or the only one there is.

    Raises:
        SelectionError: None is set, several are and no workflow is named, or its run is gone.
    """
    found = queries.baselines(history, workflow_id=workflow_id)
    if not found:
        subject = f"workflow {workflow_id!r}" if workflow_id else "baseline"
        raise NothingYetError(f"{subject}: no baseline is set", hint=HINT)
    if len(found) > 1:
        names = ", ".join(one.workflow_id for one in found)
        raise SelectionError(
            f"baseline: {len(found)} workflows have one: {names}",
            hint="Name the workflow with --workflow.",
        )
    (baseline,) = found
    if not is_stored(history, baseline):
        raise SelectionError(
            f"baseline of {baseline.workflow_id!r}: its run {baseline.run_id!r} is no longer "
            "stored",
            hint=HINT,
        )
    return baseline


def is_stored(history: History, baseline: Baseline) -> bool:
    """Return whether the run of a baseline is still there, with its variant."""
    variants = queries.arms(history, [baseline.run_id])
    return any(one.variant_id == baseline.variant_id for one in variants)


def clear_baseline(
    history: History, workflow_id: str | None, *, actor: str, now: datetime
) -> Baseline:
    """Take the baseline of a workflow, or the only one there is, away and return it.

    Raises:
        SelectionError: None is set, or several are and no workflow is named.
    """
    found = queries.baselines(history, workflow_id=workflow_id)
    if len(found) != 1:
        names = ", ".join(one.workflow_id for one in found)
        what = f"{len(found)} workflows have one: {names}" if found else "none is set"
        raise SelectionError(
            f"baseline: {what}",
            hint="Name the workflow with --workflow." if found else HINT,
        )
    remove_baseline(history, found[0].workflow_id, actor=actor, now=now)
    return found[0]
