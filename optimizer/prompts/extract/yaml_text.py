"""YAML as a tree: values stay as they are written, no tag is acted on."""

from __future__ import annotations

import re
from typing import Any

from optimizer.prompts.extract.tree import (
    MAX_DEPTH,
    NULL,
    Kind,
    Node,
    NotATree,
    Tree,
    complaint,
    refuse_twice,
)
from optimizer.prompts.extract.yaml_blocks import block_length

TEXT_TAG, NULL_TAG = "tag:yaml.org,2002:str", "tag:yaml.org,2002:null"
_PROPERTIES = re.compile(r"(?:[&!][^\s]*+\s++)*+")


def parse(source: str) -> Tree:
    """Return a YAML text as a tree; what an alias repeats is in it once.

    Raises:
        NotATree: It is no YAML of one document, is nested too deeply, holds itself, or gives a key
            twice.
    """
    import yaml  # noqa: PLC0415 - start-up time

    try:
        root = yaml.compose(source, Loader=_loader())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        found = error.problem or error.context or "no YAML"
        raise complaint(mark.index if mark else None, found, "YAML") from error
    except yaml.YAMLError as error:
        found = getattr(error, "reason", None) or "no YAML"
        raise NotATree(getattr(error, "position", None), found, "YAML") from error
    except RecursionError as error:
        raise _too_deep() from error
    if root is None:
        return Tree(source=source, root=None)
    reading = _Reading(source)
    node = reading.node(root)
    return Tree(source=source, root=node, shared=frozenset(reading.shared))


def _loader() -> type[Any]:
    """Return a loader that takes no deep nesting: it recurses in C, where nothing else stops it."""
    import yaml  # noqa: PLC0415

    base: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Shallow(base):  # type: ignore[misc]
        depth = 0

        def descend_resolver(self, _parent: object, _index: object) -> None:
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise RecursionError

        def ascend_resolver(self) -> None:
            self.depth -= 1

    return Shallow


class _Reading:
    """Makes a tree of what a YAML parser composed."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._made: dict[int, Node | None] = {}
        self.shared: set[int] = set()

    def node(
        self, composed: Any, *, indent: int = 0, depth: int = 0, in_brackets: bool = False
    ) -> Node:
        """Return the tree of a value; what an alias repeats is made once."""
        known = self._made.get(id(composed))
        if known:
            self.shared.add(known.start)
            return known
        if id(composed) in self._made:
            raise NotATree(composed.start_mark.index, "a value that holds itself", "a tree")
        if depth > MAX_DEPTH:
            raise _too_deep()
        self._made[id(composed)] = None
        around: dict[str, Any] = {"indent": indent, "in_brackets": in_brackets}
        made = self._node(composed, around, depth)
        self._made[id(composed)] = made
        return made

    def _node(self, composed: Any, around: dict[str, Any], depth: int) -> Node:
        mark = composed.start_mark
        start, end = mark.index, composed.end_mark.index
        if composed.id == "scalar":
            return self._scalar(composed, start, end, around)
        is_mapping = composed.id == "mapping"
        pairs = composed.value if is_mapping else enumerate(composed.value)
        inside: dict[str, Any] = {
            "indent": mark.column,
            "in_brackets": composed.flow_style,
            "depth": depth + 1,
        }
        children = [
            (_key(key) if is_mapping else str(key), self.node(value, **inside))
            for key, value in pairs
        ]
        if is_mapping:
            refuse_twice(children)
        kind = Kind.MAPPING if is_mapping else Kind.SEQUENCE
        return Node(kind=kind, start=start, end=end, **around, children=tuple(children))

    def _scalar(self, composed: Any, start: int, end: int, around: dict[str, Any]) -> Node:
        behind = _PROPERTIES.match(self._source, start)
        start = min(behind.end(), end) if behind else start
        if composed.tag != TEXT_TAG:
            written = NULL if composed.tag == NULL_TAG else f"{composed.tag} {composed.value}"
            return Node(kind=Kind.OTHER, start=start, end=end, text=written, **around)
        style = composed.style or ""
        if style in {"|", ">"}:
            end = start + block_length(self._source[start:end], composed.value)
        return Node(
            kind=Kind.TEXT, start=start, end=end, text=composed.value, style=style, **around
        )


def _key(key: Any) -> str:
    """Return a key as text; one that is no text has no name, but a place of its own."""
    return key.value if isinstance(key.value, str) else f"?{key.start_mark.index}"


def _too_deep() -> NotATree:
    return NotATree(None, "values nested too deeply", f"at most {MAX_DEPTH} levels")
