"""The pydantic models that settings are checked by, each made of the declaration of a section."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, get_type_hints

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    TypeAdapter,
    ValidationError,
    create_model,
)
from pydantic_core import CoreSchema, core_schema

from optimizer.models.settings import Later, Settings, descriptions, plain


class Model(BaseModel):
    """The base of these models."""

    model_config = ConfigDict(extra="forbid")

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        schema = handler(core)
        fields = handler.resolve_ref_schema(schema)["properties"]
        section = SECTIONS[cls]
        for name, text in descriptions(section).items():
            fields[name]["description"] = text
        for name, default in section.model_fields.items():
            if holds_sections(default):
                fields[name]["default"] = plain(default)
        return schema


SECTIONS: dict[type[BaseModel], type[Settings]] = {}
"""The section that a model was made of."""


@cache
def model_of(section: type[Settings]) -> type[BaseModel]:
    """Return the model of a section."""
    later = {one.kind: one.load() for one in vars(section).values() if isinstance(one, Later)}
    hints = get_type_hints(section, localns=later or None, include_extras=True)
    fields: dict[str, Any] = {
        name: (hints[name], _default(default)) for name, default in section.model_fields.items()
    }
    model = create_model(
        section.__name__,
        __base__=Model,
        __doc__=section.__doc__,
        __module__=section.__module__,
        **fields,
    )
    SECTIONS[model] = section
    return model


def holds_sections(default: object) -> bool:
    """Tell whether a default is a list of sections, which pydantic cannot tell in JSON."""
    return isinstance(default, tuple) and any(isinstance(one, Settings) for one in default)


@cache
def adapter(section: type[Settings]) -> TypeAdapter[Any]:
    """Return what makes a section of values."""
    return TypeAdapter(section)


def by_section(tree: type[Settings], values: object) -> dict[str, Any] | None:
    """Return the sections of a tree that values are given of, each checked alone.

    None where that does not tell all: a value is at fault, or belongs to no section. Then the
    whole tree is to be checked, which takes the models of all sections.
    """
    if not isinstance(values, Mapping):
        return None
    kinds = {name: one for name, one in vars(tree).items() if isinstance(one, Later)}
    if not all(name in kinds and not kinds[name].many for name in values):
        return None
    try:
        return {name: kinds[name].load().model_validate(said) for name, said in values.items()}
    except ValidationError:
        return None


def core_schema_of(section: type[Settings], handler: GetCoreSchemaHandler) -> CoreSchema:
    """Return the schema that makes a section of values, or takes one as it is."""

    def made(value: object, validate: Callable[[object], Any]) -> Settings:
        return value if isinstance(value, section) else section.of_checked(validate(value).__dict__)

    def told(value: Settings) -> BaseModel:
        return model_of(section).model_construct(**value.by_name())

    schema = handler.generate_schema(model_of(section))
    return core_schema.no_info_wrap_validator_function(
        made,
        schema,
        serialization=core_schema.plain_serializer_function_ser_schema(told, return_schema=schema),
    )


def _default(said: Any) -> Any:
    """Return a default as pydantic is to be told of it."""
    if isinstance(said, Later):
        return said.default()
    return Field(default_factory=lambda: said) if holds_sections(said) else said
