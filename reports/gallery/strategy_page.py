"""What is told of one strategy."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.strategy_pages import StrategyPage, StrategySetting
from reports.document import Block, Document, Facts, Prose, Section, Table, Verdict, left
from reports.formatting import count, setting
from reports.tones import Tone


def strategy_page(page: StrategyPage) -> Document:
    """Lay out what a strategy does and what can be set."""
    told = (
        ("Asks", page.asks),
        ("Proposes", page.proposes),
        ("Silent", page.silent),
        ("Blind spots", page.blind),
    )
    parts: list[Block] = [
        Facts((("asked", "yes" if page.enabled else "no"), ("priority", count(page.priority)))),
        *(Section(title, (Prose(text),)) for title, text in told if text),
        *(Prose(note) for note in page.notes),
        Section("Settings", (_settings(page.settings),)),
    ]
    hint = f"Change one with --set strategies.{page.name}.SETTING=VALUE, or in a settings file."
    verdict = Verdict(Tone.NEUTRAL, f"{page.name}: {page.summary}")
    return Document(page.name, verdict, tuple(parts), (hint,))


def _settings(rows: Sequence[StrategySetting]) -> Table:
    return Table(
        columns=(
            left("setting"),
            left("value"),
            left("may be"),
            left("meaning"),
        ),
        rows=tuple(
            (
                row.name,
                _value(row),
                row.allowed,
                row.text,
            )
            for row in rows
        ),
        empty="There is nothing to set.",
    )


def _value(row: StrategySetting) -> str:
    if row.value == row.default:
        return setting(row.value)
    return f"{setting(row.value)} (default: {setting(row.default)})"
