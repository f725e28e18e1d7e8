from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from optimizer.analysis.contrasts import contrasts
from optimizer.models.contrasts import CaseTable, Contrast
from optimizer.models.proposals import Effect
from optimizer.stats.bayes import paired_dirichlet
from optimizer.stats.paired_rates import tango
from optimizer.stats.ratios import fieller

NAN = float("nan")


def table(**variants: dict[str, list[float]]) -> CaseTable:
    columns: dict[str, list[float]] = {
        name: [] for name in ("case", "n", "passed", "score", "latency_ms", "cost_usd", "tokens")
    }
    variant: list[int] = []
    for code, given in enumerate(variants.values()):
        size = len(given["passed"])
        variant += [code] * size
        filled = {"case": list(range(size)), "n": [1.0] * size} | given
        for name, column in columns.items():
            column.extend(filled.get(name, [NAN] * size))
    return CaseTable(
        variants=tuple(variants),
        variant=np.array(variant),
        case=np.array(columns.pop("case"), dtype=np.int64),
        **{name: np.array(values) for name, values in columns.items()},
    )


def only(found: tuple[Contrast, ...]) -> Contrast:
    (one,) = found
    return one


def effect(found: Contrast, metric: str) -> Effect:
    one = found.effect(metric)
    assert one is not None
    return one


def test_single_runs_are_told_by_the_cases_that_changed() -> None:
    a, b = [1.0] * 8 + [0.0] * 12, [1.0] * 6 + [0.0] * 2 + [1.0] * 9 + [0.0] * 3
    found = only(contrasts(table(a={"passed": a}, b={"passed": b}), "a", level=0.95))
    success = effect(found, "success_rate")
    wanted = tango(2, 9, 20)
    assert (success.estimate, success.n) == (pytest.approx(7 / 20), 20)
    assert (success.low, success.high) == (pytest.approx(wanted.low), pytest.approx(wanted.high))
    assert found.p_better == pytest.approx(paired_dirichlet(2, 9, 20).p_better)


def test_repeats_are_told_by_the_mean_of_the_differences() -> None:
    a, b = [0.5, 1.0, 0.0, 0.5], [1.0, 1.0, 0.5, 0.5]
    twice = [2.0] * 4
    found = only(
        contrasts(table(a={"passed": a, "n": twice}, b={"passed": b, "n": twice}), "a", level=0.9)
    )
    success = effect(found, "success_rate")
    d = np.array([0.5, 0.0, 0.5, 0.0, 1.0, -1.0])
    t = d.mean() / (d.std(ddof=1) / np.sqrt(6))
    assert success.estimate == pytest.approx(0.25)
    assert found.p_better == pytest.approx(stats.t.cdf(t, 5))
    bounds = stats.t.interval(0.9, 5, loc=d.mean(), scale=d.std(ddof=1) / np.sqrt(6))
    assert (success.low, success.high) == (pytest.approx(bounds[0]), pytest.approx(bounds[1]))


def test_amounts_are_told_relative_to_what_is_in_use() -> None:
    first, second = [1.0, 2.0, 3.0, 4.0], [1.5, 2.5, 3.0, 5.0]
    ones = [1.0] * 4
    found = only(
        contrasts(
            table(a={"passed": ones, "cost_usd": first}, b={"passed": ones, "cost_usd": second}),
            "a",
            level=0.95,
        )
    )
    cost, wanted = effect(found, "cost_relative"), fieller(first, second)
    assert cost.estimate == pytest.approx(0.2)
    assert (cost.low, cost.high) == (pytest.approx(wanted.low - 1), pytest.approx(wanted.high - 1))
    assert found.effect("latency_relative") is None


def test_only_cases_that_both_ran_count() -> None:
    a = {"passed": [1.0, 0.0, 1.0], "case": [1.0, 2.0, 3.0]}
    b = {"passed": [1.0, 1.0, 1.0], "case": [9.0, 2.0, 3.0]}
    assert only(contrasts(table(a=a, b=b), "a", level=0.95)).n_shared == 2
    b["case"] = [7.0, 8.0, 9.0]
    assert contrasts(table(a=a, b=b), "a", level=0.95) == ()


def test_rows_in_another_order_say_the_same() -> None:
    rng = np.random.default_rng(1)
    drawn = {
        name: {
            "passed": [float(x) for x in rng.integers(0, 2, 30)],
            "score": [float(x) for x in rng.random(30)],
        }
        for name in ("a", "b")
    }
    one = table(**drawn)
    order = rng.permutation(len(one.case))
    other = CaseTable(
        variants=one.variants,
        **{
            name: getattr(one, name)[order]
            for name in CaseTable.__dataclass_fields__
            if name != "variants"
        },
    )
    for first, second in zip(
        contrasts(one, "a", level=0.95), contrasts(other, "a", level=0.95), strict=True
    ):
        assert first.p_better == second.p_better
        for x, y in zip(first.effects, second.effects, strict=True):
            assert (x.metric, x.n) == (y.metric, y.n)
            assert x.estimate == pytest.approx(y.estimate, rel=1e-12)


def test_a_price_that_nobody_pays_has_no_relative_effect() -> None:
    free = {"passed": [1.0, 1.0], "cost_usd": [0.0, 0.0]}
    paid = {"passed": [1.0, 1.0], "cost_usd": [0.1, 0.2]}
    assert only(contrasts(table(a=free, b=paid), "a", level=0.95)).effect("cost_relative") is None
