"""What the description of a kernel says, part by part."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

from optimizer.models.errors import SelectionError
from optimizer.models.kernels import KernelFamily, KernelPage, KernelParameter, KernelSummary
from optimizer.models.nearest import meant
from optimizer.pipeline.kernel_inputs import aliases_of, kind_of
from optimizer.stats.catalogue import KERNELS, kernel, places

LEAD = re.compile(r"^(Args|Raises|Assumes|Formula|Not for|References):\n", re.MULTILINE)
SAME = re.compile(r"As(?: in)? `(\w+)`\.")
"""A part that refers to the same part of another kernel, and says nothing else."""


def kernel_families() -> tuple[KernelFamily, ...]:
    """Return every kernel with what it returns, by family."""
    return tuple(
        KernelFamily(
            name=family,
            kernels=tuple(
                KernelSummary(name=name, summary=_summary(kernel(name))) for name in names
            ),
        )
        for family, names in KERNELS.items()
    )


def kernel_page(name: str) -> KernelPage:
    """Return all that is told of a kernel.

    Raises:
        SelectionError: There is no kernel of that name.
    """
    name = known_name(name)
    function = kernel(name)
    paragraphs = [_joined(text) for text in _parts(function)[0].split("\n\n")]
    return KernelPage(
        name=name,
        family=next(family for family, names in KERNELS.items() if name in names),
        place=f"optimizer.stats.{places()[name]}",
        signature=signature_of(name),
        summary=_summary(function),
        notes=tuple(paragraphs[1:]),
        parameters=_parameters(name),
        raises=_joined(_part(name, "Raises")).removeprefix("ValueError: "),
        assumes=_joined(_part(name, "Assumes")),
        formula=_joined(_part(name, "Formula")),
        not_for=_joined(_part(name, "Not for")),
        references=_joined(_part(name, "References")),
    )


EVERY_METHOD = "Run 'optimizer stats' to see every method."


def known_name(name: str) -> str:
    """Return the name of a kernel as the catalogue spells it.

    Raises:
        SelectionError: There is no kernel of that name.
    """
    spelled = name.strip().lower().replace("-", "_")
    if spelled in places():
        return spelled
    near = [name for name in places() if spelled in name][:3]
    hint = f"Try {', '.join(near)}." if near else meant(spelled, places(), EVERY_METHOD)
    raise SelectionError(
        f"method {name!r}: unknown, expected a name that 'optimizer stats' lists", hint=hint
    )


def signature_of(name: str) -> str:
    """Return the name of a kernel with its parameters and their defaults."""
    shown = [
        parameter.name if default is None else f"{parameter.name}={default}"
        for parameter, default in (
            (parameter, default_of(parameter))
            for parameter in inspect.signature(kernel(name)).parameters.values()
        )
    ]
    return f"{name}({', '.join(shown)})"


def default_of(parameter: inspect.Parameter) -> str | None:
    """Return the default of a parameter as it would be written; None where there is none."""
    value = parameter.default
    if value is inspect.Parameter.empty:
        return None
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(f'{item:g}' for item in value)}]"
    return value if isinstance(value, str) else f"{value:.10g}"


def _summary(function: Callable[..., Any]) -> str:
    text = inspect.cleandoc(function.__doc__ or "").partition("\n\n")[0]
    return _capital(_joined(text).removeprefix("Return ").removeprefix("the "))


def _parameters(name: str) -> tuple[KernelParameter, ...]:
    function = kernel(name)
    texts = _descriptions(function)
    return tuple(
        KernelParameter(
            name=parameter.name,
            kind=kind_of(function, parameter).name,
            default=default_of(parameter),
            text=_described(texts[parameter.name], parameter.name),
            aliases=aliases_of(function, parameter.name),
        )
        for parameter in inspect.signature(function).parameters.values()
    )


def _described(text: str, parameter: str) -> str:
    """Return what a parameter means, also where another kernel says it."""
    same = SAME.fullmatch(text)
    return _described(_descriptions(kernel(same[1]))[parameter], parameter) if same else text


def _descriptions(function: Callable[..., Any]) -> dict[str, str]:
    parts = re.split(r"^(\w+): ", _parts(function)[1]["Args"], flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], map(_joined, parts[1::2]), strict=True))


def _part(name: str, lead: str) -> str:
    """Return one part of a description, also where another kernel has it."""
    text = _parts(kernel(name))[1][lead]
    same = SAME.fullmatch(_joined(text).removeprefix("ValueError: "))
    return _part(same[1], lead) if same else text


def _parts(function: Callable[..., Any]) -> tuple[str, dict[str, str]]:
    """Return what a description opens with, and its parts by their leads."""
    opening, *parts = LEAD.split(inspect.cleandoc(function.__doc__ or ""))
    texts = [inspect.cleandoc(f"\n{text}") for text in parts[1::2]]
    return opening.strip(), dict(zip(parts[::2], texts, strict=True))


def _joined(text: str) -> str:
    return " ".join(text.split())


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
