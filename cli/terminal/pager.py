"""Long output, a page at a time, where somebody reads it at a terminal."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from contextlib import suppress

from cli.terminal.manners import manner

PAGER_VARIABLES = ("OPTIMIZER_PAGER", "PAGER")
"""Who names the pager, the first first; empty or `cat` is none."""

USUAL = "less"
LESS = "FRX"
"""What `less` is told where nobody says: quit if it fits, show colours, leave the text there."""

NO_PAGERS = ((), ("cat",))


def paged(text: str) -> bool:
    """Show a text in a pager, where it is longer than the terminal; tell whether that was done."""
    if not _is_read_by_pages() or text.count("\n") < shutil.get_terminal_size().lines:
        return False
    words = _pager()
    if words in NO_PAGERS:
        return False
    try:
        pager = subprocess.Popen(  # the user's own choice
            words, stdin=subprocess.PIPE, env={"LESS": LESS, "LV": "-c", **os.environ}
        )
    except OSError:
        return False
    assert pager.stdin is not None
    with suppress(OSError, KeyboardInterrupt):  # who quits early has seen enough
        pager.stdin.write(text.encode(sys.stdout.encoding or "utf-8", "replace"))
    with suppress(OSError, KeyboardInterrupt):
        pager.stdin.close()
    return _wait(pager)


def _wait(pager: subprocess.Popen[bytes]) -> bool:
    """Wait until the reader is done; Ctrl-C is for the pager, which knows what to do with it."""
    while True:
        try:
            return pager.wait() not in NOT_THERE
        except KeyboardInterrupt:
            continue


NOT_THERE = (126, 127)
"""How a shell says that there is no such command."""


def _is_read_by_pages() -> bool:
    how = manner()
    return (
        how.pager
        and not how.quiet
        and all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))
        and os.environ.get("TERM") != "dumb"
        and not os.environ.get("CI")
    )


def _pager() -> tuple[str, ...]:
    said = next((os.environ[name] for name in PAGER_VARIABLES if name in os.environ), None)
    if said is None:
        return (USUAL,) if shutil.which(USUAL) else ()
    try:
        return tuple(shlex.split(said))
    except ValueError:
        return ()
