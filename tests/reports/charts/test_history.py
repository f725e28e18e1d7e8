from __future__ import annotations

from optimizer.models.rules import Unit
from reports.charts.base import LIGHT
from reports.charts.history import history_spec, history_table
from reports.drawings import History, Point, Series


def chart(*values: float | None, unit: Unit = Unit.RATE) -> History:
    points = tuple(Point(i, value, f"run {i}") for i, value in enumerate(values))
    return History("t", "d", unit, "first", "last", (Series("one", points),))


def scale(drawn: History) -> object:
    return history_spec(drawn, LIGHT)["layer"][1]["encoding"]["y"]["scale"]["domain"]


def test_rates_are_drawn_from_nothing_to_all_however_close_they_are() -> None:
    assert scale(chart(0.93, 0.97)) == [0, 1.0]


def test_other_values_are_drawn_up_to_the_highest() -> None:
    assert scale(chart(100.0, 400.0, unit=Unit.MS)) == [0, 400.0]


def test_an_unknown_value_is_not_drawn() -> None:
    values = history_spec(chart(0.5, None, float("nan")), LIGHT)["data"]["values"]
    assert [value["text"] for value in values] == ["run 0"]


def test_in_characters_there_is_a_row_of_bars_for_each_series() -> None:
    table = history_table(chart(0.0, 1.0))
    assert table.rows == (("one", "▁█", "0.0 %", "100.0 %", "2"),)
