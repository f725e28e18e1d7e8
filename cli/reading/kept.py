"""Reading a file again that is kept in the history."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from optimizer.models.errors import FormatError

if TYPE_CHECKING:
    from cli.session import Session
    from optimizer.history.sources import KeptSource
    from optimizer.models.tasks import Reading

UNNAMED = "results"
"""What a file is called whose name was not kept, or that came by standard input."""


def read_kept(source: KeptSource, content: bytes | None, here: Session) -> Reading:
    """Read a file again by the tool that read it first.

    It is read under the name and with the time that it had, as some tools are told by these.

    Args:
        source: The file.
        content: Its bytes as they were kept; None: it is read from where it was.
        here: The session.

    Raises:
        FormatError: It cannot be read.
    """
    from executor_bridge import read

    settings = here.loaded.config.ingest
    if content is None:
        return read(source.path or "", settings, bridge=source.tool, received_at=here.now)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / (PurePath(source.path or "").name.strip("-") or UNNAMED)
        path.write_bytes(content)
        if source.first_started_at is not None:
            began = source.first_started_at.timestamp()
            os.utime(path, (began, began))
        try:
            reading = read(str(path), settings, bridge=source.tool, received_at=source.ingested_at)
        except FormatError as error:
            raise FormatError(
                source.path or source.sha256, error.faults, n_more=error.n_more, hint=error.hint
            ) from error
        kept = replace(reading.source, n_bytes=source.n_bytes, n_redacted=source.n_redacted)
        return replace(reading, source=kept)
