from __future__ import annotations

from reports.charts.bars import sparkline


def test_a_row_of_bars_goes_from_nothing_to_all() -> None:
    assert sparkline([0.0, 0.5, 1.0, None, 2.0, -1.0], 1.0) == "▁▅█ █▁"
