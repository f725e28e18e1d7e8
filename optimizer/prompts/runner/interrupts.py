"""Ctrl-C and its kin while tests run: noted, so that nothing is lost that was paid for."""

from __future__ import annotations

import signal
from threading import current_thread, main_thread
from types import FrameType
from typing import Any, NoReturn

SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


class Interrupts:
    """Notes signals that ask for the end, for as long as it is open.

    An exception could come between any two steps, also while results are stored. So it is noted
    that somebody wants the end, and who runs the tests looks when it suits. Signals that are
    ignored stay so; only the main thread is asked.
    """

    def __init__(self) -> None:
        self.noted = False
        self._number: int | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Interrupts:
        """Begin to note signals."""
        if current_thread() is main_thread():
            for number in SIGNALS:
                before = signal.getsignal(number)
                if before not in (signal.SIG_IGN, None):
                    self._before[number] = before
                    signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        """Leave signals to those who had them before."""
        if current_thread() is not main_thread():
            return  # a generator that nobody ends is ended wherever it is found
        for number, before in self._before.items():
            signal.signal(number, before)

    def pass_on(self) -> NoReturn:
        """End what is under way, as whoever had the signal before would have done.

        Raises:
            KeyboardInterrupt: In any case.
        """
        before = self._before.get(self._number) if self._number is not None else None
        if callable(before):
            before(self._number, None)
        raise KeyboardInterrupt

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.noted, self._number = True, number
