"""The report of the result formats that can be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.document import Code, Document, Facts, Section, Table, Tone, Verdict, left
from reports.formatting import plural


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One result format.

    Attributes:
        name: Its name, as `--from` takes it.
        tool: What writes it, in a phrase.
        versions: Versions of it that were tried.
        carried_over: What is read from it.
        lost: What it holds that is not read, or does not hold.
        example: How to make such a file and read it, or None.
    """

    name: str
    tool: str
    versions: str
    carried_over: str
    lost: str
    example: str | None = None


def formats(found: Sequence[Format]) -> Document:
    """Lay out one format at length, or several in a table."""
    if len(found) == 1:
        return _one(found[0])
    table = Table(
        columns=(left("name"), left("tool"), left("versions"), left("not carried over")),
        rows=tuple((f.name, f.tool, f.versions, f.lost) for f in found),
        empty="No format is known.",
    )
    text = plural(len(found), "result format") if found else "No result format"
    verdict = Verdict(Tone.NEUTRAL, f"{text} can be read.")
    hints = ("Run 'optimizer formats NAME' to see one at length.",) if found else ()
    return Document("Result formats", verdict, (table,), hints)


def _one(found: Format) -> Document:
    facts = Facts(
        (
            ("name", found.name),
            ("tool", found.tool),
            ("versions", found.versions),
            ("carried over", found.carried_over),
            ("not carried over", found.lost),
        )
    )
    example = (Section("Example", (Code(found.example),)),) if found.example else ()
    verdict = Verdict(Tone.NEUTRAL, f"{found.name}: {found.tool}.")
    return Document(f"Result format {found.name}", verdict, (facts, *example))
