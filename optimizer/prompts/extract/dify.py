"""Dify applications: workflows, chatflows, agents, completions, exported as YAML.

Prompts stand in nodes of the graph: messages of a language model or its one completion prompt,
the query template of its memory, what classifiers, extractors and agents are told; in an
application without a graph in `model_config`. A message edited as Jinja holds two texts, of which
`jinja2_text` is the one in use. Nodes of loops and iterations stand beside all others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from optimizer.models.sites import FoundPrompts, PromptFormat, PromptSite
from optimizer.prompts.extract.base import suffix_of
from optimizer.prompts.extract.tree import Kind, Node
from optimizer.prompts.extract.tree_file import JSON, YAML, patch_tree, tree_of
from optimizer.prompts.extract.tree_sites import Candidate, sites_at

_TELLTALE = re.compile(rb"""(?<![\w\-])(?:workflow|model_config)["']?\s*+:""")
_GRAPH = ("workflow", "graph", "nodes")
_INSTRUCTED = frozenset({"question-classifier", "parameter-extractor"})
_AGENT_TEXT = re.compile(r"instruction|prompt|query")
_WITHOUT_ROLE = "user"


class Dify:
    """An exported application."""

    format = PromptFormat.DIFY

    def recognizes(self, path: str, content: bytes) -> bool:
        """Say whether a file is an application: it has `app` and a graph or a configuration."""
        if suffix_of(path) not in YAML | JSON or not _TELLTALE.search(content):
            return False
        root = tree_of(path, content).root
        return (
            root is not None
            and root.get("app") is not None
            and (root.get(*_GRAPH) is not None or root.get("model_config") is not None)
        )

    def find(self, path: str, content: bytes) -> FoundPrompts:
        """Return the prompts of all nodes, in the order of the file."""
        tree = tree_of(path, content)
        candidates = [*_of_nodes(tree.root), *_of_configuration(tree.root)] if tree.root else []
        return sites_at(path, tree, self.format, candidates)

    def patch(self, content: bytes, site: PromptSite, text: str) -> bytes:
        """Return the application with another text in one node."""
        return patch_tree(site.path, content, site.prompt_id, site.pointer, text)


def _of_nodes(root: Node) -> Iterator[Candidate]:
    for index, node in root.items(*_GRAPH):
        data = node.get("data")
        if data is None:
            continue
        kind, node_id = data.word("type"), node.word("id")
        for keys, role, names in _texts(kind, data):
            yield Candidate(
                keys=(*_GRAPH, index, "data", *keys),
                node_id=node_id,
                node_type=kind,
                role=role,
                names=names,
            )


def _texts(kind: str, data: Node) -> Iterator[tuple[tuple[str, ...], str, frozenset[str] | None]]:
    """Yield the ways to the prompts of a node, their roles and what is filled in."""
    if kind == "llm":
        names = _jinja_names(data)
        for keys, message in _messages(data.get("prompt_template"), "prompt_template"):
            is_jinja = message.word("edition_type") == "jinja2"
            key = "jinja2_text" if is_jinja else "text"
            role = message.word("role") or _WITHOUT_ROLE
            yield (*keys, key), role, names if is_jinja else None
        yield ("memory", "query_prompt_template"), "user", None
    elif kind in _INSTRUCTED:
        yield from ((key, "system", None) for key in (("instruction",), ("instructions",)))
    elif kind == "agent":
        for name, parameter in _mapping(data.get("agent_parameters")):
            if _AGENT_TEXT.search(name) and parameter.get("value"):
                role = "user" if "query" in name else "system"
                if parameter.word("type") != "variable":
                    yield ("agent_parameters", name, "value"), role, None


def _messages(template: Node | None, *keys: str) -> Iterator[tuple[tuple[str, ...], Node]]:
    """Yield the messages of a chat, or the one text of a completion."""
    if template is None:
        return
    if template.kind is Kind.SEQUENCE:
        yield from (((*keys, index), message) for index, message in template.children)
    else:
        yield keys, template


def _jinja_names(data: Node) -> frozenset[str] | None:
    found = data.items("prompt_config", "jinja2_variables")
    return frozenset(item.word("variable") for _, item in found) if found else None


def _of_configuration(root: Node) -> Iterator[Candidate]:
    """Yield the prompts of an application without a graph."""
    config = root.get("model_config")
    if config is None:
        return
    mode = root.word("app", "mode") or "chat"
    names = frozenset(_form_names(config))
    if config.word("prompt_type") != "advanced":
        keys: tuple[str, ...] = ("model_config", "pre_prompt")
        yield Candidate(keys=keys, node_type=mode, role="system", names=names)
        return
    for kind in ("chat_prompt_config", "completion_prompt_config"):
        for keys, message in _messages(config.get(kind, "prompt"), "model_config", kind, "prompt"):
            role = message.word("role") or _WITHOUT_ROLE
            yield Candidate(keys=(*keys, "text"), node_type=mode, role=role, names=names)


def _form_names(config: Node) -> Iterator[str]:
    """Yield the names of the inputs that the user is asked for, and of what tools supply."""
    asked = config.word("dataset_query_variable")
    for _, entry in config.items("user_input_form"):
        for _, field in _mapping(entry):
            if (name := field.word("variable")) != asked:
                yield name
    for _, tool in config.items("external_data_tools"):
        yield tool.word("variable")


def _mapping(node: Node | None) -> tuple[tuple[str, Node], ...]:
    return node.children if node and node.kind is Kind.MAPPING else ()
