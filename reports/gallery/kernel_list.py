"""The list of statistical methods, by what they answer."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.kernels import KernelFamily
from reports.document import Document, Facts, Section, Verdict
from reports.formatting import plural
from reports.tones import Tone

HINTS = (
    "Run 'optimizer stats METHOD' to see what one assumes, computes and is not for.",
    "Run 'optimizer stats METHOD NAME=VALUE ...' to run it.",
)


def kernel_list(families: Sequence[KernelFamily]) -> Document:
    """Lay out methods in the order given."""
    n = sum(len(family.kernels) for family in families)
    if not n:
        return Document("Methods", Verdict(Tone.NEUTRAL, "There are no methods."), ())
    text = f"{plural(n, 'method')} in {plural(len(families), 'family', 'families')}."
    sections = tuple(
        Section(
            family.name,
            (Facts(tuple((kernel.name, kernel.summary) for kernel in family.kernels)),),
        )
        for family in families
    )
    return Document("Methods", Verdict(Tone.NEUTRAL, text), sections, HINTS)
