"""The audit log, and whether it is whole."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.decisions import AuditChain, AuditEntry
from reports.document import Details, Document, Facts, Prose, Verdict
from reports.formatting import count, moment, plural
from reports.parts.trails import trail_of_all
from reports.tones import Tone

HASH_CHARS = 16
NOTHING_LOGGED = Verdict(Tone.NEUTRAL, "The audit log is empty: nothing was recorded.")

METHOD = (
    "Each line carries a hash over itself and the hash of the line before: one that was changed, "
    "moved or taken out breaks the chain from there on. Whoever can write the file can write a new "
    "chain as well, and lines that were cut off its end leave no trace: keep the last hash, or a "
    "copy of the file, where they cannot. Times are those of the machine that wrote the line."
)


def audit(entries: Sequence[AuditEntry], limit: int, chain: AuditChain) -> Document:
    """Lay out the newest of some lines of the audit log, and whether the whole log is sound."""
    if not chain.n_lines:
        return Document("Audit log", NOTHING_LOGGED, ())
    shown = entries[-limit:]
    table = trail_of_all(shown, empty="No line matches what was asked for.")
    last = (chain.last_hash or "none")[:HASH_CHARS]
    return Document(
        title="Audit log",
        verdict=_chain_verdict(len(entries), len(shown), chain),
        blocks=(table, Details("How it is kept", (Facts((("last hash", last),)), Prose(METHOD)))),
        hints=("Run 'optimizer audit verify' in a script: it answers by its exit code.",),
    )


def _chain_verdict(n_found: int, n_shown: int, chain: AuditChain) -> Verdict:
    """Say whether the chain is whole, and how much of it is shown."""
    lines = plural(chain.n_lines, "line")
    picked = f"; {_matching(n_found)}" if n_found < chain.n_lines else ""
    newest = f"{picked}, the newest {count(n_shown)} shown" if n_shown < n_found else picked
    if chain.first_broken is None:
        return Verdict(Tone.GOOD, f"The audit log is whole: {lines}{newest}.")
    text = (
        f"The audit log was changed: line {count(chain.first_broken)} of {lines} does not follow "
        f"from the one before{newest}."
    )
    return Verdict(Tone.BAD, text)


def _matching(n: int) -> str:
    if not n:
        return "none matches what was asked for"
    return f"{count(n)} {'matches' if n == 1 else 'match'} what was asked for"


def audit_check(entries: Sequence[AuditEntry], broken: int | None) -> Document:
    """Say whether the audit log is whole; `broken` is the place of its first bad line, from 1."""
    lines = plural(len(entries), "line")
    if not entries:
        return Document("Audit log", NOTHING_LOGGED, ())
    if broken is None:
        last = entries[-1].hash[:HASH_CHARS]
        return Document(
            "Audit log",
            Verdict(
                Tone.GOOD, f"The audit log is whole: {lines}, each follows from the one before."
            ),
            (Facts((("last hash", last),)),),
        )
    bad = entries[broken - 1]
    text = (
        f"The audit log was changed: line {count(broken)} of {lines} does not follow from the one "
        "before."
    )
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
