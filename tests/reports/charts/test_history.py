from __future__ import annotations

from collections.abc import Callable

from optimizer.models.rules import Unit
from reports.charts.base import LIGHT
from reports.charts.history import history_note, history_spec, history_table
from reports.drawings import Drawing, Event, History, Point, Series


def chart(*values: float | None, unit: Unit | None = Unit.RATE, **more: object) -> History:
    points = tuple(Point(i, value, f"run {i}") for i, value in enumerate(values))
    series = (Series("one", points),)
    return History("t", "d", unit, "first", "last", series, **more)  # type: ignore[arg-type]


def scale(drawn: History) -> object:
    layers = history_spec(drawn, LIGHT)["layer"]
    (line,) = (one for one in layers if one["mark"]["type"] == "line")
    return line["encoding"]["y"]["scale"]["domain"]


def test_rates_are_drawn_from_nothing_to_all_however_close_they_are() -> None:
    assert scale(chart(0.93, 0.97)) == [0, 1.0]


def test_other_values_are_drawn_up_to_the_highest() -> None:
    assert scale(chart(100.0, 400.0, unit=Unit.MS)) == [0, 400.0]


def test_values_close_to_each_other_are_drawn_from_a_little_below_the_lowest() -> None:
    assert scale(chart(100.0, 104.0, unit=Unit.MS)) == [99.0, 104.0]


def test_an_unknown_value_is_not_drawn(titles: Callable[[Drawing], list[str]]) -> None:
    assert titles(chart(0.5, None, float("nan"))) == ["one: run 0"]


def test_in_characters_there_is_a_row_of_bars_for_each_series() -> None:
    table = history_table(chart(0.0, 1.0))
    assert table.rows == (("one", "▁█", "0.0 %", "100.0 %", "2"),)


def test_an_event_is_told_by_its_rule_and_its_name(titles: Callable[[Drawing], list[str]]) -> None:
    event = Event(0.5, "change point", "moved down before run 1")
    found = titles(chart(0.9, 0.5, events=(event,)))
    assert found.count("moved down before run 1") == 2


def test_names_of_events_that_find_no_room_are_counted() -> None:
    events = tuple(Event(1, f"decision {i}", f"decision {i}") for i in range(5))
    assert history_note(chart(0.1, 0.2, 0.3, events=events)) == "2 events of 5 not named here"


def test_of_many_series_the_first_are_drawn_and_the_rest_is_said() -> None:
    series = tuple(Series(f"s{i}", (Point(0, 0.5, "x"),)) for i in range(11))
    many = History("t", "d", Unit.RATE, "a", "b", series)
    assert history_note(many) == "8 of 11 variants shown"
    assert len(history_table(many).rows) == 8


def test_of_many_points_neighbours_are_drawn_as_their_mean_and_range(
    titles: Callable[[Drawing], list[str]],
) -> None:
    found = titles(chart(*([0.2, 0.4] * 500)))
    assert len(found) <= 400
    assert found[0] == "one: mean of 3 runs: run 0 to run 2"


def test_series_of_one_name_stay_apart() -> None:
    series = tuple(Series("same", (Point(0, 0.5, "x"),)) for _ in range(2))
    spec = history_spec(History("t", "d", Unit.RATE, "a", "b", series), LIGHT)
    marks = next(one for one in spec["layer"] if one["mark"]["type"] == "point")
    assert [row["series"] for row in marks["data"]["values"]] == ["same", "same (2)"]
