"""Loading the arms that a command names: files, stored runs, variants."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cli.options import NO_FAMILY
from cli.reading import history_of_file, is_file, run_of
from optimizer.models.errors import SelectionError

if TYPE_CHECKING:
    from cli.session import Session
    from optimizer.models.cases import LoadedArm
    from optimizer.models.terms import Metric
    from optimizer.pipeline.arms import Wanted

STDIN = "-"


def loaded_arms(
    selectors: Sequence[str],
    here: Session,
    *,
    metrics: Sequence[Metric] | None,
    workflow: str | None,
    pool: int = 1,
    family: str | None = None,
    outputs: Sequence[Path] | None = None,
    run: str | None = None,
) -> list[LoadedArm]:
    """Load the arms, the files among them first: they tell the workflow that names refer to.

    A file alone stands for all runs in it, or all variants of its only run.

    `run` says which run of the last arm's file is meant, where that holds several.

    Raises:
        FormatError: A file cannot be read.
        SelectionError: A name means nothing, or more than one thing.
    """
    from optimizer.experiments.amounts import QUANTILES
    from optimizer.pipeline.arms import Wanted

    _require_names(selectors)
    if len(selectors) == 1 and is_file(selectors[0]):
        selectors = _runs_of(selectors[0], here, outputs)
    latencies = any(metric in QUANTILES for metric in metrics or ())
    found: dict[int, LoadedArm] = {}
    order = sorted(range(len(selectors)), key=lambda i: (_is_name(selectors[i]), -i))
    for place in order:
        known = next(iter(found.values()), None)
        wanted = Wanted(
            workflow_id=workflow or (known.arm.workflow_id if known else None),
            label=known.arm.label if known else None,
            pool=pool,
            family=None if family == NO_FAMILY else family,
            latencies=latencies,
            scorer=here.loaded.config.ingest.score,
        )
        found[place] = _loaded(
            selectors[place],
            here,
            wanted,
            outputs=outputs,
            run=run if place == len(selectors) - 1 else None,
        )
        _require_workflow(found[place], workflow)
    return [found[place] for place in range(len(selectors))]


def _runs_of(file: str, here: Session, outputs: Sequence[Path] | None) -> list[str]:
    """Return selectors of what can be compared within a file."""
    from optimizer.history import queries
    from optimizer.pipeline.arms import PART

    if file == STDIN:
        return [file]
    with history_of_file(file, here, outputs=outputs) as (history, run_ids):
        names = run_ids
        if len(run_ids) == 1:
            names = [one.variant_id for one in queries.arms(history, run_ids)]
    return [f"{file}{PART}{name}" for name in names] if len(names) > 1 else [file]


def _loaded(
    selector: str,
    here: Session,
    wanted: Wanted,
    *,
    outputs: Sequence[Path] | None,
    run: str | None,
) -> LoadedArm:
    from optimizer.history.settings import PayloadPolicy
    from optimizer.history.store import read_history
    from optimizer.pipeline.arms import PART, arm_of_runs, stored_arm

    name, _, part = selector.partition(PART)
    if not is_file(name):
        with read_history(here.store, lock_timeout_s=here.lock_timeout_s) as history:
            return stored_arm(history, selector, wanted)
    payloads = PayloadPolicy.HASHES if wanted.family is None else PayloadPolicy.FULL
    with history_of_file(name, here, outputs=outputs, payloads=payloads) as (history, run_ids):
        chosen = run_ids if run is None else [run_of(run_ids, run, name)]
        return arm_of_runs(history, chosen, part or None, selector=selector, wanted=wanted)


def _require_names(selectors: Sequence[str]) -> None:
    """Refuse what cannot name arms."""
    names = [selector.partition("#")[0] for selector in selectors]
    if "" in names:
        raise SelectionError(
            f"{selectors[names.index('')]!r}: names no arm, expected a file, a run or a variant"
        )
    if names.count("-") > 1:
        raise SelectionError("-: standard input can be read once, so it is one arm at most")


def _require_workflow(loaded: LoadedArm, workflow: str | None) -> None:
    """Refuse an arm of another workflow than the one asked for."""
    arm = loaded.arm
    if workflow is not None and arm.workflow_id != workflow:
        raise SelectionError(
            f"{arm.selector}: is of workflow {arm.workflow_id!r}, expected {workflow!r}"
        )


def _is_name(selector: str) -> bool:
    return not is_file(selector.partition("#")[0])
