"""The bytes of a result file: opened, decompressed, hashed, secrets blanked."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain
from typing import BinaryIO, cast

from executor_bridge.files.paths import STDIN
from executor_bridge.files.spool import MEMORY_BYTES, spooled
from executor_bridge.files.unpacking import decoder_of, unpacked
from optimizer.models.errors import MAY_NOT_READ, Fault, FormatError
from optimizer.models.ingest import IngestSettings
from optimizer.models.names import legible
from optimizer.models.redaction import redact
from optimizer.models.secrets import REDACTED, REDACTED_IN_YAML
from optimizer.models.tasks import Source

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
PARQUET_MAGIC = b"PAR1"
MAGIC_BYTES = 4
"""How many bytes tell what a file is."""

NO_ROOM = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
"""How a disk says that it is full."""

PIECE_BYTES = 2**23
"""Bytes read, hashed and searched for secrets at a time."""

YAML_NAME = re.compile(rb"[A-Za-z_][\w.-]*:(?=\s|$)")
"""How a text in YAML begins."""

JSON_START = re.compile(rb"\{|\[\s*(?:[\[{\"\]0-9-]|true|false|null|NaN|\Z)")
"""How JSON begins; `[name] ...` is the head of a table."""

LINE_END = re.compile(rb'(?:\},?|,(?=\s*+[^\s"]|\s*+"(?:[^vV]|[vV][^aA]|[vV][aA][^lL])))\r?\n')
"""Where JSON text may be cut in two without cutting through a secret and its name: not before a
`value`, whose name may stand in the line above."""

END_BYTES = 4
"""How much of a line such an end takes, at most."""

BORDER = re.compile(rb'\},(?=\s*\{\s*"\w+"\s*:)')
"""Where the text of a single line may be cut likewise: between two objects. Within a text a quote
would have a backslash before it, and behind the end of a text no name could follow."""

TRIED_LINES = 10_000
"""Lines that are looked at from behind; where none of them will do, the file is not cut here."""

KEY_BEGIN, KEY_END = b"-----BEGIN", b"-----END"
"""What stands around the only secrets of several lines."""


def load(
    path: str,
    settings: IngestSettings,
    stdin: BinaryIO | None = None,
    *,
    received_at: datetime | None = None,
) -> Source:
    """Return the content of a file, uncompressed and with secrets blanked.

    Compression is told by the first bytes, not by the name.

    Args:
        path: The file, or `-` for standard input.
        settings: How far a file may unpack, and which secrets are blanked.
        stdin: What to read for `-`; the process's own input where None.
        received_at: The time, where the file has none of its own.

    Raises:
        FormatError: The file cannot be opened, its compression is damaged, or it unpacks too far.
    """
    if path == STDIN:
        return _loaded(path, stdin or sys.stdin.buffer, None, received_at, settings)
    try:
        with open(path, "rb") as file:
            found = os.fstat(file.fileno())
            _refuse_devices(path, file, found.st_mode)
            changed_at = datetime.fromtimestamp(found.st_mtime, UTC)
            return _loaded(path, file, found.st_size, changed_at, settings)
    except OSError as error:
        message = (error.strerror or str(error)).lower()
        raise _unreadable(path, message, error) from error


def _loaded(
    path: str,
    file: BinaryIO,
    n_stored: int | None,
    modified_at: datetime | None,
    settings: IngestSettings,
) -> Source:
    """Return a source from a file of known size, or from a stream."""
    first = file.read(MAGIC_BYTES)
    decoder = decoder_of(first)
    if decoder is None:
        pieces = _pieces(first, file)
    elif n_stored is None:
        packed = tempfile.SpooledTemporaryFile(MEMORY_BYTES)  # noqa: SIM115 - closed when let go
        packed.writelines(_pieces(first, file))
        n_packed = packed.tell()
        packed.seek(0)
        pieces = unpacked(path, cast(BinaryIO, packed), n_packed, decoder, settings)
    else:
        file.seek(0)
        pieces = unpacked(path, file, n_stored, decoder, settings)
    start = b""
    while len(start) < MAGIC_BYTES and (piece := next(pieces, b"")):
        start += piece
    is_packed = start.startswith((*ZIP_MAGIC, PARQUET_MAGIC))
    passage = _Passage(settings, redacts=settings.redact and not is_packed)
    content = spooled(passage.through(chain([start], pieces)))
    return Source(
        path=legible(path),
        sha256=passage.sha256.hexdigest(),
        n_bytes=passage.n_bytes,
        content=content,
        n_redacted=passage.n_redacted,
        is_packed=is_packed,
        modified_at=modified_at,
    )


def _refuse_devices(path: str, file: BinaryIO, mode: int) -> None:
    """Refuse devices but for terminals: they may never end.

    Raises:
        FormatError: It is one.
    """
    if stat.S_ISBLK(mode) or (stat.S_ISCHR(mode) and not file.isatty()):
        fault = Fault(place="file", found="a device", expected="a file that comes to an end")
        raise FormatError(path, (fault,))


def _pieces(first: bytes, file: BinaryIO) -> Iterator[bytes]:
    """Yield the bytes of a file of which the first have been read."""
    yield first + file.read(PIECE_BYTES)
    while piece := file.read(PIECE_BYTES):
        yield piece


class _Passage:
    """What bytes go through: counted and hashed as they are, then blanked of secrets."""

    def __init__(self, settings: IngestSettings, *, redacts: bool) -> None:
        self.sha256 = hashlib.sha256()
        self.n_bytes = self.n_redacted = 0
        self._patterns = settings.redact_patterns
        self._redacts = redacts
        self._is_json = True
        self._is_yaml = False

    def through(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """Yield what may be stored of the pieces."""
        for n, piece in enumerate(self._whole_lines(self._counted(pieces))):
            kept = piece.removeprefix(BYTE_ORDER_MARK) if n == 0 else piece
            if self._redacts:
                redacted = redact(kept, self._patterns, is_json=self._is_json)
                self.n_redacted += redacted.n_redacted
                kept = redacted.content
                if self._is_yaml:
                    kept = kept.replace(REDACTED, REDACTED_IN_YAML)
            yield kept

    def _counted(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self.sha256.update(piece)
            self.n_bytes += len(piece)
            yield piece

    def _whole_lines(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """Yield the same bytes cut where lines end, as far as there are lines."""
        if not self._redacts:
            yield from pieces
            return
        waiting: list[bytes] = []
        size = 0
        for n, piece in enumerate(pieces):
            if n == 0:
                start = piece.removeprefix(BYTE_ORDER_MARK).lstrip()
                self._is_json = not start or JSON_START.match(start) is not None
                self._is_yaml = is_yaml(start)
            waiting.append(piece)
            size += len(piece)
            if size < PIECE_BYTES:
                continue
            cut = _last_json_end(piece) if self._is_json else _last_line(piece)
            if cut:
                whole = b"".join(waiting)
                end = size - len(piece) + cut
                yield whole[:end]
                waiting, size = [whole[end:]], size - end
        yield b"".join(waiting)


def is_yaml(start: bytes) -> bool:
    """Tell whether a text that begins so is YAML: its first line that is no comment has a name."""
    while start.startswith(b"#") or re.match(rb"---\s*\n", start):
        start = start.partition(b"\n")[2].lstrip()
    return YAML_NAME.match(start.removeprefix(b"---").lstrip()) is not None


def _last_json_end(piece: bytes) -> int:
    """Return how much of a piece of JSON may be cut off, 0 for nothing."""
    return _last_line_end(piece) or _last_border(piece)


def _last_border(piece: bytes) -> int:
    """Return how much of a piece may be cut off between two objects, 0 for nothing."""
    at = piece.rfind(b"},")
    for _ in range(TRIED_LINES):
        if at < 0:
            return 0
        if BORDER.match(piece, at):
            return at + len(b"},")
        at = piece.rfind(b"},", 0, at)
    return 0


def _last_line_end(piece: bytes) -> int:
    """Return how much of a piece may be cut off at the end of a line, 0 for nothing."""
    at = piece.rfind(b"\n")
    for _ in range(TRIED_LINES):
        if at < 0:
            return 0
        for start in range(max(0, at - END_BYTES), at):
            found = LINE_END.match(piece, start)
            if found is not None and found.end() == at + 1:
                return at + 1
        at = piece.rfind(b"\n", 0, at)
    return 0


def _last_line(piece: bytes) -> int:
    """Return how much of a piece of plain text may be cut off, 0 for nothing."""
    begin = piece.rfind(KEY_BEGIN)
    end = begin if begin > piece.rfind(KEY_END) else len(piece)
    return piece.rfind(b"\n", 0, end) + 1


def _unreadable(path: str, found: str, error: OSError) -> FormatError:
    """Return the error of a file that cannot be opened, or of a folder that is not to be read.

    What is too large for memory is put into the temporary folder, which may be full.
    """
    if error.errno in NO_ROOM:
        fault = Fault(place=tempfile.gettempdir(), found=found, expected="room for the file")
        return FormatError(path, (fault,), hint="Name a larger temporary folder with TMPDIR.")
    is_denied = isinstance(error, PermissionError)
    kind = "folder" if is_denied and os.path.isdir(path) else "file"
    fault = Fault(place=kind, found=found, expected=f"a {kind} that can be read")
    return FormatError(path, (fault,), hint=MAY_NOT_READ if is_denied else None)
