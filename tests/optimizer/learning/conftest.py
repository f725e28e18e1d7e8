from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from optimizer.learning.logged import Rounds


def make_rounds(arms: Any, rewards: Any, n_arms: int = 2, **columns: Any) -> Rounds:
    """Rounds of one segment, each its own unit, in a context of nothing but the intercept."""
    n = len(arms)
    fields: dict[str, Any] = {
        "arm": np.asarray(arms, dtype=np.int64),
        "context": np.ones((n, 1)),
        "reward": np.asarray(rewards, dtype=np.float64),
        "propensity": np.full(n, np.nan),
        "unit": np.arange(n),
        "segment": np.zeros(n, dtype=np.int64),
    }
    return Rounds(n_arms=n_arms, **(fields | columns))


@pytest.fixture
def rounds() -> Callable[..., Rounds]:
    return make_rounds
