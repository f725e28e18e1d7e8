"""The JSON Schema of a type, as `cli.payload` writes values of it.

Every field of a record is there, a number that is not finite is null, and `format_version` stands
before the fields of a whole payload. Objects are open: later programs may add fields.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, cast

import msgspec.inspect as types
from pydantic import BaseModel

from cli.payload import FORMAT_VERSION
from optimizer.models.checked import model_of
from optimizer.models.settings import Settings

Node = dict[str, Any]

REFERENCE = "#/$defs/{}"
CONST_VERSION: Node = {
    "const": FORMAT_VERSION,
    "description": "Version of the format of whatever the commands print as JSON.",
}
ATTRIBUTE = re.compile(r"^    (\w+): (.+(?:\n {8,}.+)*)", re.MULTILINE)
NONE = re.compile(r"\bNone\b")
SCALARS: Mapping[type[types.Type], Node] = {
    types.BoolType: {"type": "boolean"},
    types.IntType: {"type": "integer"},
    types.FloatType: {"type": ["number", "null"]},
    types.StrType: {"type": "string"},
    types.NoneType: {"type": "null"},
    types.DateTimeType: {"type": "string", "format": "date-time"},
    types.DateType: {"type": "string", "format": "date"},
    types.AnyType: {},
}


class Definitions:
    """The definitions that the schemas of some types refer to, as they are met."""

    def __init__(self) -> None:
        self.by_name: dict[str, Node] = {}
        self._named: dict[str, type] = {}

    def whole(self, payload: Any) -> Node:
        """Return the schema of a payload with its format version; a list becomes `items`."""
        kind = types.type_info(payload)
        node = self.node(kind)
        if "$ref" in node:
            node = self.by_name[_name(node)]
        if node["type"] == "array":
            node = _object({"items": _described(node, "The answer, a record to an item.")})
        inside = {"format_version": CONST_VERSION, **node.get("properties", {})}
        return node | _object(inside)

    def node(self, kind: types.Type) -> Node:
        """Return the schema of a type."""
        match kind:
            case types.DataclassType(cls=cls, fields=fields):
                node = self._defined(cls, lambda: self._record(cls, fields))
            case types.EnumType(cls=cls):
                node = self._defined(cls, lambda: _choices(cls))
            case types.CustomType(cls=cls):
                node = self._custom(cls)
            case types.UnionType(types=options):
                node = _either(self.node(option) for option in options)
            case types.DictType(value_type=value):
                node = {"type": "object", "additionalProperties": self.node(value) or True}
            case types.TupleType(item_types=items):
                nodes = [self.node(item) for item in items]
                node = _list(False) | {"prefixItems": nodes, "minItems": len(nodes)}
            case types.CollectionType(item_type=item):
                node = _list(self.node(item) or True)
            case _:
                node = dict(SCALARS[type(kind)])
        return node

    def used_by(self, nodes: Iterable[Node]) -> dict[str, Node]:
        """Return the definitions that some schemas need, however far down, by name."""
        found: dict[str, Node] = {}
        waiting: list[Any] = list(nodes)
        while waiting:
            part = waiting.pop()
            if isinstance(part, list):
                waiting += part
            elif isinstance(part, dict):
                waiting += part.values()
                if "$ref" in part and _name(part) not in found:
                    found[_name(part)] = self.by_name[_name(part)]
                    waiting.append(self.by_name[_name(part)])
        return dict(sorted(found.items()))

    def _defined(self, cls: type, made: Callable[[], Node]) -> Node:
        """Return a reference to the definition of a class, which is made at the first one."""
        name = cls.__name__
        if self._named.get(name, cls) is not cls:
            name = f"{cls.__module__}.{name}"
        if name not in self._named:
            self._named[name] = cls
            self.by_name[name] = {}
            self.by_name[name] = made()
        return {"$ref": REFERENCE.format(name)}

    def _record(self, cls: type, fields: Iterable[types.Field]) -> Node:
        said = _attributes(cls)
        properties = {
            field.encode_name: _described(self.node(field.type), said.get(field.name, ""))
            for field in fields
        }
        return _described(_object(properties), _summary(cls))

    def _custom(self, cls: type) -> Node:
        if issubclass(cls, Path):
            return {"type": "string"}
        if issubclass(cls, Settings):
            return self._defined(cls, lambda: self._model(model_of(cls)))
        if issubclass(cls, BaseModel):
            return self._defined(cls, lambda: self._model(cls))
        return {}

    def _model(self, cls: type[BaseModel]) -> Node:
        """Return the schema of a model, whose own definitions become ours."""
        found = cls.model_json_schema(
            by_alias=False, mode="serialization", ref_template=REFERENCE.format("{model}")
        )
        for name, node in found.pop("$defs", {}).items():
            self.by_name.setdefault(name, _as_written(node))
        return cast("Node", _as_written(found))


def _name(reference: Node) -> str:
    """Return the name of the definition that a reference leads to."""
    return str(reference["$ref"]).removeprefix(REFERENCE.format(""))


def _list(items: Node | bool) -> Node:
    return {"type": "array", "items": items}


def _object(properties: Node) -> Node:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _choices(cls: type[Enum]) -> Node:
    return _described({"enum": [member.value for member in cls]}, _summary(cls))


def _either(nodes: Iterable[Node]) -> Node:
    """Return the schema of a choice; of plain types a list of their names."""
    options = list(nodes)
    if {} in options:
        return {}
    plain = [option for option in options if option.keys() == {"type"}]
    names = list(dict.fromkeys(name for option in plain for name in _listed(option["type"])))
    others = [option for option in options if option.keys() != {"type"}]
    merged: list[Node] = [{"type": names[0] if len(names) == 1 else names}] if names else []
    return {"anyOf": [*others, *merged]} if others else merged[0]


def _as_written(node: Any) -> Any:
    """Return what pydantic says of a model as we write it: all fields, no number that is none."""
    if isinstance(node, list):
        return [_as_written(part) for part in node]
    if not isinstance(node, dict):
        return node
    left_out = {"title", "default"} | ({"additionalProperties"} if "properties" in node else set())
    found = {
        key: {name: _as_written(part) for name, part in value.items()}
        if key == "properties"
        else _as_written(value)
        for key, value in node.items()
        if key not in left_out
    }
    if "properties" in found:
        found["required"] = list(found["properties"])
    if found.get("type") == "number":
        found["type"] = ["number", "null"]
    return found


def _listed(names: str | list[str]) -> list[str]:
    return [names] if isinstance(names, str) else names


def _described(node: Node, text: str) -> Node:
    """Return a schema with a description, in which what Python calls None is null."""
    return {**node, "description": NONE.sub("null", text)} if text else node


def _summary(cls: type) -> str:
    """Return the first paragraph of what a class says of itself."""
    return " ".join(inspect.cleandoc(cls.__doc__ or "").partition("\n\n")[0].split())


def _attributes(cls: type) -> dict[str, str]:
    """Return what a record says of its fields, those it inherits among them."""
    found: dict[str, str] = {}
    for one in reversed(cls.__mro__):
        said = inspect.cleandoc(one.__doc__ or "").partition("Attributes:\n")[2]
        found |= {name: " ".join(text.split()) for name, text in ATTRIBUTE.findall(said)}
    return found
