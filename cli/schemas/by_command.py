"""The JSON Schemas of what the commands print with `--json`, by command."""

from __future__ import annotations

from difflib import get_close_matches

from cli.payload import FORMAT_VERSION
from cli.payloads import PAYLOADS, ErrorPayload, JsonSchema
from cli.schemas.types import Definitions
from optimizer.models.errors import SelectionError

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_id(command: str) -> str:
    """Return what identifies the schema of a command."""
    return f"urn:prompt-optimizer:schema:{command.replace(' ', '-')}:{FORMAT_VERSION}"


def schema_file(command: str) -> str:
    """Return the name of the file that the schema of a command is published as."""
    return f"{command.replace(' ', '-')}.json"


def known_command(command: str) -> str:
    """Return the name of a command that has a schema, as it is spelled on the command line.

    Raises:
        SelectionError: There is none of that name.
    """
    spelled = " ".join(command.lower().removeprefix("optimizer ").split())
    if spelled in PAYLOADS:
        return spelled
    by_file = {schema_file(name).removesuffix(".json"): name for name in PAYLOADS}
    if spelled in by_file:
        return by_file[spelled]
    near = [name for name in PAYLOADS if spelled and spelled in name.split()]
    near = near[:3] or get_close_matches(spelled, PAYLOADS)
    hint = f"Did you mean {', '.join(near)}?" if near else "Run 'optimizer schema' for a list."
    raise SelectionError(
        f"schema {command!r}: unknown, expected a command that 'optimizer schema' lists", hint=hint
    )


def schema(command: str) -> JsonSchema:
    """Return the schema of what a command prints with `--json`.

    Raises:
        SelectionError: There is no command of that name.
    """
    command = known_command(command)
    definitions = Definitions()
    options = [definitions.whole(payload) for payload in (*PAYLOADS[command], ErrorPayload)]
    return JsonSchema(
        {
            "$schema": DIALECT,
            "$id": schema_id(command),
            "title": f"optimizer {command} --json",
            "anyOf": options,
            "$defs": definitions.used_by(options),
        }
    )
