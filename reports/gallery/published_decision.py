"""A decision that was read from a file with the names of the design documents."""

from __future__ import annotations

from optimizer.models.published_decisions import ReadDecision
from reports.document import Block, Document, Facts, Items, Section, Verdict
from reports.formatting import moment, rate
from reports.parts.proposals import headline, proposal_section
from reports.tones import Tone


def published_decision(read: ReadDecision) -> Document:
    """Lay out a decision as it was read."""
    found = read.proposals
    sections: list[Block] = [
        proposal_section(one, "Proposal" if len(found) == 1 else f"Proposal {place}")
        for place, one in enumerate(found, start=1)
    ]
    facts = Facts(
        (
            ("on", read.subject),
            ("made", moment(read.decided_at)),
            ("confidence", f"{rate(read.confidence)}, as the file says"),
        )
    )
    said = Section("What else it says", (Items(read.notes),))
    return Document(f"Decision {read.decision_id}", _verdict(read), (facts, *sections, said))


def _verdict(read: ReadDecision) -> Verdict:
    if not read.proposals:
        return Verdict(Tone.NEUTRAL, f"{read.decision_id}: nothing would change.")
    changes = "; ".join(headline(one) for one in read.proposals)
    return Verdict(Tone.NEUTRAL, f"{read.decision_id}, read from a file: {changes}.")
