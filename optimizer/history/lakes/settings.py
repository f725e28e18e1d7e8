"""Settings of lakes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from optimizer.models.settings import Settings


class LakeSettings(Settings):
    """Where a lake on S3 is reached, and how long files in it are left alone."""

    endpoint_url: str | None = None
    """Address of a service like S3; it goes before AWS_ENDPOINT_URL. Default: that of AWS."""

    grace_s: Annotated[float, Field(ge=0, le=31_536_000)] = 3600.0
    """How long files stay after they were compacted or replaced, for who reads them, in seconds."""

    leftover_age_s: Annotated[float, Field(ge=0, le=31_536_000)] = 86_400.0
    """How old files of a publisher that was stopped must be to be removed, in seconds."""
