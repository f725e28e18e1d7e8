"""What the columns of a trace mean: of the published traces, and of any other by their names.

The published layouts were read in their own descriptions:

* azure: AzurePublicDataset, `AzureLLMInferenceDataset2023.md` and its successor of 2024, whose
  times carry a zone; one row is one request.
* mooncake: the traces of Mooncake (FAST 25): `timestamp` in ms since the start, `hash_ids` one
  number for each block of 512 tokens and all that stands before it, the last block cut short.
* bailian: the traces of Qwen at Alibaba Cloud Bailian: as mooncake, but `timestamp` in seconds,
  blocks of 16 tokens, and `type` says what was asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from enum import StrEnum

from optimizer.models.dataclass import dataclass

NAMES: Mapping[str, tuple[str, ...]] = {
    "at": (
        *("timestamp", "at", "time", "ts", "created_at", "started_at", "start_time"),
        *("request_time", "arrival_time", "arrived_at", "arrival"),
    ),
    "segment": ("segment", "run_id", "run"),
    "key": ("key", "cache_key", "input_hash", "prompt_hash", "input_sha256"),
    "input": ("input", "prompt", "query", "question", "messages", "inputs", "request", "text"),
    "output": ("output", "answer", "response", "completion", "outputs"),
    "blocks": ("hash_ids", "blocks", "block_hashes", "block_ids"),
    "tokens_in": (
        *("tokens_in", "input_tokens", "prompt_tokens", "context_tokens", "input_length"),
        *("number_input_tokens", "prompt_length"),
    ),
    "tokens_out": (
        *("tokens_out", "output_tokens", "completion_tokens", "generated_tokens"),
        *("output_length", "number_output_tokens", "response_length"),
    ),
    "latency": ("latency", "duration", "elapsed", "response_time", "end_to_end_latency"),
    "cost_usd": ("cost_usd", "cost", "total_cost", "price"),
    "status": ("status", "status_code", "http_status", "error_code"),
    "ok": ("ok", "success", "passed", "correct"),
    "score": ("score",),
    "tenant": ("tenant", "tenant_id", "user", "user_id", "customer", "client_id"),
    "task_type": ("task_type", "type"),
    "variant": ("variant", "prompt_variant", "model"),
    "case": ("case_id", "case"),
    "repeat": ("repeat",),
    "priority": ("priority",),
    "deadline": ("deadline",),
    "cached": ("cached", "cache_hit"),
    "throttled": ("throttled", "rate_limited"),
    "propensity": ("propensity",),
}
"""What columns are called, by field, the most telling name first."""

MEASURES: Mapping[str, float] = {"at": 1, "latency": 1e3, "deadline": 1e3}
"""Fields whose column may name a unit, with how many of theirs make a second."""

UNITS: Mapping[str, float] = {"s": 1, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
"""What a column ends in, as `latency_ms`, and how many seconds that is."""

NEED_UNIT = frozenset({"latency", "deadline"})
"""Measures whose column must name its unit."""


class Layout(StrEnum):
    """What kind of trace a file is."""

    AZURE = "azure"
    MOONCAKE = "mooncake"
    BAILIAN = "bailian"
    TABLE = "table"


SIGNS: Sequence[tuple[Layout, Set[str]]] = (
    (Layout.AZURE, frozenset({"timestamp", "context_tokens", "generated_tokens"})),
    (Layout.BAILIAN, frozenset({"timestamp", "input_length", "hash_ids", "chat_id"})),
    (Layout.MOONCAKE, frozenset({"timestamp", "input_length", "output_length", "hash_ids"})),
)
"""The columns that each published trace has."""

IN_MS = frozenset({Layout.MOONCAKE})
"""Layouts whose `timestamp` is in ms though it does not say so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column that is read.

    Attributes:
        field: One of NAMES.
        name: What it is called.
        factor: What its numbers are multiplied by.
        has_unit: Whether that is told by its name or its layout.
    """

    field: str
    name: str
    factor: float = 1
    has_unit: bool = False


def layout_of(columns: Sequence[str]) -> Layout:
    """Return what kind of trace has these columns."""
    plain = set(map(_plain, columns))
    return next((layout for layout, signs in SIGNS if signs <= plain), Layout.TABLE)


def read_columns(columns: Sequence[str], layout: Layout) -> tuple[Column, ...]:
    """Return the columns that are read, one for each field that has any."""
    plain = {_plain(name): name for name in reversed(columns)}
    found = (_column(field, names, plain, layout) for field, names in NAMES.items())
    return tuple(column for column in found if column is not None)


def _column(
    field: str, names: Sequence[str], plain: Mapping[str, str], layout: Layout
) -> Column | None:
    for name in names:
        if field in MEASURES:
            for unit, seconds in UNITS.items():
                if (with_unit := f"{name}_{unit}") in plain:
                    factor = seconds * MEASURES[field]
                    return Column(field=field, name=plain[with_unit], factor=factor, has_unit=True)
        if name in plain and field not in NEED_UNIT:
            is_ms = field == "at" and layout in IN_MS
            factor = UNITS["ms"] if is_ms else 1
            return Column(field=field, name=plain[name], factor=factor, has_unit=is_ms)
    return None


def _plain(column: str) -> str:
    """Return a name in lower case, its words joined by `_`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column)
    return re.sub(r"\W+", "_", words).strip("_").lower()
