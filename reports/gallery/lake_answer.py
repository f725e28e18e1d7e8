"""The report of a query: the rows it returned."""

from __future__ import annotations

from datetime import datetime

from optimizer.models.lakes import LakeAnswer
from reports.document import Align, Column, Document, Table, Verdict
from reports.formatting import UNKNOWN, count, figure, moment, plural
from reports.tones import Tone

TIME = "TIMESTAMP"
SHOWN_ROWS = 100
"""Of more rows than these only the first are listed; files and JSON have all."""


def lake_answer(found: LakeAnswer, *, question: str) -> Document:
    """Lay out the rows that a query returned."""
    numeric = [
        all(isinstance(row[i], int | float | None) for row in found.rows)
        for i in range(len(found.columns))
    ]
    columns = tuple(
        Column(name, Align.RIGHT if is_number else Align.LEFT)
        for name, is_number in zip(found.columns, numeric, strict=True)
    )
    n_more = len(found.rows) - SHOWN_ROWS
    table = Table(
        columns,
        tuple(tuple(map(_shown, row, found.types)) for row in found.rows[:SHOWN_ROWS]),
        caption=f"the first {count(SHOWN_ROWS)} rows; write all with -o" if n_more > 0 else None,
        empty="The query returned no rows.",
    )
    verdict = Verdict(Tone.NEUTRAL, f"{plural(len(found.rows), 'row')}.")
    return Document(f"Query {question}", verdict, (table,))


def _shown(value: str | float | bool | None, kind: str) -> str:
    match value:
        case None:
            return UNKNOWN
        case bool():
            return "yes" if value else "no"
        case float():
            return figure(value)
        case int():
            return count(value)
        case _:
            return moment(datetime.fromisoformat(value)) if kind == TIME else value
