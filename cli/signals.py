"""Signals that ask for the end: SIGTERM ends a command in order, as Ctrl-C does."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

TERMINATED = 128 + signal.SIGTERM


class Ending:
    """What asked for the end, where something did.

    Attributes:
        terminated: SIGTERM came.
    """

    def __init__(self) -> None:
        self.terminated = False
        self._process = os.getpid()

    def come(self, number: int, frame: FrameType | None) -> None:
        """End what is under way; a process that was forked off just ends."""
        if os.getpid() != self._process:
            os._exit(TERMINATED)
        self.terminated = True
        raise KeyboardInterrupt


@contextmanager
def ending() -> Iterator[Ending]:
    """Have SIGTERM end what is under way as Ctrl-C does, and tell that it came."""
    told = Ending()
    try:
        before = signal.signal(signal.SIGTERM, told.come)
    except ValueError:  # not the main thread
        yield told
        return
    try:
        yield told
    finally:
        with suppress(ValueError, TypeError):
            signal.signal(signal.SIGTERM, before)
