"""YAML settings, with the line of each key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optimizer.config.layers import KeyPath, Layer
from optimizer.models.errors import ConfigError

if TYPE_CHECKING:
    from yaml import Mark, Node


MOST_VALUES = 20_000
"""Values of a settings file, what aliases repeat counted again."""


def parse(text: str, *, origin: str, label: str) -> Layer:
    """Return the settings in a YAML text; an empty one has none.

    Raises:
        ConfigError: The text is not YAML, gives a key twice, or is not a mapping.
    """
    import yaml  # noqa: PLC0415

    lines: dict[KeyPath, int] = {}
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is not None:
            _note_lines(node, (), lines, label=label, around=())
        values = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        what = error.problem or error.context or "not YAML"
        raise ConfigError(f"{_place(label, error.problem_mark)}: {what}") from error
    except (yaml.YAMLError, ValueError) as error:  # a character or a date that cannot be
        raise ConfigError(f"{label}: {str(error).splitlines()[0]}") from error
    if not isinstance(values, dict | None):
        found = "a list" if isinstance(values, list) else "a single value"
        raise ConfigError(f"{label}: {found}, expected sections of settings")
    return Layer(origin=origin, label=label, values=values or {}, lines=lines)


def _note_lines(
    node: Node, path: KeyPath, lines: dict[KeyPath, int], *, label: str, around: tuple[Node, ...]
) -> None:
    if any(node is other for other in around):
        raise ConfigError(f"{_place(label, node.start_mark)}: an alias of what it is part of")
    if len(lines) > MOST_VALUES:
        raise ConfigError(
            f"{label}: more than {MOST_VALUES:,} values, aliases counted, expected fewer"
        )
    for name, key, value in _children(node):
        inner, place = (*path, name), _place(label, key.start_mark)
        if inner in lines:
            raise ConfigError(f"{place}: {name}: given twice, first on line {lines[inner]}")
        lines[inner] = key.start_mark.line + 1
        _note_lines(value, inner, lines, label=label, around=(*around, node))


def _children(node: Node) -> list[tuple[str | int, Node, Node]]:
    import yaml  # noqa: PLC0415

    if isinstance(node, yaml.MappingNode):
        return [(str(key.value), key, value) for key, value in node.value]
    if isinstance(node, yaml.SequenceNode):
        return [(index, item, item) for index, item in enumerate(node.value)]
    return []


def _place(label: str, mark: Mark | None) -> str:
    return label if mark is None else f"{label}:{mark.line + 1}:{mark.column + 1}"
