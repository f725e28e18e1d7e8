"""The variants of a workflow, each over its newest runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from optimizer.analysis.arms import load_arm
from optimizer.history import queries
from optimizer.history.store import History
from optimizer.models.cases import LoadedArm
from optimizer.models.errors import SelectionError
from optimizer.models.nearest import some_of
from optimizer.pipeline.workflow import require_workflow

"""How many variants a message lists."""

ID_SHOWN = 8
"""Characters of a variant's id that tell it from another of the same label."""


def variant_arms(
    history: History, workflow_id: str, *, pool: int, variant: str | None = None
) -> Iterator[LoadedArm]:
    """Yield the variants of a workflow, most recently run first, each when it is asked for.

    Args:
        history: An open history.
        workflow_id: The workflow.
        pool: How many of a variant's newest runs are taken together; only the newest where the
            cases of its runs are not the same.
        variant: Label or id of the one that is wanted; None: all.

    Raises:
        SelectionError: There is no such workflow, or it has no such variant.
    """
    require_workflow(history, workflow_id)
    found = queries.runs_of_variant(history, None, workflow_id=workflow_id, limit=queries.ALL)
    runs: dict[str, list[str]] = {}
    labels: dict[str, str] = {}
    for run in found:
        runs.setdefault(run.variant_id, []).append(run.run_id)
        labels.setdefault(run.variant_id, run.variant)
    chosen = [i for i, label in labels.items() if variant is None or variant in (label, i)]
    if not chosen:
        names = some_of(dict.fromkeys(labels.values()))
        raise SelectionError(
            f"workflow {workflow_id!r}: no variant {variant!r} has run, expected one of {names}"
        )
    taken = Counter(labels.values())
    for variant_id in chosen:
        loaded = _loaded(history, variant_id, runs[variant_id][:pool])
        if taken[labels[variant_id]] > 1:
            label = f"{labels[variant_id]} ({variant_id[:ID_SHOWN]})"
            loaded = replace(loaded, arm=replace(loaded.arm, label=label))
        yield loaded


def _loaded(history: History, variant_id: str, run_ids: list[str]) -> LoadedArm:
    """Load a variant over some runs, or over the newest alone where its cases change."""
    loaded = load_arm(
        history,
        selector=run_ids[0],
        run_ids=run_ids,
        variant_id=variant_id,
        latencies=False,
    )
    if loaded.arm.pairable or len(run_ids) == 1:
        return loaded
    return _loaded(history, variant_id, run_ids[:1])
