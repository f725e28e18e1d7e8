"""What a reader of an earlier JSON Schema may no longer rely on in a later one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Node = Mapping[str, Any]

REFERENCE = "#/$defs/"
ANYTHING = frozenset({"anything"})
ITEM = "[]"
"""What stands in a path for any item of a list."""

VALUE = "*"
"""What stands in a path for any key of an object that holds values by name."""


def broken(before: Node, after: Node) -> list[str]:
    """Return what was taken away, a sentence for each field; new fields take nothing away.

    Fields are told apart by their path, as `checks[].value`, whichever of several records holds
    it. A field may lose a type or gain a choice of text, but gain no type.
    """
    old, new = _types(before), _types(after)
    gone = [path for path in old.keys() - new.keys() if _parent(path) in new]
    more = {path: new[path] - old[path] for path in old.keys() & new.keys()}
    return sorted(
        [f"{path} is gone" for path in gone]
        + [
            f"{path} was {_words(old[path])}, may now be {_words(kinds)}"
            for path, kinds in more.items()
            if kinds
        ]
    )


def _parent(path: str) -> str:
    return path.removesuffix(ITEM) if path.endswith(ITEM) else path.rpartition(".")[0]


def _words(kinds: Iterable[str]) -> str:
    return " or ".join(sorted(kinds))


def _types(schema: Node) -> dict[str, frozenset[str]]:
    """Return the types of every field by path."""
    found: dict[str, frozenset[str]] = {}
    for path, kinds in _walk(schema, schema, "", ()):
        found[path] = found.get(path, frozenset()) | kinds
    return found


def _walk(
    schema: Node, node: Node | bool, path: str, above: tuple[str, ...]
) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the types of a node and of all inside it; a record inside itself is not entered."""
    if isinstance(node, bool) or not node:
        yield path, ANYTHING
        return
    if "$ref" in node:
        name = node["$ref"].removeprefix(REFERENCE)
        if name not in above:
            yield from _walk(schema, schema["$defs"][name], path, (*above, name))
        return
    for option in node.get("anyOf", ()):
        yield from _walk(schema, option, path, above)
    yield path, _kinds(node)
    for name, part in node.get("properties", {}).items():
        yield from _walk(schema, part, f"{path}.{name}".removeprefix("."), above)
    if others := node.get("additionalProperties"):
        yield from _walk(schema, others, f"{path}.{VALUE}", above)
    for part in (*node.get("prefixItems", ()), node.get("items", False)):
        if part:
            yield from _walk(schema, part, f"{path}{ITEM}", above)


def _kinds(node: Node) -> frozenset[str]:
    if "anyOf" in node:
        return frozenset()
    if "enum" in node:
        return frozenset({_kind(value) for value in node["enum"]})
    if "const" in node:
        return frozenset({repr(node["const"])})
    kinds = node.get("type")
    if kinds is None:
        return ANYTHING
    return frozenset([kinds] if isinstance(kinds, str) else kinds)


def _kind(value: object) -> str:
    return "string" if isinstance(value, str) else type(value).__name__
