"""What is told of a kernel of `optimizer.stats`, and what a call of one gave."""

from __future__ import annotations

from typing import NewType

from optimizer.models.dataclass import dataclass

KernelRecord = NewType("KernelRecord", dict[str, object])
"""What a kernel returned, as JSON holds it: fields by name, or `value` alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelParameter:
    """One parameter of a kernel.

    Attributes:
        name: Its name.
        kind: What it takes, in words.
        default: Its default as it would be written, or None where it must be given.
        text: What it means.
        aliases: Other names that are understood.
    """

    name: str
    kind: str
    default: str | None
    text: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelPage:
    """All that is told of a kernel.

    Attributes:
        name: The name it is called by.
        family: What it belongs to.
        place: The function, to be imported.
        signature: Its name with its parameters and their defaults.
        summary: What it returns, in one sentence.
        notes: What else its description says, a paragraph each.
        parameters: Its parameters, in order.
        raises: What it refuses.
        assumes: What must be true of the data.
        formula: What it computes.
        not_for: When not to use it, and what to use instead.
        references: Where the method is published.
    """

    name: str
    family: str
    place: str
    signature: str
    summary: str
    notes: tuple[str, ...]
    parameters: tuple[KernelParameter, ...]
    raises: str
    assumes: str
    formula: str
    not_for: str
    references: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelSummary:
    """A kernel in a list.

    Attributes:
        name: The name it is called by.
        summary: What it returns, in one sentence.
    """

    name: str
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelFamily:
    """Kernels that answer one kind of question.

    Attributes:
        name: The question.
        kernels: The kernels, the usual choice first.
    """

    name: str
    kernels: tuple[KernelSummary, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelValue:
    """One value that went into a kernel, or came out of it.

    Attributes:
        name: Its name; dots lead into a record, empty where the result is this one value.
        value: A number, a text, a truth value, None, or a list of them; rows are lists in a list.
        text: What it means.
    """

    name: str
    value: object
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelResult:
    """What a call of a kernel gave.

    Attributes:
        kernel: The name of the kernel.
        summary: What it returns, in one sentence.
        inputs: What it was called with, defaults left out.
        values: What came out.
        record: The same as it was returned: fields by name, for machines.
    """

    kernel: str
    summary: str
    inputs: tuple[KernelValue, ...]
    values: tuple[KernelValue, ...]
    record: KernelRecord
