"""Results as JSON for machines."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

from cli.runners import unheard_json

NOT_ASCII = re.compile(r"[^\x00-\x7e]+")

FORMAT_VERSION = 1


def as_json(content: object) -> str:
    """Return content as JSON for machines, in ASCII; what is not finite is null."""
    import msgspec

    try:
        body = msgspec.json.encode(content, enc_hook=_encode)
    except UnicodeEncodeError:  # a name whose bytes are no text
        return _escaped_json(content)
    fields = body[1:] if body.startswith(b"{") else b'"items":' + body + b"}"
    comma = b"" if fields == b"}" else b","
    whole = b'{"format_version":%d%b%b' % (FORMAT_VERSION, comma, fields)
    text = NOT_ASCII.sub(_escaped, msgspec.json.format(whole, indent=2).decode())
    return unheard_json(text) + "\n"


def as_plain_json(content: object) -> str:
    """Return content as JSON in ASCII, with no format version in it."""
    import json

    return json.dumps(content, indent=2) + "\n"


def _escaped(found: re.Match[str]) -> str:
    import json

    return json.dumps(found[0])[1:-1].replace("\x7f", r"\u007f")


def _escaped_json(content: object) -> str:
    """Return JSON of any content, bytes that are no text escaped; it takes longer."""
    import json

    import msgspec

    body = _finite(msgspec.to_builtins(content, enc_hook=_encode))
    tagged = body if isinstance(body, dict) else {"items": body}
    return json.dumps({"format_version": FORMAT_VERSION, **tagged}, indent=2) + "\n"


def error_json(kind: str, message: str, hint: str | None) -> str:
    """Return an error as JSON for machines."""
    return as_json({"error": {"kind": kind, "message": message, "hint": hint}})


def _encode(value: object) -> object:
    from pydantic import BaseModel

    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _finite(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: _finite(value) for key, value in content.items()}
    if isinstance(content, (list, tuple)):
        return [_finite(value) for value in content]
    if isinstance(content, float) and not math.isfinite(content):
        return None
    return content
