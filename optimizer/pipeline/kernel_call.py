"""A kernel on given values: from names and plain values to its result."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from optimizer.models.errors import ConfigError
from optimizer.models.kernels import KernelRecord, KernelResult, KernelValue
from optimizer.pipeline.kernel_inputs import (
    COMPLEMENT,
    DIFFERENCE,
    aliases_of,
    kind_of,
    shown,
)
from optimizer.pipeline.kernel_pages import kernel_page, known_name, signature_of
from optimizer.stats.catalogue import kernel

Values = dict[str, object]


def call_kernel(
    name: str, positional: Sequence[object] = (), named: Mapping[str, object] | None = None
) -> KernelResult:
    """Call a kernel with values as JSON holds them.

    Args:
        name: The kernel, as the catalogue spells it or with dashes.
        positional: Values in the order of its parameters.
        named: Values by the names of its parameters, or by what else stands for them.

    Raises:
        SelectionError: There is no kernel of that name.
        ConfigError: A value is missing, unknown, given twice or not what the parameter takes, or
            the kernel refuses it.
    """
    name = known_name(name)
    function = kernel(name)
    given = _bound(name, function, positional, named or {})
    try:
        found = function(**_readable(name, function, given))
    except ValueError as error:
        raise _misuse(name, [str(error)]) from error
    except MemoryError as error:
        raise _misuse(name, ["the values take more memory than there is"]) from error
    except ArithmeticError as error:
        raise _misuse(name, [f"{error}, expected values of moderate size"]) from error
    summary = kernel_page(name).summary
    return KernelResult(
        kernel=name,
        summary=summary,
        inputs=tuple(KernelValue(name=key, value=value) for key, value in given.items()),
        values=tuple(_values(found, summary)),
        record=_record(found),
    )


def _bound(
    name: str,
    function: Callable[..., Any],
    positional: Sequence[object],
    named: Mapping[str, object],
) -> Values:
    """Return the values by parameter, in the order of the parameters."""
    parameters = inspect.signature(function).parameters
    if len(positional) > len(parameters):
        n, most = len(positional), len(parameters)
        raise _misuse(name, [f"{n} values, expected at most {most}"])
    bound: Values = dict(zip(parameters, positional, strict=False))
    for parameter, value in _by_parameter(name, function, named):
        if parameter in bound:
            raise _misuse(name, [f"{parameter}: given twice, expected one value"])
        bound[parameter] = value
    return {parameter: bound[parameter] for parameter in parameters if parameter in bound}


def _by_parameter(
    name: str, function: Callable[..., Any], named: Mapping[str, object]
) -> Iterator[tuple[str, object]]:
    """Yield parameters with their values, whatever they are called."""
    stands_for = _stands_for(function)
    own = inspect.signature(function).parameters
    rest: Values = {}
    for key, value in named.items():
        if key in stands_for:
            yield stands_for[key], value
        elif key == "alpha" and COMPLEMENT in aliases_of(function, "level"):
            yield "level", _complement(name, value)
        else:
            rest[key] = value
    if "differences" in own and DIFFERENCE in aliases_of(function, "differences"):
        rest, pair = _without_pair(rest)
        if pair is not None:
            yield "differences", _differences(name, *pair)
    if rest:
        raise _misuse(name, [_unknown(key, stands_for) for key in rest])


def _stands_for(function: Callable[..., Any]) -> dict[str, str]:
    """Return the parameter that each understood name stands for."""
    own = inspect.signature(function).parameters
    other = {alias: parameter for parameter in own for alias in aliases_of(function, parameter)}
    return {alias: p for alias, p in other.items() if alias.isidentifier()} | {p: p for p in own}


def _complement(name: str, alpha: object) -> object:
    if isinstance(alpha, bool) or not isinstance(alpha, int | float):
        raise _misuse(name, [f"alpha: found {shown(alpha)}, expected a number"])
    return 1 - alpha


def _without_pair(rest: Values) -> tuple[Values, tuple[object, object] | None]:
    """Return the values without those of a first and a second sample, and these."""
    for first, second in (("first", "second"), ("A", "B"), ("a", "b")):
        if first in rest and second in rest:
            left = {key: value for key, value in rest.items() if key not in (first, second)}
            return left, (rest[first], rest[second])
    return rest, None


def _differences(name: str, first: object, second: object) -> list[float]:
    """Return second minus first, place by place."""
    read = kind_of(kernel(name), inspect.signature(kernel(name)).parameters["differences"]).read
    found = []
    for side, values in (("first", first), ("second", second)):
        try:
            numbers = read(values)
        except ValueError as error:
            raise _misuse(name, [f"{side}: found {error}, expected a list of numbers"]) from error
        if not isinstance(numbers, list) or any(isinstance(item, list) for item in numbers):
            raise _misuse(name, [f"{side}: found {shown(values)}, expected a list of numbers"])
        found.append(numbers)
    if len(found[0]) != len(found[1]):
        n = f"{len(found[0])} and {len(found[1])}"
        raise _misuse(name, [f"first and second: found {n} values, expected as many"])
    return [b - a for a, b in zip(*found, strict=True)]


def _readable(name: str, function: Callable[..., Any], given: Values) -> Values:
    """Return the values as the kernel takes them; every fault is told at once."""
    read: Values = {}
    faults = []
    for parameter in inspect.signature(function).parameters.values():
        kind = kind_of(function, parameter)
        if parameter.name not in given:
            if parameter.default is parameter.empty:
                faults.append(f"{parameter.name}: missing, expected {kind.name}")
            continue
        try:
            read[parameter.name] = kind.read(given[parameter.name])
        except ValueError as error:
            faults.append(f"{parameter.name}: found {error}, expected {kind.name}")
    if faults:
        raise _misuse(name, faults)
    return read


def _unknown(key: str, stands_for: Mapping[str, str]) -> str:
    near = get_close_matches(key, stands_for, n=1)
    return f"{key}: unknown parameter" + (f", did you mean {near[0]}?" if near else "")


def _misuse(name: str, faults: Sequence[str]) -> ConfigError:
    message = "\n".join(f"{name}: {fault}" for fault in faults)
    return ConfigError(message, hint=f"As in: {signature_of(name)}")


def _record(found: object) -> KernelRecord:
    """Return a result as fields with plain values."""
    plain = _plain(found)
    if isinstance(plain, dict):
        return KernelRecord(plain)
    return KernelRecord({"values" if isinstance(plain, list) else "value": plain})


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in _fields(value)}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value.tolist() if hasattr(value, "tolist") else value


def _values(found: object, text: str, name: str = "") -> Iterator[KernelValue]:
    """Yield the values of a result, those of records in it under names with dots."""
    if dataclasses.is_dataclass(found):
        texts = _field_texts(type(found))
        for field in _fields(found):
            inner = f"{name}.{field.name}".removeprefix(".")
            yield from _values(getattr(found, field.name), texts.get(field.name, ""), inner)
    elif isinstance(found, tuple | list) and any(map(dataclasses.is_dataclass, found)):
        for place, item in enumerate(found):
            yield from _values(item, text, f"{name}[{place}]")
    else:
        yield KernelValue(name=name, value=_plain(found), text=text)


def _fields(record: Any) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(record)


def _field_texts(record: type) -> dict[str, str]:
    """Return what the fields of a record mean, those of its bases too."""
    texts: dict[str, str] = {}
    for base in reversed(record.__mro__):
        listed = inspect.cleandoc(base.__doc__ or "").partition("Attributes:\n")[2]
        parts = re.split(r"^    (\w+): ", listed, flags=re.MULTILINE)[1:]
        pairs = zip(parts[::2], parts[1::2], strict=True)
        texts |= {field: " ".join(text.split()) for field, text in pairs}
    return texts
