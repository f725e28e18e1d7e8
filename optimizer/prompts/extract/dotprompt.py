"""`.prompt` files: front matter in YAML between lines of three dashes, then the template."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from optimizer.models.errors import Fault, FormatError
from optimizer.models.sites import FoundPrompts, PromptFormat, PromptSite
from optimizer.prompts.extract import yaml_text
from optimizer.prompts.extract.base import Decoded, decode, empty, line_of, site, suffix_of
from optimizer.prompts.extract.line_ends import as_in, with_lf
from optimizer.prompts.extract.tree import Kind, Node, NotATree

_FRONT = re.compile(r"\s*---[ \t]*\r?\n(?P<front>(?s:.*?))^---[ \t]*(?:\r?\n|\Z)", re.MULTILINE)
_SCHEMA_KEY = re.compile(r"[^\W\d][\w.\-]*")
_HELPERS = frozenset({"role", "history", "media", "json", "section", "ifEquals", "unlessEquals"})


class Dotprompt:
    """A template with settings in front; what the input schema names is declared."""

    format = PromptFormat.DOTPROMPT

    def recognizes(self, path: str, content: bytes) -> bool:
        """Say whether the name of a file says that it is one."""
        del content
        return suffix_of(path) == ".prompt"

    def find(self, path: str, content: bytes) -> FoundPrompts:
        """Return the template."""
        decoded = decode(path, content)
        begin = _template_start(decoded)
        line = line_of(decoded.text, begin)
        text = with_lf(decoded.text[begin:])
        if not text.strip():
            return FoundPrompts(skipped=(empty(path, line=line),))
        found = site(path, self.format, text, line=line)
        variables = tuple(name for name in found.variables if name not in _HELPERS)
        declared = _declared(path, decoded)
        return FoundPrompts(sites=(replace(found, variables=variables, declared=declared),))

    def patch(self, content: bytes, site: PromptSite, text: str) -> bytes:
        """Return the file with another template behind its front matter."""
        old = decode(site.path, content)
        begin = _template_start(old)
        return old.encoded(old.text[:begin] + as_in(old.text[begin:], text))


def _template_start(decoded: Decoded) -> int:
    front = _FRONT.match(decoded.text)
    return front.end() if front else 0


def _declared(path: str, decoded: Decoded) -> tuple[str, ...] | None:
    """Return the names in the input schema, or None where there is no schema.

    Raises:
        FormatError: The front matter cannot be read.
    """
    front = _FRONT.match(decoded.text)
    if front is None:
        return None
    try:
        root = yaml_text.parse(front["front"]).root
    except NotATree as error:
        offset = front.start("front") + (error.offset or 0)
        place = f"line {line_of(decoded.text, offset)}"
        raise FormatError(
            path, (Fault(place=place, found=error.found, expected=error.expected),)
        ) from error
    schema = root.get("input", "schema") if root else None
    return None if schema is None else tuple(sorted(set(_names(schema))))


def _names(schema: Node) -> Iterator[str]:
    """Yield the fields of a schema, short or as JSON Schema; `name?(array, of what)` is one."""
    properties = schema.get("properties")
    fields = properties if properties and properties.kind is Kind.MAPPING else schema
    for key, _ in fields.children:
        if fields.kind is Kind.MAPPING and (name := _SCHEMA_KEY.match(key)):
            yield name[0]
