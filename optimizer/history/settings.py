"""Settings of the history."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from optimizer.models.settings import Settings


class RawPolicy(StrEnum):
    """What is kept of a file beside its parsed rows."""

    BLOB = "blob"
    """All of it, compressed."""

    REFERENCE = "reference"
    """Its path, size and hash."""

    NONE = "none"
    """Its size and hash."""


class PayloadPolicy(StrEnum):
    """What is kept of inputs, outputs and metadata of a task."""

    FULL = "full"
    """Their whole text."""

    EXCERPTS = "excerpts"
    """The first characters of each."""

    HASHES = "hashes"
    """A SHA-256 of each."""

    NONE = "none"
    """Nothing."""


class RetentionSettings(Settings):
    """How long `optimizer store compact` keeps what is stored."""

    keep_runs: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """The newest runs of each workflow that are kept; of neither this nor `keep_days`: all."""

    keep_days: Annotated[float, Field(gt=0, le=36_500)] | None = None
    """Runs that began in these last days are kept, however many they are."""

    payload_days: Annotated[float, Field(gt=0, le=36_500)] | None = None
    """Days after which inputs, outputs, metadata and kept files of a run are emptied."""


class StoreSettings(Settings):
    """What the history keeps, and how it is opened."""

    raw: RawPolicy = RawPolicy.BLOB
    """What is kept of a file: `blob` all of it, `reference` path, size and hash, `none` no path."""

    max_blob_bytes: Annotated[int, Field(ge=0, le=2**32)] = 2**28
    """Larger files are kept by `reference` although `raw = blob`, as are zip and Parquet files."""

    payloads: PayloadPolicy = PayloadPolicy.FULL
    """What is kept of inputs, outputs and metadata: `full`, `excerpts`, `hashes` or `none`."""

    excerpt_chars: Annotated[int, Field(ge=1, le=100_000)] = 200
    """Characters of an excerpt."""

    lock_timeout_s: Annotated[float, Field(ge=0, le=3600)] = 60.0
    """How long to wait for another process that has the history open, in seconds."""

    retention: RetentionSettings = RetentionSettings()
    """What `optimizer store compact` lets go."""

    @model_validator(mode="after")
    def _a_blob_keeps_everything(self) -> Self:
        if self.raw is RawPolicy.BLOB and self.payloads is not PayloadPolicy.FULL:
            raise ValueError(
                f"payloads = {self.payloads} keeps less than raw = blob, which keeps the whole "
                "file; set raw = reference or raw = none as well"
            )
        return self
