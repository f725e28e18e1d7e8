"""Results as JSON for machines."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

NOT_ASCII = re.compile(r"[^\x00-\x7f]+")

FORMAT_VERSION = 1

LIST_BEGINS = f'{{\n  "format_version": {FORMAT_VERSION},\n  "items": [\n    '
LIST_ENDS = "\n  ]\n}\n"


def as_json(content: object) -> str:
    """Return content as JSON for machines, in ASCII; what is not finite is null."""
    import json

    import msgspec

    try:
        body = msgspec.json.encode(content, enc_hook=_encode)
    except UnicodeEncodeError:  # a name whose bytes are no text
        return _escaped_json(content)
    fields = body[1:] if body.startswith(b"{") else b'"items":' + body + b"}"
    comma = b"" if fields == b"}" else b","
    whole = b'{"format_version":%d%b%b' % (FORMAT_VERSION, comma, fields)
    text = msgspec.json.format(whole, indent=2).decode()
    if not text.isascii():
        text = NOT_ASCII.sub(lambda found: json.dumps(found[0])[1:-1], text)
    return text + "\n"


def as_item(content: object) -> str:
    """Return content as JSON as it stands among the items of a list by `as_json`."""
    whole = as_json([content])
    return whole[len(LIST_BEGINS) : -len(LIST_ENDS)]


def as_items(items: Iterable[str]) -> Iterator[str]:
    """Yield the text of `as_json` of a list piece by piece, from what `as_item` gave of each."""
    piece = LIST_BEGINS
    for number, item in enumerate(items):
        yield piece if number == 0 else ",\n    "
        yield item
        piece = ""
    yield as_json([]) if piece else LIST_ENDS


def as_plain_json(content: object) -> str:
    """Return content as JSON in ASCII, with no format version in it."""
    import json

    return json.dumps(content, indent=2) + "\n"


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
    from optimizer.models.settings import Settings, plain

    if isinstance(value, Settings):
        return plain(value)
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
