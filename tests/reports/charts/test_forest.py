from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from reports.charts.base import LIGHT
from reports.charts.forest import forest_note, forest_spec, forest_table
from reports.drawings import Drawing, Forest, Interval, Scale


def effect(
    label: str = "success",
    estimate: float | None = 0.1,
    low: float | None = -0.1,
    high: float | None = 0.3,
    **more: Any,
) -> Interval:
    given = {"scale": Scale.POINTS, "more_is_better": True, "text": "told", **more}
    return Interval(label=label, estimate=estimate, low=low, high=high, **given)


def forest(*intervals: Interval) -> Forest:
    return Forest("t", "d", intervals)


def panels(*intervals: Interval) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = forest_spec(forest(*intervals), LIGHT)["vconcat"]
    return found


def rows(panel: dict[str, Any], place: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = panel["layer"][place]["data"]["values"]
    return found


def test_effects_of_one_scale_and_direction_share_an_axis() -> None:
    found = panels(
        effect("success"),
        effect("latency", scale=Scale.PERCENT, more_is_better=False),
        effect("score"),
    )
    titles = [one["layer"][1]["encoding"]["x"]["axis"]["title"] for one in found]
    assert titles == [
        "candidate minus baseline; better \u2192",
        "\u2190 better; candidate minus baseline",
    ]


def test_the_figures_stand_beside_each_line(drawn: Callable[[Drawing], Any]) -> None:
    texts = [one.text for one in drawn(forest(effect(text="+10.0 pp [-10.0, +30.0]"))).iter("text")]
    assert "+10.0 pp [-10.0, +30.0]" in texts


def test_a_margin_is_a_zone_from_no_effect() -> None:
    (panel,) = panels(effect(margin=-0.05), effect("score"))
    (zone,) = rows(panel, 0)
    assert zone["margin"] == -0.05


def test_an_end_without_a_bound_is_an_arrow() -> None:
    (panel,) = panels(effect(high=math.inf), effect("score", low=-math.inf))
    assert [(row["label"], row["shape"]) for row in rows(panel, 4)] == [
        ("score", "triangle-left"),
        ("success", "triangle-right"),
    ]


def test_an_unknown_end_is_no_arrow_and_no_line() -> None:
    (panel,) = panels(effect(high=None))
    assert rows(panel, 3) == []
    assert rows(panel, 4) == []


def test_one_far_bound_does_not_make_dots_of_the_others() -> None:
    (panel,) = panels(*(effect(f"c{i}") for i in range(5)), effect("far", high=80.0))
    assert panel["layer"][1]["encoding"]["x"]["scale"]["domain"][1] < 1.5
    assert [row["label"] for row in rows(panel, 4)] == ["far"]


def test_of_many_candidates_the_first_are_drawn_and_the_rest_is_said() -> None:
    many = forest(*(effect(f"c{i}") for i in range(25)))
    assert forest_note(many) == "20 of 25 drawn"
    assert len(forest_table(many).rows) == 20


def test_in_characters_an_interval_is_a_bar_about_its_estimate() -> None:
    table = forest_table(forest(effect(estimate=0.0, low=-0.1, high=0.1)))
    assert table.rows[0][1].text == "┈━━━━━━━━━━━╋━━━━━━━━━━━┈"  # type: ignore[union-attr]


def test_in_characters_an_end_without_a_bound_is_an_arrow() -> None:
    table = forest_table(forest(effect(estimate=0.1, low=0.05, high=math.inf)))
    drawn = table.rows[0][1].text  # type: ignore[union-attr]
    assert drawn.endswith(">")
    assert "│" in drawn
