"""What is looked for in files and folders, and how large it may be."""

from __future__ import annotations

from typing import Annotated

from optimizer.models.settings import Field, Settings


class ExtractSettings(Settings):
    """Which files may hold prompts, and how large both may be."""

    max_prompt_chars: Annotated[int, Field(ge=1)] = 100_000
    """A longer text is not taken for a prompt."""

    max_file_bytes: Annotated[int, Field(ge=1)] = 20_000_000
    """A larger file is not read."""

    suffixes: tuple[str, ...] = (
        ".md",
        ".markdown",
        ".txt",
        ".prompt",
        ".j2",
        ".jinja",
        ".jinja2",
        ".yml",
        ".yaml",
        ".json",
        ".py",
    )
    """Endings of the files that are looked at in a folder; a file that is named may have any."""

    other_folders: tuple[str, ...] = ("node_modules", "venv", "__pycache__", "site-packages")
    """Folders that are not gone into; hidden ones never are."""

    other_names: tuple[str, ...] = (
        "readme",
        "changelog",
        "contributing",
        "license",
        "requirements",
    )
    """Names, without ending, of files in a folder that are about it and no prompts."""
