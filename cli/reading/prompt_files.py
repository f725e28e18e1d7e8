"""The files of the project that hold prompts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from optimizer.history.location import FOLDER
from optimizer.models.errors import ConfigError
from optimizer.models.extract_settings import ExtractSettings
from optimizer.pipeline.named_files import read_bytes, write_bytes

if TYPE_CHECKING:
    from cli.session import Session


class ProjectFiles:
    """The files below a folder, by paths relative to it."""

    def __init__(self, root: Path, settings: ExtractSettings) -> None:
        self.root = root
        self._settings = settings

    def read(self, path: str) -> bytes:
        """Return what a file holds.

        Raises:
            ConfigError: It cannot be read.
        """
        return read_bytes(self.root / path, self._settings)

    def write(self, path: str, old: bytes, new: bytes) -> None:
        """Replace what a file holds, whole or not at all; its rights stay.

        Raises:
            ConfigError: It cannot be written, or is not `old` any more.
        """
        if self.read(path) != old:
            raise ConfigError(f"{path}: changed meanwhile, expected it as it was read")
        write_bytes((self.root / path).resolve(), new)


def project_files(here: Session) -> ProjectFiles:
    """Return the files of the project: below the folder that has the history, else below here."""
    folder = here.store.absolute().parent
    root = folder.parent if folder.name == FOLDER else Path.cwd()
    return ProjectFiles(root, here.loaded.config.extract)
