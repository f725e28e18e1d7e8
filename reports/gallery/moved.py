"""The report of a step: what was done to a decision, and what that asks for."""

from __future__ import annotations

from optimizer.models.decisions import DecisionState
from optimizer.models.lifecycle import Moved
from optimizer.models.proposals import Change
from reports.document import Block, Cell, Document, Facts, Section, Table, Verdict, left
from reports.formatting import UNKNOWN, listing, setting
from reports.parts.commands import command_section, patch_details
from reports.parts.wording import STATE_TONES, STATES
from reports.tones import Tone

HASH_CHARS = 16

NEXT = {
    DecisionState.APPROVED: "Run 'optimizer rollout start {id}' or 'optimizer apply {id}'.",
    DecisionState.EXECUTING: "Ingest new runs, then run 'optimizer rollout advance {id}'.",
    DecisionState.MONITORING: "Ingest new runs, then run 'optimizer outcome {id}'.",
}


def moved(m: Moved) -> Document:
    """Lay out what was done to a decision."""
    hint = NEXT.get(m.state)
    blocks: list[Block] = [Facts(tuple(_facts(m)))]
    if m.changes:
        blocks.append(Section("Configuration", (_changes(m.changes), patch_details(m.patch))))
    if m.commands is not None:
        blocks.append(command_section(m.commands))
    return Document(
        title=f"Decision {m.decision_id}",
        verdict=Verdict(STATE_TONES[m.state], f"{m.workflow_id}: {m.text}."),
        blocks=tuple(blocks),
        hints=(hint.format(id=m.decision_id),) if hint else (),
    )


def _facts(m: Moved) -> list[tuple[str, Cell | str]]:
    facts: list[tuple[str, Cell | str]] = [
        ("state", Cell(STATES[m.state], STATE_TONES[m.state])),
        ("by", m.actor),
        ("why", m.why or UNKNOWN),
    ]
    if m.overridden:
        facts.append(("set aside", Cell(listing(list(m.overridden)), Tone.WARN)))
    if m.taken_back:
        facts.append(("takes back", Cell(listing(list(m.taken_back)), Tone.WARN)))
    if m.sha256 is not None:
        facts.append(("configuration", f"sha256 {m.sha256[:HASH_CHARS]}"))
    return facts


def _changes(changes: tuple[Change, ...]) -> Table:
    return Table(
        columns=(left("setting"), left("before"), left("now")),
        rows=tuple((one.setting, setting(one.old), setting(one.new)) for one in changes),
    )
