"""The report of a self-check: what works here, what does not, and what to do."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.dataclass import dataclass
from reports.document import Cell, Document, Facts, Section, Table, Verdict, left
from reports.formatting import count, listing, plural
from reports.tones import Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: What was looked at.
        ok: Whether it is as it should be; None where that could not be told.
        text: What was found.
        hint: What to do, as an imperative sentence, or None.
    """

    name: str
    ok: bool | None
    text: str
    hint: str | None = None


def checks(found: Sequence[Check]) -> Document:
    """Lay out checks in the order given."""
    table = Table(
        columns=(left("check"), left("result"), left("found")),
        rows=tuple((check.name, _result(check), check.text) for check in found),
        empty="Nothing was checked.",
    )
    hints = tuple((check.name, check.hint) for check in found if check.hint and not check.ok)
    todo = (Section("What to do", (Facts(hints),)),) if hints else ()
    return Document("Doctor", _verdict(found), (table, *todo))


def _verdict(found: Sequence[Check]) -> Verdict:
    bad = [check.name for check in found if check.ok is False]
    unknown = [check.name for check in found if check.ok is None]
    if not found:
        return Verdict(Tone.NEUTRAL, "Nothing was checked.")
    if bad:
        of = f"{count(len(bad))} of {plural(len(found), 'check')} failed"
        return Verdict(Tone.BAD, f"{of}: {listing(bad)}.")
    if unknown:
        return Verdict(Tone.WARN, f"No check failed, but unknown remains: {listing(unknown)}.")
    return Verdict(Tone.GOOD, f"{plural(len(found), 'check')}, all well.")


def _result(check: Check) -> Cell:
    if check.ok is None:
        return Cell("unknown", Tone.WARN)
    return Cell("ok", Tone.GOOD) if check.ok else Cell("failed", Tone.BAD)
