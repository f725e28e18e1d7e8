"""Trials: what the executor is asked to run, and on how many cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from optimizer.models.dataclass import dataclass


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


def as_values(trials: Sequence[Trial]) -> list[dict[str, Any]]:
    """Return trials as plain lists and mappings, as a change takes them."""
    return [msgspec.to_builtins(trial) for trial in trials]


def _label(changes: Mapping[str, Any]) -> str:
    named = ((path.rpartition(".")[2], value) for path, value in sorted(changes.items()))
    return ", ".join(f"{name} {_short(value)}" for name, value in named)


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
