"""Reading the files that a command names."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from optimizer.models.errors import ConfigError

if TYPE_CHECKING:
    from optimizer.models.ingest import IngestSettings
    from optimizer.models.tasks import Reading


def read_file(path: str, settings: IngestSettings, *, bridge: str | None, trust: bool) -> Reading:
    """Read one file, or standard input for `-`.

    Raises:
        FormatError: It cannot be read.
    """
    from executor_bridge import read

    if trust:
        settings = settings.model_copy(update={"trust_statistics": True})
    stdin = sys.stdin.buffer if path == "-" else None
    return read(path, settings, bridge=bridge, stdin=stdin)


def read_prompt(path: Path | None) -> str | None:
    """Read the text of a prompt, or None where no file is named.

    Raises:
        ConfigError: It cannot be read, or is empty.
    """
    if path is None:
        return None
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: byte {error.start} is not UTF-8") from error
    if not text.strip():
        raise ConfigError(f"{path}: the prompt is empty, expected text")
    return text
