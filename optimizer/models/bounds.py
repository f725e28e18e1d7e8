"""What a setting may be, said without pydantic and understood by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Make = Callable[[], Iterator[Any]]


class Bounds:
    """A rule for the value of a setting; pydantic unfolds it as a group of annotations."""

    __slots__ = ("_make",)
    __is_annotated_types_grouped_metadata__ = True

    def __init__(self, make: Make) -> None:
        self._make = make

    def __iter__(self) -> Iterator[Any]:
        return self._make()


def Field(**said: Any) -> Bounds:  # noqa: N802 - as pydantic names it
    """Bound a value as `pydantic.Field` does: `ge`, `gt`, `le`, `lt`, `min_length`, `pattern`."""

    def make() -> Iterator[Any]:
        from pydantic import Field as Bounded  # noqa: PLC0415 - start-up time

        yield from Bounded(**said).metadata

    return Bounds(make)


def after(check: Callable[[Any], Any]) -> Bounds:
    """Check a value, or change it, once it has its type."""

    def make() -> Iterator[Any]:
        from pydantic import AfterValidator  # noqa: PLC0415 - start-up time

        yield AfterValidator(check)

    return Bounds(make)


def before(change: Callable[[Any], Any]) -> Bounds:
    """Change what was said before its type is looked at."""

    def make() -> Iterator[Any]:
        from pydantic import BeforeValidator  # noqa: PLC0415 - start-up time

        yield BeforeValidator(change)

    return Bounds(make)
