"""Which format a file is, the prompts in it, and one of them put back changed."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import replace

from optimizer.models.errors import Fault, FormatError
from optimizer.models.extract_settings import ExtractSettings
from optimizer.models.sites import FoundPrompts, PromptFormat, PromptSite, SkippedPrompt
from optimizer.prompts.extract.base import Extractor, PatchRefused, refuse_unwritable
from optimizer.prompts.extract.dify import Dify
from optimizer.prompts.extract.dotprompt import Dotprompt
from optimizer.prompts.extract.jinja import Jinja
from optimizer.prompts.extract.line_ends import with_lf
from optimizer.prompts.extract.messages import Messages
from optimizer.prompts.extract.promptfoo import Promptfoo
from optimizer.prompts.extract.python_source import PythonSource
from optimizer.prompts.extract.text import Text

EXTRACTORS: tuple[Extractor, ...] = (
    Dify(),
    Promptfoo(),
    Messages(),
    Dotprompt(),
    PythonSource(),
    Jinja(),
    Text(),
)
"""The first that recognizes a file is asked."""

_DEFAULTS = ExtractSettings()
_SHOWN_HASH = 12


def find_sites(
    path: str,
    content: bytes,
    *,
    as_format: PromptFormat | None = None,
    settings: ExtractSettings = _DEFAULTS,
) -> FoundPrompts:
    """Return the prompts of a file; none where no format is recognized.

    Args:
        path: Its path, from which the names of the prompts are made.
        content: Its bytes.
        as_format: What it is to be read as, or None to find out.
        settings: How large things may be.

    Raises:
        FormatError: It cannot be read.
    """
    if len(content) > settings.max_file_bytes:
        found = f"{len(content)} bytes"
        fault = Fault(place="file", found=found, expected=f"at most {settings.max_file_bytes}")
        raise FormatError(path, (fault,))
    extractor = _named(as_format) if as_format else _recognizing(path, content)
    if extractor is None:
        return FoundPrompts()
    found_prompts = extractor.find(path, content)
    too_long = tuple(_too_long(found_prompts, settings))
    return replace(
        found_prompts,
        sites=tuple(
            site for site in found_prompts.sites if len(site.text) <= settings.max_prompt_chars
        ),
        skipped=found_prompts.skipped + too_long,
    )


def patch(
    content: bytes, site: PromptSite, text: str, *, settings: ExtractSettings = _DEFAULTS
) -> bytes:
    """Return a file with another text in the place of a prompt; all else stays byte for byte.

    Raises:
        PatchRefused: Another text than that of the site stands there now, or the new one cannot.
        FormatError: The file cannot be read.
    """
    where = site.prompt_id
    refuse_unwritable(where, text)
    if len(text) > settings.max_prompt_chars:
        found = f"{len(text)} characters"
        raise PatchRefused(
            f"{where}: the new text has {found}, expected at most {settings.max_prompt_chars}"
        )
    extractor = _named(site.format)
    now = _standing(extractor.find(site.path, content), site)
    if now is None:
        raise PatchRefused(
            f"{where}: changed meanwhile: there is no prompt any more",
            hint=_take_over(site),
        )
    if now.sha256 != site.sha256:
        found = f"found {now.sha256[:_SHOWN_HASH]}, expected {site.sha256[:_SHOWN_HASH]}"
        raise PatchRefused(
            f"{where}: changed meanwhile: hash of the text: {found}",
            hint=_take_over(site),
        )
    if "\r" not in now.text:
        text = with_lf(text)
    patched = extractor.patch(content, now, text)
    written = _standing(extractor.find(site.path, patched), site)
    if written is None or _lf(written.text) != _lf(text):
        raise PatchRefused(f"{where}: the new text would read as another one there")
    return patched


def _named(kind: PromptFormat) -> Extractor:
    return next(extractor for extractor in EXTRACTORS if extractor.format is kind)


def _recognizing(path: str, content: bytes) -> Extractor | None:
    return next((one for one in EXTRACTORS if one.recognizes(path, content)), None)


def _standing(found: FoundPrompts, site: PromptSite) -> PromptSite | None:
    return next((one for one in found.sites if one.pointer == site.pointer), None)


def _too_long(found: FoundPrompts, settings: ExtractSettings) -> Iterator[SkippedPrompt]:
    for site in found.sites:
        if len(site.text) > settings.max_prompt_chars:
            reason = (
                f"has {len(site.text)} characters, at most {settings.max_prompt_chars} are read"
            )
            yield SkippedPrompt(path=site.path, pointer=site.pointer, line=site.line, reason=reason)


def _lf(text: str) -> str:
    return text.replace("\r\n", "\n")


def _take_over(site: PromptSite) -> str:
    file = shlex.quote(site.path)
    return f"Take over what stands there with 'optimizer prompts record {file}', or restore it."
