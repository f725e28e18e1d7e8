"""From stored tasks to a metric over time."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.analysis.series import series as of_workflow
from optimizer.history import queries
from optimizer.history.store import History
from optimizer.models.errors import SelectionError
from optimizer.models.nearest import some_of
from optimizer.models.series import Aggregate, Fill, Series, SeriesMetric, Windowing
from optimizer.pipeline.workflow import require_workflow

"""How many variants a message lists."""


def series(
    history: History,
    workflow_id: str,
    metric: SeriesMetric,
    windowing: Windowing,
    *,
    aggregates: Sequence[Aggregate],
    variant: str | None,
    fill: Fill,
) -> Series:
    """Return a metric of a workflow over time; see `analysis.series`.

    Raises:
        SelectionError: There is no such workflow or variant.
        ConfigError: Time cannot be cut so, or into too many windows.
    """
    require_workflow(history, workflow_id)
    found = of_workflow(
        history,
        workflow_id,
        metric,
        windowing,
        aggregates=aggregates,
        variant=variant,
        fill=fill,
    )
    if variant is not None and not found.windows:
        _require_variant(history, workflow_id, variant)
    return found


def _require_variant(history: History, workflow_id: str, variant: str) -> None:
    """Refuse a variant that the workflow does not have.

    Raises:
        SelectionError: This is one.
    """
    known = queries.variant_tasks(history, workflow_id=workflow_id)
    if all(variant not in (one.variant, one.variant_id) for one in known):
        names = some_of(one.variant for one in known)
        raise SelectionError(
            f"workflow {workflow_id!r}: no variant {variant!r} has run, expected one of {names}"
        )
