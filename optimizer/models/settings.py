"""The base of every part's settings.

A section is declared as a pydantic model would be, and checked by one: the model is made of the
declaration when somebody says a value. A section of defaults alone, which most commands see, costs
no more than its class.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Set
from enum import Enum
from functools import cache
from importlib import import_module
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, dataclass_transform

from optimizer.models.bounds import Field, after, before

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

__all__ = [
    "Field",
    "Later",
    "Settings",
    "after",
    "before",
    "descriptions",
    "later",
    "plain",
    "together",
]

CheckT = TypeVar("CheckT", bound=Callable[..., None])

REQUIRED: Any = ...
"""What stands for the default of a field that has none."""


def together(check: CheckT) -> CheckT:
    """Mark a method that raises ValueError where the values of a section cannot hold together."""
    check.checks_together = True  # type: ignore[attr-defined]
    return check


class Later:
    """The default of a section whose class is imported when somebody looks at it.

    Attributes:
        module: The module of the class.
        kind: The name of the class.
        many: Whether the key holds a list of these, none by default.
    """

    def __init__(self, module: str, kind: str, *, many: bool = False) -> None:
        self.module, self.kind, self.many = module, kind, many
        self._name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, section: Settings | None, owner: type) -> Any:
        """Return the default; a section keeps it."""
        made = self.default()
        if section is not None:
            section.__dict__[self._name] = made
        return made

    def default(self) -> Any:
        """Return the default."""
        return () if self.many else self.load()()

    def load(self) -> Any:
        """Return the class."""
        return getattr(import_module(self.module), self.kind)


def later(module: str, kind: str, *, many: bool = False) -> Any:
    """Return the default of a section, or of a list of them, whose class is imported later."""
    return Later(module, kind, many=many)


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Declared(type):
    """The type of sections, for who checks types: their fields are what they are made of."""


class Settings(metaclass=Declared):
    """Settings of one part: read once, never changed.

    The docstring under a field is its description in the example file, the reference page and
    the error message; see `descriptions`.
    """

    model_fields: ClassVar[Mapping[str, Any]] = {}
    """The default of each field, by name."""

    def __init_subclass__(cls) -> None:
        fields: dict[str, Any] = {}
        for kind in reversed(cls.__mro__):
            own = vars(kind)
            for name, said in own.get("__annotations__", {}).items():
                if not str(said).startswith("ClassVar"):
                    fields[name] = own.get(name, REQUIRED)
        for name, value in vars(cls).items():
            if type(value).__module__.startswith("pydantic"):
                raise TypeError(f"{cls.__name__}.{name}: expected `together` or `Field` of ours")
        cls.model_fields = fields

    def __init__(self, **values: Any) -> None:
        if values or REQUIRED in self.model_fields.values():
            self.__dict__.update(self._checked(values).__dict__)

    @classmethod
    def model_validate(cls, values: object) -> Self:
        """Return a section with the given values.

        Raises:
            ValidationError: A value is not allowed or a key is unknown.
        """
        if values == {}:
            return cls()
        from optimizer.models.checked import by_section  # noqa: PLC0415 - start-up time

        sections = by_section(cls, values)
        return cls._checked(values) if sections is None else cls.of_checked(sections)

    @classmethod
    def model_validate_json(cls, text: str | bytes) -> Self:
        """Return a section with the values that a JSON text gives.

        Raises:
            ValidationError: A value is not allowed or a key is unknown.
        """
        from optimizer.models.checked import adapter  # noqa: PLC0415 - start-up time

        made: Self = adapter(cls).validate_json(text)
        return made

    @classmethod
    def model_json_schema(cls) -> dict[str, Any]:
        """Return what is allowed, as JSON Schema."""
        from optimizer.models.checked import model_of  # noqa: PLC0415 - start-up time

        return model_of(cls).model_json_schema()

    @classmethod
    def of_checked(cls, values: Mapping[str, Any]) -> Self:
        """Return a section with values of which each is allowed.

        Raises:
            ValueError: They cannot hold together.
        """
        made = cls.__new__(cls)
        made.__dict__.update(values)
        for kind in reversed(cls.__mro__):
            for check in vars(kind).values():
                if hasattr(check, "checks_together"):
                    check(made)
        return made

    @classmethod
    def default(cls, **values: Any) -> Self:
        """Return a section that is a default itself, which the tests check and no command."""
        made = cls.__new__(cls)
        made.__dict__.update(values)
        return made

    def model_copy(self, *, update: Mapping[str, Any]) -> Self:
        """Return a section with some values changed, unchecked."""
        changed = type(self).__new__(type(self))
        changed.__dict__.update({**self.__dict__, **update})
        return changed

    def by_name(self) -> dict[str, Any]:
        """Return the values by name, sections as they are."""
        return dict(zip(self.model_fields, self._values(), strict=True))

    def model_dump(
        self, *, mode: str = "python", exclude: Set[str] = frozenset()
    ) -> dict[str, Any]:
        """Return the values by name, sections inside as mappings; in JSON's terms if `json`."""
        turned = plain if mode == "json" else _unfolded
        return {
            name: turned(getattr(self, name)) for name in self.model_fields if name not in exclude
        }

    def model_dump_json(self, *, include: Set[str] | None = None) -> str:
        """Return the values, or some of them, as JSON."""
        said = self.model_dump(mode="json")
        kept = {name: one for name, one in said.items() if include is None or name in include}
        return json.dumps(kept, separators=(",", ":"), ensure_ascii=False)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__}.{name}: settings never change")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__}.{name}: settings never change")

    if not TYPE_CHECKING:  # mypy takes them for those of the class itself

        def __eq__(self, other: object) -> bool:
            return type(self) is type(other) and self._values() == other._values()

        def __hash__(self) -> int:
            return hash((type(self), self._values()))

    def __repr__(self) -> str:
        said = zip(self.model_fields, self._values(), strict=True)
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in said)})"

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.model_fields)

    @classmethod
    def _checked(cls, values: object) -> Self:
        from optimizer.models.checked import adapter  # noqa: PLC0415 - start-up time

        made: Self = adapter(cls).validate_python(values)
        return made

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        from optimizer.models.checked import core_schema_of  # noqa: PLC0415 - start-up time

        return core_schema_of(cls, handler)


def plain(value: Any) -> Any:
    """Return a value of settings in JSON's terms."""
    if value is None or type(value) in {bool, int, float, str}:
        return value
    if isinstance(value, Settings):
        return {name: plain(getattr(value, name)) for name in value.model_fields}
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, Mapping):
        return {plain(name): plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    from pydantic_core import to_jsonable_python  # noqa: PLC0415 - start-up time

    return to_jsonable_python(value)


def _unfolded(value: Any) -> Any:
    """Return a value with the sections in it as mappings."""
    if isinstance(value, Settings):
        return value.model_dump()
    if isinstance(value, Mapping):
        return {name: _unfolded(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_unfolded(one) for one in value)
    return value


@cache
def descriptions(section: type[Settings]) -> Mapping[str, str]:
    """Return what each field is for, by name, as far as the source says it.

    It is read when somebody asks, as it takes time that a command has no use for.
    """
    said: dict[str, str] = {}
    for kind in reversed(section.__mro__[: section.__mro__.index(Settings)]):
        said |= _docstrings(kind)
    return {name: said[name] for name in section.model_fields if name in said}


def _docstrings(kind: type) -> dict[str, str]:
    """Return the docstrings under the fields of one class; none of a class without a source."""
    import ast  # noqa: PLC0415 - start-up time
    import inspect  # noqa: PLC0415 - start-up time
    import textwrap  # noqa: PLC0415 - start-up time

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
