"""Finding the arm that a user means, and loading it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from optimizer.analysis.arms import load_arm, load_arms
from optimizer.history import queries
from optimizer.history.store import History
from optimizer.models.cases import ArmRun, LoadedArm
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import NothingYetError, SelectionError
from optimizer.models.nearest import as_word, meant, some_of
from optimizer.pipeline.select import BRANCH, LATEST, MOST_NAMES, run_names, select_run

PART = "#"
"""Separates a run or a file from the variant in it: `run.json#few_shot`."""

BASELINE = "@baseline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is known of the arm before it is looked for.

    Attributes:
        workflow_id: Its workflow, or None where any will do.
        label: Label of the other arm's variant: it decides where a run holds several.
        pool: How many of the variant's newest runs are taken together.
        family: Which column or metadata key tells a case's family.
        latencies: Whether every single time is wanted.
        scorer: Whose word is the score; None: the score of the tasks.
    """

    workflow_id: str | None = None
    label: str | None = None
    pool: int = 1
    family: str | None = None
    latencies: bool = False
    scorer: str | None = None


def arm_of_run(
    history: History, run_id: str, part: str | None, *, selector: str, wanted: Wanted
) -> LoadedArm:
    """Load the variant of one run that is meant.

    Raises:
        SelectionError: The run holds several variants and none is meant, or not the one named.
    """
    variant = _variant(queries.arms(history, [run_id]), part, selector, wanted)
    return load_arm(
        history,
        selector=selector,
        run_ids=_pooled(history, variant, wanted.pool),
        variant_id=variant.variant_id,
        latencies=wanted.latencies,
        family=wanted.family,
        scorer=wanted.scorer,
    )


def arms_of_run(
    history: History, run_id: str, selectors: Mapping[str, str], *, wanted: Wanted
) -> dict[str, LoadedArm]:
    """Load variants of one run by their ids; the history is asked as often as for one.

    Args:
        history: The history that holds the run, and no other run of its variants.
        run_id: The run.
        selectors: How each variant is named, by its id.
        wanted: What is wanted of each.

    Raises:
        SelectionError: No task of one has the key or the scorer that is wanted.
    """
    return load_arms(
        history,
        {variant_id: [run_id] for variant_id in selectors},
        selectors=selectors,
        latencies=wanted.latencies,
        family=wanted.family,
        scorer=wanted.scorer,
    )


def arm_of_runs(
    history: History, run_ids: Sequence[str], part: str | None, *, selector: str, wanted: Wanted
) -> LoadedArm:
    """Load the arm that is meant of the runs of a file: `part` is a run or a variant of one.

    Raises:
        SelectionError: There are several runs and none is meant, or the variant is not there.
    """
    if len(run_ids) == 1:
        return arm_of_run(history, run_ids[0], part, selector=selector, wanted=wanted)
    if part is not None and part in run_ids:
        return arm_of_run(history, part, None, selector=selector, wanted=wanted)
    variants = queries.arms(history, run_ids)
    found = [one for one in variants if part in (one.variant, one.variant_id)]
    if len(found) == 1:
        return arm_of_run(history, found[0].run_id, part, selector=selector, wanted=wanted)
    runs = some_of(f"{one.run_id} ({one.variant})" for one in variants)
    raise SelectionError(
        f"{selector}: holds {len(run_ids)} runs, expected one of {runs}",
        hint=f"Name a run: {as_word(selector.partition(PART)[0] + PART + run_ids[0])}.",
    )


def stored_arm(history: History, selector: str, wanted: Wanted) -> LoadedArm:
    """Load the arm that a selector means.

    A selector is that of a run (`select_run`), `@baseline`, or the label of a variant, which
    means its newest run. `#VARIANT` behind the selector of a run chooses one of its variants.

    Raises:
        SelectionError: It means nothing, or more than one thing.
    """
    if _is_label(history, selector, wanted):
        run_id = _labelled(history, selector, wanted)
        return arm_of_run(history, run_id, selector, selector=selector, wanted=wanted)
    name, _, part = selector.partition(PART)
    if name == BASELINE:
        return _baseline(history, wanted)
    if not _names_a_run(history, name):
        labelled = _labelled(history, name, wanted)
        return arm_of_run(history, labelled, name, selector=selector, wanted=wanted)
    if name == LATEST or name.startswith(f"{BRANCH}:"):
        run_id = _newest(history, name, wanted)
    else:
        run_id = select_run(history, name)
    colon = name.rpartition(":")[2] if ":" in name and not name.startswith(f"{BRANCH}:") else None
    return arm_of_run(history, run_id, part or colon, selector=selector, wanted=wanted)


