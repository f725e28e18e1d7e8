"""Settings as the design documents name them, read as ours.

A file written from the documents loads as it stands: `strategies.pareto.config.weights.cost`,
`max_duration: 7d`, `allocation_strategy: {type: thompson_sampling}`. What has no meaning in a tool
that runs over stored results is named in a warning; what nobody knows is left for the check of
unknown keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any

from optimizer.config.layers import KeyPath, Layer
from optimizer.config.tree import DEFAULTS, keys
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import ConfigError
from optimizer.models.settings import Settings

STRATEGIES = "strategies"

SECTIONS: Mapping[str, str] = {"coordinator": "engine", "decision_criteria": "decision.criteria"}
"""Sections by the documents' name."""

NAMES: Mapping[str, str] = {
    "reinforcement": "reinforcement_feedback",
    "reinforcement_learning": "reinforcement_feedback",
    "pareto": "pareto_optimization",
    "ab_test": "ab_testing",
    "threshold": "threshold_based",
    "adaptive_parameter": "adaptive_parameters",
    "rate_limit": "rate_limiting",
    "prompt": "prompt_optimization",
}
"""Strategies by the documents' names of their sections."""

MOVED: Mapping[str, tuple[str, ...]] = {
    "engine.max_history_size": ("evidence.max_decisions",),
    "engine.enable_auto_rollback": ("lifecycle.enable_auto_rollback",),
    "safety.open_duration": ("safety.circuit_breaker.open_duration_s",),
    "safety.failure_threshold": ("safety.circuit_breaker.failure_threshold",),
    "decision.criteria.min_confidence": ("safety.min_confidence",),
    "decision.criteria.max_risk_level": ("safety.max_risk_level",),
    "decision.criteria.objectives.quality": ("decision.criteria.objectives.quality_weight",),
    "decision.criteria.objectives.cost": ("decision.criteria.objectives.cost_weight",),
    "decision.criteria.objectives.latency": ("decision.criteria.objectives.latency_weight",),
    "strategies.ab_testing.allocation_strategy": ("strategies.ab_testing.allocation",),
    "strategies.ab_testing.allocation_strategy.type": ("strategies.ab_testing.allocation",),
    "strategies.threshold_based.drift.delta": (
        "strategies.threshold_based.drift_delta",
        "strategies.threshold_based.adwin_delta",
    ),
    "strategies.threshold_based.drift.window_size": (
        "strategies.threshold_based.drift_window_size",
        "strategies.threshold_based.drift_window",
        "strategies.threshold_based.window",
    ),
}
"""Where a key of the documents went: the first of the places that there is."""

TABLES = frozenset({"performance", "drift", "anomaly", "responses", "weights", "cache", "batch"})
"""Tables of the documents inside a strategy whose keys may stand beside the others here."""

IN_A_TABLE = 3
"""Names of the path of a strategy's own setting; one in a table has more."""

REWRITES = "a rewrite is asked for here, and made elsewhere"

NO_USE: Mapping[str, str] = {
    "engine.max_concurrent_decisions": "--jobs tells how many processes decide",
    "engine.max_parallel_strategies": "the strategies of a workflow are asked in turn",
    "engine.enable_caching": "the same evidence always gives the same stored decision",
    "engine.cache_ttl_seconds": "a decision is found again by its evidence, whatever its age",
    "engine.enable_auto_rollback": "runs that come in roll nothing back by themselves",
    "monitoring.metrics_port": "nothing listens on a port",
    "monitoring.enable_prometheus": "nothing is scraped between commands",
    "monitoring.enable_tracing": "the audit log tells what was done",
    "monitoring.log_level": "what goes wrong is said on stderr, the rest is in the report",
    "strategies.ab_testing.allocation_strategy.prior_alpha": "shares start from Beta(1, 1)",
    "strategies.ab_testing.allocation_strategy.prior_beta": "shares start from Beta(1, 1)",
    "strategies.ab_testing.allocation_strategy.exploration_param": "UCB1 has none",
    "strategies.ab_testing.allocation_strategy.epsilon": "an experiment's plan tells it",
    "strategies.ab_testing.allocation_strategy.weights": "an experiment's plan tells them",
    "strategies.prompt_optimization.enable_template_optimization": REWRITES,
    "strategies.prompt_optimization.enable_parameter_tuning": "adaptive_parameters tunes them",
    "strategies.prompt_optimization.enable_compression": REWRITES,
    "strategies.prompt_optimization.target_compression": REWRITES,
    "strategies.prompt_optimization.min_quality": REWRITES,
    "strategies.threshold_based.drift.algorithm": "every detector that fits the data is asked",
}
"""Keys of the documents that change nothing here, and why."""

