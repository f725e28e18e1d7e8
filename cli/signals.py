"""Signals that ask for the end: SIGTERM ends a command in order, as Ctrl-C does; twice, at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

TERMINATED = 128 + signal.SIGTERM
ASKING = (signal.SIGINT, signal.SIGTERM)
"""Signals that ask for the end."""


class Ending:
    """What asked for the end, where something did.

    Attributes:
        terminated: SIGTERM came.
    """

    def __init__(self) -> None:
        self.terminated = False
        self._process = os.getpid()

    def come(self, number: int, frame: FrameType | None) -> None:
        """End what is under way; asked again, at once. A process that was forked off just ends.

        A database that is stopped in the middle of a question does not always come back.
        """
        if os.getpid() != self._process:
            os._exit(128 + number)
        self.terminated = number == signal.SIGTERM
        signal.signal(number, signal.SIG_DFL)
        raise KeyboardInterrupt


@contextmanager
def ending() -> Iterator[Ending]:
    """Have SIGTERM end what is under way as Ctrl-C does, and tell that it came."""
    told = Ending()
    before = {}
    with suppress(ValueError):  # not the main thread
        for number in ASKING:
            if signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, told.come)
    try:
        yield told
    finally:
        with suppress(ValueError, TypeError):
            for number, how in before.items():
                signal.signal(number, how)
