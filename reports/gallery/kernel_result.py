"""What a statistical method gave."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.kernels import KernelResult, KernelValue
from reports.document import Document, Facts, Section, Table, Verdict, left
from reports.formatting import shorten, ten_digits
from reports.tones import Tone

VALUE = "value"
"""Name of a result that is no record."""

LONGEST = 60
"""Characters of an input that are shown."""


def kernel_result(found: KernelResult) -> Document:
    """Lay out the result of a method with what it was called with."""
    text = f"{found.kernel}: {found.summary}"
    given = tuple((value.name, shorten(ten_digits(value.value), LONGEST)) for value in found.inputs)
    blocks = (_values(found.values), *((Section("Inputs", (Facts(given),)),) if given else ()))
    hint = "--json prints every digit and every value."
    return Document(found.kernel, Verdict(Tone.NEUTRAL, text), blocks, (hint,))


def _values(values: Sequence[KernelValue]) -> Table:
    return Table(
        columns=(left("result"), left("value"), left("meaning")),
        rows=tuple((value.name or VALUE, ten_digits(value.value), value.text) for value in values),
        empty="It gave nothing.",
    )
