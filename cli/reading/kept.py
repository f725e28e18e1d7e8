"""Reading a file again that is kept in the history."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cli.session import Session
    from optimizer.history.sources import KeptSource
    from optimizer.models.tasks import Reading

UNNAMED = "results"
"""What a file is called whose name was not kept."""


def read_kept(source: KeptSource, content: bytes | None, here: Session) -> Reading:
    """Read a file again by the tool that read it first, under the name and time that it had.

    Args:
        source: The file.
        content: Its bytes as they were kept; None: it is read from where it was.
        here: The session.

    Raises:
        FormatError: It cannot be read.
    """
    from executor_bridge import read, read_source
    from optimizer.models.tasks import Source

    settings = here.loaded.config.ingest
    if content is None:
        return read(source.path or "", settings, bridge=source.tool, received_at=here.now)
    again = Source(
        path=source.path or UNNAMED,
        sha256=source.sha256,
        n_bytes=source.n_bytes,
        content=content,
        n_redacted=source.n_redacted,
        modified_at=source.first_started_at or source.ingested_at,
    )
    return read_source(again, settings, bridge=source.tool)
