"""Texts of a JSON or YAML file as prompts, each with its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from optimizer.models.dataclass import dataclass
from optimizer.models.sites import FoundPrompts, PromptFormat, PromptSite, SkippedPrompt
from optimizer.prompts.extract.base import column_of, declared, line_of, site
from optimizer.prompts.extract.tree import Kind, Node, Tree, pointer

_QUOTES, _BLOCKS = frozenset({'"', "'"}), frozenset({"|", ">"})
_NO_TEXT = {
    Kind.MAPPING: "is a mapping",
    Kind.SEQUENCE: "is a list",
    Kind.OTHER: "is a number, a truth value or a date",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What may be a prompt.

    Attributes:
        keys: The way to its text.
        node_id, node_type, role: As in `PromptSite`.
        names: Names that are filled in there or beside it, or None where the file does not say.
    """

    keys: tuple[str, ...]
    node_id: str = ""
    node_type: str = "message"
    role: str = "user"
    names: frozenset[str] | None = None


def sites_at(
    path: str, tree: Tree, kind: PromptFormat, candidates: Iterable[Candidate]
) -> FoundPrompts:
    """Return the prompts among what may be some; a text that an alias repeats is found once."""
    names: dict[str, frozenset[str]] = {}
    sites: list[PromptSite] = []
    skipped: list[SkippedPrompt] = []
    lines: dict[int, int] = {}
    for one in candidates:
        where = pointer(*one.keys)
        node = next(reversed(tree.path(where)), None)
        if node is None or node.is_null:
            continue
        line = line_of(tree.source, node.start)
        reason = _reason(node, lines)
        if reason:
            skipped.append(SkippedPrompt(path=path, pointer=where, line=line, reason=reason))
            continue
        lines[node.start] = line
        facts = {"node_id": one.node_id, "node_type": one.node_type, "role": one.role}
        place = spot(tree.source, node)
        sites.append(site(path, kind, node.text, pointer=where, **facts, **place))
        if one.names is not None:
            names[where] = one.names
    return FoundPrompts(sites=tuple(_with_declared(sites, names)), skipped=tuple(skipped))


def _with_declared(
    sites: Sequence[PromptSite], names: Mapping[str, frozenset[str]]
) -> Iterator[PromptSite]:
    """Yield sites with what is declared; those with the same names are filled in together."""
    for one in sites:
        group = names.get(one.pointer)
        if group is None:
            yield one
            continue
        together = (other for other in sites if names.get(other.pointer) == group)
        used = {name for other in together for name in other.variables}
        yield replace(one, declared=declared(one.variables, group, used))


def _reason(node: Node, lines: Mapping[int, int]) -> str | None:
    """Return why a value is not taken for a prompt, as the end of a sentence."""
    if node.kind is not Kind.TEXT:
        return f"{_NO_TEXT[node.kind]}, no text"
    if not node.text.strip():
        return "is empty"
    if node.start in lines:
        return f"repeats the prompt of line {lines[node.start]} by an alias"
    return None


def spot(source: str, node: Node) -> dict[str, Any]:
    """Return where a text begins in a file, as fields of a site."""
    if node.style in _BLOCKS:
        begin = source.index("\n", node.start) + 1
        column = _block_column(source[begin : node.end], node.text)
        line = line_of(source, node.start) + 1
        return {"line": line, "column": column, "is_plain": node.style == "|"}
    begin = node.start + (node.style in _QUOTES)
    end = node.end - (node.style in _QUOTES)
    return {
        "line": line_of(source, begin),
        "column": column_of(source, begin),
        "is_plain": source[begin:end] == node.text,
    }


def _block_column(lines: str, text: str) -> int:
    for line, value in zip(lines.split("\n"), text.split("\n"), strict=False):
        if value.strip():
            return line.rstrip("\r").find(value)
    return 0
