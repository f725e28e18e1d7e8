"""Processes that share the work of a command."""

from __future__ import annotations

import os
import signal
import threading
import time

LOOKS_EVERY_S = 1.0
"""Seconds after which a process looks again whether it is still wanted."""


def begin_worker(parent: int) -> None:
    """Leave interrupts to the process that shares out the work, and end with it.

    Args:
        parent: The id of that process.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOKS_EVERY_S)
    os._exit(1)
