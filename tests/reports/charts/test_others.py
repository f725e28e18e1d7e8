from __future__ import annotations

from collections.abc import Callable
from typing import Any

from optimizer.models.rules import Unit
from reports.charts.base import LIGHT
from reports.charts.calibration import calibration_note, calibration_table
from reports.charts.distribution import distribution_spec, distribution_table
from reports.charts.flips import flips_table
from reports.charts.front import front_note, front_spec
from reports.document import cell
from reports.drawings import (
    Calibration,
    Counts,
    Distribution,
    Drawing,
    Flip,
    Flips,
    Front,
    Prediction,
    Scale,
    Spot,
)


def texts(row: tuple[Any, ...]) -> list[str]:
    return [cell(one).text for one in row]


def test_flips_go_to_both_sides_of_one_line() -> None:
    table = flips_table(Flips("t", "d", (Flip("a", 3, 12, 40), Flip("b", 0, 0, 55))))
    assert [texts(row)[2] for row in table.rows] == [
        "┈┈┈┈┈┈┈┈┈███│████████████",
        "┈┈┈┈┈┈┈┈┈┈┈┈│┈┈┈┈┈┈┈┈┈┈┈┈",
    ]


def test_a_front_joins_what_no_other_drawn_spot_beats() -> None:
    spots = (Spot("dear", 3.0, 0.9, "-"), Spot("cheap", 1.0, 0.7, "-"), Spot("bad", 2.0, 0.6, "-"))
    spec = front_spec(Front("t", "d", "x", "y", Unit.USD, Unit.RATE, spots), LIGHT)
    corners = spec["layer"][0]["data"]["values"]
    assert [(one["x"], one["y"]) for one in corners] == [(1.0, 0.7), (3.0, 0.9)]


def test_what_lacks_a_value_is_counted_and_not_drawn() -> None:
    spots = (Spot("a", 1.0, None, "-"), Spot("b", 1.0, 0.5, "-"))
    front = Front("t", "d", "x", "y", Unit.USD, Unit.RATE, spots)
    assert front_note(front) == "1 not drawn for want of a value"


def test_each_bar_of_a_distribution_tells_its_count_and_its_ends(
    titles: Callable[[Drawing], list[str]],
) -> None:
    chart = Distribution("t", "d", Unit.MS, (100.0, 200.0, 400.0), (Counts("a", (3, 1)),))
    assert titles(chart) == [
        "a: 3 tests from 100 ms to 200 ms",
        "a: 1 test from 200 ms to 400 ms",
    ]
    assert texts(distribution_table(chart).rows[0]) == ["a", "█▃", "4"]


def test_an_axis_by_ratios_has_round_ticks() -> None:
    edges = (120.0, 600.0, 3000.0)
    chart = Distribution("t", "d", Unit.MS, edges, (Counts("a", (3, 1)),), is_log=True)
    axis = distribution_spec(chart, LIGHT)["vconcat"][0]["layer"][0]["encoding"]["x"]["axis"]
    assert axis["values"] == [200.0, 500.0, 1000.0, 2000.0]


def test_what_was_predicted_stands_on_what_was_measured() -> None:
    one = Prediction("success", 0.1, 0.05, "told", low=0.0, high=0.1)
    missing = Prediction("cost", 0.1, None, "told")
    chart = Calibration("t", "d", Scale.POINTS, (one, missing))
    assert calibration_note(chart) == "1 not measured"
    drawn, nothing = (texts(row) for row in calibration_table(chart).rows)
    assert drawn[1].count("o") == 1
    assert drawn[1].count("╋") == 1
    assert drawn[2:] == ["+10.0 pp", "+5.0 pp"]
    assert nothing[1:] == ["", "+10.0 pp", "-"]


def test_a_narrow_range_has_numbers_on_its_axis_as_well() -> None:
    chart = Distribution(
        "t", "d", Unit.MS, (220.0, 260.0, 300.0, 340.0), (Counts("a", (1, 2, 3)),), is_log=True
    )
    (panel,) = distribution_spec(chart, LIGHT)["vconcat"]
    ticks = panel["layer"][0]["encoding"]["x"]["axis"]["values"]
    assert ticks == [220.0, 240.0, 260.0, 280.0, 300.0, 320.0, 340.0]
