"""The rows of a trace as columns, in order of time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from executor_bridge.traces.cells import NORMAL, Codes
from optimizer.models.requests import UNKNOWN_CODE, Requests

Rows = Sequence[Mapping[str, Any]]

PASSED = {"succeeded": 1.0, "failed": 0.0}
"""States that are a verdict; others say only that a request ran, or did not."""

FAILED = frozenset({"error", "timeout", "throttled"})


def requests_of(rows: Rows) -> tuple[Requests, int]:
    """Return rows as requests in order of time, and how often the clock went backwards."""
    at = np.array([row["at"] for row in rows], dtype=np.float64)
    n_backwards = int((np.diff(at) < 0).sum())
    order = np.argsort(at, kind="stable") if n_backwards else np.arange(len(at))
    ordered = [rows[place] for place in order.tolist()]
    tenants, variants, task_types = Codes(), Codes(), Codes()
    states = [row.get("status") for row in ordered]
    found = Requests(
        at_s=at[order] - at[order[0]],
        segment=_codes(_each(ordered, "segment"), fill=0),
        key=_keys(ordered),
        answer=_codes(_each(ordered, "output")),
        ok=_verdicts(ordered, states),
        score=_floats(ordered, "score"),
        latency_ms=_floats(ordered, "latency"),
        tokens_in=_floats(ordered, "tokens_in"),
        tokens_out=_floats(ordered, "tokens_out"),
        cost_usd=_floats(ordered, "cost_usd"),
        failed=np.array([state in FAILED for state in states], dtype=np.bool_),
        throttled=np.array(
            [
                bool(row.get("throttled")) or state == "throttled"
                for row, state in zip(ordered, states, strict=True)
            ],
            dtype=np.bool_,
        ),
        cached=np.array([bool(row.get("cached")) for row in ordered], dtype=np.bool_),
        repeat=_whole(_each(ordered, "repeat"), fill=0),
        case=_codes(_each(ordered, "case")),
        variant=_whole(map(variants, _each(ordered, "variant"))),
        tenant=_whole(map(tenants, _each(ordered, "tenant"))),
        task_type=_whole(map(task_types, _each(ordered, "task_type"))),
        priority=_whole(_each(ordered, "priority"), fill=NORMAL),
        deadline_ms=_floats(ordered, "deadline"),
        propensity=_floats(ordered, "propensity"),
        variants=variants.names(),
        tenants=tenants.names(),
        task_types=task_types.names(),
        **_blocks(ordered),
        texts=tuple(_each(ordered, "input")) if "input" in ordered[0] else None,
    )
    return found, n_backwards


def block_tokens(requests: Requests) -> int | None:
    """Return how many tokens a block stands for, as the lengths of the prompts tell.

    A prompt of n blocks is longer than n - 1 of them and no longer than n. Of the sizes that
    hold for every prompt the power of two is taken, or the only one there is.
    """
    if requests.block_ends is None:
        return None
    n = np.diff(requests.block_ends, prepend=0)
    known = (n > 0) & (requests.tokens_in > 0)
    several = known & (n > 1)
    if not several.any():
        return None
    least = math.ceil((requests.tokens_in[known] / n[known]).max())
    most = math.ceil((requests.tokens_in[several] / (n[several] - 1)).min()) - 1
    powers = [1 << bits for bits in range(most.bit_length()) if least <= 1 << bits <= most]
    if len(powers) == 1:
        return powers[0]
    return least if least == most else None


def _keys(rows: Rows) -> NDArray[np.int64]:
    """Return codes of variant and input: its key, else its text, else its blocks and length."""

    def whole(row: Mapping[str, Any]) -> object:
        told = row.get("key") or row.get("input")
        if told is None and row.get("blocks"):
            told = (row["blocks"], row.get("tokens_in"))
        return None if told is None else (row.get("variant"), told)

    return _codes(map(whole, rows))


def _verdicts(rows: Rows, states: Sequence[str | None]) -> NDArray[np.float64]:
    found = [
        PASSED.get(state or "") if row.get("ok") is None else row["ok"]
        for row, state in zip(rows, states, strict=True)
    ]
    return np.array(found, dtype=np.float64)


def _blocks(rows: Rows) -> dict[str, Any]:
    if "blocks" not in rows[0]:
        return {}
    lists = [row["blocks"] or () for row in rows]
    flat = [block for blocks in lists for block in blocks]
    return {
        "blocks": np.array(flat, dtype=np.int64),
        "block_ends": np.array(list(accumulate(map(len, lists))), dtype=np.int64),
    }


def _each(rows: Rows, field: str) -> Iterable[Any]:
    return (row.get(field) for row in rows)


def _floats(rows: Rows, field: str) -> NDArray[np.float64]:
    return np.array([row.get(field) for row in rows], dtype=np.float64)


def _codes(values: Iterable[Any], *, fill: int = UNKNOWN_CODE) -> NDArray[np.int64]:
    codes: Callable[[Any], int | None] = Codes()
    return _whole(map(codes, values), fill=fill)


def _whole(values: Iterable[int | float | None], *, fill: int = UNKNOWN_CODE) -> NDArray[np.int64]:
    return np.array([fill if one is None else int(one) for one in values], dtype=np.int64)
