"""The base of every part's settings."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic_core import CoreSchema


class Settings(BaseModel):
    """Settings of one part: read once, never changed.

    The docstring under a field is its description in the example file, the reference page and
    the error message; see `descriptions`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        schema = handler(core_schema)
        fields = handler.resolve_ref_schema(schema)["properties"]
        for name, text in descriptions(cls).items():
            fields[name]["description"] = text
        return schema


@cache
def descriptions(section: type[Settings]) -> Mapping[str, str]:
    """Return what each field is for, by name, as far as the source says it.

    Pydantic can read the docstrings while it makes a class, which takes time that a command
    has no use for; here they are read when somebody asks.
    """
    said: dict[str, str] = {}
    for kind in reversed(section.__mro__[: section.__mro__.index(Settings)]):
        said |= _docstrings(kind)
    return {name: said[name] for name in section.model_fields if name in said}


def _docstrings(kind: type) -> dict[str, str]:
    """Return the docstrings under the fields of one class; none of a class without a source."""
    try:
        source = inspect.getsource(kind)
    except (OSError, TypeError):
        return {}
    (definition,) = ast.parse(textwrap.dedent(source)).body
    found = {}
    for pair in pairwise(getattr(definition, "body", ())):
        match pair:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                found[name] = inspect.cleandoc(text)
    return found
