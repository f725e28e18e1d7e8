"""Layers of settings, laid over each other: the higher one wins, tables are merged.

A layer is what one place says: a file, one environment variable, one flag. Only tables are
merged; a list or any other value of a higher layer replaces the lower one whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from optimizer.models.dataclass import dataclass
from optimizer.models.errors import ConfigError

PREFIX = "OPTIMIZER_"
NESTING = "__"
FLAG = "--set"

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """What one place says.

    Attributes:
        origin: The place in full: an absolute file name, a variable's name or `--set`.
        label: The place as messages name it.
        values: The settings, nested.
        text: What the user wrote, where it was read as JSON; None for a file.
        lines: Line of each key of a file, as far as known.
    """

    origin: str
    label: str
    values: Mapping[str, Any]
    text: str | None = None
    lines: Mapping[KeyPath, int] = field(default_factory=dict)

    def line(self, path: KeyPath) -> str:
        """Return `:12` for a key, or for the nearest table around it, or nothing."""
        known = (path[:n] for n in range(len(path), 0, -1) if path[:n] in self.lines)
        return next((f":{self.lines[around]}" for around in known), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One value and the layer it is from."""

    value: object
    layer: Layer


@dataclass(frozen=True, slots=True)
class Merged:
    """What all layers say together.

    Attributes:
        given: The values by path; no path is the beginning of another.
    """

    given: Mapping[KeyPath, Given]

    def values(self) -> dict[str, Any]:
        """Return the settings, nested."""
        tree: dict[str, Any] = {}
        for path, given in self.given.items():
            _put(tree, path, given.value)
        return tree

    def layers(self, path: KeyPath) -> list[Layer]:
        """Return the layers that set a key, or a part of it, or the table around it."""
        found = [given.layer for other, given in self.given.items() if _related(path, other)]
        return [layer for n, layer in enumerate(found) if layer not in found[:n]]


def merge(layers: Iterable[Layer], sections: frozenset[KeyPath]) -> Merged:
    """Lay the layers over each other, the lowest first.

    Args:
        layers: The layers.
        sections: Paths of the sections; one that is left empty sets nothing.
    """
    given: dict[KeyPath, Given] = {}
    for layer in layers:
        for path, value in _values(layer.values):
            if path in sections and value in (None, {}):
                continue
            for other in [other for other in given if _related(path, other)]:
                del given[other]
            given[path] = Given(value=value, layer=layer)
    return Merged(given)


def variables(environ: Mapping[str, str]) -> list[Layer]:
    """Return a layer for each `OPTIMIZER_SECTION__KEY`; without `__` it is not a setting.

    Raises:
        ConfigError: A variable leaves out a name.
    """
    names = [name for name in sorted(environ) if name.upper().startswith(PREFIX)]
    paths = {name: name[len(PREFIX) :].lower().split(NESTING) for name in names}
    settings = {name: path for name, path in paths.items() if len(path) > 1}
    _refuse(
        f"{name}: a name is empty, expected {PREFIX}SECTION{NESTING}KEY"
        for name, path in settings.items()
        if not all(path)
    )
    return [_layer(name, path, environ[name]) for name, path in settings.items()]


def flags(overrides: Sequence[str]) -> list[Layer]:
    """Return a layer for each `section.key=value`.

    Raises:
        ConfigError: A flag is not of this form.
    """
    pairs = [text.partition("=") for text in overrides]
    paths = [[name.strip() for name in key.split(".")] for key, _, _ in pairs]
    _refuse(
        f"{FLAG}: {_quoted(''.join(pair))}, expected section.key=value"
        for pair, path in zip(pairs, paths, strict=True)
        if not (pair[1] and all(path))
    )
    return [_layer(FLAG, path, value) for (_, _, value), path in zip(pairs, paths, strict=True)]


def _layer(origin: str, path: Sequence[str], text: str) -> Layer:
    values: dict[str, Any] = {}
    _put(values, path, _read(text))
    return Layer(origin=origin, label=origin, values=values, text=text)


def _read(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _refuse(faults: Iterable[str]) -> None:
    if lines := list(faults):
        raise ConfigError("\n".join(lines))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _values(table: Mapping[Any, Any], path: KeyPath = ()) -> Iterator[tuple[KeyPath, object]]:
    for name, value in table.items():
        if isinstance(value, Mapping) and value:
            yield from _values(value, (*path, str(name)))
        else:
            yield (*path, str(name)), value


def _put(tree: dict[str, Any], path: Sequence[str | int], value: object) -> None:
    *around, last = path
    for name in around:
        tree = tree.setdefault(str(name), {})
    tree[str(last)] = value


def _related(one: KeyPath, other: KeyPath) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]
