"""Times of tasks as a column.

All of them are written as JSON in one go and read again by numpy, which takes a tenth of the time
that asking each of them for its seconds does. That needs digits in the same places: times that are
all whole seconds, or all not. Others are asked one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
import numpy as np

from optimizer.history.batches import Times, times

DIGITS = (len("2026-03-01T12:00:00"), len("2026-03-01T12:00:00.000000"))
"""How many characters a time may have, but for its zone."""

MARKS = np.frombuffer(b'"Z"', np.uint8)
"""What stands before the digits of a time in UTC, and behind them."""


def moments(values: Sequence[datetime | None]) -> Times:
    """Return times, which carry their zone, as a column; None is unknown."""
    written = np.frombuffer(msgspec.json.encode(values), np.uint8)
    for end in DIGITS:
        width = len('"') + end + len('Z",')
        if len(values) * width + 1 == len(written):
            rows = written[1:].reshape(-1, width)
            if (rows[:, [0, end + 1, end + 2]] == MARKS).all():
                told = np.ascontiguousarray(rows[:, 1 : end + 1]).view(f"S{end}").ravel()
                micros = told.astype("datetime64[us]").astype(np.int64)
                return times(micros, np.ones(len(values), np.bool_))
    return _one_by_one(values)


def _one_by_one(values: Sequence[datetime | None]) -> Times:
    seconds = np.array([np.nan if t is None else t.timestamp() for t in values])
    known = ~np.isnan(seconds)
    micros = np.rint(np.where(known, seconds, 0) * 1e6).astype(np.int64)
    return times(micros, known)
