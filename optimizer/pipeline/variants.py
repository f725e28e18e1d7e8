"""The variants of a workflow, each over its newest runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from optimizer.analysis.arms import load_arms
from optimizer.history import queries
from optimizer.history.store import History
from optimizer.models.cases import LoadedArm
from optimizer.models.errors import SelectionError
from optimizer.models.nearest import some_of
from optimizer.pipeline.workflow import require_workflow

LOADED_AT_ONCE = 500
"""Variants that are loaded together: what their cases gave is held in memory."""

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
    for first in range(0, len(chosen), LOADED_AT_ONCE):
        some = chosen[first : first + LOADED_AT_ONCE]
        loaded = _loaded(history, {variant_id: runs[variant_id][:pool] for variant_id in some})
        for variant_id in some:
            arm = loaded[variant_id]
            if taken[labels[variant_id]] > 1:
                label = f"{labels[variant_id]} ({variant_id[:ID_SHOWN]})"
                arm = replace(arm, arm=replace(arm.arm, label=label))
            yield arm


def _loaded(history: History, runs_of: Mapping[str, Sequence[str]]) -> dict[str, LoadedArm]:
    """Load variants over some runs, or over the newest alone where the cases change."""
    selectors = {variant_id: runs[0] for variant_id, runs in runs_of.items()}
    loaded = load_arms(history, runs_of, selectors=selectors, latencies=False)
    newest = {
        variant_id: runs[:1]
        for variant_id, runs in runs_of.items()
        if len(runs) > 1 and not loaded[variant_id].arm.pairable
    }
    if newest:
        loaded |= load_arms(history, newest, selectors=selectors, latencies=False)
    return loaded
