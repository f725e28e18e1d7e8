"""Plain text and Markdown: the whole file is the prompt."""

from __future__ import annotations

from optimizer.models.sites import FoundPrompts, PromptFormat, PromptSite
from optimizer.prompts.extract.base import decode, empty, in_order, site, suffix_of
from optimizer.prompts.extract.line_ends import as_in, with_lf

STRUCTURED = frozenset({".yml", ".yaml", ".json", ".jsonl", ".py", ".toml", ".csv", ".ipynb"})
"""Files whose whole text is never a prompt."""


class Text:
    """A file that is a prompt, whatever its name ends in."""

    format = PromptFormat.TEXT

    def recognizes(self, path: str, content: bytes) -> bool:
        """Say whether a file may be a prompt as a whole."""
        del content
        return suffix_of(path) not in STRUCTURED

    def find(self, path: str, content: bytes) -> FoundPrompts:
        """Return the one prompt of the file."""
        return whole_file(path, content, self.format)

    def patch(self, content: bytes, site: PromptSite, text: str) -> bytes:
        """Return the file with another text; its byte order mark and line ends stay."""
        return rewritten(content, site, text)


def whole_file(path: str, content: bytes, kind: PromptFormat) -> FoundPrompts:
    """Return a file as one prompt."""
    text = with_lf(decode(path, content).text)
    if not text.strip():
        return in_order((), [empty(path)])
    return in_order([site(path, kind, text)])


def rewritten(content: bytes, site: PromptSite, text: str) -> bytes:
    """Return a file that is one prompt with another text."""
    old = decode(site.path, content)
    return old.encoded(as_in(old.text, text))
