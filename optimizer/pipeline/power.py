"""From a question, and what has run, to the cases that it takes."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.experiments.pairing import match
from optimizer.experiments.pilot import FEWEST, pilot_of
from optimizer.experiments.power import plan
from optimizer.experiments.settings import ComparisonSettings
from optimizer.experiments.units import read_margin
from optimizer.history.store import History
from optimizer.models.cases import LoadedArm
from optimizer.models.errors import SelectionError
from optimizer.models.power import PowerPlan, PowerQuestion
from optimizer.models.terms import Metric
from optimizer.pipeline.variants import variant_arms


def effect_asked(
    metric: Metric, detect: str | None, n: int | None, settings: ComparisonSettings
) -> float | None:
    """Return the difference to find: as stated, else the metric's margin, none where only n is.

    Raises:
        ConfigError: It cannot be read.
    """
    if detect is not None:
        return read_margin(metric, detect, name="difference")
    return settings.margins.of(metric) if n is None else None


def power(question: PowerQuestion, arms: Sequence[LoadedArm] | None = None) -> PowerPlan:
    """Return what a question takes, with the spread between two arms where they are given.

    Raises:
        ConfigError: The question contradicts itself.
        SelectionError: The arms do not tell the spread.
    """
    pilot = None if arms is None else pilot_of(arms[0], arms[1], question.metric)
    return plan(question, pilot)


def newest_pair(history: History, workflow_id: str, *, pool: int) -> tuple[LoadedArm, LoadedArm]:
    """Return the two variants of a workflow that ran last and share cases, the older first.

    Raises:
        SelectionError: There is no such workflow, or no two of its variants share cases.
    """
    seen: list[LoadedArm] = []
    for loaded in variant_arms(history, workflow_id, pool=pool):
        for newer in seen:
            if _share_cases(loaded, newer):
                return loaded, newer
        seen.append(loaded)
    variants = f"{len(seen)} variants" if len(seen) > 1 else f"one variant, {seen[0].arm.label}"
    found = f"{variants}, no two of which share cases" if len(seen) > 1 else variants
    raise SelectionError(
        f"workflow {workflow_id!r}: {found}, expected two that ran the same cases",
        hint="Name two runs with --arms, or state the spread with --discordance or --sd.",
    )


def _share_cases(one: LoadedArm, other: LoadedArm) -> bool:
    both = one.arm.pairable and other.arm.pairable
    return both and match(one.cases, other.cases).n >= FEWEST
