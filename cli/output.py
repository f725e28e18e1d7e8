"""What goes out: the payload to stdout, narration to stderr."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from optimizer.models.errors import ConfigError

if TYPE_CHECKING:
    from reports.document import Document

FORMAT_VERSION = 1
JSON = ".json"
WIDTH = 80
WIDEST = 120


def show(
    document: Document,
    payload: object,
    *,
    json: bool = False,
    outputs: Sequence[Path] | None = None,
) -> None:
    """Print a document, or its payload as JSON, and write it to files as well."""
    for path in outputs or ():
        _write(path, document, payload)
    if json:
        sys.stdout.write(as_json(payload))
        return
    from reports.render.terminal import terminal

    sys.stdout.write(_encodable(terminal(document, width=_width(), color=_color(sys.stdout))))


def note(text: str) -> None:
    """Say something on stderr."""
    sys.stderr.write(f"{plain(text)}\n")


def as_json(payload: object) -> str:
    """Return a payload as JSON for machines."""
    import msgspec

    body = msgspec.to_builtins(payload, enc_hook=_encode)
    tagged = body if isinstance(body, dict) else {"items": body}
    encoded = msgspec.json.encode({"format_version": FORMAT_VERSION, **tagged})
    return msgspec.json.format(encoded, indent=2).decode() + "\n"


def error_json(error: Exception, hint: str | None) -> str:
    """Return an error as JSON for machines."""
    return as_json({"error": {"kind": type(error).__name__, "message": str(error), "hint": hint}})


def plain(text: str) -> str:
    """Return a text without anything that a terminal would act on."""
    from reports.text import plain as harmless

    return harmless(text)


def _encode(value: object) -> object:
    from pydantic import BaseModel

    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _write(path: Path, document: Document, payload: object) -> None:
    """Write one file in the format of its ending, whole or not at all."""
    from reports.render.files import RENDERERS, render

    suffix = path.suffix.lower()
    if suffix not in (*RENDERERS, JSON):
        known = ", ".join((*RENDERERS, JSON))
        raise ConfigError(f"{path}: cannot be written as {suffix or 'no suffix'}, must be {known}")
    text = as_json(payload) if suffix == JSON else render(document, suffix)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from error
    note(f"wrote {path}")


def _width() -> int:
    if not sys.stdout.isatty():
        return WIDTH
    return max(WIDTH // 2, min(shutil.get_terminal_size((WIDTH, 24)).columns, WIDEST))


def _color(stream: object) -> bool:
    if os.environ.get("NO_COLOR") or os.environ.get("FORCE_COLOR") == "0":
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    is_terminal = getattr(stream, "isatty", lambda: False)()
    return bool(is_terminal) and os.environ.get("TERM") != "dumb"


def _encodable(text: str) -> str:
    """Return a text that stdout can carry, whatever its encoding."""
    encoding = sys.stdout.encoding or "ascii"
    return text.encode(encoding, "replace").decode(encoding)
