"""The slow halves of the strategies: done once for the same evidence and settings, then stored."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec
from pydantic_core import to_json

from optimizer import __version__
from optimizer.models.decisions import Study
from optimizer.models.evidence import Evidence
from optimizer.strategies import Strategy
from optimizer.strategies.base import StudiedStrategy

UNDECODABLE = (msgspec.DecodeError, RecursionError)

Stored = Mapping[tuple[str, str, str], str]
"""Studies as JSON, by workflow, strategy and key."""


def with_studies(
    strategies: Sequence[Strategy], found: Evidence, stored: Stored
) -> tuple[Evidence, tuple[Study, ...]]:
    """Return evidence with the studies of its strategies, and those that are new.

    One that is stored but cannot be read is made anew.

    Args:
        strategies: Those that will be asked.
        found: The evidence.
        stored: Studies that were made before.
    """
    studies: dict[str, Any] = {}
    new: list[Study] = []
    seen = _seen(found) if any(isinstance(one, StudiedStrategy) for one in strategies) else ""
    for strategy in strategies:
        if not isinstance(strategy, StudiedStrategy):
            continue
        name = (found.workflow_id, strategy.name, _key(strategy, found, seen))
        try:
            studies[strategy.name] = _decoded(strategy, stored[name])
        except (KeyError, *UNDECODABLE):
            body = msgspec.json.encode(strategy.study(found), order="sorted").decode()
            new.append(Study(workflow_id=name[0], strategy=name[1], key_sha256=name[2], body=body))
            studies[strategy.name] = _decoded(strategy, body)
    return replace(found, studies=studies), tuple(new)


def _decoded(strategy: StudiedStrategy, body: str) -> Any:
    return msgspec.json.decode(body, type=strategy.study_type | None)


def _key(strategy: Strategy, found: Evidence, seen: str) -> str:
    """Return a hash of what a study rests on, and of the version of the program."""
    settings = to_json(strategy.settings) if hasattr(strategy, "settings") else b""
    content: tuple[Any, ...] = (seen, found.seed, __version__, hashlib.sha256(settings).hexdigest())
    content += (found.budgets,) if found.budgets else ()
    return hashlib.sha256(msgspec.json.encode(content)).hexdigest()


def _seen(found: Evidence) -> str:
    """Return a hash of all that was measured."""
    windows = (found.current, found.others, found.runs)
    seen = hashlib.sha256(msgspec.json.encode(windows, order="sorted"))
    for table in (found.requests, found.cases):
        for name in table.__slots__ if table is not None else ():
            column = getattr(table, name)
            is_array = hasattr(column, "tobytes")
            seen.update(name.encode())
            seen.update(column.tobytes() if is_array else repr(column).encode())
    return seen.hexdigest()
