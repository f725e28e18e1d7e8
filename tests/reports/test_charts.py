from __future__ import annotations

from optimizer.models.rules import Unit
from reports.charts import plot, sparkline
from reports.document import Chart, Point, Series


def chart(*values: float | None, unit: Unit = Unit.RATE) -> Chart:
    points = tuple(Point(i, value, f"run {i}") for i, value in enumerate(values))
    return Chart("t", "d", unit, "first", "last", (Series("one", points),))


def test_a_row_of_bars_goes_from_nothing_to_all() -> None:
    assert sparkline([0.0, 0.5, 1.0, None, 2.0, -1.0], 1.0) == "▁▅█ █▁"


def test_rates_are_drawn_from_nothing_to_all_however_close_they_are() -> None:
    drawn = plot(chart(0.93, 0.97))
    assert [tick.label for tick in drawn.ticks] == [
        "0.0 %",
        "25.0 %",
        "50.0 %",
        "75.0 %",
        "100.0 %",
    ]
    assert drawn.ticks[-1].y < drawn.lines[0].marks[1].y < drawn.lines[0].marks[0].y


def test_other_values_are_drawn_up_to_the_highest() -> None:
    assert plot(chart(100.0, 400.0, unit=Unit.MS)).ticks[-1].label == "400 ms"


def test_an_unknown_value_is_not_drawn() -> None:
    (line,) = plot(chart(0.5, None, float("nan"))).lines
    assert [mark.text for mark in line.marks] == ["run 0"]


def test_marks_stand_in_the_order_of_their_positions() -> None:
    (line,) = plot(chart(0.1, 0.2, 0.3)).lines
    places = [mark.x for mark in line.marks]
    assert places == sorted(places)
    assert all(66 <= x <= 628 for x in places)


def test_an_interval_is_drawn_where_it_is_known() -> None:
    points = (Point(0, 0.5, "a", low=0.4, high=0.6), Point(1, 0.5, "b"))
    (line,) = plot(Chart("t", "d", Unit.RATE, "", "", (Series("one", points),))).lines
    bar, bare = line.marks
    assert bar.y_low is not None
    assert bar.y_high is not None
    assert bar.y_high < bar.y < bar.y_low
    assert bare.y_low is None


def test_a_chart_of_nothing_has_a_grid_and_no_lines() -> None:
    drawn = plot(Chart("t", "d", Unit.MS, "", "", ()))
    assert drawn.lines == ()
    assert len(drawn.ticks) == 5
