"""What a decision asks of whoever runs the system."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.lifecycle import Commands, PatchOp
from reports.document import Block, Code, Details, Items, Section, Table, left
from reports.formatting import setting

NONE = "Nothing is asked for."


def command_section(asked: Commands) -> Section:
    """Lay out the commands of a decision, and what there is none for."""
    blocks: list[Block] = [
        Table(
            columns=(left("command"), left("asked by"), left("with")),
            rows=tuple(
                (one.command, one.strategy, setting(dict(one.arguments))) for one in asked.commands
            ),
            empty=NONE,
        )
    ]
    if asked.refused:
        blocks.append(Items(tuple(f"refused: {text}" for text in asked.refused)))
    return Section("Asked of whoever runs the system", tuple(blocks))


def patch_details(patch: Sequence[PatchOp]) -> Details:
    """Lay out a JSON patch, an operation a line."""
    lines = [setting(dict(one)) for one in patch]
    return Details("JSON patch (RFC 6902)", (Code("\n".join(lines)),))
