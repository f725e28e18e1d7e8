from __future__ import annotations

import pytest

from reports.document import Cell, Table, cell, left, right
from reports.tones import Tone


def test_a_row_has_a_cell_for_each_column() -> None:
    with pytest.raises(ValueError, match="1 cells in a table of 2 columns"):
        Table((left("a"), right("b")), (("1",),))


def test_a_bare_text_is_a_neutral_cell() -> None:
    assert cell("a") == Cell("a", Tone.NEUTRAL)
    assert cell(Cell("a", Tone.BAD)).tone is Tone.BAD
