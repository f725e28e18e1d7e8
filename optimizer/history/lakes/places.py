"""Where a lake is: a folder, or the objects under a prefix of S3.

A file appears whole or not at all: in a folder by being renamed, on S3 because an object does.
Nothing is contacted unless the lake's name begins with s3://.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from optimizer.history.lakes.names import STAGING
from optimizer.history.location import S3, s3_location
from optimizer.models.errors import ConfigError, HistoryError
from optimizer.models.names import legible

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

AT_ONCE = 16
"""Files that are sent, or brought to the disk, at the same time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file of a lake.

    Attributes:
        path: Inside the lake, with slashes.
        n_bytes: Its size.
        changed_at: When it was written, UTC, by the clock of where it is.
    """

    path: str
    n_bytes: int
    changed_at: datetime


class Place(Protocol):
    """Where the files of a lake are."""

    @property
    def location(self) -> str:
        """The lake as a user names it."""

    def entries(self, folder: str) -> Iterator[Entry]:
        """Yield the files under a folder of the lake, none where it is not there."""

    def staging(self) -> Path:
        """Return the folder on this machine in which files are made before they are put."""

    def put(self, files: Mapping[str, Path]) -> None:
        """Move staged files to their places inside the lake, each whole."""

    def remove(self, paths: Sequence[str]) -> None:
        """Remove files; what is gone already is none of them."""

    def url(self, path: str) -> str:
        """Return what the database opens a file by."""

    def introduce(self, connection: DuckDBPyConnection) -> None:
        """Let a database open the files of this place."""


@contextmanager
def place_of(lake: Path | str) -> Iterator[Place]:
    """Open the place of a lake; what is staged on this machine for S3 is gone afterwards.

    Raises:
        ConfigError: The extra for S3 is not installed.
        HistoryError: The place cannot be reached or used.
    """
    bucket = s3_location(lake)
    if bucket is None:
        yield Folder(Path(lake))
        return
    with tempfile.TemporaryDirectory(prefix="optimizer-lake-") as staging, _told(bucket):
        yield Bucket(bucket, Path(staging))


class Folder:
    """A lake in a folder of this machine, or of one that is mounted."""

    def __init__(self, folder: Path) -> None:
        name = str(folder.absolute())
        if legible(name) != name:
            raise HistoryError(f"{legible(name)}: a folder whose name is not UTF-8, expected UTF-8")
        self._folder = folder.absolute()
        self.location = str(folder)

    def entries(self, folder: str) -> Iterator[Entry]:
        """Yield the files under a folder of the lake, none where it is not there."""
        yield from self._under(f"{folder}/")

    def _under(self, inside: str) -> Iterator[Entry]:
        try:
            found = os.scandir(self._folder / inside)
        except FileNotFoundError:
            return
        with found:
            for one in found:
                if one.is_dir():
                    yield from self._under(f"{inside}{one.name}/")
                    continue
                with suppress(FileNotFoundError):  # removed just now
                    state = one.stat()
                    changed_at = datetime.fromtimestamp(state.st_mtime, UTC)
                    yield Entry(
                        path=inside + one.name, n_bytes=state.st_size, changed_at=changed_at
                    )

    def staging(self) -> Path:
        """Return the folder on this machine in which files are made before they are put."""
        staging = self._folder / STAGING
        staging.mkdir(parents=True, exist_ok=True)
        return staging

    def put(self, files: Mapping[str, Path]) -> None:
        """Move staged files to their places inside the lake, each whole."""
        with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:  # a disk flushes several at once
            list(pool.map(_flush, files.values()))
        for path, staged in files.items():
            target = self._folder / path
            try:
                staged.replace(target)
            except FileNotFoundError:
                target.parent.mkdir(parents=True, exist_ok=True)
                staged.replace(target)

    def remove(self, paths: Sequence[str]) -> None:
        """Remove files; what is gone already is none of them."""
        for path in paths:
            (self._folder / path).unlink(missing_ok=True)

    def url(self, path: str) -> str:
        """Return what the database opens a file by."""
        return f"{self._folder}/{path}"

    def introduce(self, connection: DuckDBPyConnection) -> None:
        """Do nothing: the database knows files."""


class Bucket:
    """A lake under a prefix of S3, or of what speaks its protocol."""

    def __init__(self, location: str, staging: Path) -> None:
        try:
            from s3fs import S3FileSystem  # type: ignore[import-untyped]  # noqa: PLC0415
        except ImportError as error:
            raise ConfigError(
                f"{location}: s3fs is not installed, expected it for a lake on S3",
                hint="pip install 'prompt-optimizer[s3]'",
            ) from error
        self.location = location
        self._staging = staging
        self._files: Any = S3FileSystem(use_listings_cache=False, skip_instance_cache=True)
        self._root = location.removeprefix(S3)

    def entries(self, folder: str) -> Iterator[Entry]:
        """Yield the files under a folder of the lake, none where it is not there."""
        found = self._files.find(f"{self._root}/{folder}", detail=True)
        for path, one in found.items():
            yield Entry(
                path=path.removeprefix(self._root).lstrip("/"),
                n_bytes=one["size"],
                changed_at=one["LastModified"],
            )

    def staging(self) -> Path:
        """Return the folder on this machine in which files are made before they are put."""
        return self._staging

    def put(self, files: Mapping[str, Path]) -> None:
        """Move staged files to their places inside the lake, each whole."""
        if not files:
            return
        sources = [str(staged) for staged in files.values()]
        targets = [f"{self._root}/{path}" for path in files]
        self._files.put(sources, targets, batch_size=AT_ONCE)
        for staged in files.values():
            staged.unlink()

    def remove(self, paths: Sequence[str]) -> None:
        """Remove files; what is gone already is none of them."""
        if paths:
            self._files.rm([f"{self._root}/{path}" for path in paths])

    def url(self, path: str) -> str:
        """Return what the database opens a file by."""
        return f"{S3}{self._root}/{path}"

    def introduce(self, connection: DuckDBPyConnection) -> None:
        """Let a database open the files of this place."""
        connection.register_filesystem(self._files)


@contextmanager
def _told(location: str) -> Iterator[None]:
    """Say in our words what S3 could not do."""
    from botocore.exceptions import (  # type: ignore[import-untyped]  # noqa: PLC0415
        BotoCoreError,
        ClientError,
    )

    try:
        yield
    except (BotoCoreError, ClientError, PermissionError, FileNotFoundError) as error:
        first = (str(error) or type(error).__name__).splitlines()[0]
        raise HistoryError(
            f"{location}: cannot be used: {first}",
            hint="Check the bucket, the AWS_ variables, and AWS_ENDPOINT_URL or lake.endpoint_url.",
        ) from error


def _flush(path: Path) -> None:
    """See that a file is on the disk before anything says that it is there."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
