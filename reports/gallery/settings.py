"""The report of the settings in force."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from reports.document import Document, Table, Tone, Verdict, left
from reports.formatting import plural, setting

DEFAULT_ORIGIN = "default"


class SettingRow(NamedTuple):
    """One setting: its key, its value, where the value comes from, and what it means."""

    key: str
    value: Any
    origin: str
    description: str


def settings(rows: Sequence[SettingRow], *, origin: bool = False) -> Document:
    """Lay out settings in the order given, with the origin of each where asked for."""
    n_set = sum(row.origin != DEFAULT_ORIGIN for row in rows)
    table = Table(
        columns=(
            left("setting"),
            left("value"),
            *((left("origin"),) if origin else ()),
            left("meaning"),
        ),
        rows=tuple(
            (
                row.key,
                setting(row.value),
                *((row.origin,) if origin else ()),
                row.description,
            )
            for row in rows
        ),
        empty="There are no settings.",
    )
    text = f"{plural(len(rows), 'setting')}, {n_set} of them not at the default."
    return Document("Settings", Verdict(Tone.NEUTRAL, text), (table,))
