"""What a command is at: a sign of life for who watches, and times for who asks."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread, current_thread, main_thread

from cli.terminal.manners import manner

PATIENCE_S = 1.0
"""Seconds without a sign before one is given."""

FRAME_S = 0.1
"""Seconds between two frames of the sign."""

FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
ASCII_FRAMES = "|/-\\"
CLEARED = "\r\x1b[K"
LONGEST_LABEL = 48
"""Characters of what a command is at that are shown."""


class Stages:
    """The stages of one invocation: which is under way, and since when.

    Attributes:
        shows_more: Something that says more than the sign of life is being shown.
    """

    def __init__(self) -> None:
        self._began = self._since = time.perf_counter()
        self._name: str | None = None
        self._sign: _Sign | None = None
        self._process = os.getpid()
        self.shows_more = False

    def enter(self, name: str) -> None:
        """Begin a stage; the one before is over. What others do for it is no stage of its own."""
        if os.getpid() != self._process or current_thread() is not main_thread():
            return
        self._tell()
        self._name, self._since = name, time.perf_counter()
        if self._sign is None and not self.shows_more and is_watched():
            self._sign = _Sign(lambda: self._name or "", self._began)
            self._sign.start()

    def hush(self) -> None:
        """Take the sign of life away, as something else is about to be shown."""
        if self._sign is not None:
            self._sign.stop()
            self._sign = None

    def finish(self) -> None:
        """End the last stage."""
        self.hush()
        self._tell()
        if manner().verbose and self._name is not None:
            _say(f"all: {time.perf_counter() - self._began:.2f} s")
        self._name = None

    def _tell(self) -> None:
        if manner().verbose and self._name is not None:
            _say(f"{self._name}: {time.perf_counter() - self._since:.2f} s")


class _Sign(Thread):
    """Turns on the last line of the terminal until it is stopped; holds no lock."""

    def __init__(self, label: Callable[[], str], began: float) -> None:
        super().__init__(daemon=True)
        self._label, self._began = label, began
        self._over = Event()
        self._shown = False

    def run(self) -> None:
        """Show a frame after another, once patience is over."""
        frames = FRAMES if _is_unicode() else ASCII_FRAMES
        pause, i = PATIENCE_S, 0
        while not self._over.wait(pause):
            elapsed = time.perf_counter() - self._began
            text = f"{frames[i % len(frames)]} {_short(self._label())} {elapsed:.0f} s"
            self._shown = True
            _draw(CLEARED + text)
            pause, i = FRAME_S, i + 1

    def stop(self) -> None:
        """Leave the line as it was."""
        self._over.set()
        self.join()
        if self._shown:
            _draw(CLEARED)


def is_watched() -> bool:
    """Tell whether somebody sees what moves on stderr."""
    how = manner()
    return (
        how.progress
        and not how.quiet
        and sys.stderr is not None
        and sys.stderr.isatty()
        and os.environ.get("TERM") != "dumb"
        and not os.environ.get("CI")
    )


_CURRENT = [Stages()]


def begin() -> None:
    """Begin an invocation."""
    _CURRENT[0] = Stages()


def stage(name: str) -> None:
    """Say what the command is at from now on."""
    _CURRENT[0].enter(name)


def hush() -> None:
    """Take the sign of life away, as something else is about to be shown."""
    _CURRENT[0].hush()


@contextmanager
def instead() -> Iterator[None]:
    """Show something that says more than the sign of life, which stays away as long."""
    now = _CURRENT[0]
    now.hush()
    now.shows_more = True
    try:
        yield
    finally:
        now.shows_more = False


def finish() -> None:
    """End the invocation: say how long it took, where that was asked."""
    _CURRENT[0].finish()


def tell(text: str) -> None:
    """Say something that only who asked for it wants to know."""
    if manner().verbose:
        _say(text)


def _say(text: str) -> None:
    from cli.output import complain

    complain(text)


def _short(label: str) -> str:
    from reports.text import line

    shown = line(label)
    return shown if len(shown) <= LONGEST_LABEL else f"{shown[: LONGEST_LABEL - 3]}..."


def _is_unicode() -> bool:
    return (sys.stderr.encoding or "").lower().replace("-", "") == "utf8"


def _draw(text: str) -> None:
    with suppress(OSError, ValueError):
        os.write(sys.stderr.fileno(), text.encode(sys.stderr.encoding or "ascii", "replace"))