AS_IT_IS: Mapping[str, object] = {
    "engine.enable_auto_rollback": False,
    "strategies.ab_testing.allocation_strategy.prior_alpha": 1.0,
    "strategies.ab_testing.allocation_strategy.prior_beta": 1.0,
}
"""Values of such keys that say what happens anyway: no word is lost on them."""

VALUES: Mapping[str, str] = {
    "thompson_sampling": "thompson",
    "thompson": "thompson_sampling",
    "linucb": "lin_ucb",
    "lin_ucb": "linucb",
    "ucb": "ucb1",
    "ucb1": "ucb",
}
"""Choices by another name, tried where a setting does not know the one given."""

UNITS_S: Mapping[str, float] = {
    "ms": 0.001,
    "s": 1.0,
    "m": 60.0,
    "min": 60.0,
    "h": 3600.0,
    "d": 86_400.0,
    "w": 604_800.0,
}
"""Seconds of a unit of time, as texts name it."""

SUFFIXES_S: Mapping[str, float] = {
    "_s": 1.0,
    "_ms": 0.001,
    "_min": 60.0,
    "_minutes": 60.0,
    "_hours": 3600.0,
    "_days": 86_400.0,
}
"""Seconds of a unit of time, as names of settings end in it."""

IN_MS = frozenset({"max_latency_p95", "max_latency_threshold"})
"""Settings in ms whose names, being the documents', do not say so."""

DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Translated:
    """A layer in our own names.

    Attributes:
        layer: The layer.
        warnings: What in it changes nothing, one sentence each.
    """

    layer: Layer
    warnings: tuple[str, ...]


def translate(layer: Layer, tree: Settings = DEFAULTS) -> Translated:
    """Return a layer with the names and values of the documents turned into ours.

    Raises:
        ConfigError: Two names of one setting are given different values.
    """
    known: dict[str, object] = {".".join(key.path): key.value for key in keys(tree)}
    values: dict[KeyPath, object] = {}
    lines: dict[KeyPath, int] = {}
    said: dict[KeyPath, KeyPath] = {}
    warnings: list[str] = []
    for path, value in _leaves(layer.values):
        plain = _plain(path)
        if len(plain) < len(path) and value in (None, {}):
            continue  # an empty `config:` says nothing
        place = _place(plain, value, known)
        if place is None and (why := NO_USE.get(_dotted(plain))) is not None:
            if AS_IT_IS.get(_dotted(plain)) != value:
                warnings.append(f"{layer.label}{layer.line(path)}: {_dotted(path)}: no use: {why}")
            continue
        if place is None and isinstance(value, str) and _first_known(plain, SUFFIXES_S, known):
            raise ConfigError(
                f"{layer.label}{layer.line(path)}: {_dotted(path)}: {value!r}, "
                "expected a length of time, as 30s, 5m, 1h or 7d"
            )
        ours = place or plain
        read = _value(value, ours, known)
        if ours in said and values[ours] != read:
            raise ConfigError(
                f"{layer.label}{layer.line(path)}: {_dotted(said[ours])} and {_dotted(path)}: "
                f"{values[ours]} and {read} for one setting, expected one value"
            )
        values[ours], said[ours] = read, path
        if path in layer.lines:
            lines[ours] = layer.lines[path]
    if list(values.items()) == list(_leaves(layer.values)):
        return Translated(layer=layer, warnings=tuple(warnings))
    kept = {path: line for path, line in layer.lines.items() if path not in values}
    nested = replace(layer, values=_nested(values), lines=kept | lines)
    return Translated(layer=nested, warnings=tuple(warnings))


