"""What a tree of settings allows, in names and words, read from its JSON schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from optimizer.config.layers import KeyPath
from optimizer.models.dataclass import dataclass
from optimizer.models.settings import Settings

Node = Mapping[str, Any]

WORDS = {
    "boolean": "true or false",
    "integer": "whole number",
    "number": "number",
    "string": "text",
    "object": "table",
    "null": "nothing",
}

PLURALS = {
    "integer": "whole numbers",
    "number": "numbers",
    "string": "texts",
    "object": "tables",
    "array": "lists",
}

BOUNDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "above {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "below {}",
    "multipleOf": "a multiple of {}",
    "minLength": "length at least {}",
    "maxLength": "length at most {}",
    "minItems": "items at least {}",
    "maxItems": "items at most {}",
}


@dataclass(frozen=True, slots=True)
class Schema:
    """The JSON schema of a tree, or of any table in one."""

    root: Node

    def fields(self, path: KeyPath) -> dict[str, str]:
        """Return the names a table may hold, each with its description."""
        return {
            name: field.get("description", "")
            for node in self._at(path)
            for name, field in node.get("properties", {}).items()
        }

    def places(self, name: str, path: KeyPath = ()) -> list[KeyPath]:
        """Return the path of each key of this name, wherever it is."""
        found: list[KeyPath] = []
        for field in self.fields(path):
            found += [(*path, field)] if field == name else []
            found += self.places(name, (*path, field))
        return found

    def allowed(self, path: KeyPath) -> str:
        """Return in words what a key may be: `whole number, from 1 to 1000`."""
        return " or ".join(self._words(node) for node in self._at(path))

    def _at(self, path: KeyPath) -> list[Node]:
        nodes = self._options(self.root)
        for name in path:
            inner = [part for node in nodes for part in _parts(node, name)]
            nodes = [option for part in inner for option in self._options(part)]
        return nodes

    def _options(self, node: Node) -> list[Node]:
        if "$ref" in node:
            return self._options(self.root["$defs"][node["$ref"].rpartition("/")[2]])
        if inner := node.get("anyOf", node.get("oneOf")):
            return [option for part in inner for option in self._options(part)]
        return [node]

    def _words(self, node: Node) -> str:
        if "enum" in node:
            return "one of " + ", ".join(map(str, node["enum"]))
        if "const" in node:
            return str(node["const"])
        words = WORDS.get(node.get("type", ""), "anything")
        if node.get("type") == "array":
            items = [option for part in _parts(node, 0) for option in self._options(part)]
            words = "list of " + " or ".join(map(self._plural, items))
        return ", ".join([words, *_bounds(node)])

    def _plural(self, node: Node) -> str:
        if {"enum", "const"} & node.keys():
            return self._words(node)
        kind = node.get("type", "")
        return ", ".join([PLURALS.get(kind, self._words(node)), *_bounds(node)])


@cache
def schema_of(tree: type[Settings]) -> Schema:
    """Return the schema of a tree."""
    return Schema(tree.model_json_schema())


def _parts(node: Node, name: str | int) -> Iterator[Node]:
    if isinstance(name, int):
        fixed = node.get("prefixItems", ())
        others = node.get("items", {})
        yield from fixed[name : name + 1] or (others,)
    elif name in node.get("properties", {}):
        yield node["properties"][name]
    elif isinstance(others := node.get("additionalProperties"), dict):
        yield others


def _bounds(node: Node) -> Iterator[str]:
    """Yield each bound in words; a closed range in one phrase."""
    closed = {"minimum", "maximum"} <= node.keys()
    if closed:
        yield f"from {_plain(node['minimum'])} to {_plain(node['maximum'])}"
    for keyword, words in BOUNDS.items():
        if keyword in node and not (closed and keyword in {"minimum", "maximum"}):
            yield words.format(_plain(node[keyword]))


def _plain(number: float) -> str:
    return str(int(number)) if float(number).is_integer() else str(number)
