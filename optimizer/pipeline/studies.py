"""The slow halves of the strategies: done once for the same evidence and settings, then stored."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import msgspec

from optimizer import __version__
from optimizer.models.dataclass import dataclass
from optimizer.models.decisions import Study
from optimizer.models.evidence import Evidence
from optimizer.pipeline.asking import STRATEGY_FAILURES
from optimizer.strategies import Strategy

if TYPE_CHECKING:
    from hashlib import _Hash

UNDECODABLE = (msgspec.DecodeError, RecursionError)

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
    looked_at = _looked_at(found)
    made = [
        _made(strategy, found, looked_at, stored)
        for strategy in strategies
        if hasattr(strategy, "study_type")
    ]
    studies = {one.strategy: one.record for one in made}
    return replace(found, studies=studies), tuple(one.new for one in made if one.new)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """What a strategy measured, and the study to be stored where it was measured now."""

    strategy: str
    record: Any
    new: Study | None


def _made(
    strategy: Strategy, found: Evidence, looked_at: _Hash, stored: Stored, look: Any = None
) -> _Made:
    """Return the stored study; one that is missing, or cannot be read, is made."""
    slow: Any = strategy
    name = (found.workflow_id, strategy.name, _key(strategy, looked_at))
    read = _decoder(slow.study_type).decode
    with suppress(KeyError, *UNDECODABLE):
        record = read(stored[name])
        return _Made(strategy=strategy.name, record=record, new=None)
    study = slow.study(found) if look is None else slow.study(found, look)
    body = msgspec.json.encode(study, order="sorted")
    new = Study(workflow_id=name[0], strategy=name[1], key_sha256=name[2], body=body.decode())
    return _Made(strategy=strategy.name, record=None if study is None else read(body), new=new)


@lru_cache(maxsize=64)
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    """Return what reads studies of a kind, or that there was nothing to study."""
    return msgspec.json.Decoder(kind | None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Studied:
    """Evidence with the studies of its strategies, those that are new, and who failed at one."""

    found: Evidence
    new: tuple[Study, ...]
    failed: Mapping[str, str]


Looks = Mapping[tuple[str, str], Any]
"""What strategies saw in a first look at many workflows, by workflow and strategy."""


def first_looks(strategies: Sequence[Strategy], found: Sequence[Evidence], stored: Stored) -> Looks:
    """Let strategies look at all workflows at once of which they have stored no study.

    Where a strategy fails at that, it looks at each by itself and fails at those it cannot study.
    """
    known = {name[:2] for name in stored}
    looks: dict[tuple[str, str], Any] = {}
    for strategy in strategies:
        if not hasattr(strategy, "first_looks"):
            continue
        unknown = [one for one in found if (one.workflow_id, strategy.name) not in known]
        with suppress(*STRATEGY_FAILURES):
            seen = strategy.first_looks(unknown) if unknown else ()
            names = ((one.workflow_id, strategy.name) for one in unknown)
            looks |= dict(zip(names, seen, strict=True))
    return looks


def studied(
    strategies: Sequence[Strategy],
    found: Evidence,
    stored: Stored,
    *,
    fail_fast: bool,
    looks: Looks = MappingProxyType({}),
) -> Studied:
    """Make the studies that are missing; a strategy that fails at its own stops no other."""
    studies: dict[str, Any] = {}
    new: list[Study] = []
    failed: dict[str, str] = {}
    looked_at = _looked_at(found)
    for strategy in strategies:
        if not hasattr(strategy, "study_type"):  # isinstance would look at every member each time
            continue
        try:
            look = looks.get((found.workflow_id, strategy.name))
            made = _made(strategy, found, looked_at, stored, look)
        except STRATEGY_FAILURES as error:
            if fail_fast:
                raise
            failed[strategy.name] = f"{type(error).__name__}: {error}"
        else:
            studies[strategy.name] = made.record
            new += [made.new] if made.new else []
    return Studied(found=replace(found, studies=studies), new=tuple(new), failed=failed)


def _looked_at(found: Evidence) -> _Hash:
    """Return what studies look at, which every key begins with.

    Whole points of runs, as a run that is stored anew may have other prices at the same counts;
    experiments, as a strategy may have nothing to study while one runs.
    """
    windows = (found.current, *found.others) if found.current else found.others
    experiments = [one.experiment for one in found.experiments]
    content = (
        found.runs,
        [(one.variant_id, one.n_completed) for one in windows],
        [(one.design.experiment_id, one.status) for one in experiments],
        len(found.requests) if found.requests else 0,
        found.stability,
        found.budgets,
    )
    begun = msgspec.json.encode((content, found.seed, __version__))
    return hashlib.sha256(begun[:-1])  # a list that goes on


def _key(strategy: Strategy, looked_at: _Hash) -> str:
    """Return a hash of what studies look at, seed, version of the program, and settings."""
    same: Any = strategy  # equal to itself only
    key = looked_at.copy()
    key.update(b',"%s"]' % _settings_sha256(same))
    return key.hexdigest()


@lru_cache(maxsize=64)
def _settings_sha256(strategy: Any) -> bytes:
    """Return a hash of the settings of a strategy, which has them for good."""
    settings = strategy.settings.model_dump_json() if hasattr(strategy, "settings") else ""
    return hashlib.sha256(settings.encode()).hexdigest().encode()
