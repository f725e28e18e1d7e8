from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from optimizer.models.requests import Requests


def make_requests(keys: Sequence[int], **changes: Any) -> Requests:
    """Requests of one run, a second apart, one for each key, of which nothing else is known."""
    n = len(keys)
    nan, zeros = np.full(n, np.nan), np.zeros(n, dtype=np.int64)
    fields: dict[str, Any] = {
        "at_s": np.arange(n, dtype=np.float64),
        "segment": zeros,
        "key": keys,
        "answer": zeros - 1,
        "ok": nan,
        "score": nan,
        "latency_ms": nan,
        "tokens_in": nan,
        "tokens_out": nan,
        "cost_usd": nan,
        "failed": zeros > 0,
        "throttled": zeros > 0,
        "cached": zeros > 0,
        "repeat": zeros,
        "case": zeros - 1,
        "variant": zeros - 1,
        "tenant": zeros - 1,
        "task_type": zeros - 1,
        "priority": zeros + 2,
        "deadline_ms": nan,
        "propensity": nan,
    }
    plain = ("variants", "tenants", "task_types", "texts")
    given = {
        name: value if name in plain else np.asarray(value)
        for name, value in (fields | changes).items()
    }
    return Requests(**given)


@pytest.fixture
def requests() -> Callable[..., Requests]:
    return make_requests
