"""The audit log, and whether it is whole."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.decisions import AuditEntry
from reports.document import Document, Facts, Table, Verdict, left, right
from reports.formatting import count, moment, plural
from reports.parts.trails import entry_row
from reports.tones import Tone

HASH_CHARS = 16


def audit(entries: Sequence[AuditEntry], limit: int) -> Document:
    """Lay out the newest lines of the audit log."""
    if not entries:
        return Document("Audit log", Verdict(Tone.NEUTRAL, "Nothing was recorded."), ())
    shown = entries[-limit:]
    more = f", the newest {count(len(shown))} shown" if len(shown) < len(entries) else ""
    return Document(
        title="Audit log",
        verdict=Verdict(Tone.NEUTRAL, f"{plural(len(entries), 'line')}{more}."),
        blocks=(
            Table(
                columns=(
                    right("seq"),
                    left("at (UTC)"),
                    left("who"),
                    left("what"),
                    left("to"),
                    left("more"),
                ),
                rows=tuple((*entry_row(one)[:4], one.subject, entry_row(one)[4]) for one in shown),
            ),
        ),
        hints=("Run 'optimizer audit verify' to check that none was changed.",),
    )


def audit_check(entries: Sequence[AuditEntry], broken: int | None) -> Document:
    """Say whether the audit log is whole; `broken` is the place of its first bad line, from 1."""
    lines = plural(len(entries), "line")
    if broken is None:
        last = entries[-1].hash[:HASH_CHARS] if entries else "none"
        return Document(
            "Audit log",
            Verdict(Tone.GOOD, f"{lines}: each follows from the one before."),
            (Facts((("last hash", last),)),),
        )
    bad = entries[broken - 1]
    text = f"Line {count(broken)} of {lines} does not follow from the one before."
    return Document(
        title="Audit log",
        verdict=Verdict(Tone.BAD, text),
        blocks=(
            Facts(
                (
                    ("line", f"{count(broken)}, which says it is {count(bad.seq)}"),
                    ("at", moment(bad.logged_at)),
                    ("who", bad.actor),
                    ("what", bad.action),
                    ("to", bad.subject),
                )
            ),
        ),
        hints=("Compare it with a copy of the history from before.",),
    )
