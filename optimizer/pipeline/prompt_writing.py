"""A version put into its file in place of the one in use."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from optimizer.models.errors import SelectionError
from optimizer.models.sites import PromptSite
from optimizer.models.versions import Version
from optimizer.prompts.extract import find_sites, patch


class PromptFiles(Protocol):
    """The files of the project, by their paths relative to its folder."""

    def read(self, path: str) -> bytes:
        """Return what a file holds."""
        ...

    def write(self, path: str, old: bytes, new: bytes) -> None:
        """Replace what a file holds, unless it is not `old` any more."""
        ...


def written(files: PromptFiles | None, last: Version, version: Version) -> str | None:
    """Write a version where the one in use stands, and return the file; None where none was.

    Raises:
        SelectionError: The file holds no such prompt.
        PatchRefused: It holds another text.
    """
    if files is None:
        return None
    path = version.prompt_id.partition("#")[0]
    content = files.read(path)
    site = _site(path, content, version.prompt_id)
    if site.sha256 == version.prompt_sha256:
        return None
    expected = replace(site, text=last.text)
    files.write(path, content, patch(content, expected, version.text))
    return path


def _site(path: str, content: bytes, prompt_id: str) -> PromptSite:
    for site in find_sites(path, content).sites:
        if site.prompt_id == prompt_id:
            return site
    raise SelectionError(
        f"prompt {prompt_id}: {path} does not hold it any more",
        hint="With --record-only no file is written.",
    )
