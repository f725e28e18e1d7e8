"""The report of the result formats that can be read."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.dataclass import dataclass
from reports.document import Code, Document, Facts, Items, Section, Table, Verdict, left
from reports.formatting import plural
from reports.tones import Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One result format.

    Attributes:
        name: Its name, as `--from` takes it.
        tool: What writes it, in a phrase.
        wants: What such a file is recognized by.
        versions: Versions of it that are read.
        carried_over: What is read from it.
        lost: What it holds that is not read, or does not hold.
        example: Such a file, or None.
    """

    name: str
    tool: str
    wants: str
    versions: str
    carried_over: tuple[str, ...]
    lost: tuple[str, ...]
    example: str | None = None


def formats(found: Sequence[Format]) -> Document:
    """Lay out one format at length, or several in a table."""
    if len(found) == 1:
        return _one(found[0])
    table = Table(
        columns=(left("name"), left("what it is"), left("versions")),
        rows=tuple((f.name, f.tool, f.versions) for f in found),
        empty="No format is known.",
    )
    text = plural(len(found), "result format") if found else "No result format"
    verdict = Verdict(Tone.NEUTRAL, f"{text} can be read.")
    hints = (
        ("Run 'optimizer formats NAME' to see what is carried over, what is lost, and an example.",)
        if found
        else ()
    )
    return Document("Result formats", verdict, (table,), hints)


def _one(found: Format) -> Document:
    facts = Facts(
        (("name", found.name), ("versions", found.versions), ("recognized by", found.wants))
    )
    example = (Section("Example", (Code(found.example),)),) if found.example else ()
    blocks = (
        facts,
        Section("Carried over", (Items(found.carried_over),)),
        Section("Not carried over", (Items(found.lost),)),
        *example,
    )
    verdict = Verdict(Tone.NEUTRAL, f"{found.tool[:1].upper()}{found.tool[1:]}.")
    return Document(f"Result format {found.name}", verdict, blocks)
