from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.models.rules import Unit
from reports import formatting as f

NUMBERS = st.none() | st.floats(allow_nan=True, allow_infinity=True)


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.875, "87.5 %"),
        (1.0, "100.0 %"),
        (0.0, "0.0 %"),
        (-0.0, "0.0 %"),
        (0.0005, "<0.1 %"),
        (0.9996, ">99.9 %"),
        (0.999, "99.9 %"),
        (0.001, "0.1 %"),
        (1 - 1e-16, "100.0 %"),
        (None, "-"),
        (math.nan, "-"),
        (math.inf, "-"),
    ],
)
def test_a_rate_is_all_or_nothing_only_when_exact(share: float | None, text: str) -> None:
    assert f.rate(share) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.062, "+6.2 pp"),
        (-0.8, "-80.0 pp"),
        (0.0, "0.0 pp"),
        (0.85 - 0.8 - 0.05, "0.0 pp"),
        (0.0004, "+0.04 pp"),
        (-0.00004, "-<0.01 pp"),
        (None, "-"),
    ],
)
def test_percentage_points_carry_a_sign(share: float | None, text: str) -> None:
    assert f.percentage_points(share) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0.002134, "$0.00213"),
        (0.1, "$0.100"),
        (0, "$0"),
        (9.996, "$10.0"),
        (123.4, "$123"),
        (12345.6, "$12,346"),
        (-0.5, "-$0.500"),
        (0.00000295, "$0.00000295"),
        (1e-12, "<$0.000000001"),
        (None, "-"),
    ],
)
def test_a_price_has_three_significant_digits(amount: float | None, text: str) -> None:
    assert f.usd(amount) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0.2518, "$0.252"), (1.0, "$1.00"), (1234.561, "$1,234.56"), (None, "-")],
)
def test_a_sum_of_money_has_cents(amount: float | None, text: str) -> None:
    assert f.usd_total(amount) == text


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (845, "845 ms"),
        (4660, "4.66 s"),
        (125_000, "2 min 05 s"),
        (0, "0 ms"),
        (0.001, "<0.01 ms"),
        (0.42, "0.420 ms"),
        (999.6, "1.00 s"),
        (59_960, "1 min 00 s"),
        (3_600_000, "1 h 00 min"),
        (51 * 3_600_000, "2 d 03 h"),
        (-1500, "-1.50 s"),
        (None, "-"),
        (math.inf, "-"),
    ],
)
def test_a_duration_takes_the_unit_that_fits(ms: float | None, text: str) -> None:
    assert f.duration(ms) == text


@pytest.mark.parametrize(
    ("n", "text"), [(12345, "12,345"), (59.25, "59.2"), (60.0, "60"), (0, "0"), (None, "-")]
)
def test_a_count_is_grouped(n: float | None, text: str) -> None:
    assert f.count(n) == text


@pytest.mark.parametrize(
    ("unit", "low", "high", "text"),
    [
        (Unit.RATE, 0.712, 0.93, "[71.2, 93.0] %"),
        (Unit.RATE, 0.0, 0.0004, "[0.0, <0.1] %"),
        (Unit.RATE, 0.9699, 1.0, "[97.0, 100.0] %"),
        (Unit.MS, 4210, 5020, "[4.21, 5.02] s"),
        (Unit.MS, 224.2, 238.6, "[224, 239] ms"),
        (Unit.MS, 845, 125_000, "[1, 125] s"),
        (Unit.USD, 0.0021, 0.00234, "[$0.00210, $0.00234]"),
        (Unit.TOKENS, 1204.2, 1310.9, "[1,204, 1,311]"),
        (Unit.POINTS, 71.24, 80.1, "[71.2, 80.1]"),
        (Unit.MS, None, math.inf, "-"),
        (Unit.RATE, None, 0.5, "[-, 50.0] %"),
        (Unit.MS, 0, 0, "[0, 0] ms"),
    ],
)
def test_an_interval_shows_both_bounds_alike(
    unit: Unit, low: float | None, high: float | None, text: str
) -> None:
    assert f.interval(unit, low, high) == text


