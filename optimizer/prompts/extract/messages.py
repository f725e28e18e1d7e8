"""Lists of messages with roles, as chat models are sent them, in JSON or YAML."""

from __future__ import annotations

import re
from collections.abc import Iterator

from optimizer.models.sites import FoundPrompts, PromptFormat, PromptSite
from optimizer.prompts.extract.base import suffix_of
from optimizer.prompts.extract.tree import Kind, Node
from optimizer.prompts.extract.tree_file import JSON, YAML, patch_tree, tree_of
from optimizer.prompts.extract.tree_sites import Candidate, sites_at

_TELLTALE = re.compile(rb"""["']?\brole["']?\s*+:""")
_INSTRUCTING = frozenset({"system", "developer", "user", "assistant"})


class Messages:
    """A list of messages, or an object with one under `messages`."""

    format = PromptFormat.MESSAGES

    def recognizes(self, path: str, content: bytes) -> bool:
        """Say whether a file is a list of messages: each has a role."""
        if suffix_of(path) not in YAML | JSON or not _TELLTALE.search(content):
            return False
        root = tree_of(path, content).root
        return root is not None and messages_of(root) is not None

    def find(self, path: str, content: bytes) -> FoundPrompts:
        """Return the texts of the messages; what is no text, as pictures, is left out."""
        tree = tree_of(path, content)
        return sites_at(path, tree, self.format, candidates(tree.root) if tree.root else ())

    def patch(self, content: bytes, site: PromptSite, text: str) -> bytes:
        """Return the file with another text in one message."""
        return patch_tree(site.path, content, site.prompt_id, site.pointer, text)


def candidates(root: Node, names: frozenset[str] | None = None) -> Iterator[Candidate]:
    """Yield what may be a prompt in messages.

    Args:
        root: The list of messages, or the object with one.
        names: What is filled in.
    """
    keys, messages = messages_of(root) or ((), ())
    for index, message in messages:
        role = message.word("role")
        if role in _INSTRUCTING:
            for inner in _text_keys(message):
                yield Candidate(keys=(*keys, index, *inner), role=role, names=names)


def messages_of(root: Node) -> tuple[tuple[str, ...], tuple[tuple[str, Node], ...]] | None:
    """Return the way to a list of messages and what is in it, or None where there is none."""
    for keys in ((), ("messages",)):
        messages = root.items(*keys)
        if messages and all(one.word("role") for _, one in messages):
            return keys, messages
    return None


def _text_keys(message: Node) -> Iterator[tuple[str, ...]]:
    content = message.get("content")
    if content is None or content.kind is not Kind.SEQUENCE:
        yield ("content",)
        return
    for index, part in content.children:
        if part.word("type") in {"text", "input_text"}:
            yield "content", index, "text"
