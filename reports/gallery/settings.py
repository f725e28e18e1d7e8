"""The report of the settings in force."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any, NamedTuple

from reports.document import Document, Section, Table, Verdict, left
from reports.formatting import plural, setting
from reports.tones import Tone

DEFAULT_ORIGIN = "default"


class SettingRow(NamedTuple):
    """One setting: its key, its value, where the value comes from, and what it means."""

    key: str
    value: Any
    origin: str
    description: str


def settings(rows: Sequence[SettingRow], *, origin: bool = False) -> Document:
    """Lay out settings in the order given, with the origin of each where asked for."""
    sections = tuple(
        Section(part or "top level", (_table(list(found), origin=origin),))
        for part, found in groupby(rows, key=lambda row: row.key.rpartition(".")[0])
    )
    return Document("Settings", _verdict(rows), sections)


def _verdict(rows: Sequence[SettingRow]) -> Verdict:
    if not rows:
        return Verdict(Tone.NEUTRAL, "There are no settings.")
    n_set = sum(row.origin != DEFAULT_ORIGIN for row in rows)
    rest = f"{n_set} not at the default" if n_set else "all at their defaults"
    return Verdict(Tone.NEUTRAL, f"{plural(len(rows), 'setting')}, {rest}.")


def _table(rows: Sequence[SettingRow], *, origin: bool) -> Table:
    return Table(
        columns=(
            left("setting"),
            left("value"),
            *((left("origin"),) if origin else ()),
            left("meaning"),
        ),
        rows=tuple(
            (
                row.key.rpartition(".")[2],
                setting(row.value),
                *((row.origin,) if origin else ()),
                row.description,
            )
            for row in rows
        ),
    )
