"""What the outside world says: the clock, the folder, the environment, the settings."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from cli.output import complain
from cli.terminal.stages import stage, tell
from optimizer.config.load import Loaded, load
from optimizer.history.location import is_lake, locate
from optimizer.history.waiting import tell_of_waiting
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import ConfigError
from optimizer.models.ingest import IngestSettings
from optimizer.models.names import legible

S3_ENDPOINT = "AWS_ENDPOINT_URL_S3"
"""The variable that tells who speaks to S3, and this program's other processes, where it is."""

OPTIONS = {"format": "--from"}
"""Options whose name is not that of their setting."""


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
    def has_store(self) -> bool:
        """Whether the history is there; of a lake on S3 that is found out when it is read."""
        return self.store.exists() or is_lake(self.store)

    @property
    def lock_timeout_s(self) -> float:
        """How long to wait for another process that has the history open, in seconds."""
        return self.loaded.config.store.lock_timeout_s

    def reading(self, said: Mapping[str, object]) -> Session:
        """Return the session with what the command line says of reading files.

        Args:
            said: Settings of `ingest` by name; what is None or False leaves the setting.

        Raises:
            ConfigError: A value is not as the setting expects.
        """
        changes = {name: one for name, one in said.items() if one is not None and one is not False}
        if not changes:
            return self
        config = self.loaded.config
        ingest = _checked(config.ingest, changes)
        loaded = replace(self.loaded, config=config.model_copy(update={"ingest": ingest}))
        return replace(self, loaded=loaded)


def session(
    store: Path | None = None,
    files: Sequence[Path] | None = None,
    overrides: Sequence[str] | None = None,
) -> Session:
    """Read the settings and find the history."""
    stage("read the settings")
    here = Path.cwd()
    try:
        loaded = load(start=here, environ=os.environ, files=files or (), overrides=overrides or ())
    except RecursionError as error:
        raise ConfigError("settings: nested too deeply, expected sections of values") from error
    for warning in loaded.warnings:
        complain(f"warning: {warning}")
    if loaded.config.lake.endpoint_url is not None:
        os.environ[S3_ENDPOINT] = loaded.config.lake.endpoint_url
    found = Session(
        loaded=loaded, store=store or locate(here), now=datetime.now(UTC), actor=_actor()
    )
    tell_of_waiting(_waiting)
    stage("work")
    tell(f"settings: {', '.join(map(str, loaded.files)) or 'no file, the defaults'}")
    tell(f"history: {found.store}{'' if found.has_store else ', which is not there yet'}")
    return found


def _waiting(store: Path, said: str) -> None:
    """Say that another process is waited for."""
    complain(f"waiting for another process that has {store} open: {said}")


def _checked(ingest: IngestSettings, changes: Mapping[str, object]) -> IngestSettings:
    """Return settings with some of them changed."""
    from pydantic import ValidationError

    try:
        return ingest.model_validate({**ingest.model_dump(), **changes})
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        option = OPTIONS.get(name := str(detail["loc"][0]), f"--{name.replace('_', '-')}")
        message = detail["msg"].removeprefix("Value error, ")
        raise ConfigError(f"{option} {detail['input']}: {message}") from error


def _actor() -> str:
    try:
        return legible(getpass.getuser())
    except (KeyError, OSError):  # no such user in the container
        return "unknown"
