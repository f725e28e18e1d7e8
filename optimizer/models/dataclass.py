"""Frozen records whose methods are made when the first one is.

A command imports some hundred dataclasses and makes records of a few. The standard library writes
and compiles five methods for each class when it is declared, which takes longer than most commands
compute; here that is done by it when somebody makes a record, or asks what its fields are.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from dataclasses import field
from threading import RLock
from typing import Any, TypeVar, cast, dataclass_transform

Kind = TypeVar("Kind", bound=type)

MAKES_METHODS = sys.version_info >= (3, 14)
"""Whether methods are made at once: from 3.14 on annotations are kept in another way."""

ASKED = ("__dataclass_fields__", "__dataclass_params__", "__match_args__", "__signature__")
"""What is asked of a class before there is a record of it."""

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
        names = [
            name
            for name, kind in body.get("__annotations__", {}).items()
            if not str(kind).startswith(("ClassVar", "typing.ClassVar"))
        ]
        self._kw_only = kw_only
        self._defaults = {name: body.pop(name) for name in names if name in body}
        inherited = {
            name for one in declared.__mro__[1:] for name in vars(one).get("__slots__", ())
        }
        body["__slots__"] = tuple(name for name in names if name not in inherited)
        for name in ("__dict__", "__weakref__"):
            body.pop(name, None)
        self.slotted: Any = type(declared)(declared.__name__, declared.__bases__, body)
        self.slotted.__qualname__ = declared.__qualname__
        self._own = [name for name in ("__init__", "__setstate__", *ASKED) if name not in body]
        for name in self._own:
            setattr(self.slotted, name, _Asked(self, name) if name in ASKED else self._method(name))
        self._is_open = True

    def complete(self) -> None:
        """Have the standard library make the methods, unless it has."""
        with _LOCK:
            if not self._is_open:
                return
            self._is_open = False
            slots = {name: vars(self.slotted).get(name) for name in self._defaults}
            for name in self._own:
                delattr(self.slotted, name)
            for name, default in self._defaults.items():
                setattr(self.slotted, name, default)
            dataclasses.dataclass(frozen=True, kw_only=self._kw_only)(self.slotted)
            for name, slot in slots.items():
                if slot is not None:
                    setattr(self.slotted, name, slot)
                elif name in vars(self.slotted):
                    delattr(self.slotted, name)
            for name, method in (("__getstate__", _state), ("__setstate__", _restore)):
                if name not in vars(self.slotted):
                    setattr(self.slotted, name, method)

    def _method(self, name: str) -> Callable[..., Any]:
        def first(record: Any, /, *args: Any, **kwargs: Any) -> Any:
            self.complete()
            return getattr(self.slotted, name)(record, *args, **kwargs)

        return first


class _Asked:
    """An attribute of a class that is there once its methods are."""

    def __init__(self, postponed: _Postponed, name: str) -> None:
        self._postponed, self._name = postponed, name

    def __get__(self, record: object, owner: type) -> Any:
        self._postponed.complete()
        if self._name == "__signature__":
            import inspect  # noqa: PLC0415 - start-up time

            owner.__signature__ = inspect.signature(owner)  # type: ignore[attr-defined]
        return getattr(owner, self._name)


def _state(record: Any) -> list[Any]:
    return [getattr(record, one.name) for one in dataclasses.fields(record)]


def _restore(record: Any, state: list[Any]) -> None:
    for one, value in zip(dataclasses.fields(record), state, strict=True):
        object.__setattr__(record, one.name, value)
