from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from optimizer.stats.means import paired_t
from optimizer.stats.multiplicity import (
    benjamini_hochberg,
    benjamini_yekutieli,
    bonferroni,
    dunnett,
    e_bh,
    hochberg,
    holm,
    max_t_critical,
    simultaneous,
)

ps = st.lists(st.floats(0, 1), min_size=1, max_size=20)
RULES = (bonferroni, holm, hochberg, benjamini_hochberg, benjamini_yekutieli)


@given(ps)
def test_false_discovery_rates_are_those_of_scipy(p: list[float]) -> None:
    assert benjamini_hochberg(p) == pytest.approx(stats.false_discovery_control(p))
    assert benjamini_yekutieli(p) == pytest.approx(stats.false_discovery_control(p, method="by"))


def test_stepping_down_and_up_by_hand() -> None:
    # 4 x .01, 3 x .02, 2 x .03, 1 x .04
    p = [0.04, 0.01, 0.03, 0.02]
    assert holm(p) == pytest.approx((0.06, 0.04, 0.06, 0.06))
    assert hochberg(p) == pytest.approx((0.04, 0.04, 0.04, 0.04))


@given(ps)
def test_the_rules_are_ordered_by_what_they_assume(p: list[float]) -> None:
    adjusted = [np.array(rule(p)) for rule in (bonferroni, holm, hochberg, benjamini_hochberg)]
    for weaker, stronger in itertools.pairwise(adjusted):
        assert (stronger <= weaker + 1e-12).all()
    assert (adjusted[-1] >= np.array(p) - 1e-12).all()


@given(p=ps, data=st.data())
def test_adjusting_does_not_depend_on_the_order(p: list[float], data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(p))))
    for rule in RULES:
        straight = rule(p)
        assert rule([p[i] for i in order]) == pytest.approx([straight[i] for i in order])


@pytest.mark.parametrize("rule", RULES)
def test_no_comparison_needs_no_adjustment(rule) -> None:
    assert rule([]) == ()
    assert rule([0.3]) == (0.3,)
    assert rule([0.0, 1.0]) == (0.0, 1.0)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("bad", [-0.1, 1.1, math.nan])
def test_what_is_no_probability_is_refused(rule, bad: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        rule([0.5, bad])


def test_e_values_are_rejected_down_to_the_last_that_is_enough() -> None:
    # needed at alpha .05 of 3: 60, 30, 20
    assert e_bh([25, 20, 21]) == (True, True, True)
    assert e_bh([25, 19, 21]) == (False, False, False)
    assert e_bh([math.inf, 0, 29]) == (True, False, False)
    assert e_bh([]) == ()
    with pytest.raises(ValueError, match="0 or more"):
        e_bh([1, -1])
    with pytest.raises(ValueError, match="alpha must be"):
        e_bh([1], alpha=1)


@pytest.mark.parametrize("df", [3, 12.5, 200, math.inf])
def test_one_comparison_has_the_critical_value_of_t(df: float) -> None:
    assert max_t_critical([[1]], df) == pytest.approx(stats.t.ppf(0.975, df), rel=1e-9)


@pytest.mark.parametrize("k", [2, 10, 60])
def test_independent_normals_have_sidak_s_critical_value(k: int) -> None:
    exact = stats.norm.ppf((1 + 0.95 ** (1 / k)) / 2)
    assert max_t_critical(np.eye(k), math.inf) == pytest.approx(exact, abs=0.01)


def test_columns_that_repeat_each_other_count_once() -> None:
    ones = np.ones((5, 5))
    assert max_t_critical(ones, 20) == pytest.approx(stats.t.ppf(0.975, 20), abs=0.01)


def test_few_degrees_of_freedom_are_those_of_the_integral() -> None:
    # P(max|N| <= c s) averaged over s^2 = chi2(4)/4, for 3 independent normals
    def below(c: float) -> float:
        return stats.chi2(4).expect(
            lambda x: (2 * stats.norm.cdf(c * np.sqrt(x / 4)) - 1) ** 3, lb=0, ub=60
        )

    assert below(max_t_critical(np.eye(3), 4)) == pytest.approx(0.95, abs=0.001)


def test_the_seed_decides_the_draws() -> None:
    r = [[1, 0.5], [0.5, 1]]
    assert max_t_critical(r, 9, seed=4) == max_t_critical(r, 9, seed=4)
    assert max_t_critical(r, 9, seed=4) != max_t_critical(r, 9, seed=5)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[1, 0.5]], "square"),
        ([[1, 0.5], [0.4, 1]], "symmetric"),
        ([[2, 0.5], [0.5, 1]], "symmetric"),
        ([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]], "no negative eigenvalue"),
    ],
)
def test_what_is_no_correlation_is_refused(matrix, message) -> None:
    with pytest.raises(ValueError, match=message):
        max_t_critical(matrix, 10)


