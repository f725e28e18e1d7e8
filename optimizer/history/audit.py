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
    if not lines:
        return
    last_seq, previous_hash = queries.last_audit(history) or (0, FIRST_HASH)
    encode = msgspec.json.Encoder(order="sorted").encode
    rows = []
    for seq, line in enumerate(lines, start=last_seq + 1):
        detail, said = encode(line.detail).decode(), (line.actor, line.action, line.subject)
        line_hash = _hash((str(seq), _written(line.logged_at), *said, detail, previous_hash))
        stored_at = queries.stored_time(line.logged_at)
        rows.append((seq, stored_at, *said, detail, previous_hash, line_hash))
        previous_hash = line_hash
    with history.connection.appender("audit_log") as appender:
        appender.append_rows(rows)


def entry_hash(entry: AuditEntry) -> str:
    """Return the SHA-256 over a line, its predecessor's hash included."""
    said = (entry.actor, entry.action, entry.subject, entry.detail, entry.previous_hash)
    return _hash((str(entry.seq), _written(entry.logged_at), *said))


def first_broken(entries: Sequence[AuditEntry]) -> int | None:
    """Return the place of the first line that does not follow from the one before, or None."""
    previous_hash = FIRST_HASH
    for seq, entry in enumerate(entries, start=1):
        follows = entry.seq == seq and entry.previous_hash == previous_hash
        if not follows or entry.hash != entry_hash(entry):
            return seq
        previous_hash = entry.hash
    return None


def _written(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="microseconds")


def _hash(parts: tuple[str, ...]) -> str:
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()
