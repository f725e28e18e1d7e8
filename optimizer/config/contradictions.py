"""Settings that are allowed one by one and cannot hold together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from optimizer.config.layers import KeyPath, Merged
from optimizer.config.tree import keys
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import ConfigError
from optimizer.models.settings import Settings

LEAST, MOST = "min_", "max_"
WEIGHT, WEIGHTS = "_weight", "weights"

WEIGHTS_OFF = 0.1
"""How far the weights of a section may be from 1 together."""

ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """Keys that cannot hold together, and why."""

    paths: tuple[KeyPath, ...]
    text: str


def refuse_contradictions(config: Settings, merged: Merged) -> None:
    """Refuse settings that contradict each other.

    Raises:
        ConfigError: Some do; it names the keys and where they are from.
    """
    if found := list(contradictions(config)):
        raise ConfigError("\n".join(_line(one, merged) for one in found))


def contradictions(config: Settings) -> Iterator[Contradiction]:
    """Yield what contradicts: a least above the most, weights that are not 1 together."""
    sections: dict[tuple[str, ...], dict[str, float]] = defaultdict(dict)
    for key in keys(config):
        if isinstance(key.value, int | float) and not isinstance(key.value, bool):
            sections[key.path[:-1]][key.path[-1]] = key.value
    for path, numbers in sections.items():
        yield from _crossed(path, numbers)
        yield from _unbalanced(path, numbers)


def _crossed(path: tuple[str, ...], numbers: Mapping[str, float]) -> Iterator[Contradiction]:
    for name, least in numbers.items():
        other = f"{MOST}{name.removeprefix(LEAST)}"
        most = numbers.get(other) if name.startswith(LEAST) else None
        if most is not None and least > most:
            yield Contradiction(
                paths=((*path, name), (*path, other)),
                text=f"{least:g} and {most:g}, expected the least to be no more than the most",
            )


def _unbalanced(path: tuple[str, ...], numbers: Mapping[str, float]) -> Iterator[Contradiction]:
    is_table = bool(path) and path[-1] == WEIGHTS
    weights = {n: v for n, v in numbers.items() if is_table or n.endswith(WEIGHT)}
    together = sum(weights.values())
    if len(weights) > 1 and abs(together - 1) > WEIGHTS_OFF + ROUNDING:
        yield Contradiction(
            paths=tuple((*path, name) for name in weights),
            text=f"{together:g} together, expected 1 (within {WEIGHTS_OFF:g})",
        )


def _line(found: Contradiction, merged: Merged) -> str:
    places = [
        layer.label + layer.line(path) for path in found.paths for layer in merged.layers(path)
    ]
    where = f"{', '.join(dict.fromkeys(places))}: " if places else ""
    first, *others = (".".join(map(str, path)) for path in found.paths)
    return f"{where}{' and '.join([first, *others])}: {found.text}"
