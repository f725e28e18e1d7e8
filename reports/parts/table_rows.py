"""Tables of the history before and after."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.upkeep import TableRows
from reports.document import Table, left, right
from reports.formatting import count


def table_rows(tables: Sequence[TableRows]) -> Table:
    """Lay out how many rows each table has had and has; empty ones are left out."""
    shown = [one for one in tables if one.n_before or one.n_after]
    return Table(
        (left("table"), right("rows before"), right("rows after")),
        tuple((one.table, count(one.n_before), count(one.n_after)) for one in shown),
        empty="Every table is empty.",
    )
