"""Trials as a test plan: what the executor has to run, and on how many cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import msgspec


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One variant to run.

    Attributes:
        variant: Label of the variant, unlike that of any other trial.
        changes: What it changes in the variant in use, by path: `parameters.temperature`,
            `model`, `prompt.examples`.
        cases: How many cases it takes.
    """

    variant: str
    changes: Mapping[str, Any]
    cases: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialPlan:
    """What the executor is asked to run.

    Attributes:
        workflow_id: The workflow.
        baseline: Label of the variant in use, which runs the same cases.
        trials: The variants to run beside it, in order of worth.
    """

    workflow_id: str
    baseline: str
    trials: tuple[Trial, ...]


def variants(
    baseline: str, settings: Sequence[Mapping[str, Any]], *, cases: int
) -> tuple[Trial, ...]:
    """Return one trial per setting, labelled by what it changes.

    Args:
        baseline: Label of the variant in use.
        settings: What each changes, by path.
        cases: How many cases each takes.
    """
    return tuple(
        Trial(variant=f"{baseline} with {_label(changes)}", changes=dict(changes), cases=cases)
        for changes in settings
    )


def crossed(axes: Mapping[str, Sequence[Any]]) -> tuple[dict[str, Any], ...]:
    """Return every combination of values, as settings for `variants`.

    Args:
        axes: The values of each path: `parameters.temperature`, `model`, `prompt.system`.
    """
    return tuple(dict(zip(axes, values, strict=True)) for values in product(*axes.values()))


def plan_json(plan: TrialPlan) -> str:
    """Return a test plan as JSON, the same for the same plan."""
    text = msgspec.json.encode(plan, order="sorted")
    return msgspec.json.format(text, indent=2).decode() + "\n"


def as_values(trials: Sequence[Trial]) -> list[dict[str, Any]]:
    """Return trials as plain lists and mappings, as a change takes them."""
    return [msgspec.to_builtins(trial) for trial in trials]


def trials_of(values: Sequence[Mapping[str, Any]]) -> tuple[Trial, ...]:
    """Return the trials that `as_values` made plain."""
    return tuple(msgspec.convert(value, Trial) for value in values)


def _label(changes: Mapping[str, Any]) -> str:
    named = ((path.rpartition(".")[2], value) for path, value in sorted(changes.items()))
    return ", ".join(f"{name} {_short(value)}" for name, value in named)


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
