"""Files that may hold prompts: which of a folder do, and one read or written whole."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import field
from pathlib import Path

from optimizer.models.dataclass import dataclass
from optimizer.models.errors import MAY_NOT_READ, ConfigError
from optimizer.models.extract_settings import ExtractSettings

LEFT_OUT = "is left out of a folder by its name"
DEFAULTS = ExtractSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedFile:
    """A file that may hold prompts.

    Attributes:
        path: How it is named in reports.
        content: Its bytes.
        is_named: Whether the file itself was named, and not a folder it stands in.
    """

    path: str
    content: bytes
    is_named: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver:
    """Files that were not taken, each with the reason.

    Attributes:
        unreadable: Files that could not be read.
        skipped: Files of a folder that were left out.
    """

    unreadable: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def files_below(
    folder: Path, settings: ExtractSettings, closed: Callable[[OSError], None]
) -> Iterator[Path]:
    """Yield the files below a folder that may hold prompts, hidden ones left out, sorted.

    Args:
        folder: The folder.
        settings: Endings of the files, and folders that are not gone into.
        closed: Is told of a folder that may not be looked into.
    """
    for parent, folders, names in os.walk(folder, onerror=closed):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and name not in settings.other_folders
        )
        for name in sorted(names):
            path = Path(parent, name)
            is_meant = path.suffix.lower() in settings.suffixes and not name.startswith(".")
            if is_meant and path.is_file():
                yield path


def is_about_the_folder(path: Path, settings: ExtractSettings) -> bool:
    """Tell by its name whether a file says something of its folder and is no prompt."""
    return path.stem.lower() in settings.other_names


def read_bytes(path: Path, settings: ExtractSettings = DEFAULTS) -> bytes:
    """Return what is in a file that may hold prompts.

    Raises:
        ConfigError: It is not there, is no file, is too large, or may not be read.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise ConfigError(f"{path}: is no file, expected one with prompts")
        if status.st_size > settings.max_file_bytes:
            found = f"{status.st_size} bytes, expected at most {settings.max_file_bytes}"
            raise ConfigError(f"{path}: has {found}")
        return path.read_bytes()
    except OSError as error:
        hint = MAY_NOT_READ if isinstance(error, PermissionError) else None
        raise ConfigError(f"{path}: cannot be read: {error.strerror}", hint=hint) from error


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file that is there, whole or not at all; it keeps its mode.

    Raises:
        ConfigError: It cannot be written; it is as it was.
    """
    beside = path.parent / f".{path.name}.{os.getpid()}.part"
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if not os.access(path, os.W_OK):
            raise PermissionError(None, "Permission denied")
        beside.write_bytes(content)
        beside.chmod(mode)
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from error
