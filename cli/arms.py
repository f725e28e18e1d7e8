"""Loading the arms that a command names: files, stored runs, variants."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cli.reading import is_file, run_of_file

if TYPE_CHECKING:
    from cli.session import Session
    from optimizer.models.cases import LoadedArm
    from optimizer.models.terms import Metric
    from optimizer.pipeline.arms import Wanted

QUANTILES = frozenset({"latency_p50", "latency_p95"})
"""Metrics that need every single time."""


def loaded_arms(
    selectors: Sequence[str],
    here: Session,
    *,
    metrics: Sequence[Metric] | None,
    workflow: str | None,
    pool: int = 1,
    family: str | None = None,
    bridge: str | None = None,
    trust: bool = False,
    outputs: Sequence[Path] | None = None,
    run: str | None = None,
) -> list[LoadedArm]:
    """Load the arms, the files among them first: they tell the workflow that names refer to.

    Raises:
        FormatError: A file cannot be read.
        SelectionError: A name means nothing, or more than one thing.
    """
    from optimizer.pipeline.arms import Wanted

    latencies = any(metric in QUANTILES for metric in metrics or ())
    found: dict[int, LoadedArm] = {}
    order = sorted(range(len(selectors)), key=lambda i: (_is_name(selectors[i]), -i))
    for place in order:
        known = next(iter(found.values()), None)
        wanted = Wanted(
            workflow_id=workflow or (known.arm.workflow_id if known else None),
            label=known.arm.label if known else None,
            pool=pool,
            family=None if family == "none" else family,
            latencies=latencies,
        )
        found[place] = _loaded(
            selectors[place], here, wanted, bridge=bridge, trust=trust, outputs=outputs, run=run
        )
    return [found[place] for place in range(len(selectors))]


def _loaded(
    selector: str,
    here: Session,
    wanted: Wanted,
    *,
    bridge: str | None,
    trust: bool,
    outputs: Sequence[Path] | None,
    run: str | None,
) -> LoadedArm:
    from optimizer.history.settings import PayloadPolicy
    from optimizer.history.store import read_history
    from optimizer.pipeline.arms import PART, arm_of_run, stored_arm

    name, _, part = selector.partition(PART)
    if not is_file(name):
        with read_history(here.store, lock_timeout_s=here.lock_timeout_s) as history:
            return stored_arm(history, selector, wanted)
    payloads = PayloadPolicy.HASHES if wanted.family is None else PayloadPolicy.FULL
    with run_of_file(
        name, here, run=run, bridge=bridge, trust=trust, outputs=outputs, payloads=payloads
    ) as chosen:
        return arm_of_run(
            chosen.history, chosen.run_id, part or None, selector=selector, wanted=wanted
        )


def _is_name(selector: str) -> bool:
    return not is_file(selector.partition("#")[0])
