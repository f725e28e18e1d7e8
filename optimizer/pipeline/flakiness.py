"""From stored runs to how reliable the variants of a workflow are."""

from __future__ import annotations

from optimizer.experiments.flakiness import flakiness as of_arms
from optimizer.history.store import History
from optimizer.models.errors import SelectionError
from optimizer.models.flakiness import Flakiness
from optimizer.pipeline.variants import variant_arms


def flakiness(
    history: History,
    workflow_id: str,
    *,
    variant: str | None = None,
    k: int,
    pool: int,
    level: float,
) -> Flakiness:
    """Return what the repeats of a workflow's variants say.

    Args:
        history: An open history.
        workflow_id: The workflow.
        variant: Label or id of the only variant that is wanted; None: all.
        k: How many repeats pass@k and pass^k look at.
        pool: How many of a variant's newest runs are taken together.
        level: Level of the intervals, 0 to 1.

    Raises:
        SelectionError: There is no such workflow or variant, or no test was completed.
    """
    arms = tuple(variant_arms(history, workflow_id, pool=pool, variant=variant))
    if not any(bool((loaded.cases.n > 0).any()) for loaded in arms):
        raise SelectionError(f"workflow {workflow_id!r}: no test was completed")
    return of_arms(arms, k=k, level=level)
