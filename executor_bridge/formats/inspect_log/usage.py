"""Tokens and costs of samples of Inspect AI: those of the system, and those of who graded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from executor_bridge.amounts import number
from executor_bridge.formats.inspect_log.header import GRADERS


class Usage(Struct):
    """Tokens of a model or a role."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    input_tokens_cache_write: int | None = None
    input_tokens_cache_read: int | None = None
    total_cost: float | None = None


Usages = Mapping[str, Usage] | None
"""Tokens by model or by role."""


def of_graders(by_role: Usages) -> Usage:
    """Return the tokens and cost of the roles that grade."""
    roles = (by_role or {}).items()
    return _sum(one for role, one in roles if role.lower().startswith(GRADERS))


def of_the_system(by_model: Usages, graders: Usage) -> Usage:
    """Return the tokens and cost of all models without those of graders."""
    all_of_it = _sum((by_model or {}).values())
    if graders == Usage():
        return all_of_it
    names = Usage.__struct_fields__
    return Usage(
        **{name: _less(getattr(all_of_it, name), getattr(graders, name)) for name in names}
    )


def _sum(usages: Iterable[Usage]) -> Usage:
    """Return tokens and costs added up; a cost is unknown where one of them is."""
    added = [*usages]
    if not added:
        return Usage()
    read = [one.input_tokens_cache_read for one in added if one.input_tokens_cache_read is not None]
    tokens_in = sum(_tokens_in(one) for one in added)
    tokens_out = sum(one.output_tokens or 0 for one in added)
    return Usage(
        input_tokens=tokens_in,
        output_tokens=tokens_out,
        total_tokens=max(tokens_in + tokens_out, sum(one.total_tokens or 0 for one in added)),
        input_tokens_cache_read=sum(read) if read else None,
        total_cost=_total(one.total_cost for one in added),
    )


def _tokens_in(usage: Usage) -> int:
    """Return all prompt tokens.

    A log counts those apart that were read from a cache or written to one. Logs of old versions
    do not always, which shows in their total.
    """
    fresh, read = usage.input_tokens or 0, usage.input_tokens_cache_read or 0
    by_total = (usage.total_tokens or 0) - (usage.output_tokens or 0)
    if by_total in (fresh, fresh + read):
        return by_total
    return fresh + read + (usage.input_tokens_cache_write or 0)


def _total(costs: Iterable[float | None]) -> float | None:
    known = [number(cost) for cost in costs]
    return None if None in known else sum(cost for cost in known if cost is not None)


def _less(all_of_it: Any, part: Any) -> Any:
    """Return what is left, never less than nothing; None where the whole is unknown."""
    return None if all_of_it is None else max(0, all_of_it - (part or 0))
