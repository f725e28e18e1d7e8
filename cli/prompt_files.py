"""The files of the project that hold prompts."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from optimizer.history.location import FOLDER
from optimizer.models.errors import ConfigError

if TYPE_CHECKING:
    from cli.session import Session


class ProjectFiles:
    """The files below a folder, by paths relative to it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path_of(self, file: Path) -> str:
        """Return how a file is named in the history: relative to the folder, where it is below."""
        whole = file.absolute()
        return (whole.relative_to(self.root) if self._is_below(whole) else file).as_posix()

    def read(self, path: str) -> bytes:
        """Return what a file holds.

        Raises:
            ConfigError: It cannot be read.
        """
        try:
            return (self.root / path).read_bytes()
        except OSError as error:
            raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error

    def write(self, path: str, old: bytes, new: bytes) -> None:
        """Replace what a file holds, whole or not at all; its rights stay.

        Raises:
            ConfigError: It cannot be written, or is not `old` any more.
        """
        target = (self.root / path).resolve()
        beside = target.parent / f".{os.getpid()}.part"
        try:
            beside.write_bytes(new)
            shutil.copymode(target, beside)
            if target.read_bytes() != old:
                raise ConfigError(f"{path}: changed meanwhile, expected it as it was read")
            beside.replace(target)
        except OSError as error:
            raise ConfigError(f"{path}: cannot be written: {error.strerror}") from error
        finally:
            with suppress(OSError):
                beside.unlink(missing_ok=True)

    def _is_below(self, file: Path) -> bool:
        return file.is_relative_to(self.root)


def project_files(here: Session) -> ProjectFiles:
    """Return the files of the project: below the folder that has the history, else below here."""
    folder = here.store.absolute().parent
    return ProjectFiles(folder.parent if folder.name == FOLDER else Path.cwd())