def _baseline(history: History, wanted: Wanted) -> LoadedArm:
    from optimizer.pipeline.baselines import require_baseline  # noqa: PLC0415 - only where named

    stored = require_baseline(history, wanted.workflow_id)
    return load_arm(
        history,
        selector=BASELINE,
        run_ids=[stored.run_id],
        variant_id=stored.variant_id,
        latencies=wanted.latencies,
        family=wanted.family,
        scorer=wanted.scorer,
    )


def _is_label(history: History, name: str, wanted: Wanted) -> bool:
    """Say whether a name that looks like more than a label is one."""
    return (PART in name or ":" in name) and bool(
        queries.runs_of_variant(history, name, workflow_id=wanted.workflow_id, limit=1)
    )


def _names_a_run(history: History, name: str) -> bool:
    return name == LATEST or ":" in name or bool(queries.run_ids(history, prefix=name))


def _labelled(history: History, label: str, wanted: Wanted) -> str:
    """Return the newest run of the variant with a label."""
    found = queries.runs_of_variant(
        history, label, workflow_id=wanted.workflow_id, limit=queries.ALL
    )
    workflows = sorted({run.workflow_id for run in found})
    if len(workflows) > 1:
        raise SelectionError(
            f"variant {label!r}: is in the workflows {some_of(workflows)}",
            hint="Name one with --workflow, or write WORKFLOW:VARIANT.",
        )
    identities = sorted({run.variant_id for run in found})
    if len(identities) > 1:
        raise SelectionError(
            f"variant {label!r}: {len(identities)} variants are called so: {some_of(identities)}",
            hint="Name a run in its place.",
        )
    if not found:
        of = f" of workflow {wanted.workflow_id!r}" if wanted.workflow_id else ""
        raise SelectionError(
            f"{label!r}: no run begins with it, and no variant{of} is called so",
            hint=meant(label, arm_names(history), "See 'optimizer runs'."),
        )
    return found[0].run_id


def arm_names(history: History) -> list[str]:
    """Return what a side of a comparison can be called."""
    labels = [run.variant for run in queries.runs(history, limit=MOST_NAMES) if run.variant]
    return [*run_names(history), *dict.fromkeys(labels)]


def _newest(history: History, name: str, wanted: Wanted) -> str:
    branch = name.removeprefix(f"{BRANCH}:") if name != LATEST else None
    newest = queries.newest_run(history, branch=branch, workflow_id=wanted.workflow_id)
    if newest is None:
        of = f" of workflow {wanted.workflow_id!r}" if wanted.workflow_id else ""
        raise NothingYetError(
            f"run {name!r}: not in this history{of}", hint="See 'optimizer runs'."
        )
    return newest


def _variant(variants: Sequence[ArmRun], part: str | None, selector: str, wanted: Wanted) -> ArmRun:
    """Return the variant that is meant among those of a run."""
    if part is None and len(variants) == 1:
        return variants[0]
    name = part if part is not None else wanted.label
    found = [v for v in variants if name is not None and name in (v.variant, v.variant_id)]
    if len(found) == 1:
        return found[0]
    labels = some_of(variant.variant for variant in variants)
    what = f"{len(found) or 'no'} variants {part!r}" if part else f"{len(variants)} variants"
    raise SelectionError(
        f"{selector}: holds {what}, expected one of {labels}",
        hint=f"Name one: {as_word(selector.partition(PART)[0] + PART + variants[0].variant)}.",
    )


def _pooled(history: History, variant: ArmRun, pool: int) -> list[str]:
    """Return the run, or the newest runs of its variant where several are taken together."""
    if pool == 1:
        return [variant.run_id]
    found = queries.runs_of_variant(
        history, variant.variant, workflow_id=variant.workflow_id, limit=queries.ALL
    )
    return [run.run_id for run in found if run.variant_id == variant.variant_id][:pool]
