"""What happened to a prompt: its versions, and every step of them."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.decisions import AuditEntry
from optimizer.models.rules import Unit
from optimizer.models.versions import Version
from reports.document import Cell, Document, Section, Table, Verdict, left
from reports.formatting import UNKNOWN, effect_interval, moment, percentage_points, plural
from reports.parts.prompts import STATE_TONES, STATES, in_use, quoted
from reports.parts.trails import trail
from reports.tones import Tone


def prompt_log(
    prompt_id: str, versions: Sequence[Version], entries: Sequence[AuditEntry]
) -> Document:
    """Lay out the versions of a prompt, newest last, and what the audit log says of it."""
    used = in_use(versions)
    text = f"{prompt_id}: {plural(len(versions), 'version')}, "
    text += f"{used.version} in use." if used else "none in use."
    return Document(
        title=f"Log of {prompt_id}",
        verdict=Verdict(Tone.NEUTRAL, text),
        blocks=(
            Table(
                columns=(
                    left("version"),
                    left("made of"),
                    left("state"),
                    left("held-out gain"),
                    left("made (UTC)"),
                    left("why"),
                ),
                rows=tuple(map(_row, versions)),
                empty="No version is stored.",
            ),
            Section("Steps", (trail(entries),)),
        ),
        hints=(
            f"See what one rests on: optimizer prompts show VERSION --prompt {quoted(prompt_id)}",
        )
        if versions
        else (),
    )


def _row(one: Version) -> tuple[Cell | str, ...]:
    return (
        one.version,
        one.parent or UNKNOWN,
        Cell(STATES[one.state], STATE_TONES[one.state]),
        _gain(one),
        moment(one.created_at).removesuffix(" UTC"),
        one.lineage.why or one.why_bump or UNKNOWN,
    )


def _gain(one: Version) -> str:
    look = one.confirmation
    if look is None or look.estimate is None:
        return UNKNOWN
    found = effect_interval(Unit.RATE, look.low, look.high)
    return f"{percentage_points(look.estimate)} {found}"
