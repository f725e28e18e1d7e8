"""Where the bytes of a file are put: in memory, or in a temporary file once they are many."""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Iterable, Iterator

from optimizer.models.tasks import Content

MEMORY_BYTES = 2**26
"""Content up to this size stays in memory."""

PASSED_BYTES = 2**22
"""Bytes that are gone through before those behind are let go."""


def spooled(pieces: Iterable[bytes], *, memory_bytes: int = MEMORY_BYTES) -> Content:
    """Return the pieces joined: as bytes, or as the view of a temporary file where they are many.

    The file has no name, so that nothing is left of it whatever happens.
    """
    taken: list[bytes] = []
    size = 0
    waiting = iter(pieces)
    for piece in waiting:
        taken.append(piece)
        size += len(piece)
        if size > memory_bytes:
            break
    else:
        return taken[0] if len(taken) == 1 else b"".join(taken)
    with tempfile.TemporaryFile() as file:
        for piece in taken:
            file.write(piece)
        taken.clear()
        for piece in waiting:
            file.write(piece)
        file.flush()
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def let_go(content: Content, start: int, end: int) -> None:
    """Let the memory go that a stretch of a file takes up; it is read again when needed."""
    if isinstance(content, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        first = start - start % mmap.PAGESIZE
        content.madvise(mmap.MADV_DONTNEED, first, end - first)


def stretches(content: Content, step: int) -> Iterator[memoryview]:
    """Yield a content in stretches of some bytes, each let go once the next is asked for."""
    view = memoryview(content)
    for start in range(0, len(view), step):
        yield view[start : start + step]
        let_go(content, start, min(start + step, len(view)))
