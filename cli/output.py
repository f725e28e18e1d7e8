"""What goes out: the payload to stdout, narration to stderr."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optimizer.models.data_tables import DataTable
    from reports.document import Document

WIDTH = 80
WIDEST = 120


def show(
    document: Document,
    payload: object,
    *,
    json: bool = False,
    outputs: Sequence[Path] | None = None,
    tables: Sequence[DataTable] = (),
) -> None:
    """Print a document, or its payload as JSON, and write it to files as well.

    Args:
        document: What a person reads.
        payload: The same for machines.
        json: Print the payload.
        outputs: Files to write, each in the format of its ending.
        tables: The same as rows, the main table first; () where there are none.
    """
    if outputs:
        from cli.files import write_reports

        write_reports(outputs, document, payload, tables)
    if json:
        from cli.payload import as_json

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


def plain(text: str) -> str:
    """Return a text without anything that a terminal would act on."""
    from reports.text import plain as harmless

    return harmless(text)


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
