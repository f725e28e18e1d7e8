"""What goes out: the payload to stdout, narration to stderr."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cli.ci.listeners import Spoken, unheard
from cli.terminal.manners import Color, manner
from cli.terminal.stages import hush, stage

if TYPE_CHECKING:
    from cli.payloads import Payload
    from optimizer.models.data_tables import DataTable
    from reports.document import Document

WIDTH = 80
WIDEST = 120

WRITTEN_CHARS = 2**18
"""So much of a long list is written at a time."""


def show(
    document: Document,
    payload: Payload,
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
        from cli.writing.reports import write_reports

        stage("write")
        write_reports(outputs, document, payload, tables)
    stage("print")
    if json:
        from cli.payload import as_json

        write_out(as_json(payload), Spoken.JSON)
    elif manner().quiet:
        show_line(document.title if document.verdict is None else document.verdict.text)
    else:
        if manner().brief:
            document = replace(document, blocks=(), hints=())
        text = _as_text(document)
        if not _paged(text):
            write_out(text)


def show_items(items: Iterable[str]) -> None:
    """Print a list as JSON piece by piece, from what `as_item` gave of each item."""
    from cli.payload import as_items

    stage("print")
    pieces: list[str] = []
    n_chars = 0
    for piece in as_items(items):
        pieces.append(piece)
        n_chars += len(piece)
        if n_chars >= WRITTEN_CHARS:
            write_out("".join(pieces), Spoken.JSON)
            pieces, n_chars = [], 0
    write_out("".join(pieces), Spoken.JSON)


def show_line(text: str) -> None:
    """Print a text on one line."""
    from reports.text import line

    write_out(line(text) + "\n")


def write_out(text: str, kind: Spoken = Spoken.TEXT) -> None:
    """Write to stdout, with other words for what it cannot carry.

    A reader that has gone changes nothing.

    Args:
        text: What to write.
        kind: What it is: a service of continuous integration acts on commands of ours only.
    """
    hush()
    if sys.stdout is None:
        return
    try:
        sys.stdout.write(unheard(_carried(text, sys.stdout.encoding), os.environ, kind))
        sys.stdout.flush()
    except BrokenPipeError:
        forget_stdout()


def forget_stdout() -> None:
    """Write no more to a reader that has gone."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def note(text: str, kind: Spoken = Spoken.TEXT) -> None:
    """Tell something on stderr, unless only the verdict is wanted."""
    if not manner().quiet:
        complain(text, kind)


def complain(text: str, kind: Spoken = Spoken.TEXT) -> None:
    """Say on stderr what must be said, where there is one."""
    hush()
    with suppress(OSError, ValueError, AttributeError):
        shown = "\n".join(plain(line) for line in text.split("\n"))
        heard = unheard(_carried(shown, sys.stderr.encoding), os.environ, kind)
        sys.stderr.write(heard + "\n")


def plain(text: str) -> str:
    """Return a text without anything that a terminal would act on."""
    from reports.text import plain as harmless

    return harmless(text)


def use_color(stream: object) -> bool:
    """Tell whether a stream is to be coloured."""
    if manner().color is not Color.AUTO:
        return manner().color is Color.ALWAYS
    if os.environ.get("NO_COLOR") or os.environ.get("FORCE_COLOR") == "0":
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    is_terminal = getattr(stream, "isatty", lambda: False)()
    return bool(is_terminal) and os.environ.get("TERM") != "dumb"


def _as_text(document: Document) -> str:
    """Lay a document out; where stdout lacks characters, their stand-ins have room."""
    from reports.render.terminal import terminal

    width, color = _width(), use_color(sys.stdout)
    text = terminal(document, width=width, color=color)
    encoding = getattr(sys.stdout, "encoding", None)
    if text.isascii() or encoding is None:
        return text
    from reports.carried import can_carry, carried_parts

    if can_carry(text, encoding):
        return text
    return terminal(carried_parts(document, encoding), width=width, color=color)


def _paged(text: str) -> bool:
    if sys.stdout is None or not sys.stdout.isatty():
        return False
    from cli.terminal.pager import paged

    hush()
    return paged(text)


def _carried(text: str, encoding: str | None) -> str:
    if text.isascii():
        return text
    from reports.carried import carried

    return carried(text, encoding or "ascii")


def _width() -> int:
    if sys.stdout is None or not sys.stdout.isatty():
        return WIDTH
    return max(WIDTH // 2, min(shutil.get_terminal_size((WIDTH, 24)).columns, WIDEST))