@pytest.mark.parametrize("options", [{"alpha": 0}, {"draws": 0}, {"df": 0}])
def test_numbers_out_of_range_are_refused(options) -> None:
    with pytest.raises(ValueError, match="got"):
        max_t_critical([[1]], **{"df": 5, **options})


def test_one_column_alone_is_a_paired_t() -> None:
    d = np.random.default_rng(1).normal(0.3, 1, 25)
    (found,) = simultaneous(d[:, None])
    alone = paired_t(d)
    assert (found.low, found.high) == pytest.approx((alone.low, alone.high))
    assert found.p_value == pytest.approx(alone.p_value, abs=1e-3)


def test_simultaneous_intervals_lie_between_one_and_bonferroni() -> None:
    rng = np.random.default_rng(2)
    baseline = rng.normal(size=(40, 1))
    table = rng.normal(0.2, 1, (40, 6)) - baseline
    for column, found in zip(table.T, simultaneous(table), strict=True):
        one, strict = paired_t(column), paired_t(column, level=1 - 0.05 / 6)
        assert one.high < found.high < strict.high
        assert one.p_value <= found.p_value <= 6 * one.p_value
        assert (found.p_value < 0.05) == (not found.low <= 0 <= found.high)


def test_simultaneous_p_values_go_below_what_draws_can_show() -> None:
    rng = np.random.default_rng(3)
    found = simultaneous(rng.normal(3, 0.5, (60, 3)))
    assert all(0 < each.p_value < 1e-20 for each in found)


def test_a_column_without_change_stays_out_of_the_way() -> None:
    rng = np.random.default_rng(4)
    still, moving = simultaneous(np.column_stack([np.zeros(30), rng.normal(size=30)]))
    assert (still.low, still.high, still.p_value) == (0, 0, 1)
    assert moving.high > moving.low


@pytest.mark.parametrize("table", [[1, 2, 3], np.zeros((3, 0)), [[1, 2]], [[1, 2], [3, math.nan]]])
def test_what_is_no_table_is_refused(table) -> None:
    with pytest.raises(ValueError, match=r"need|expected"):
        simultaneous(table)


def test_one_group_against_a_control_is_student_s_t() -> None:
    control, group = [1.0, 2, 4, 3], [3.0, 5, 6, 4, 5]
    expected = stats.ttest_ind(control, group).pvalue
    assert dunnett(control, [group]) == pytest.approx((expected,), abs=1e-3)


def test_groups_without_spread_or_without_groups_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one group"):
        dunnett([1, 2], [])
    with pytest.raises(ValueError, match="need some spread"):
        dunnett([1, 1], [[2, 2]])


@pytest.mark.filterwarnings("error")
def test_dunnett_takes_a_group_without_spread() -> None:
    assert dunnett([0.57, 0.39, 0.2, 0.43, 0.77], [[1, 1, 1, 1, 1]])[0] < 0.01
