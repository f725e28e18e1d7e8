"""What goes out: the payload to stdout, narration to stderr."""

from __future__ import annotations

import math
import os
import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optimizer.models.errors import ConfigError

if TYPE_CHECKING:
    from reports.document import Document

NOT_ASCII = re.compile(r"[^\x00-\x7f]")

FORMAT_VERSION = 1
JSON = ".json"
JUNIT = ".junit.xml"
SUFFIXES = (".html", ".md", ".txt", JSON)
GATE_SUFFIXES = (*SUFFIXES, JUNIT)
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
        write_out(as_json(payload))
        return
    from reports.render.terminal import terminal

    write_out(terminal(document, width=_width(), color=use_color(sys.stdout)))


def write_out(text: str) -> None:
    """Write to stdout what it can carry; a reader that has gone changes nothing."""
    if sys.stdout is None:
        return
    encoding = sys.stdout.encoding or "ascii"
    try:
        sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def note(text: str) -> None:
    """Say something on stderr, where there is one."""
    with suppress(OSError, ValueError, AttributeError):
        shown = "\n".join(plain(line) for line in text.split("\n"))
        encoding = sys.stderr.encoding or "ascii"
        sys.stderr.write(shown.encode(encoding, "replace").decode(encoding) + "\n")


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
    return NOT_ASCII.sub(lambda found: json.dumps(found[0])[1:-1], text) + "\n"


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


def known_suffixes(paths: list[Path] | None) -> list[Path] | None:
    """Return files to write, all of a format that can be written.

    Raises:
        ConfigError: One is not.
    """
    return _all_known(paths, SUFFIXES)


def known_gate_suffixes(paths: list[Path] | None) -> list[Path] | None:
    """Return files to write of a gate, all of a format that can be written.

    Raises:
        ConfigError: One is not.
    """
    return _all_known(paths, GATE_SUFFIXES)


def suffix_of(path: Path) -> str:
    """Return the ending of a file's name that tells its format."""
    return JUNIT if path.name.lower().endswith(JUNIT) else path.suffix.lower()


def write_file(path: Path, text: str) -> None:
    """Write a file whole or not at all.

    Raises:
        ConfigError: It cannot be written; what was there is as it was.
    """
    write_pieces(path, [text.encode()])


def write_pieces(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file whole or not at all, as its pieces come.

    Raises:
        ConfigError: It cannot be written; what was there is as it was.
    """
    beside = path.parent / f".{os.getpid()}.part"
    try:
        with beside.open("wb") as file:
            file.writelines(pieces)
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from error


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


def _finite(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: _finite(value) for key, value in content.items()}
    if isinstance(content, (list, tuple)):
        return [_finite(value) for value in content]
    if isinstance(content, float) and not math.isfinite(content):
        return None
    return content


def _all_known(paths: list[Path] | None, suffixes: Sequence[str]) -> list[Path] | None:
    for path in paths or ():
        if suffix_of(path) not in suffixes:
            found = f"as {path.suffix}" if path.suffix else "without a suffix"
            raise ConfigError(
                f"{path}: cannot be written {found}, must end in {', '.join(suffixes)}"
            )
    return paths


def _write(path: Path, document: Document, payload: object) -> None:
    """Write one file in the format of its ending, whole or not at all."""
    from reports.render.files import render

    suffix = suffix_of(path)
    write_file(path, as_json(payload) if suffix == JSON else render(document, suffix))
    note(f"wrote {path}")


def _width() -> int:
    if not sys.stdout.isatty():
        return WIDTH
    return max(WIDTH // 2, min(shutil.get_terminal_size((WIDTH, 24)).columns, WIDEST))


def use_color(stream: object) -> bool:
    """Tell whether a stream is to be coloured."""
    if os.environ.get("NO_COLOR") or os.environ.get("FORCE_COLOR") == "0":
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    is_terminal = getattr(stream, "isatty", lambda: False)()
    return bool(is_terminal) and os.environ.get("TERM") != "dumb"
