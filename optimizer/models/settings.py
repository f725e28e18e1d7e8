"""The base of every part's settings."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """Settings of one part: read once, never changed.

    The docstring under a field is its description in the example file, the reference page and
    the error message.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
