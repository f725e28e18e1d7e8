"""YAML of foreign tools as JSON text.

Values keep the types that JSON has: times stay texts. An alias stands for what it repeats, and a
text that would grow too far by them is refused before it does.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import msgspec

from executor_bridge.json_text import SHOWN_CHARS
from optimizer.models.errors import Fault, FormatError
from optimizer.models.ingest import IngestSettings
from optimizer.models.redaction import redact
from optimizer.models.secrets import REDACTED, REDACTED_IN_YAML
from optimizer.models.tasks import Source

TAG = "tag:yaml.org,2002:"
NULL, BOOL, INT, FLOAT = (TAG + name for name in ("null", "bool", "int", "float"))
TRUE = frozenset({"true", "yes", "on"})
MAX_DEPTH = 500
"""How deep values may be nested."""

NODE_BYTES = 8
"""What a value takes in JSON beside its text, about."""


def as_json(source: Source, settings: IngestSettings) -> Source:
    """Return a YAML file with its content as JSON text.

    Secrets that do not show in the text, for they are folded into several lines, are blanked then,
    and the file itself may not be stored.

    Raises:
        FormatError: It is no YAML, holds itself, or its aliases make it too large.
    """
    import yaml  # noqa: PLC0415 - start-up time

    try:
        root = yaml.compose(bytes(source.content), Loader=_shallow(yaml.CSafeLoader))
    except yaml.YAMLError as error:
        raise FormatError(source.path, (_fault(error),)) from error
    except RecursionError as error:
        raise _refused(source, "values nested too deeply", "a result file") from error
    limit = max(settings.unpack_free_bytes, settings.max_unpack_ratio * len(source.content))
    try:
        if _size(root, {}) > limit:
            found = f"aliases that stand for more than {limit} bytes"
            raise _refused(source, found, f"at most {limit} bytes")
        content = msgspec.json.encode(_value(root, {}))
    except RecursionError as error:
        raise _refused(source, "a value that holds itself", "a tree of values") from error
    if not settings.redact:
        return replace(source, content=content)
    redacted = redact(content.replace(REDACTED_IN_YAML, REDACTED), settings.redact_patterns)
    return replace(
        source,
        content=redacted.content,
        n_redacted=source.n_redacted + redacted.n_redacted,
        is_packed=redacted.n_redacted > 0,
    )


def _shallow(loader: type[Any]) -> type[Any]:
    """Return a loader that takes no deep nesting: it recurses in C, where nothing else stops it."""

    class Shallow(loader):  # type: ignore[misc]
        depth = 0

        def descend_resolver(self, _parent: object, _index: object) -> None:
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise RecursionError

        def ascend_resolver(self) -> None:
            self.depth -= 1

    return Shallow


def _size(node: Any, sizes: dict[int, int]) -> int:
    """Return how long a value is about as JSON, what aliases repeat counted again."""
    found = sizes.get(id(node))
    if found is None:
        inside = node.value if node is not None else ""
        found = NODE_BYTES
        if isinstance(inside, str):
            found += len(inside)
        else:
            for part in inside:
                for one in part if isinstance(part, tuple) else (part,):
                    found += _size(one, sizes)
        sizes[id(node)] = found
    return found


def _value(node: Any, made: dict[int, Any]) -> Any:
    """Return what a node stands for; what aliases repeat is made once."""
    if node is None:
        return None
    key = id(node)
    if key not in made:
        if node.id == "mapping":
            made[key] = {_name(k): _value(v, made) for k, v in node.value}
        elif node.id == "sequence":
            made[key] = [_value(one, made) for one in node.value]
        else:
            made[key] = _scalar(node.tag, node.value)
    return made[key]


def _name(node: Any) -> str:
    return node.value if isinstance(node.value, str) else "?"


def _scalar(tag: str, text: str) -> str | int | float | bool | None:
    """Return what a plain value stands for; what is no JSON type stays text."""
    if tag == NULL:
        return None
    if tag == BOOL:
        return text.lower() in TRUE
    if tag not in (INT, FLOAT):
        return text
    try:
        return int(text) if tag == INT else _finite(float(text.replace("_", "")))
    except ValueError:  # .nan and .inf, octal and sexagesimal numbers
        return None if tag == FLOAT else text


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _fault(error: Any) -> Fault:
    """Return what is wrong with a text and where."""
    mark = getattr(error, "problem_mark", None)
    place = "file" if mark is None else f"line {mark.line + 1}, column {mark.column + 1}"
    found = getattr(error, "problem", None) or str(error)
    return Fault(place=place, found=found[:SHOWN_CHARS], expected="YAML")


def _refused(source: Source, found: str, expected: str) -> FormatError:
    return FormatError(source.path, (Fault(place="file", found=found, expected=expected),))
