"""The bytes of a result file: opened, decompressed, hashed, secrets blanked."""

from __future__ import annotations

import hashlib
import os
import sys
import zlib
from collections.abc import Callable
from typing import BinaryIO, Protocol

import zstandard

from executor_bridge.paths import STDIN
from executor_bridge.redaction import redact
from optimizer.models.errors import MAY_NOT_READ, Fault, FormatError
from optimizer.models.ingest import IngestSettings
from optimizer.models.names import legible
from optimizer.models.tasks import Source

GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
STEP_BYTES = 4096
"""Compressed bytes fed at a time; bounds what a hostile file can make of them at once."""


def load(path: str, settings: IngestSettings, stdin: BinaryIO | None = None) -> Source:
    """Return the content of a file, uncompressed and with secrets blanked.

    Compression is told by the first bytes, not by the name.

    Args:
        path: The file, or `-` for standard input.
        settings: How far a file may unpack, and which secrets are blanked.
        stdin: What to read for `-`; the process's own input where None.

    Raises:
        FormatError: The file cannot be opened, its compression is damaged, or it unpacks too far.
    """
    content = _inflated(path, _stored(path, stdin), settings)
    sha256 = hashlib.sha256(content).hexdigest()
    n_bytes = len(content)
    content = content.removeprefix(BYTE_ORDER_MARK)
    n_redacted = 0
    if settings.redact:
        redacted = redact(content, settings.redact_patterns)
        content, n_redacted = redacted.content, redacted.n_redacted
    name = legible(path)
    return Source(path=name, sha256=sha256, n_bytes=n_bytes, content=content, n_redacted=n_redacted)


def _stored(path: str, stdin: BinaryIO | None) -> bytes:
    """Return the bytes as they are stored."""
    if path == STDIN:
        return (stdin or sys.stdin.buffer).read()
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        found = (error.strerror or str(error)).lower()
        raise _unreadable(path, found, error) from error


class _Decoder(Protocol):
    """What decompressors of both kinds offer."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, /) -> bytes: ...


def _inflated(path: str, stored: bytes, settings: IngestSettings) -> bytes:
    """Return the bytes uncompressed."""
    if stored.startswith(GZIP_MAGIC):
        return _inflate(path, stored, _gzip_decoder, settings)
    if stored.startswith(ZSTD_MAGIC):
        return _inflate(path, stored, _zstd_decoder, settings)
    return stored


def _gzip_decoder() -> _Decoder:
    return zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)


def _zstd_decoder() -> _Decoder:
    return zstandard.ZstdDecompressor().decompressobj()


def _inflate(
    path: str, stored: bytes, new_decoder: Callable[[], _Decoder], settings: IngestSettings
) -> bytes:
    """Decompress one or several members, no further than the settings allow."""
    limit = max(settings.unpack_free_bytes, settings.max_unpack_ratio * len(stored))
    pieces = []
    size = 0
    decoder = new_decoder()
    for start in range(0, len(stored), STEP_BYTES):
        data = stored[start : start + STEP_BYTES]
        while data.strip(b"\0") if decoder.eof else data:
            if decoder.eof:
                decoder = new_decoder()
            try:
                pieces.append(decoder.decompress(data))
            except (zlib.error, zstandard.ZstdError) as error:
                place = f"compressed byte {start}"
                raise _refused(path, place, "damaged data", "gzip or zstd data") from error
            size += len(pieces[-1])
            if size > limit:
                raise _too_large(path, limit, len(stored), settings)
            data = decoder.unused_data
    if not decoder.eof:
        raise _refused(path, "end of file", "compressed data that breaks off", "its end")
    return b"".join(pieces)


def _unreadable(path: str, found: str, error: OSError) -> FormatError:
    """Return the error of a file that cannot be opened, or of a folder that is not to be read."""
    is_denied = isinstance(error, PermissionError)
    kind = "folder" if is_denied and os.path.isdir(path) else "file"
    fault = Fault(place=kind, found=found, expected=f"a {kind} that can be read")
    return FormatError(path, (fault,), hint=MAY_NOT_READ if is_denied else None)


def _too_large(path: str, limit: int, n_stored: int, settings: IngestSettings) -> FormatError:
    found = f"more than {limit} bytes packed into {n_stored}"
    expected = (
        f"at most {settings.max_unpack_ratio} times the packed size, "
        f"or {settings.unpack_free_bytes} bytes"
    )
    hint = "Raise ingest.max_unpack_ratio if you trust the file."
    return FormatError(path, (Fault(place="file", found=found, expected=expected),), hint=hint)


def _refused(path: str, place: str, found: str, expected: str) -> FormatError:
    return FormatError(path, (Fault(place=place, found=found, expected=expected),))
