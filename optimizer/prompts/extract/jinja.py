"""Jinja templates: the whole file is the prompt."""

from __future__ import annotations

from optimizer.models.sites import FoundPrompts, PromptFormat, PromptSite
from optimizer.prompts.extract.base import suffix_of
from optimizer.prompts.extract.text import rewritten, whole_file

SUFFIXES = frozenset({".j2", ".jinja", ".jinja2"})


class Jinja:
    """A template whose name says that it is one; its variables are those it does not set."""

    format = PromptFormat.JINJA

    def recognizes(self, path: str, content: bytes) -> bool:
        """Say whether the name of a file says that it is a template."""
        del content
        return suffix_of(path) in SUFFIXES

    def find(self, path: str, content: bytes) -> FoundPrompts:
        """Return the one prompt of the file."""
        return whole_file(path, content, self.format)

    def patch(self, content: bytes, site: PromptSite, text: str) -> bytes:
        """Return the file with another text."""
        return rewritten(content, site, text)
