"""Read a result file, whatever tool wrote it."""

from __future__ import annotations

from typing import BinaryIO

from executor_bridge.detect import detect, named
from executor_bridge.source import load
from optimizer.models.errors import Fault, FormatError
from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import Reading


def read(
    path: str, settings: IngestSettings, *, bridge: str | None = None, stdin: BinaryIO | None = None
) -> Reading:
    """Return the runs in a file.

    Args:
        path: The file, or `-` for standard input.
        settings: How files are read.
        bridge: Name of the format; told from the content where None.
        stdin: What to read for `-`; the process's own input where None.

    Raises:
        FormatError: The file cannot be read; the error lists what is wrong and where.
        ConfigError: There is no format of that name.
    """
    chosen = named(bridge) if bridge is not None else None
    source = load(path, settings, stdin)
    if not source.content or source.content.isspace():
        found = "only white space" if source.content else "nothing"
        raise FormatError(
            path, (Fault(place="line 1", found=found, expected="the results of a test run"),)
        )
    return (chosen or detect(source)).read(source, settings)
