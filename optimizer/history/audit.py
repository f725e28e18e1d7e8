"""The audit log: an append-only list of lines, each carrying the hash of the one before."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import msgspec

from optimizer.history import queries
from optimizer.history.store import History
from optimizer.models.decisions import AuditEntry

FIRST_HASH = "0" * 64


def append_audit(
    history: History,
    *,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    detail: Mapping[str, object],
) -> AuditEntry:
    """Append a line; call it in the transaction of what it tells of."""
    last = queries.last_audit(history)
    seq, previous_hash = (last[0] + 1, last[1]) if last else (1, FIRST_HASH)
    entry = AuditEntry(
        seq=seq,
        logged_at=at.astimezone(UTC),
        actor=actor,
        action=action,
        subject=subject,
        detail=msgspec.json.encode(detail, order="sorted").decode(),
        previous_hash=previous_hash,
        hash="",
    )
    entry = replace(entry, hash=entry_hash(entry))
    history.connection.execute(
        "INSERT INTO audit_log VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            entry.seq,
            entry.logged_at.replace(tzinfo=None),
            entry.actor,
            entry.action,
            entry.subject,
            entry.detail,
            entry.previous_hash,
            entry.hash,
        ],
    )
    return entry


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