@pytest.mark.parametrize(
    ("unit", "low", "high", "text"),
    [
        (Unit.RATE, 0.012, 0.113, "[+1.2, +11.3] pp"),
        (Unit.RATE, -0.012, 0.0, "[-1.2, 0.0] pp"),
        (Unit.MS, -20.1, 48.9, "[-20.1, +48.9] ms"),
        (Unit.USD, -0.0001, 0.0002, "[-$0.000100, +$0.000200]"),
        (Unit.RATE, None, None, "-"),
    ],
)
def test_the_interval_of_a_difference_carries_signs(
    unit: Unit, low: float | None, high: float | None, text: str
) -> None:
    assert f.effect_interval(unit, low, high) == text


@pytest.mark.parametrize(
    ("unit", "difference", "text"),
    [
        (Unit.RATE, -0.8, "-80.0 pp"),
        (Unit.MS, 4768.6, "+4.77 s"),
        (Unit.USD, -0.02, "-$0.0200"),
        (Unit.POINTS, 4.5, "+4.5"),
        (Unit.COUNT, -1, "-1"),
        (Unit.COUNT, 0, "0"),
        (Unit.TOKENS, None, "-"),
    ],
)
def test_a_margin_is_in_the_unit_of_its_rule(
    unit: Unit, difference: float | None, text: str
) -> None:
    assert f.margin(unit, difference) == text


@pytest.mark.parametrize(
    ("unit", "difference", "text"),
    [
        (Unit.RATE, -0.8, "80.0 pp"),
        (Unit.MS, -1240, "1.24 s"),
        (Unit.POINTS, -4.5, "4.5 points"),
        (Unit.COUNT, 2, "2"),
        (Unit.USD, None, "-"),
    ],
)
def test_a_magnitude_has_no_sign(unit: Unit, difference: float | None, text: str) -> None:
    assert f.magnitude(unit, difference) == text


@pytest.mark.parametrize(
    ("p", "text"),
    [(0.34, "0.34"), (0.034, "0.034"), (0.0004, "<0.001"), (0.999, ">0.99"), (1.0, "1.00")],
)
def test_a_p_value_is_never_zero(p: float, text: str) -> None:
    assert f.p_value(p) == text


def test_a_moment_is_in_utc() -> None:
    noon = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    assert f.moment(noon) == "2026-03-01 12:00 UTC"
    assert f.moment(noon.astimezone(timezone(timedelta(hours=2)))) == "2026-03-01 12:00 UTC"
    assert f.moment(noon.replace(tzinfo=None)) == "2026-03-01 12:00 UTC"
    assert f.moment(None) == "-"


@pytest.mark.parametrize(
    ("metric", "unit"),
    [
        ("success_rate", Unit.RATE),
        ("latency_ms", Unit.MS),
        ("cost_usd", Unit.USD),
        ("tokens", Unit.TOKENS),
        ("flavour", None),
    ],
)
def test_a_metric_names_its_unit(metric: str, unit: Unit | None) -> None:
    assert f.unit_of(metric) is unit


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, "-"),
        (0.1 + 0.2, "0.3"),
        (math.nan, "-"),
        (True, "true"),
        ("fast", "fast"),
        (("a", 1), '["a", 1]'),
    ],
)
def test_a_setting_looks_as_it_is_written(content: object, text: str) -> None:
    assert f.setting(content) == text


def test_things_are_counted_in_words() -> None:
    assert f.plural(1, "task") == "1 task"
    assert f.plural(12345, "task") == "12,345 tasks"
    assert f.plural(2, "strategy", "strategies") == "2 strategies"
    assert f.listing([]) == ""
    assert f.listing(["a"]) == "a"
    assert f.listing(["a", "b", "c"]) == "a, b and c"


