"""Zip archives: members read one at a time, no further than the settings allow."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator

import zstandard

from executor_bridge.files.unpacking import STEP_BYTES, Decoder, too_large
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import Fault, FormatError
from optimizer.models.ingest import IngestSettings
from optimizer.models.redaction import redact
from optimizer.models.tasks import Content, Source

ZSTD_METHOD = 93
"""Compression method of the zip format that Python's own module reads from 3.14 on."""

LOCAL_HEADER = struct.Struct("<4s2B4HL2L2H")
"""What stands before the bytes of a member; its last two fields are lengths."""

LOCAL_MAGIC = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an archive as its directory lists it.

    Attributes:
        name: Its name.
        method: How it is compressed: 0 not at all, 8 deflate, 93 zstd.
        n_packed: Its size in the archive, in bytes.
        n_bytes: Its size unpacked, as the directory says.
        offset: Where its local header begins.
    """

    name: str
    method: int
    n_packed: int
    n_bytes: int
    offset: int


class Archive:
    """A zip archive, and how many secrets were blanked in what was read of it."""

    def __init__(self, source: Source, settings: IngestSettings) -> None:
        """Read its directory.

        Raises:
            FormatError: It is damaged.
        """
        self._source = source
        self._settings = settings
        self.n_redacted = 0
        self._n_unpacked = 0
        try:
            self.members = {member.name: member for member in _directory(source.content)}
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
            fault = Fault(
                place="end of file",
                found=f"no directory of a zip archive ({error})",
                expected="a whole archive",
            )
            raise FormatError(source.path, (fault,)) from error

    def read(self, name: str) -> bytes:
        """Return a member unpacked and with secrets blanked.

        Raises:
            FormatError: It is damaged, unpacks too far, or is compressed in an unknown way.
        """
        member = self.members[name]
        if member.method not in (zipfile.ZIP_STORED, *NEW_DECODER):
            found, expected = f"compression method {member.method}", "none, deflate or zstd"
            raise self._damaged(name, found, expected)
        packed = self._packed(member)
        limit = self._limit(member.n_packed)
        limit_of_all = self._limit(len(self._source.content))
        pieces: list[bytes] = []
        size = 0
        try:
            for piece in _inflated(packed, member.method):
                pieces.append(piece)
                size += len(piece)
                self._n_unpacked += len(piece)
                if size > limit:
                    raise too_large(self._source.path, name, limit, member.n_packed, self._settings)
                if self._n_unpacked > limit_of_all:
                    n_stored = len(self._source.content)
                    raise too_large(
                        self._source.path, "file", limit_of_all, n_stored, self._settings
                    )
        except (zlib.error, zstandard.ZstdError) as error:
            raise self._damaged(name, "damaged data", "compressed data") from error
        content = b"".join(pieces)
        if len(content) != member.n_bytes:
            found = f"{len(content)} bytes"
            raise self._damaged(name, found, f"{member.n_bytes}, as its directory says")
        return self._blanked(content)

    def _limit(self, n_packed: int) -> int:
        """Return how many bytes some packed ones may unpack to."""
        return max(self._settings.unpack_free_bytes, self._settings.max_unpack_ratio * n_packed)

    def _blanked(self, content: bytes) -> bytes:
        if not self._settings.redact:
            return content
        redacted = redact(content, self._settings.redact_patterns)
        self.n_redacted += redacted.n_redacted
        return redacted.content

    def _packed(self, member: Member) -> memoryview:
        """Return the bytes of a member as they lie in the archive."""
        content = self._source.content
        end_of_header = member.offset + LOCAL_HEADER.size
        header = content[member.offset : end_of_header]
        if len(header) < LOCAL_HEADER.size or not header.startswith(LOCAL_MAGIC):
            raise self._damaged(member.name, "no header", "one, where the directory points")
        *_, n_name, n_extra = LOCAL_HEADER.unpack(header)
        start = end_of_header + n_name + n_extra
        packed = memoryview(content)[start : start + member.n_packed]
        if len(packed) < member.n_packed:
            raise self._damaged(member.name, f"{len(packed)} bytes", f"{member.n_packed}")
        return packed

    def _damaged(self, name: str, found: str, expected: str) -> FormatError:
        return FormatError(self._source.path, (Fault(place=name, found=found, expected=expected),))


class _Reader(io.RawIOBase):
    """A content as the file that the directory of an archive is read from."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._place = 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: len(self._content)}[whence]
        self._place = max(0, base + offset)
        return self._place

    def tell(self) -> int:
        return self._place

    def read(self, size: int = -1) -> bytes:
        end = len(self._content) if size is None or size < 0 else self._place + size
        piece = bytes(self._content[self._place : end])
        self._place += len(piece)
        return piece


def _inflated(packed: memoryview, method: int) -> Iterator[bytes]:
    """Yield the bytes of a member unpacked, whether in one frame or in several."""
    if method == zipfile.ZIP_STORED:
        yield bytes(packed)
        return
    decoder = NEW_DECODER[method]()
    for start in range(0, len(packed), STEP_BYTES):
        data = bytes(packed[start : start + STEP_BYTES])
        while data:
            if decoder.eof:
                decoder = NEW_DECODER[method]()
            yield decoder.decompress(data)
            data = decoder.unused_data


NEW_DECODER: dict[int, Callable[[], Decoder]] = {
    zipfile.ZIP_DEFLATED: lambda: zlib.decompressobj(wbits=-zlib.MAX_WBITS),
    ZSTD_METHOD: lambda: zstandard.ZstdDecompressor().decompressobj(),
}


def names_in(content: Content) -> list[str]:
    """Return the names of the members of an archive, none where it is damaged."""
    try:
        return [member.name for member in _directory(content)]
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return []


def _directory(content: Content) -> list[Member]:
    with zipfile.ZipFile(_Reader(content)) as archive:
        return [
            Member(i.filename, i.compress_type, i.compress_size, i.file_size, i.header_offset)
            for i in archive.infolist()
        ]
