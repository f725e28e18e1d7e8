"""Prompts of files and folders: found, and written back whole or not at all."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from optimizer.models.errors import ConfigError, FormatError, SelectionError
from optimizer.models.extract_settings import ExtractSettings
from optimizer.models.sites import (
    FoundInFiles,
    FoundPrompts,
    PromptFormat,
    PromptReference,
    PromptSite,
    SkippedPrompt,
)
from optimizer.pipeline.named_files import (
    DEFAULTS,
    LEFT_OUT,
    files_below,
    is_about_the_folder,
    read_bytes,
    write_bytes,
)
from optimizer.prompts.extract import find_sites, patch
from optimizer.prompts.extract.base import declared, prompt_id

_SEPARATOR = re.compile(r"^---[ \t]*$", re.MULTILINE)
_MAGIC = frozenset("*?[")


def find_prompts(
    paths: Sequence[Path],
    *,
    root: Path,
    as_format: PromptFormat | None = None,
    settings: ExtractSettings = DEFAULTS,
) -> FoundInFiles:
    """Return the prompts of files and folders, and of the files that they name as prompts.

    Args:
        paths: Files, and folders that are gone through.
        root: The project's folder: names of prompts are paths from there on.
        as_format: What the files named are to be read as, or None to find out.
        settings: What is looked for.

    Raises:
        ConfigError: A path leads nowhere, or may not be read.
        FormatError: A file that was named cannot be read.
        SelectionError: A file that was named holds no prompt.
    """
    looking = _Looking(root=root, settings=settings)
    for path in paths:
        if path.is_dir():
            looking.walk(path)
        else:
            looking.take(path, as_format)
    return FoundInFiles(
        sites=tuple(looking.sites.values()),
        skipped=tuple(looking.skipped),
        n_files=len(looking.read),
    )


class _Looking:
    """What was found so far."""

    def __init__(self, *, root: Path, settings: ExtractSettings) -> None:
        self._root = root
        self._settings = settings
        self.sites: dict[str, PromptSite] = {}
        self.skipped: list[SkippedPrompt] = []
        self.read: set[str] = set()

    def take(self, path: Path, as_format: PromptFormat | None) -> None:
        """Take the prompts of a file that was named."""
        found = self._found(path, as_format)
        self._add(path, found)
        if not (found.sites or found.skipped or found.references):
            raise SelectionError(
                f"{path}: no prompt was found, expected one at least",
                hint="Say what it is with --from, or mark constants of Python source with the "
                "comment '# optimizer: prompt'.",
            )

    def walk(self, folder: Path) -> None:
        """Take the prompts of the files in a folder; what cannot be read is said."""
        for path in files_below(folder, self._settings, self._closed):
            if is_about_the_folder(path, self._settings):
                self._skip(path, LEFT_OUT)
                continue
            if os.path.realpath(path) in self.read:
                continue
            try:
                self._add(path, self._found(path, None))
            except (FormatError, ConfigError) as error:
                self._skip(path, f"cannot be read: {str(error).removeprefix(f'{path}: ')}")

    def _closed(self, error: OSError) -> None:
        """Say that a folder may not be looked into."""
        self._skip(Path(error.filename), f"cannot be read: {error.strerror}")

    def _found(self, path: Path, as_format: PromptFormat | None) -> FoundPrompts:
        content = read_bytes(path, self._settings)
        found = find_sites(str(path), content, as_format=as_format, settings=self._settings)
        self.read.add(os.path.realpath(path))
        return replace(found, sites=tuple(self._named(one) for one in found.sites))

    def _named(self, site: PromptSite) -> PromptSite:
        """Return a site under the name that it has in the project."""
        file = os.path.relpath(site.path, self._root)
        if file.startswith(os.pardir):
            file = os.path.abspath(site.path)
        return replace(site, prompt_id=prompt_id(file, site.pointer))

    def _add(self, path: Path, found: FoundPrompts) -> None:
        named = [site for one in found.references for site in self._referenced(path, one)]
        for site in _filled_in([*found.sites, *named], found.references):
            self.sites[site.prompt_id] = site
        self.skipped += [one for one in found.skipped if one not in self.skipped]

    def _referenced(self, config: Path, named: PromptReference) -> Iterator[PromptSite]:
        """Yield the prompts of the files that a file names; others are none of its business."""
        folder = config.parent
        files = _matching(folder, named.pattern)
        if not files:
            self._skip(config, f"names {named.pattern}, which is not there", named)
        for file in files:
            if not Path(os.path.realpath(file)).is_relative_to(os.path.realpath(folder)):
                self._skip(config, f"names {named.pattern}, which is outside its folder", named)
                continue
            try:
                found = self._found(file, None)
            except (FormatError, ConfigError) as error:
                self._skip(config, f"names {error}", named)
                continue
            if reason := _unusable(file, found):
                self._skip(config, f"names {named.pattern}, which {reason}", named)
                continue
            self.skipped += [one for one in found.skipped if one not in self.skipped]
            yield from found.sites

    def _skip(self, path: Path, reason: str, named: PromptReference | None = None) -> None:
        pointer, line = (named.pointer, named.line) if named else ("", None)
        self.skipped.append(
            SkippedPrompt(path=str(path), pointer=pointer, line=line, reason=reason)
        )


def _filled_in(
    sites: Sequence[PromptSite], references: Sequence[PromptReference]
) -> Iterator[PromptSite]:
    """Yield prompts that are filled in together, in one file and in those that it names."""
    names = references[0].names if references else None
    used = {name for site in sites for name in site.variables}
    used |= {name for one in references for name in one.used}
    for site in sites:
        if names is None:
            yield site
        else:
            yield replace(site, declared=declared(site.variables, names, used))


def _unusable(file: Path, found: FoundPrompts) -> str | None:
    """Return why a file that was named as a prompt cannot be one, as the end of a sentence."""
    if not found.sites and not found.skipped:
        return "holds no prompt"
    if file.suffix == ".txt" and any(_SEPARATOR.search(site.text) for site in found.sites):
        return "holds several prompts with --- between them"
    return None


def _matching(folder: Path, pattern: str) -> list[Path]:
    if not _MAGIC & set(pattern):
        return [folder / pattern] if (folder / pattern).is_file() else []
    if Path(pattern).is_absolute():
        return [Path(pattern)]
    return sorted(path for path in folder.glob(pattern) if path.is_file())


def write_patch(site: PromptSite, text: str, *, settings: ExtractSettings = DEFAULTS) -> None:
    """Put another text in the place of a prompt in its file, whole or not at all.

    The file keeps its mode; where its path is a link, what that leads to is written.

    Raises:
        PatchRefused: Another text stands there now, or the new one cannot.
        FormatError: The file cannot be read any more.
        ConfigError: The file is not there, or may not be written.
    """
    path = Path(os.path.realpath(site.path))
    write_bytes(path, patch(read_bytes(path, settings), site, text, settings=settings))