def test_a_size_takes_the_unit_that_fits() -> None:
    assert [f.n_bytes(n) for n in (None, 0, 999, 3_420_160)] == ["-", "0 B", "999 B", "3.42 MB"]


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.123, "+12.3 %"),
        (-0.38, "-38.0 %"),
        (0.0, "0.0 %"),
        (0.0004, "+0.04 %"),
        (12.3456, "+1,235 %"),
        (math.inf, "unbounded"),
        (-math.inf, "unbounded"),
        (math.nan, "-"),
        (None, "-"),
    ],
)
def test_a_relative_change_has_a_sign(share: float | None, text: str) -> None:
    assert f.relative_change(share) == text


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (0.012, 0.113, "[+1.2, +11.3] %"),
        (-0.04, math.inf, "[-4.0, unbounded] %"),
        (-math.inf, math.inf, "unbounded"),
        (None, None, "-"),
    ],
)
def test_a_relative_interval_may_have_no_bound(
    low: float | None, high: float | None, text: str
) -> None:
    assert f.relative_interval(low, high) == text


def test_a_difference_of_rates_may_have_no_bound() -> None:
    assert f.effect_interval(Unit.RATE, -math.inf, 0.05) == "[unbounded, +5.0] pp"


@pytest.mark.parametrize(
    ("p", "text"),
    [(0.034, "p = 0.034"), (1e-9, "p < 0.001"), (0.999, "p > 0.99"), (None, "p = -")],
)
def test_a_p_value_is_stated_with_its_name(p: float | None, text: str) -> None:
    assert f.p_statement(p) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.9853, "0.985"),
        (0.99998, ">0.999"),
        (1.0, "1.00"),
        (-12.34, "-12.3"),
        (0.0, "0"),
        (1e-12, "<0.000000001"),
        (math.inf, "unbounded"),
        (math.nan, "-"),
    ],
)
def test_a_bare_figure_has_three_digits(number: float, text: str) -> None:
    assert f.figure(number) == text


def test_a_chosen_margin_is_as_short_as_it_goes() -> None:
    assert f.tolerance(0.05, " pp") == "5 pp"
    assert f.tolerance(0.025, "%") == "2.5%"
    assert f.tolerance(None, " pp") == "-"


@given(st.text(), st.integers(min_value=1, max_value=50))
def test_a_shortened_text_is_one_short_line(text: str, n: int) -> None:
    shortened = f.shorten(text, n)
    assert len(shortened) <= n
    assert "\n" not in shortened


@given(NUMBERS, NUMBERS)
def test_no_number_is_shown_as_nan_or_a_power(first: float | None, second: float | None) -> None:
    texts = [f.rate(first), f.usd(first), f.usd_total(first), f.duration(first), f.p_value(first)]
    for unit in Unit:
        texts += [f.value(unit, first), f.margin(unit, first), f.magnitude(unit, first)]
        texts += [f.interval(unit, first, second), f.effect_interval(unit, first, second)]
    texts += [f.relative_change(first), f.relative_interval(first, second), f.p_statement(first)]
    texts += [f.figure(first), f.figure_interval(first, second), f.signed_interval(first, second)]
    assert not any(word in text for text in texts for word in ("nan", "inf", "None", "e+", "e-"))


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (0.034690277123, "0.03469027712"),
        (161, "161"),
        (1e-12, "1e-12"),
        (True, "true"),
        (None, "-"),
        (math.nan, "-"),
        (math.inf, "unbounded"),
        ("exact", "exact"),
        ([], "[]"),
        ([[1, 2], [0.5, None]], "[[1, 2], [0.5, -]]"),
        ([0] * 20, f"[{', '.join(['0'] * 20)}]"),
        (list(range(1200)), "[0, 1, 2, ..., 1199] (1,200 values)"),
    ],
)
def test_ten_digits_show_any_result(content: object, text: str) -> None:
    assert f.ten_digits(content) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(3600, "1 h"), (5400, "90 min"), (90, "90 s"), (86_400, "1 d"), (0.25, "0.25 s"), (0, "0 s")],
)
def test_a_chosen_length_of_time_is_exact(seconds: float, text: str) -> None:
    assert f.time_span(seconds) == text
