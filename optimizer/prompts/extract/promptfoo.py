"""promptfoo configurations: prompts in them, and the files that they name as prompts.

A prompt that is a chat in JSON is as many prompts as it has messages. What programs and other
services make is left alone, and so are tests; their variables are what is filled in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePath

from optimizer.models.dataclass import dataclass
from optimizer.models.sites import (
    FoundPrompts,
    PromptFormat,
    PromptReference,
    PromptSite,
    SkippedPrompt,
)
from optimizer.prompts.extract import json_text
from optimizer.prompts.extract.base import declared, line_of, site, suffix_of
from optimizer.prompts.extract.messages import candidates, messages_of
from optimizer.prompts.extract.tree import Kind, Node, NotATree, Tree, pointer
from optimizer.prompts.extract.tree_file import (
    JSON,
    YAML,
    patch_tree,
    patched_json,
    text_at,
    tree_of,
)
from optimizer.prompts.extract.tree_sites import Candidate, sites_at, spot

INNER = "#"
"""Between the way to a text and the way in the JSON that it is."""

_TELLTALE = re.compile(rb"""(?<![\w\-])prompts["']?\s*+:""")
_BESIDE = ("providers", "targets", "tests", "scenarios", "defaultTest", "redteam")
_TESTS = ("defaultTest", "tests", "scenarios")
_SUPPLIED = frozenset({"_conversation", "env"})
_FILE = re.compile(
    r"file://(?P<named>[^\n]+)"
    r"|(?P<bare>[^\s{}]+\.(?:txt|md|j2|json|jsonl|ya?ml|csv|py|[cm]?js|[cm]?ts)(?::\w+)?)"
)
_FUNCTION = re.compile(r"(?<=\.)(?P<suffix>py|[cm]?js|[cm]?ts|rb|go):\w+$")
_PROGRAMS = frozenset({".py", ".js", ".cjs", ".mjs", ".ts", ".cts", ".mts", ".rb", ".go", ".sh"})
_TABLES = frozenset({".csv", ".jsonl"})
_ELSEWHERE = re.compile(r"(?:langfuse|portkey|helicone|exec|https?)://?|(?:exec|python|package):")


class Promptfoo:
    """A configuration in YAML or JSON."""

    format = PromptFormat.PROMPTFOO

    def recognizes(self, path: str, content: bytes) -> bool:
        """Say whether a file is a configuration: it has prompts, and tests or providers."""
        if suffix_of(path) not in YAML | JSON or not _TELLTALE.search(content):
            return False
        root = tree_of(path, content).root
        return (
            root is not None
            and root.get("prompts") is not None
            and any(root.get(key) is not None for key in _BESIDE)
        )

    def find(self, path: str, content: bytes) -> FoundPrompts:
        """Return the prompts of the configuration, and the files that it names."""
        tree = tree_of(path, content)
        listed = _listed(path, tree)
        found = sites_at(path, tree, self.format, listed.candidates)
        sites = tuple(_without_supplied(one) for whole in found.sites for one in _inner(whole))
        names = _names(tree.root)
        if names is None:
            return replace(
                found,
                sites=sites,
                skipped=found.skipped + listed.skipped,
                references=listed.references,
            )
        used = {name for one in sites for name in one.variables} | _judged(tree, names)
        return FoundPrompts(
            sites=tuple(
                replace(one, declared=declared(one.variables, names, used)) for one in sites
            ),
            skipped=found.skipped + listed.skipped,
            references=tuple(
                replace(one, names=tuple(sorted(names)), used=tuple(sorted(used & names)))
                for one in listed.references
            ),
        )

    def patch(self, content: bytes, site: PromptSite, text: str) -> bytes:
        """Return the configuration with another text in the place of one prompt."""
        outer, _, inner = site.pointer.partition(INNER)
        if inner:
            whole = text_at(tree_of(site.path, content), site.prompt_id, outer).text
            text = patched_json(json_text.parse(whole), site.prompt_id, inner, text)
        return patch_tree(site.path, content, site.prompt_id, outer, text)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """What stands under `prompts`."""

    candidates: tuple[Candidate, ...]
    references: tuple[PromptReference, ...]
    skipped: tuple[SkippedPrompt, ...]


def _listed(path: str, tree: Tree) -> _Listed:
    texts: list[Candidate] = []
    references: list[PromptReference] = []
    skipped: list[SkippedPrompt] = []
    for keys, node, label in _entries(tree.root):
        where, line = pointer(*keys), line_of(tree.source, node.start)
        entry = node.text.strip() if node.kind is Kind.TEXT else ""
        file = _FILE.fullmatch(entry)
        reason = _not_ours(entry, file)
        if reason:
            skipped.append(SkippedPrompt(path=path, pointer=where, line=line, reason=reason))
        elif file:
            pattern = file["named"] or file["bare"]
            references.append(PromptReference(pattern=pattern, pointer=where, line=line))
        else:
            texts.append(Candidate(keys=keys, node_id=label, node_type="prompt"))
    return _Listed(candidates=tuple(texts), references=tuple(references), skipped=tuple(skipped))


