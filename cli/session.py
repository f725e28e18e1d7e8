"""What the outside world says: the clock, the folder, the environment, the settings."""

from __future__ import annotations

import getpass
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from optimizer.config.load import Loaded, load
from optimizer.history.location import locate
from optimizer.models.errors import ConfigError
from optimizer.models.names import legible


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One invocation of a command.

    Attributes:
        loaded: The settings, and where each came from.
        store: The history file, which need not exist yet.
        now: The time, UTC.
        actor: Who, for the audit log.
    """

    loaded: Loaded
    store: Path
    now: datetime
    actor: str

    @property
    def lock_timeout_s(self) -> float:
        """How long to wait for another process that has the history open, in seconds."""
        return self.loaded.config.store.lock_timeout_s


def session(
    store: Path | None = None,
    files: Sequence[Path] | None = None,
    overrides: Sequence[str] | None = None,
) -> Session:
    """Read the settings and find the history."""
    here = Path.cwd()
    try:
        loaded = load(start=here, environ=os.environ, files=files or (), overrides=overrides or ())
    except RecursionError as error:
        raise ConfigError("settings: nested too deeply, expected sections of values") from error
    return Session(
        loaded=loaded, store=store or locate(here), now=datetime.now(UTC), actor=_actor()
    )


def _actor() -> str:
    try:
        return legible(getpass.getuser())
    except (KeyError, OSError):  # no such user in the container
        return "unknown"