def _plain(path: KeyPath) -> KeyPath:
    """Return a path with the documents' names of sections and strategies replaced."""
    first, *rest = path
    if first in SECTIONS:
        return (*SECTIONS[str(first)].split("."), *rest)
    if first != STRATEGIES or not rest:
        return path
    name, *inside = rest
    inside = inside[1:] if inside and inside[0] == "config" else inside
    return (STRATEGIES, NAMES.get(str(name), name), *inside)


def _place(path: KeyPath, value: object, known: Mapping[str, object]) -> KeyPath | None:
    """Return where a setting is here; None where it is nowhere.

    A time that names its unit is looked for under names that end in one, too.
    """
    is_time = isinstance(value, str) and _seconds(value) is not None
    return _first_known(path, ("", *SUFFIXES_S) if is_time else ("",), known)


def _first_known(
    path: KeyPath, suffixes: Iterable[str], known: Mapping[str, object]
) -> KeyPath | None:
    found = (
        (*around, f"{name}{suffix}")
        for *around, name in _candidates(path)
        for suffix in suffixes
        if _is_known((*around, f"{name}{suffix}"), known)
    )
    return next(found, None)


def _candidates(path: KeyPath) -> Iterator[KeyPath]:
    """Yield where a setting of the documents may be: as it is, moved, or out of its table."""
    yield path
    for moved in MOVED.get(_dotted(path), ()):
        yield tuple(moved.split("."))
    if path[0] == STRATEGIES and len(path) > IN_A_TABLE and path[-2] in TABLES:
        *outer, table, last = path
        one = str(table).removesuffix("s")
        for name in (last, f"{table}_{last}", f"{one}_{last}", f"{last}_{one}"):
            yield (*outer, name)


def _is_known(path: KeyPath, known: Mapping[str, object]) -> bool:
    """Return whether a path is a key, or something inside one that is a table."""
    names = list(map(str, path))
    return any(".".join(names[:n]) in known for n in range(len(names), 0, -1))


def _value(value: object, path: KeyPath, known: Mapping[str, object]) -> object:
    default = known.get(_dotted(path))
    if not isinstance(value, str):
        return value
    if isinstance(default, StrEnum):
        return _choice(value, type(default))
    if isinstance(default, int | float) and not isinstance(default, bool):
        return _number(value, str(path[-1]))
    return value


def _choice(value: str, choices: type[StrEnum]) -> str:
    """Return a choice by the name that is known here; one that nobody knows stays as it is."""
    allowed = [choice.value for choice in choices]
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", value).lower()
    return next((one for one in (value, snake, VALUES.get(snake)) if one in allowed), value)


def _number(value: str, name: str) -> object:
    """Return a time as `5m` in the unit of the setting; any other text stays as it is."""
    seconds = _seconds(value)
    if seconds is None:
        return value
    own = (unit for suffix, unit in SUFFIXES_S.items() if name.endswith(suffix))
    unit_s = UNITS_S["ms"] if name in IN_MS else next(own, 1.0)
    return float(f"{seconds / unit_s:.12g}")


def _seconds(text: str) -> float | None:
    """Return a time as `5m` in seconds; None where it is none."""
    found = DURATION.fullmatch(text.strip().lower())
    if found is None or found[2] not in UNITS_S:
        return None
    return float(found[1]) * UNITS_S[found[2]]


def _leaves(table: Mapping[Any, Any], path: KeyPath = ()) -> Iterator[tuple[KeyPath, object]]:
    for name, value in table.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, (*path, str(name)))
        else:
            yield (*path, str(name)), value


def _nested(values: Mapping[KeyPath, object]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path, value in values.items():
        table = tree
        for name in path[:-1]:
            table = table.setdefault(str(name), {})
        table[str(path[-1])] = value
    return tree


def _dotted(path: Iterable[str | int]) -> str:
    return ".".join(map(str, path))
