"""Limits of what is read for prompts."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from optimizer.models.settings import Settings


class ExtractSettings(Settings):
    """What files may hold prompts, and how large both may be."""

    max_prompt_chars: Annotated[int, Field(ge=1)] = 100_000
    """A longer text is not taken for a prompt."""

    max_file_bytes: Annotated[int, Field(ge=1)] = 20_000_000
    """A larger file is not read."""