def _entries(root: Node | None) -> Iterator[tuple[tuple[str, ...], Node, str]]:
    """Yield the way to each prompt, its node and its label."""
    prompts = root.get("prompts") if root else None
    if prompts is None:
        return
    entries: list[tuple[tuple[str, ...], Node]] = [(("prompts",), prompts)]
    if prompts.kind is Kind.SEQUENCE:
        entries = [(("prompts", index), node) for index, node in prompts.children]
    for keys, node in entries:
        if node.kind is not Kind.MAPPING:
            yield keys, node, ""
            continue
        label = node.word("label") or node.word("id")
        key = "raw" if node.get("raw") else "id"
        inner = node.get(key)
        if inner is not None:
            yield (*keys, key), inner, label


def _not_ours(entry: str, file: re.Match[str] | None) -> str | None:
    """Return why an entry is left alone, as the end of a sentence."""
    if file:
        name = _FUNCTION.sub(lambda found: found["suffix"], file["named"] or file["bare"])
        suffix = PurePath(name).suffix
        if suffix in _PROGRAMS:
            return f"is made by a program: {name}"
        return f"is a table: {name}" if suffix in _TABLES else None
    return f"stands elsewhere: {entry}" if _ELSEWHERE.match(entry) else None


def _inner(whole: PromptSite) -> Iterator[PromptSite]:
    """Yield the messages of a prompt that is a chat in JSON, or the prompt itself."""
    try:
        tree = json_text.parse(whole.text) if whole.text.lstrip()[:1] in {"[", "{"} else None
    except NotATree:
        tree = None
    if tree is None or tree.root is None or messages_of(tree.root) is None:
        yield whole
        return
    for one in candidates(tree.root):
        way = pointer(*one.keys)
        found = tree.path(way)
        if found and found[-1].kind is Kind.TEXT and found[-1].text.strip():
            yield _placed(whole, tree, found[-1], way, one.role)


def _placed(whole: PromptSite, tree: Tree, node: Node, way: str, role: str) -> PromptSite:
    place, within = whole.place(node.start + 1), spot(tree.source, node)
    return site(
        whole.path,
        whole.format,
        node.text,
        pointer=whole.pointer + INNER + way,
        node_id=whole.node_id,
        node_type="message",
        role=role,
        line=place.line,
        column=place.column - 1,
        is_plain=whole.is_plain and within["is_plain"],
    )


def _without_supplied(one: PromptSite) -> PromptSite:
    """Return a site without the variables that promptfoo itself fills in."""
    return replace(one, variables=tuple(n for n in one.variables if n not in _SUPPLIED))


def _names(root: Node | None) -> frozenset[str] | None:
    """Return the names that tests fill in, or None where some are not in this file."""
    found: set[str] = set()
    for node in _tests(root):
        if node.kind is not Kind.MAPPING:
            return None
        variables = node.get("vars")
        if variables is not None and variables.kind is not Kind.MAPPING:
            return None
        found |= {name for name, _ in variables.children} if variables else set()
    return frozenset(found) or None


def _tests(root: Node | None) -> Iterator[Node]:
    """Yield what may fill in variables: tests, the default one, and those of scenarios."""
    for key in _TESTS if root else ():
        node = root.get(key) if root else None
        if node is None or node.is_null:
            continue
        entries = [one for _, one in node.children] if node.kind is Kind.SEQUENCE else [node]
        for entry in entries:
            if key != "scenarios" or entry.kind is not Kind.MAPPING:
                yield entry
                continue
            for part in ("config", "tests"):
                inner = entry.get(part)
                if inner is not None:
                    yield from (
                        [one for _, one in inner.children]
                        if inner.kind is Kind.SEQUENCE
                        else [inner]
                    )


def _judged(tree: Tree, names: frozenset[str]) -> set[str]:
    """Return the names that tests use themselves, to judge an answer by."""
    sections = [
        node
        for key in ("assert", "options")
        for test in _tests(tree.root)
        if (node := test.get(key)) is not None
    ]
    text = "\n".join(tree.source[node.start : node.end] for node in sections)
    return {
        name
        for name in names
        if re.search(rf"(?:vars(?:\.|\[['\"])|\{{\{{[^{{}}]*?\b){re.escape(name)}\b", text)
    }
