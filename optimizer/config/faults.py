"""What is wrong with given settings, in the user's words: place, key, value, what it must be."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from optimizer.config.layers import KeyPath, Merged
from optimizer.config.schema import Schema, schema_of
from optimizer.models.errors import ConfigError
from optimizer.models.settings import Settings

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

SHOWN_CHARACTERS = 60

UNKNOWN_KEY = "extra_forbidden"
MISSING = "missing"
OWN_CHECK = "value_error"
"""Kinds of pydantic's errors."""

SAID_WITHOUT_VALUE = {UNKNOWN_KEY: "unknown key", MISSING: "missing"}

REWORDED = (
    (re.compile(r"^Value error, "), ""),
    (re.compile(r"^\w+ should "), "must "),
    (re.compile(r", unable to (parse|interpret) .*$"), ""),
    (re.compile(r"a valid dictionary or instance of \w+$"), "a section of settings"),
    (re.compile(r"a valid dictionary$"), "a table"),
    (re.compile(r"a valid (tuple|list|set|frozenset)$"), "a list"),
)


def config_error(error: ValidationError, merged: Merged, tree: type[Settings]) -> ConfigError:
    """Return the error that names each fault with the place of the bad value."""
    details = error.errors(include_url=False)
    unknown = [detail["loc"] for detail in details if detail["type"] == UNKNOWN_KEY]
    lines = [_line(detail, merged) for detail in details]
    hint = _hint(unknown, schema_of(tree)) if unknown else None
    return ConfigError("\n".join(lines), hint=hint)


def not_numbers(paths: Iterable[KeyPath], merged: Merged) -> ConfigError:
    """Return the error for values that pass as numbers and are none to count with."""
    lines = [f"{_place(path, merged)}: {_dotted(path)}: must be a finite number" for path in paths]
    return ConfigError("\n".join(lines))


def _line(detail: ErrorDetails, merged: Merged) -> str:
    path = _existing(detail["loc"], merged.values(), missing=detail["type"] == MISSING)
    return f"{_place(path, merged)}: {_dotted(path)}: {fault(detail)}"


def fault(detail: ErrorDetails) -> str:
    """Return the value that was found and what was expected."""
    if detail["type"] in SAID_WITHOUT_VALUE:
        return SAID_WITHOUT_VALUE[detail["type"]]
    message = detail["msg"]
    for pattern, words in REWORDED:
        message = pattern.sub(words, message)
    if not isinstance(detail["input"], Mapping):
        return f"{_shown(detail['input'])}, {message}"
    return message if detail["type"] == OWN_CHECK else f"a table, {message}"


def _place(path: KeyPath, merged: Merged) -> str:
    places = [layer.label + layer.line(path) for layer in merged.layers(path)]
    return ", ".join(dict.fromkeys(places))


def _existing(loc: KeyPath, values: object, *, missing: bool) -> KeyPath:
    """Return the path without the names that pydantic adds for the options of a union."""
    path: KeyPath = ()
    for name in loc:
        inside = _inside(values, name)
        if inside is not None:
            path, values = (*path, name), inside[name]
    return (*path, loc[-1]) if missing else path


def _inside(values: object, name: str | int) -> Mapping[str | int, object] | None:
    """Return a table or list as a mapping when it holds the name or index, else None."""
    table = dict(enumerate(values)) if isinstance(values, list) else values
    return table if isinstance(table, Mapping) and name in table else None


def _dotted(path: KeyPath) -> str:
    return "".join(f"[{name}]" if isinstance(name, int) else f".{name}" for name in path)[1:]


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 3] + "..."


def _hint(unknown: list[KeyPath], schema: Schema) -> str:
    meant = [path for path in (_meant(path, schema) for path in unknown) if path]
    if not meant:
        around = unknown[0][:-1]
        what = f"keys of {_dotted(around)}" if around else "sections"
        return f"Use one of the {what}: {', '.join(schema.fields(around))}."
    if len(unknown) == 1 and meant[0][:-1] == unknown[0][:-1]:
        return f"Did you mean {meant[0][-1]}?"
    return f"Did you mean {', '.join(dict.fromkeys(map(_dotted, meant)))}?"


def _meant(path: KeyPath, schema: Schema) -> KeyPath | None:
    """Return the key most like an unknown one: in the same table, else anywhere."""
    from difflib import get_close_matches  # noqa: PLC0415

    *around, name = path
    close = get_close_matches(str(name), schema.fields(tuple(around)), n=1)
    if close:
        return (*around, close[0])
    return next(iter(schema.places(str(name))), None)
