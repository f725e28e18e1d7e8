from __future__ import annotations

import numpy as np
import pytest

from optimizer.analysis.settings import OverviewSettings
from optimizer.analysis.shifts import shifts
from optimizer.models.contrasts import CaseTable
from optimizer.models.overview import ChangeKind

SETTINGS = OverviewSettings()


def table(before: list[float], now: list[float], **columns: list[float]) -> CaseTable:
    n = len(before) + len(now)
    unknown = np.full(n, np.nan)
    figures = {
        name: np.array(columns[name]) if name in columns else unknown
        for name in ("score", "latency_ms", "cost_usd", "tokens")
    }
    return CaseTable(
        variants=("before", "now"),
        variant=np.repeat([0, 1], [len(before), len(now)]),
        case=np.array([*range(len(before)), *range(len(now))]),
        n=np.ones(n),
        passed=np.array([*before, *now]),
        **figures,
    )


def test_nothing_compared_has_no_level() -> None:
    assert shifts({}, SETTINGS).level_each is None
    found = shifts({"few": table([1.0] * 5, [0.0] * 5)}, SETTINGS)
    assert found.level_each is None
    assert found.of["few"].kind is ChangeKind.UNKNOWN


def test_one_side_alone_shares_no_case() -> None:
    assert shifts({"one": table([1.0] * 40, [])}, SETTINGS).of["one"].n_shared == 0


def test_each_effect_that_may_be_measured_is_paid_for() -> None:
    tables = {
        "one": table([1.0] * 20, [1.0] * 20),
        "two": table(
            [1.0] * 20, [1.0] * 20, latency_ms=[5.0] * 40, cost_usd=[0.1] * 20 + [np.nan] * 20
        ),
    }
    assert shifts(tables, SETTINGS).level_each == pytest.approx(1 - 0.05 / 3)


def test_a_fall_that_is_clear_alone_need_not_be_among_many() -> None:
    fall = table([1.0] * 40, [1.0] * 33 + [0.0] * 7)
    steady = table([1.0] * 40, [1.0] * 40)
    assert shifts({"fall": fall}, SETTINGS).of["fall"].kind is ChangeKind.WORSE
    many = {"fall": fall} | {f"w{i}": steady for i in range(99)}
    assert shifts(many, SETTINGS).of["fall"].kind is ChangeKind.STEADY


def test_the_sides_swapped_swap_the_verdict() -> None:
    high, low = [1.0] * 40, [1.0] * 20 + [0.0] * 20
    assert shifts({"w": table(high, low)}, SETTINGS).of["w"].kind is ChangeKind.WORSE
    assert shifts({"w": table(low, high)}, SETTINGS).of["w"].kind is ChangeKind.BETTER


def test_an_amount_that_is_unknown_has_no_effect() -> None:
    found = shifts({"w": table([1.0] * 30, [1.0] * 30)}, SETTINGS).of["w"]
    assert [effect.metric for effect in found.effects] == ["success_rate"]
