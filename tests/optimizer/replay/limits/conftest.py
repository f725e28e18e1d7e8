from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from optimizer.models.requests import Requests

WHOLE = ("segment", "repeat", "variant", "task_type", "key", "case")
FLOATS = ("ok", "score", "latency_ms", "cost_usd", "deadline_ms", "propensity", "tokens_out")
MARKS = ("failed", "throttled", "cached")


def make_requests(at_s: Sequence[float], **columns: Any) -> Requests:
    """A trace of requests of one run at given times; columns by name, tenants as names."""
    n = len(at_s)
    names = columns.pop("tenants", None) or [None] * n
    known = tuple(dict.fromkeys(name for name in names if name is not None))
    fields: dict[str, Any] = {name: np.full(n, 0) for name in WHOLE}
    fields |= {name: np.full(n, np.nan) for name in FLOATS}
    fields |= {name: np.full(n, False) for name in MARKS}
    fields["answer"] = np.full(n, -1)
    fields["priority"] = np.full(n, 2)
    fields["tokens_in"] = np.full(n, np.nan)
    for name, value in columns.items():
        is_column = name in fields
        fields[name] = np.asarray(value, dtype=fields[name].dtype) if is_column else value
    return Requests(
        at_s=np.asarray(at_s, dtype=np.float64),
        tenant=np.array([known.index(name) if name else -1 for name in names], dtype=np.int64),
        tenants=known,
        variants=("v1",),
        **fields,
    )


@pytest.fixture(scope="session")
def trace() -> Callable[..., Requests]:
    return make_requests
