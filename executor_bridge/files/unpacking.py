"""Compressed bytes, unpacked piece by piece and no further than the settings allow."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, Protocol

import zstandard

from optimizer.models.errors import Fault, FormatError
from optimizer.models.ingest import IngestSettings

GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
STEP_BYTES = 4096
"""Compressed bytes fed at a time; bounds what a hostile file can make of them at once."""


class Decoder(Protocol):
    """What decompressors of both kinds offer."""

    @property
    def eof(self) -> bool:
        """Whether the member is at its end."""
        ...

    @property
    def unused_data(self) -> bytes:
        """What was fed beyond that end."""
        ...

    def decompress(self, data: bytes, /) -> bytes:
        """Return what some more bytes unpack to."""
        ...


def decoder_of(start: bytes) -> Callable[[], Decoder] | None:
    """Return what unpacks a file that begins so, None where it is not compressed."""
    if start.startswith(GZIP_MAGIC):
        return lambda: zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    if start.startswith(ZSTD_MAGIC):
        return lambda: zstandard.ZstdDecompressor().decompressobj()
    return None


def unpacked(
    path: str,
    stored: BinaryIO,
    n_stored: int,
    new_decoder: Callable[[], Decoder],
    settings: IngestSettings,
) -> Iterator[bytes]:
    """Yield the bytes of one or several compressed members.

    Args:
        path: The file, for messages.
        stored: Its compressed bytes.
        n_stored: How many those are; what they unpack to is held against it.
        new_decoder: Makes what unpacks one member.
        settings: How far a file may unpack.

    Raises:
        FormatError: The compression is damaged or breaks off, or it unpacks too far.
    """
    limit = max(settings.unpack_free_bytes, settings.max_unpack_ratio * n_stored)
    size = start = 0
    decoder = new_decoder()
    while data := stored.read(STEP_BYTES):
        n_read = len(data)
        while data.strip(b"\0") if decoder.eof else data:
            if decoder.eof:
                decoder = new_decoder()
            try:
                piece = decoder.decompress(data)
            except (zlib.error, zstandard.ZstdError) as error:
                place = f"compressed byte {start}"
                raise _refused(path, place, "damaged data", "gzip or zstd data") from error
            size += len(piece)
            if size > limit:
                raise too_large(path, "file", limit, n_stored, settings)
            yield piece
            data = decoder.unused_data
        start += n_read
    if not decoder.eof:
        raise _refused(path, "end of file", "compressed data that breaks off", "its end")


def too_large(
    path: str, place: str, limit: int, n_stored: int, settings: IngestSettings
) -> FormatError:
    """Return the error for what unpacks further than it may."""
    found = f"more than {limit} bytes packed into {n_stored}"
    expected = (
        f"at most {settings.max_unpack_ratio} times the packed size, "
        f"or {settings.unpack_free_bytes} bytes"
    )
    hint = "Raise ingest.max_unpack_ratio if you trust the file."
    return FormatError(path, (Fault(place=place, found=found, expected=expected),), hint=hint)


def _refused(path: str, place: str, found: str, expected: str) -> FormatError:
    return FormatError(path, (Fault(place=place, found=found, expected=expected),))
