"""Which earlier looks the present data share a false-alarm rate with."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.history import queries
from optimizer.models.cases import LoadedArm
from optimizer.models.experiments import Look
from optimizer.pipeline.moments import Moment


def ledger_of(at: Moment, baseline: LoadedArm, candidate: LoadedArm) -> list[Look]:
    """Return the looks that the present cases were part of, whoever made them, oldest first.

    Cases of which none was looked at before begin a ledger of their own. Looks at runs that are
    no longer stored cannot be told apart from the present ones, and so they count.
    """
    earlier = queries.looks(
        at.history,
        workflow_id=at.design.workflow_id,
        metric=at.design.primary,
        baseline_id=baseline.arm.variant_id,
        candidate_id=candidate.arm.variant_id,
    )
    run_ids = [*baseline.arm.run_ids, *candidate.arm.run_ids]
    for suite in dict.fromkeys(look.key.suite_sha256 for look in reversed(earlier)):
        ledger = [look for look in earlier if look.key.suite_sha256 == suite]
        if _overlaps(at, run_ids, ledger):
            return ledger
    return []


def alpha_of(at: Moment, ledger: Sequence[Look], baseline: LoadedArm) -> float:
    """Return what this ledger may spend in all.

    Cases on which champions of a search were confirmed before confirm the next at half of it
    each time.
    """
    design = at.design
    if not design.selected_by_search:
        return design.alpha_each
    looks = queries.looks(
        at.history,
        workflow_id=design.workflow_id,
        metric=design.primary,
        baseline_id=baseline.arm.variant_id,
    )
    searched = {
        one.design.experiment_id
        for one in queries.experiments(at.history, workflow_id=design.workflow_id)
        if one.design.selected_by_search
    } - {design.experiment_id, *(look.experiment_id for look in ledger)}
    before: dict[str, list[Look]] = {}
    for look in looks:
        if look.experiment_id in searched:
            before.setdefault(look.experiment_id, []).append(look)
    used = sum(_overlaps(at, baseline.arm.run_ids, made) for made in before.values())
    return design.alpha_each / float(2**used)


def _overlaps(at: Moment, run_ids: Sequence[str], looks: Sequence[Look]) -> bool:
    """Return whether cases of the runs were looked at before, or may have been."""
    before = {run_id for look in looks for run_id in look.run_ids}
    if before & set(run_ids) or before - at.stored:
        return True
    return queries.shared_cases(at.history, run_ids, sorted(before)) > 0
