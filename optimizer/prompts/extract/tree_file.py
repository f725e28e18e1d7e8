"""JSON and YAML files: read as a tree, one text in them written anew, all else untouched."""

from __future__ import annotations

from collections.abc import Callable, Iterable
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
        return json_text.parse(source) if is_json(path, content) else yaml_text.parse(source)
    except NotATree as error:
        raise FormatError(path, (_fault(source, error),)) from error


def is_json(path: str, content: bytes) -> bool:
    """Say whether a file is JSON: by its name, or where that says nothing by how it begins."""
    suffix = suffix_of(path)
    return suffix in JSON or (suffix not in YAML and content.lstrip()[:1] in {b"{", b"["})


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
    decoded, tree = decode(path, content), tree_of(path, content)
    if is_json(path, content):
        return decoded.encoded(patched_json(tree, where, pointer, text))
    node = text_at(tree, where, pointer)
    ways = spellings(tree.source, node, text)
    return decoded.encoded(_patched(yaml_text.parse, tree, ways, where, pointer, text))


def patched_json(tree: Tree, where: str, pointer: str, text: str) -> str:
    """Return JSON with another text at a pointer.

    Raises:
        PatchRefused: There is no text.
    """
    return _patched(json_text.parse, tree, json_text.spellings(), where, pointer, text)


def text_at(tree: Tree, where: str, pointer: str) -> Node:
    """Return the text at a pointer.

    Raises:
        PatchRefused: There is none, or it stands elsewhere as well.
    """
    way = tree.path(pointer)
    if not way or way[-1].kind is not Kind.TEXT:
        raise PatchRefused(f"{where}: there is no text any more")
    if any(node.start in tree.shared for node in way):
        raise PatchRefused(
            f"{where}: stands in several places by a YAML alias, expected one",
            hint="Write the text out in each place, or change it by hand.",
        )
    return way[-1]


def _patched(  # noqa: PLR0917 - a private composition of what its two callers have
    parse: Callable[[str], Tree],
    tree: Tree,
    ways: Iterable[Callable[[str], str | None]],
    where: str,
    pointer: str,
    text: str,
) -> str:
    node = text_at(tree, where, pointer)
    standing = tree.source[node.start : node.end]
    for way in sorted(ways, key=lambda way: way(node.text) != standing):
        if (written := way(text)) is None:
            continue
        source = tree.source[: node.start] + written + tree.source[node.end :]
        if _says(parse, source, tree, pointer, text):
            return source
    raise PatchRefused(f"{where}: the new text cannot be written there")


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
