"""Frozen records whose methods are made when there are many, or somebody needs one.

A command imports some hundred dataclasses and makes a few records of each. The standard library
writes and compiles six methods for each class when it is declared, which takes longer than most
commands compute; here the first records are made field by field, and the library makes the methods
once there are more, or one of them is compared, hashed or shown.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Mapping
from dataclasses import field
from threading import RLock
from typing import Any, TypeVar, cast, dataclass_transform

Kind = TypeVar("Kind", bound=type)

MAKES_METHODS = sys.version_info >= (3, 14)
"""Whether methods are made at once: from 3.14 on annotations are kept in another way."""

ASKED = ("__dataclass_fields__", "__dataclass_params__", "__match_args__", "__signature__")
"""What is asked of a class before there is a record of it."""

METHODS = (
    "__init__",
    "__repr__",
    "__eq__",
    "__hash__",
    "__setattr__",
    "__delattr__",
    "__getstate__",
    "__setstate__",
)
"""What a record may be asked to do before its class has the methods for it."""

FEW = 16
"""Records of a class that are made field by field: so many take less than making the methods."""

ORDINARY: Any = getattr(dataclasses, "_FIELD", None)
"""The mark of a field that is neither of the class nor for `__post_init__` only."""

_LOCK = RLock()


@dataclass_transform(field_specifiers=(field,))
def dataclass(
    *,
    frozen: bool = False,
    slots: bool = False,
    kw_only: bool = False,
    eq: bool = True,
    order: bool = False,
) -> Callable[[Kind], Kind]:
    """Make a dataclass, as the standard library does, if frozen and slotted in two steps."""

    def made(declared: Kind) -> Kind:
        if MAKES_METHODS or not (frozen and slots and eq) or order:
            how = dataclasses.dataclass(
                frozen=frozen, slots=slots, kw_only=kw_only, eq=eq, order=order
            )
            return cast(Kind, how(declared))
        return cast(Kind, _Postponed(declared, kw_only).slotted)

    return made


class _Postponed:
    """The second step of a class: its methods."""

    def __init__(self, declared: Any, kw_only: bool) -> None:
        body = dict(vars(declared))
        self._declared = declared
        self._types = {
            name: kind
            for name, kind in body.get("__annotations__", {}).items()
            if not str(kind).startswith(("ClassVar", "typing.ClassVar"))
        }
        self._kw_only = kw_only
        self._defaults = {name: body.pop(name) for name in self._types if name in body}
        inherited = {
            name for one in declared.__mro__[1:] for name in vars(one).get("__slots__", ())
        }
        body["__slots__"] = tuple(name for name in self._types if name not in inherited)
        for name in ("__dict__", "__weakref__"):
            body.pop(name, None)
        self.slotted: Any = type(declared)(declared.__name__, declared.__bases__, body)
        self.slotted.__qualname__ = declared.__qualname__
        self._own = [name for name in (*METHODS, *ASKED) if name not in body]
        for name in self._own:
            setattr(self.slotted, name, _Asked(self, name) if name in ASKED else self._method(name))
        if "__init__" in self._own:
            self.slotted.__init__ = self._first_records()
        self.is_open = True

    def complete(self) -> None:
        """Have the standard library make the methods, unless it has.

        It makes them of the class as it was declared, from which each is taken over: other threads
        may make and read records meanwhile.
        """
        with _LOCK:
            if not self.is_open:
                return
            before = set(vars(self._declared))
            dataclasses.dataclass(frozen=True, kw_only=self._kw_only)(self._declared)
            made = {k: v for k, v in vars(self._declared).items() if k not in before}
            made |= STANDING
            for name, method in made.items():
                if name in self._own or name not in vars(self.slotted):
                    setattr(self.slotted, name, method)
            for name in self._own:
                if name not in made:
                    delattr(self.slotted, name)
            self.is_open = False

    def fields(self) -> dict[str, Any]:
        """Return the fields as the standard library would tell them, without making methods."""
        told: dict[str, Any] = {}
        for base in reversed(self.slotted.__mro__[1:]):
            told |= getattr(base, "__dataclass_fields__", {})
        for name, kind in self._types.items():
            default = self._defaults.get(name, dataclasses.MISSING)
            one: Any = default if isinstance(default, dataclasses.Field) else field(default=default)
            one.name, one.type = name, kind
            one.kw_only = self._kw_only if one.kw_only is dataclasses.MISSING else one.kw_only
            one._field_type = ORDINARY
            told[name] = one
        return told

    def _method(self, name: str) -> Callable[..., Any]:
        def first(record: Any, /, *args: Any, **kwargs: Any) -> Any:
            self.complete()
            return getattr(self.slotted, name)(record, *args, **kwargs)

        return first

    def _first_records(self) -> Callable[..., Any]:
        """Return what makes the first records, which for most classes are all there are."""
        left = FEW if self._is_plain() else 0

        def first(record: Any, /, *args: Any, **said: Any) -> None:
            nonlocal left
            left -= 1
            values = None if args or left < 0 else self._values(said)
            if values is None:
                self.complete()
                self.slotted.__init__(record, *args, **said)
                return
            for name, value in values:
                object.__setattr__(record, name, value)
            if hasattr(record, "__post_init__"):
                record.__post_init__()

        return first

    def _is_plain(self) -> bool:
        """Tell whether all fields are told by name, and none is inherited or special."""
        alone = not any("__dataclass_fields__" in vars(one) for one in self.slotted.__mro__[1:])
        return (
            alone
            and self._kw_only
            and not any("InitVar" in str(kind) for kind in self._types.values())
            and all(_is_simple(one) for one in self._defaults.values())
        )

    def _values(self, said: dict[str, Any]) -> list[tuple[str, Any]] | None:
        """Return the value of each field, or None where the standard library has to object."""
        values = []
        for name in self._types:
            if name in said:
                value = said[name]
            elif name not in self._defaults:
                return None
            elif isinstance(value := self._defaults[name], dataclasses.Field):
                made: Any = value.default_factory
                value = made()
            values.append((name, value))
        return values if said.keys() <= self._types.keys() else None


class _Asked:
    """An attribute of a class that is there once its methods are."""

    def __init__(self, postponed: _Postponed, name: str) -> None:
        self._postponed, self._name = postponed, name

    def __get__(self, record: object, owner: type) -> Any:
        postponed = self._postponed
        if self._name == "__dataclass_fields__" and postponed.is_open:
            postponed.slotted.__dataclass_fields__ = postponed.fields()
            return getattr(owner, self._name)
        postponed.complete()
        if self._name == "__signature__":
            import inspect  # noqa: PLC0415 - start-up time

            owner.__signature__ = inspect.signature(owner)  # type: ignore[attr-defined]
        return getattr(owner, self._name)


def _is_simple(default: Any) -> bool:
    """Tell whether a default is a value that all records may share, or made for each."""
    if isinstance(default, dataclasses.Field):
        return default.init and default.default_factory is not dataclasses.MISSING
    return type(default).__hash__ is not None


def _refuse_setting(record: Any, name: str, value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_deleting(record: Any, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(record: Any) -> list[Any]:
    return [getattr(record, one.name) for one in dataclasses.fields(record)]


def _restore(record: Any, state: list[Any]) -> None:
    for one, value in zip(dataclasses.fields(record), state, strict=True):
        object.__setattr__(record, one.name, value)


STANDING: Mapping[str, Any] = {
    "__setattr__": _refuse_setting,
    "__delattr__": _refuse_deleting,
    "__getstate__": _state,
    "__setstate__": _restore,
}
"""Methods that are the same for all classes; those of the library know which class they are of."""
