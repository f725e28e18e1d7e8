"""The list of the JSON Schemas, by command."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.dataclass import dataclass
from reports.document import Document, Table, Verdict, left
from reports.formatting import plural
from reports.tones import Tone

HINTS = ("Run 'optimizer schema COMMAND' to print one, as 'optimizer schema compare'.",)


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaEntry:
    """One schema.

    Attributes:
        command: The command whose `--json` it describes.
        schema_id: Its `$id`, which ends in the format version.
        file: The file it is published as, in `docs/schemas`.
    """

    command: str
    schema_id: str
    file: str


def schema_list(entries: Sequence[SchemaEntry]) -> Document:
    """Lay out schemas in the order given."""
    if not entries:
        return Document("Schemas", Verdict(Tone.NEUTRAL, "There are no schemas."), ())
    text = f"{plural(len(entries), 'command')} with a JSON Schema of what --json prints."
    table = Table(
        columns=(left("command"), left("id of its schema")),
        rows=tuple((entry.command, entry.schema_id) for entry in entries),
    )
    return Document("Schemas", Verdict(Tone.NEUTRAL, text), (table,), HINTS)
