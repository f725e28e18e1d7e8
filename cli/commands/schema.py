"""`optimizer schema`: what the JSON of a command holds."""

from __future__ import annotations

from typing import Annotated

from cli import options, typer
from cli.ci.listeners import Spoken
from cli.output import show, write_out


def schema(
    command: Annotated[
        list[str] | None,
        typer.Argument(
            help="A command, as compare or experiment plan; without one, all are listed.",
            show_default=False,
        ),
    ] = None,
    json: options.Json = False,
) -> None:
    """Print the JSON Schema of what a command prints with --json, or list all schemas.

    With --json the schema has a format_version, as any payload; it is a valid schema all the same.

    Example: optimizer schema compare
    """
    from cli.payload import as_json, as_plain_json
    from cli.payloads import PAYLOADS
    from cli.schemas.by_command import schema as schema_of
    from cli.schemas.by_command import schema_file, schema_id
    from reports.gallery.schema_list import SchemaEntry, schema_list

    if command:
        found = schema_of(" ".join(command))
        write_out(as_json(found) if json else as_plain_json(found), Spoken.JSON)
        return
    entries = [
        SchemaEntry(command=name, schema_id=schema_id(name), file=schema_file(name))
        for name in PAYLOADS
    ]
    show(schema_list(entries), entries, json=json)
