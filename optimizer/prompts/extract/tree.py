"""A JSON or YAML text as a tree whose every value knows the characters it is written with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

from optimizer.models.dataclass import dataclass

MAX_DEPTH = 100
"""How deep values may be nested."""

_EXPECTED = re.compile(r"(?:Expecting|did not find expected|expected) (?P<what>[^()]+?)(?: \(.*)?$")

NULL = "null"
"""What a value that is none is written as."""


class Kind(StrEnum):
    """What a value is."""

    MAPPING = "mapping"
    SEQUENCE = "sequence"
    TEXT = "text"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Node:
    """A value and where it is written.

    Attributes:
        kind: What it is.
        start: Offset of its first character, behind a YAML anchor or tag.
        end: Offset behind its last one.
        text: The text it stands for; of a number or a truth value its type and how it is written.
        style: First character of a text: a quotation mark, `|`, `>`, or "" where it has none.
        indent: Column of the collection it is in.
        in_brackets: Whether that is written in brackets, where YAML allows less.
        children: The values in it by key, those of a list by number.
    """

    kind: Kind
    start: int
    end: int
    text: str = ""
    style: str = ""
    indent: int = 0
    in_brackets: bool = False
    children: tuple[tuple[str, Node], ...] = ()

    @property
    def is_null(self) -> bool:
        """Whether the value is none."""
        return self.kind is Kind.OTHER and self.text == NULL

    def get(self, *keys: str) -> Node | None:
        """Return the value behind keys, or None where there is none."""
        found: Node | None = self
        for key in keys:
            if found is None:
                return None
            found = next((child for name, child in found.children if name == key), None)
        return found

    def word(self, *keys: str) -> str:
        """Return a text behind keys, "" where there is none."""
        found = self.get(*keys)
        return found.text if found and found.kind is Kind.TEXT else ""

    def items(self, *keys: str) -> tuple[tuple[str, Node], ...]:
        """Return what is in a list behind keys, with numbers; nothing where it is none."""
        found = self.get(*keys)
        return found.children if found and found.kind is Kind.SEQUENCE else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A text as a tree.

    Attributes:
        source: The text.
        root: Its value; None where it has none.
        shared: Starts of the values that stand in several places by an alias.
    """

    source: str
    root: Node | None
    shared: frozenset[int] = frozenset()

    def path(self, pointer: str) -> tuple[Node, ...]:
        """Return the values on the way to a JSON pointer, itself last; () where it leads nowhere.

        The root is one of them.
        """
        node, found = self.root, [self.root] if self.root else []
        for key in pointer.split("/")[1:]:
            node = node.get(unescaped(key)) if node else None
            if node is None:
                return ()
            found.append(node)
        return tuple(one for one in found if one)


class NotATree(Exception):  # noqa: N818 - what was found, for a reader to word
    """A text is no tree of values.

    Args:
        offset: Where it stops being one.
        found: What is there, or None where that is not known.
        expected: What should be.
    """

    def __init__(self, offset: int | None, found: str | None, expected: str) -> None:
        super().__init__(found or expected)
        self.offset = offset
        self.found = found
        self.expected = expected


def pointer(*keys: str) -> str:
    """Return keys as a JSON pointer."""
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)


def unescaped(key: str) -> str:
    """Return a key of a JSON pointer as it is written in the file."""
    return key.replace("~1", "/").replace("~0", "~")


def complaint(offset: int | None, message: str, language: str) -> NotATree:
    """Return what a parser said, as what was found and expected."""
    if expected := _EXPECTED.match(message):
        return NotATree(offset, None, expected["what"])
    return NotATree(offset, message[:1].lower() + message[1:], language)


def refuse_twice(children: list[tuple[str, Node]]) -> None:
    """Refuse a mapping that gives a key twice.

    Raises:
        NotATree: It does.
    """
    seen: set[str] = set()
    for key, node in children:
        if key in seen:
            raise NotATree(node.start, f"key {key!r} a second time", "each key once")
        seen.add(key)


def differences(old: Tree, new: Tree, changed: str) -> Iterator[str]:
    """Yield pointers of values that differ, but for the one that is to be changed.

    What an alias repeats is compared once.
    """
    if old.root is None or new.root is None:
        yield ""
        return
    waiting, compared = [("", old.root, new.root)], set()
    while waiting:
        where, one, other = waiting.pop()
        if (id(one), id(other)) in compared:
            continue
        compared.add((id(one), id(other)))
        if _differ(one, other) or (one.text != other.text and where != changed):
            yield where
        waiting += [
            (where + pointer(key), child, twin)
            for (key, child), (_, twin) in zip(one.children, other.children, strict=False)
        ]


def _differ(one: Node, other: Node) -> bool:
    """Say whether values are of another kind, or hold other keys."""
    return one.kind is not other.kind or [key for key, _ in one.children] != [
        key for key, _ in other.children
    ]
