"""The lines of the audit log."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from optimizer.models.decisions import AuditEntry
from reports.document import Table, left, right
from reports.formatting import UNKNOWN, count, moment, setting

HASH = re.compile(r"[0-9a-f]{64}")
HASH_CHARS = 16


def trail(entries: Sequence[AuditEntry]) -> Table:
    """Lay out the lines on one subject."""
    return Table(
        columns=(right("seq"), left("at (UTC)"), left("who"), left("what"), left("more")),
        rows=tuple(_row(entry) for entry in entries),
        empty="Nothing was recorded.",
    )


def trail_of_all(
    entries: Sequence[AuditEntry],
    *,
    caption: str | None = None,
    empty: str = "Nothing was recorded.",
) -> Table:
    """Lay out lines on whatever subject."""
    return Table(
        columns=(
            right("seq"),
            left("at (UTC)"),
            left("who"),
            left("what"),
            left("to"),
            left("more"),
        ),
        rows=tuple((*_row(one)[:4], one.subject, _row(one)[4]) for one in entries),
        caption=caption,
        empty=empty,
    )


def _row(entry: AuditEntry) -> tuple[str, str, str, str, str]:
    return (
        count(entry.seq),
        moment(entry.logged_at).removesuffix(" UTC"),
        entry.actor,
        entry.action,
        said(entry.detail),
    )


def said(detail: str) -> str:
    """Say the detail of a line: 'pending -> validating; reason: as users say'."""
    try:
        found = json.loads(detail)
    except ValueError:
        return detail or UNKNOWN
    if not isinstance(found, dict):
        return detail
    step = {"from", "to"} <= found.keys()
    moved = [f"{found.pop('from')} -> {found.pop('to')}"] if step else []
    return "; ".join([*moved, *(f"{name}: {_told(one)}" for name, one in found.items())]) or (
        UNKNOWN
    )


def _told(content: Any) -> str:
    """Say a value: hashes by their beginning, lists without their brackets."""
    if isinstance(content, list):
        return ", ".join(map(_told, content)) or "none"
    if isinstance(content, str) and HASH.fullmatch(content):
        return content[:HASH_CHARS]
    return setting(content)
