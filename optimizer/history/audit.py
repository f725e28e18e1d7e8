"""The audit log: an append-only list of lines, each carrying the hash of the one before."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from optimizer.history import queries
from optimizer.history.store import History
from optimizer.models.dataclass import dataclass
from optimizer.models.decisions import AuditEntry

FIRST_HASH = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """What a line of the audit log is to say; see `AuditEntry`."""

    logged_at: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, object]


def append_audit(history: History, lines: Sequence[AuditLine]) -> None:
    """Append lines; call it in the transaction of what they tell of."""
    last = queries.last_audit(history)
    seq, previous_hash = last or (0, FIRST_HASH)
    with history.connection.appender("audit_log") as appender:
        for line in lines:
            seq += 1
            entry = AuditEntry(
                seq=seq,
                logged_at=line.logged_at.astimezone(UTC),
                actor=line.actor,
                action=line.action,
                subject=line.subject,
                detail=msgspec.json.encode(line.detail, order="sorted").decode(),
                previous_hash=previous_hash,
                hash="",
            )
            previous_hash = entry_hash(entry)
            stored_at = entry.logged_at.replace(tzinfo=None)
            appender.append_row(
                seq,
                stored_at,
                entry.actor,
                entry.action,
                entry.subject,
                entry.detail,
                entry.previous_hash,
                previous_hash,
            )


def entry_hash(entry: AuditEntry) -> str:
    """Return the SHA-256 over a line, its predecessor's hash included."""
    parts = (
        str(entry.seq),
        entry.logged_at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.actor,
        entry.action,
        entry.subject,
        entry.detail,
        entry.previous_hash,
    )
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()


def first_broken(entries: Sequence[AuditEntry]) -> int | None:
    """Return the place of the first line that does not follow from the one before, or None."""
    previous_hash = FIRST_HASH
    for seq, entry in enumerate(entries, start=1):
        follows = entry.seq == seq and entry.previous_hash == previous_hash
        if not follows or entry.hash != entry_hash(entry):
            return seq
        previous_hash = entry.hash
    return None
