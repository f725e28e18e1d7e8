"""JSON as a tree, and a text as JSON writes it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import field

from optimizer.models.dataclass import dataclass
from optimizer.prompts.extract.tree import (
    MAX_DEPTH,
    Kind,
    Node,
    NotATree,
    Tree,
    complaint,
    refuse_twice,
)

_TOKEN = re.compile(
    r"""[ \t\r\n]*+ (?: (?P<text> "(?:[^"\\]|\\.)*+") | (?P<mark> [\[\]{}:,])
                      | (?P<other> [^\s\[\]{}:,"]++) )""",
    re.VERBOSE,
)
_CLOSING = {"}": Kind.MAPPING, "]": Kind.SEQUENCE}


@dataclass(slots=True)
class _Open:
    """A collection that is not closed yet."""

    kind: Kind
    start: int
    children: list[tuple[str, Node]] = field(default_factory=list)
    key: str | None = None

    def add(self, node: Node) -> None:
        """Take a value, or the key of the next one."""
        if self.kind is Kind.SEQUENCE:
            self.children.append((str(len(self.children)), node))
        elif self.key is None:
            self.key = node.text
        else:
            self.children.append((self.key, node))
            self.key = None


def parse(source: str) -> Tree:
    """Return a JSON text as a tree.

    Raises:
        NotATree: It is no JSON, is nested too deeply, or gives a key twice.
    """
    try:
        json.loads(source, parse_int=str, parse_float=str, parse_constant=str)
    except json.JSONDecodeError as error:
        raise complaint(error.pos, error.msg, "JSON") from error
    except RecursionError as error:
        raise _too_deep(None) from error
    whole = _Open(Kind.SEQUENCE, 0)
    opened = [whole]
    for match in _TOKEN.finditer(source):
        _take(match, opened)
    return Tree(source=source, root=whole.children[0][1])


def _take(match: re.Match[str], opened: list[_Open]) -> None:
    token, start, end = match[match.lastgroup or 0], match.start(match.lastgroup or 0), match.end()
    if token in "{[":
        opened.append(_Open(Kind.MAPPING if token == "{" else Kind.SEQUENCE, start))
        if len(opened) > MAX_DEPTH:
            raise _too_deep(start)
    elif token in _CLOSING:
        done = opened.pop()
        if done.kind is Kind.MAPPING:
            refuse_twice(done.children)
        children = tuple(done.children)
        opened[-1].add(Node(kind=done.kind, start=done.start, end=end, children=children))
    elif match["text"]:
        text = json.loads(token)
        opened[-1].add(Node(kind=Kind.TEXT, start=start, end=end, text=text, style='"'))
    elif match["other"]:
        opened[-1].add(Node(kind=Kind.OTHER, start=start, end=end, text=token))


def spellings() -> tuple[Callable[[str], str], ...]:
    """Return the ways to write a text, the plainest first."""
    return (_plain, json.dumps, _with_slashes, _ascii_with_slashes)


def _plain(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _with_slashes(text: str) -> str:
    return _plain(text).replace("/", "\\/")


def _ascii_with_slashes(text: str) -> str:
    return json.dumps(text).replace("/", "\\/")


def _too_deep(offset: int | None) -> NotATree:
    return NotATree(offset, "values nested too deeply", f"at most {MAX_DEPTH} levels")
