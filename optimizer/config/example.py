"""The example file: every section, every key with its default, commented out."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Mapping

from optimizer.config.layers import KeyPath
from optimizer.config.schema import Schema, schema_of
from optimizer.config.tree import DEFAULTS, Entry, entries
from optimizer.models.settings import Settings, plain

WIDTH = 98

HEAD = """\
# Settings of the optimizer, each with its default.
# Lines that begin with "# " explain; to change a setting, remove the "#" before its name.
"""

_BARE_NAME = re.compile(r"[A-Za-z0-9_-]+")


def example_toml(tree: Settings = DEFAULTS) -> str:
    """Return a commented settings file that changes nothing until a `#` is removed."""
    schema = schema_of(type(tree))
    blocks = ["\n".join(_block(entry, schema)) for entry in entries(tree)]
    return "\n\n".join([HEAD.rstrip(), *blocks]) + "\n"


def _block(entry: Entry, schema: Schema) -> Iterator[str]:
    if isinstance(entry.value, Settings):
        yield from _prose(entry.description)
        yield f"[{'.'.join(map(_name, entry.path))}]"
        return
    yield from _prose(entry.description)
    yield from _prose(_sentence(schema.allowed(entry.path)))
    yield from _items(entry.path, schema)
    value = plain(entry.value)
    name = _name(entry.path[-1])
    yield f"# {name} is not set." if value is None else f"#{name} = {_toml(value)}"


def _items(path: KeyPath, schema: Schema) -> Iterator[str]:
    """Explain the tables that a list holds."""
    item: KeyPath = (*path, 0)
    fields = schema.fields(item)
    if fields:
        names = ", ".join(f"{_name(name)} = ..." for name in fields)
        yield from _prose(f"Each is a table: {{ {names} }}")
    for name, description in fields.items():
        yield from _prose(f"{name}: {description}", indent="#   ")
        yield from _prose(_sentence(schema.allowed((*item, name))), indent="#     ")


def _prose(text: str, *, indent: str = "# ") -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def _toml(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, Mapping):
        pairs = [f"{_name(name)} = {_toml(v)}" for name, v in value.items() if v is not None]
        return f"{{ {', '.join(pairs)} }}" if pairs else "{}"
    return json.dumps(value, ensure_ascii=False)


def _name(name: str) -> str:
    return name if _BARE_NAME.fullmatch(name) else _toml(name)
