"""Waiting for another process that has the history open: patient, and not in silence."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from pathlib import Path

FIRST_WAIT_S = 0.01
LONGEST_WAIT_S = 0.5
PATIENCE_S = 3.0
"""Seconds of waiting before who listens is told."""

Told = Callable[[Path, str], None]

_listeners: list[Told] = []


def tell_of_waiting(told: Told) -> None:
    """Have somebody told which history is waited for, and what the system says of it."""
    _listeners[:] = [told]


class Patience:
    """How long a history has been waited for, and how long it will be."""

    def __init__(self, path: Path, timeout_s: float) -> None:
        now = time.monotonic()
        self._path, self._ends, self._speaks = path, now + timeout_s, now + PATIENCE_S
        self._wait_s = FIRST_WAIT_S

    def wait(self, why: str) -> bool:
        """Wait a moment, jittered and longer each time; tell whether there was time left."""
        now = time.monotonic()
        if now + self._wait_s > self._ends:
            return False
        if now > self._speaks:
            self._speaks = math.inf
            for told in _listeners:
                told(self._path, why)
        time.sleep(self._wait_s * random.uniform(0.5, 1.5))
        self._wait_s = min(2 * self._wait_s, LONGEST_WAIT_S)
        return True
