"""CSV: a table of a result for spreadsheets and scripts, with raw numbers.

What is unknown is empty. A text that a spreadsheet would take for a formula has an apostrophe
before it: names come from files that anybody may have written. Numbers are left as they are.
"""

from __future__ import annotations

import csv
import io
from datetime import datetime

from optimizer.models.data_tables import DataTable, Value, rows
from reports.text import plain

FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
"""How a formula starts; the last four are the same signs at full width."""

HARMLESS = "'"
"""A spreadsheet shows what follows as a text."""


def csv_text(table: DataTable) -> str:
    """Render a table as CSV in UTF-8, a heading first, lines ended by line feeds."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(column.name for column in table.columns)
    writer.writerows([_cell(value) for value in row] for row in rows(table))
    return out.getvalue()


def _cell(value: Value) -> str | int | float:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case datetime():
            return f"{value.replace(tzinfo=None).isoformat()}Z"
        case str():
            return _harmless(plain(value))
        case _:
            return value


def _harmless(text: str) -> str:
    """Return a text that no spreadsheet evaluates."""
    return f"{HARMLESS}{text}" if text.lstrip().startswith(FORMULA) else text
