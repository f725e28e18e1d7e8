from __future__ import annotations

from typing import Any

from reports.charts.base import LIGHT
from reports.charts.names import MOST_NAMES, Box, names

ROOM: tuple[float, list[Box]] = (500.0, [])


def written(labels: list[str], places: list[tuple[float, float]], room: Any = ROOM) -> set[str]:
    layers = names(labels, places, range(len(labels)), room, LIGHT)
    return {row["name"] for one in layers for row in one["data"]["values"]}


def test_a_name_stands_beside_its_mark() -> None:
    assert written(["a"], [(100.0, 100.0)]) == {"a"}


def test_at_the_right_end_a_name_stands_to_the_left() -> None:
    (row,) = names(["name"], [(495.0, 100.0)], [0], ROOM, LIGHT)[1]["data"]["values"]
    assert row["at"] < 495


def test_a_name_without_room_is_not_written() -> None:
    wall = [Box(0, 0, 500, 500)]
    assert written(["a"], [(100.0, 100.0)], (500.0, wall)) == set()


def test_marks_close_to_each_other_share_the_room_around_them() -> None:
    assert written(["first", "second"], [(100.0, 100.0), (118.0, 100.0)]) == {"first", "second"}


def test_names_of_no_more_than_a_few_marks_are_written() -> None:
    places = [(100.0, 30.0 * i) for i in range(40)]
    assert len(written([f"m{i}" for i in range(40)], places)) == MOST_NAMES
