"""Read a result file, whatever tool wrote it."""

from __future__ import annotations

from datetime import datetime
from typing import BinaryIO

from executor_bridge.base import Bridge
from executor_bridge.detect import TABLE, detect, named
from executor_bridge.files.source import load
from executor_bridge.prices import priced
from optimizer.models.errors import ConfigError, Fault, UnrecognizedError
from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import Reading, Source

LOOKED_BYTES = 2**20
"""A file of more bytes than these is not searched for whether it is blank."""


def read(
    path: str,
    settings: IngestSettings,
    *,
    bridge: str | None = None,
    stdin: BinaryIO | None = None,
    received_at: datetime | None = None,
) -> Reading:
    """Return the runs in a file.

    Args:
        path: The file, or `-` for standard input.
        settings: How files are read.
        bridge: Name of the format; that of the settings, or told from the content, where None.
        stdin: What to read for `-`; the process's own input where None.
        received_at: The time, where the file has none of its own.

    Raises:
        FormatError: The file cannot be read; the error lists what is wrong and where.
        ConfigError: There is no format of that name.
    """
    chosen = _chosen(settings, bridge)
    source = load(path, settings, stdin, received_at=received_at)
    return _read(source, settings, chosen)


def read_source(source: Source, settings: IngestSettings, *, bridge: str | None = None) -> Reading:
    """Return the runs in a file that was loaded before; see `read`."""
    return _read(source, settings, _chosen(settings, bridge))


def _chosen(settings: IngestSettings, bridge: str | None) -> Bridge | None:
    """Return the format that is asked for, or None where the content is to tell.

    Raises:
        ConfigError: There is none of that name, or it has no use for a mapping.
    """
    name = bridge or settings.format
    chosen = named(name) if name is not None else None
    if chosen is not None and chosen is not TABLE and (settings.map or settings.table):
        raise ConfigError(
            f"--from {chosen.name}: its files have no columns, expected no mapping of a table",
            hint="Leave --map and --table out, or read the file with --from table.",
        )
    return chosen


def _read(source: Source, settings: IngestSettings, chosen: Bridge | None) -> Reading:
    """Return the runs in a file, read by the format that was chosen or that its content tells."""
    if len(source.content) <= LOOKED_BYTES and not bytes(source.content[:]).strip():
        found = "only white space" if source.content else "nothing"
        raise UnrecognizedError(
            source.path, (Fault(place="line 1", found=found, expected="the results of a test run"),)
        )
    return priced((chosen or detect(source, settings)).read(source, settings), settings)
