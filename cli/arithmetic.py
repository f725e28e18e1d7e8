"""numpy for commands that compute little: without threads that wait for work."""

from __future__ import annotations

import os
import sys

CHOICES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "GOTO_NUM_THREADS")
"""Where the environment says how many threads numpy's linear algebra has; it is asked once."""


def import_numpy() -> None:
    """Import numpy with one thread, unless the environment says how many it is to have.

    Starting threads takes as long as a third of the import, and they wait by counting. What this
    process starts later finds the environment as it was.
    """
    if "numpy" in sys.modules or any(name in os.environ for name in CHOICES):
        return
    os.environ[CHOICES[0]] = "1"
    try:
        import numpy  # noqa: F401 - for the rest of the process
    finally:
        del os.environ[CHOICES[0]]
