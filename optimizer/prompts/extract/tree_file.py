"""JSON and YAML files: read as a tree, one text in them written anew, all else untouched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from optimizer.models.errors import Fault, FormatError
from optimizer.prompts.extract import json_text, yaml_text
from optimizer.prompts.extract.base import PatchRefused, column_of, decode, line_of, suffix_of
from optimizer.prompts.extract.tree import Kind, Node, NotATree, Tree, differences
from optimizer.prompts.extract.yaml_scalars import spellings

YAML, JSON = frozenset({".yml", ".yaml"}), frozenset({".json"})


@lru_cache(maxsize=4)
def tree_of(path: str, content: bytes) -> Tree:
    """Return a file as a tree.

    Raises:
        FormatError: It is no text, or no JSON or YAML as its name says.
    """
    source = decode(path, content).text
    try:
        return _parser(path)(source)
    except NotATree as error:
        raise FormatError(path, (_fault(source, error),)) from error


def _parser(path: str) -> Callable[[str], Tree]:
    return json_text.parse if suffix_of(path) in JSON else yaml_text.parse


def _fault(source: str, error: NotATree) -> Fault:
    place = "file"
    if error.offset is not None:
        line, column = line_of(source, error.offset), column_of(source, error.offset) + 1
        place = f"line {line}, column {column}"
    return Fault(place=place, found=error.found, expected=error.expected)


def patch_tree(path: str, content: bytes, where: str, pointer: str, text: str) -> bytes:
    """Return a JSON or YAML file with another text at a pointer.

    Args:
        path: The file.
        content: Its bytes.
        where: What the prompt is called in a refusal.
        pointer: Where the text is.
        text: The new text.

    Raises:
        PatchRefused: There is no way to write it there.
    """
    decoded, old = decode(path, content), tree_of(path, content)
    way = old.path(pointer)
    if not way or way[-1].kind is not Kind.TEXT:
        raise PatchRefused(f"{where}: there is no text any more")
    if any(node.start in old.shared for node in way):
        raise PatchRefused(
            f"{where}: stands in several places by a YAML alias, expected one",
            hint="Write the text out in each place, or change it by hand.",
        )
    parse, node = _parser(path), way[-1]
    for written in _written(path, old, node, text):
        source = old.source[: node.start] + written + old.source[node.end :]
        if _says(parse, source, old, pointer, text):
            return decoded.encoded(source)
    raise PatchRefused(f"{where}: the new text cannot be written there")


def _written(path: str, tree: Tree, node: Node, text: str) -> Iterator[str]:
    """Yield a text as it might be written, first as whoever wrote the old one would have."""
    is_json = suffix_of(path) in JSON
    ways: list[Callable[[str], str | None]] = list(
        json_text.spellings() if is_json else spellings(tree.source, node, text)
    )
    standing = tree.source[node.start : node.end]
    ways.sort(key=lambda way: way(node.text) != standing)
    for way in ways:
        written = way(text)
        if written is not None:
            yield written


def _says(parse: Callable[[str], Tree], source: str, old: Tree, pointer: str, text: str) -> bool:
    """Say whether a file has a text at a pointer, and all else as before."""
    try:
        new = parse(source)
    except NotATree:
        return False
    way = new.path(pointer)
    if not way or way[-1].kind is not Kind.TEXT or way[-1].text != text:
        return False
    return next(differences(old, new, pointer), None) is None
