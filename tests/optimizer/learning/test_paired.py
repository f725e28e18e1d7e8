from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optimizer.learning.paired import paired_gain
from optimizer.learning.reward import PRESETS
from optimizer.models.contrasts import CaseTable

N = 40


def table(passed: Any, **columns: Any) -> CaseTable:
    """Two variants on the same cases, the first one's passes first."""
    n = len(passed) // 2
    nan = np.full(2 * n, np.nan)
    fields: dict[str, Any] = {
        "variants": ("a", "b"),
        "variant": np.repeat([0, 1], n),
        "case": np.tile(np.arange(n), 2),
        "n": np.ones(2 * n),
        "passed": np.asarray(passed, dtype=np.float64),
        **dict.fromkeys(("score", "latency_ms", "cost_usd", "tokens"), nan),
    }
    return CaseTable(**(fields | columns))


def gain(of: CaseTable, **options: Any) -> Any:
    given: dict[str, Any] = {"weights": PRESETS["seed"], "min_cases": 30, "level": 0.95}
    return paired_gain(of, "a", "b", **(given | options))


def test_passes_alone_make_the_reward_where_nothing_else_is_known() -> None:
    found = gain(table([0] * 10 + [1] * 30 + [1] * 40))
    assert found.estimate == pytest.approx(0.25)
    assert found.n == 40
    assert 0 < found.low < 0.25 < found.high
    assert found.p_better > 0.99


def test_a_cheaper_variant_earns_more_of_the_same_passes() -> None:
    cost = np.repeat([2.0, 1.0], N)
    found = gain(table([1] * 2 * N, cost_usd=cost))
    # the median is 1.5: 1.5 / 2.5 - 1.5 / 3.5, of which 0.3 of 0.8 counts
    assert found.estimate == pytest.approx((0.6 - 3 / 7) * 0.375)


def test_a_price_known_of_one_variant_only_counts_for_neither() -> None:
    cost = np.concatenate([np.full(N, np.nan), np.full(N, 9.0)])
    found = gain(table([1] * 2 * N, cost_usd=cost))
    assert found.estimate == 0
    assert found.p_better == 0.5


def test_no_difference_at_all_still_leaves_room_for_one() -> None:
    found = gain(table([1] * 2 * N))
    assert found.estimate == 0
    assert -0.1 < found.low < 0 < found.high < 0.1


def test_too_few_shared_cases_and_unknown_variants_have_no_gain() -> None:
    assert gain(table([1] * 20)) is None
    assert gain(table([1] * 20), min_cases=10) is not None
    assert (
        paired_gain(table([1] * 2 * N), "a", "z", weights=PRESETS["seed"], min_cases=2, level=0.9)
        is None
    )


def test_the_order_of_rows_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    made = table(rng.integers(0, 2, 2 * N), latency_ms=rng.random(2 * N))
    order = rng.permutation(2 * N)
    columns = ("variant", "case", "n", "passed", "score", "latency_ms", "cost_usd", "tokens")
    mixed = CaseTable(
        variants=made.variants, **{name: getattr(made, name)[order] for name in columns}
    )
    assert gain(mixed).estimate == pytest.approx(gain(made).estimate)
    assert gain(mixed).low == pytest.approx(gain(made).low)


def test_the_interval_covers_no_difference_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    covered = []
    for _ in range(300):
        rate = rng.random(60)
        passed = np.concatenate([rng.random(60) < rate, rng.random(60) < rate])
        found = gain(table(passed))
        covered.append(found.low <= 0 <= found.high)
    assert np.mean(covered) > 0.92
