"""What is told of a statistical method."""

from __future__ import annotations

from optimizer.models.kernels import KernelPage, KernelParameter
from reports.document import Block, Code, Document, Prose, Section, Table, Verdict, left
from reports.formatting import listing
from reports.tones import Tone

REQUIRED = "required"


def kernel_page(page: KernelPage) -> Document:
    """Lay out the description of a method."""
    parts: list[Block] = [Code(page.signature), *(Prose(note) for note in page.notes)]
    if page.parameters:
        parts.append(Section("Parameters", (_parameters(page.parameters),)))
    told = (
        ("Assumes", page.assumes),
        ("Formula", page.formula),
        ("Not for", page.not_for),
        ("Refuses", page.raises),
        ("References", page.references),
    )
    parts += [Section(title, (Prose(text),)) for title, text in told]
    hint = f"From Python: {page.place}."
    return Document(
        page.name, Verdict(Tone.NEUTRAL, f"{page.name}: {page.summary}"), tuple(parts), (hint,)
    )


def _parameters(parameters: tuple[KernelParameter, ...]) -> Table:
    return Table(
        columns=(left("name"), left("takes"), left("default"), left("meaning")),
        rows=tuple((p.name, p.kind, p.default or REQUIRED, _meaning(p)) for p in parameters),
    )


def _meaning(parameter: KernelParameter) -> str:
    if not parameter.aliases:
        return parameter.text
    return f"{parameter.text} Also: {listing(list(parameter.aliases), 'or')}."
