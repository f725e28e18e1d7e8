"""The slow halves of the strategies: done once for the same evidence and settings, then stored."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from pydantic_core import to_json

from optimizer import __version__
from optimizer.models.decisions import Study
from optimizer.models.evidence import Evidence
from optimizer.pipeline.asking import STRATEGY_FAILURES
from optimizer.strategies import Strategy
from optimizer.strategies.base import StudiedStrategy

Stored = Mapping[tuple[str, str, str], str]
"""Studies as JSON, by workflow, strategy and key."""


def with_studies(
    strategies: Sequence[Strategy], found: Evidence, stored: Stored
) -> tuple[Evidence, tuple[Study, ...]]:
    """Return evidence with the studies of its strategies, and those that are new.

    Args:
        strategies: Those that will be asked.
        found: The evidence.
        stored: Studies that were made before.
    """
    studies: dict[str, Any] = {}
    new: list[Study] = []
    for strategy in strategies:
        if not isinstance(strategy, StudiedStrategy):
            continue
        name = (found.workflow_id, strategy.name, _key(strategy, found))
        body = stored.get(name)
        if body is None:
            made = strategy.study(found)
            body = msgspec.json.encode(made, order="sorted").decode()
            new.append(Study(workflow_id=name[0], strategy=name[1], key_sha256=name[2], body=body))
        studies[strategy.name] = msgspec.json.decode(body, type=strategy.study_type | None)
    return replace(found, studies=studies), tuple(new)


@dataclass(frozen=True, slots=True, kw_only=True)
class Studied:
    """Evidence with the studies of its strategies, those that are new, and who failed at one."""

    found: Evidence
    new: tuple[Study, ...]
    failed: Mapping[str, str]


def studied(
    strategies: Sequence[Strategy], found: Evidence, stored: Stored, *, fail_fast: bool
) -> Studied:
    """Make the studies that are missing; a strategy that fails at its own stops no other."""
    studies: dict[str, Any] = {}
    new: list[Study] = []
    failed: dict[str, str] = {}
    for strategy in strategies:
        try:
            whole, made = with_studies([strategy], found, stored)
        except STRATEGY_FAILURES as error:
            if fail_fast:
                raise
            failed[strategy.name] = f"{type(error).__name__}: {error}"
        else:
            studies |= whole.studies
            new += made
    return Studied(found=replace(found, studies=studies), new=tuple(new), failed=failed)


def _key(strategy: Strategy, found: Evidence) -> str:
    """Return a hash of what studies look at, settings, seed and the version of the program.

    Whole points of runs, as a run that is stored anew may have other prices at the same counts;
    experiments, as a strategy may have nothing to study while one runs.
    """
    settings = to_json(strategy.settings) if hasattr(strategy, "settings") else b""
    windows = (found.current, *found.others) if found.current else found.others
    experiments = [one.experiment for one in found.experiments]
    content: tuple[Any, ...] = (
        found.runs,
        [(one.variant_id, one.n_completed) for one in windows],
        [(one.design.experiment_id, one.status) for one in experiments],
        len(found.requests) if found.requests else 0,
        found.stability,
        found.seed,
        __version__,
        hashlib.sha256(settings).hexdigest(),
    )
    content += (found.budgets,) if found.budgets else ()
    return hashlib.sha256(msgspec.json.encode(content)).hexdigest()
