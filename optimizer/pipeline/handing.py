"""Columns handed from one process to another in memory that both see.

What is pickled is copied four times and goes through a pipe on the way. Arrays are therefore
written to a place in shared memory instead, which is free again once nobody uses them any more.
"""

from __future__ import annotations

import pickle
import weakref
from mmap import mmap
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.models.dataclass import dataclass

ALIGNED_BYTES = 64
"""Arrays begin at multiples of this."""


@dataclass(frozen=True, slots=True)
class Handed:
    """What another process made.

    Attributes:
        pickled: All of it but for its arrays.
        place: Where these are.
        spans: Where each begins and ends there.
    """

    pickled: bytes
    place: int
    spans: tuple[tuple[int, int], ...]


class Places:
    """Places in memory that processes share which are forked from this one."""

    def __init__(self, n: int, n_bytes: int) -> None:
        """Make so many places of so many bytes, none where the machine refuses.

        Memory is taken up once it is written to.
        """
        self._step = -(-n_bytes // ALIGNED_BYTES) * ALIGNED_BYTES
        try:
            self._memory = mmap(-1, max(1, n * self._step))
        except OSError:
            self._memory, n = mmap(-1, 1), 0
        self._free = list(range(n))

    def take(self) -> int | None:
        """Return a place that is free, None where none is."""
        return self._free.pop() if self._free else None

    def give_back(self, place: int | None) -> None:
        """Take back a place that nothing was put in."""
        if place is not None:
            self._free.append(place)

    def put(self, made: object, place: int | None) -> object:
        """Return what is to be pickled: the thing itself where its arrays have no place."""
        if place is None:
            return made
        buffers: list[pickle.PickleBuffer] = []
        pickled = pickle.dumps(made, protocol=5, buffer_callback=buffers.append)
        start, spans = place * self._step, []
        end_of_place = start + self._step
        for buffer in buffers:
            array = np.frombuffer(buffer.raw(), np.uint8)
            end = start + len(array)
            if end > end_of_place:
                return made
            np.frombuffer(self._memory, np.uint8)[start:end] = array
            spans.append((start, end))
            start = -(-end // ALIGNED_BYTES) * ALIGNED_BYTES
        return Handed(pickled, place, tuple(spans))

    def got(self, made: object, place: int | None) -> Any:
        """Return what another process made; its place is free when its arrays are gone."""
        if not isinstance(made, Handed):
            self.give_back(place)
            return made
        whole: NDArray[np.uint8] = np.frombuffer(self._memory, np.uint8)
        weakref.finalize(whole, self._free.append, made.place).atexit = False
        return pickle.loads(made.pickled, buffers=[whole[a:b] for a, b in made.spans])
