"""The report of a step: which version of a prompt was put in force."""

from __future__ import annotations

from optimizer.models.versions import VersionMoved
from reports.document import Cell, Document, Facts, Verdict
from reports.formatting import UNKNOWN
from reports.parts.prompts import STATE_TONES, STATES, quoted

HASH_CHARS = 16


def prompt_moved(moved: VersionMoved) -> Document:
    """Lay out what was done to a version."""
    one = moved.version
    facts: list[tuple[str, Cell | str]] = [
        ("state", Cell(STATES[one.state], STATE_TONES[one.state])),
        ("retired", moved.retired or UNKNOWN),
        ("file", moved.path or "not written"),
        ("by", moved.actor),
        ("why", moved.why or UNKNOWN),
        ("text", f"sha256 {one.prompt_sha256[:HASH_CHARS]}"),
    ]
    return Document(
        title=f"{one.prompt_id}@{one.version}",
        verdict=Verdict(STATE_TONES[one.state], f"{one.prompt_id}: {moved.text}."),
        blocks=(Facts(tuple(facts)),),
        hints=(f"Take it back: optimizer prompts rollback {quoted(one.prompt_id)} {moved.retired}",)
        if moved.retired
        else (),
    )
