"""The report of one decision: what is proposed, on what evidence, and who did what with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from optimizer.models.decisions import (
    AuditEntry,
    Decision,
    DecisionState,
    accepted,
    changing,
    combined,
    failures,
    proposals,
)
from optimizer.models.lifecycle import DecisionOutcome, Rollout
from optimizer.models.proposals import NOT_ASKED, TIMED_OUT, Proposal, StrategyAnswer
from optimizer.models.reviews import Fate, Review
from optimizer.models.summaries import Figures, WindowSummary
from reports.document import (
    Block,
    Cell,
    Details,
    Document,
    Facts,
    Items,
    Prose,
    Section,
    Table,
    Verdict,
    left,
)
from reports.formatting import UNKNOWN, moment, name_of, plural, rate
from reports.gallery.outcome import outcome_facts, outcome_section
from reports.gallery.rollout import rollout_facts
from reports.parts import figures, rules
from reports.parts.proposals import headline, proposal_section
from reports.parts.trails import trail
from reports.parts.wording import STATE_TONES, STATES, TYPES
from reports.tones import Tone

HASH_CHARS = 16

FATE_ORDER = (Fate.ACCEPTED, Fate.HELD_BACK, Fate.LOST)
"""How proposals are shown: what is taken, what may be looked at again, what is settled."""

WAITING = (DecisionState.PENDING, DecisionState.VALIDATING)


def decision(
    d: Decision,
    audit: Sequence[AuditEntry],
    rollout: Rollout | None = None,
    outcome: DecisionOutcome | None = None,
    *,
    again: bool = False,
) -> Document:
    """Lay out one decision, what became of it and its trail.

    Args:
        d: The decision.
        audit: What was done with it.
        rollout: How far it is rolled out, or None.
        outcome: How it turned out, or None.
        again: Whether it had been made before, of the same evidence.
    """
    return Document(
        title=f"Decision {d.decision_id[: figures.ID_CHARS]} of {name_of(d.workflow_id)}",
        verdict=decision_verdict(d),
        blocks=(
            _standing(d, again=again),
            *_aftermath(rollout, outcome),
            *decision_evidence(d),
            Details("Audit trail", (trail(audit),)),
            Details("How this was made", (_making(d), Items((figures.METHOD, rules.METHOD)))),
        ),
    )


def decision_verdict(d: Decision) -> Verdict:
    """Say what is proposed, or that nothing is."""
    found = proposals(d)
    n_failed = len(failures(d))
    failed = f" {plural(n_failed, 'strategy', 'strategies')} failed." if n_failed else ""
    if found:
        kept = accepted(d)
        first = kept[0] if kept else found[0]
        more = f" ({plural(len(found) - 1, 'more proposal')} below)" if found[1:] else ""
        held = "" if kept else "held back: "
        tone = Tone.WARN if d.state in WAITING else STATE_TONES[d.state]
        text = f"{d.workflow_id}: {held}{headline(first)}{more}. {first.rationale}"
        return Verdict(tone, text + failed)
    if d.current is None:
        return Verdict(Tone.NEUTRAL, f"{d.workflow_id}: nothing proposed, nothing has run.{failed}")
    fired = rules.fired(d.explanation.checks) if d.explanation else []
    counted = f"{d.current.variant}: {figures.passed(d.current)}"
    because = f" although {rules.beyond_all(fired)}" if fired else ""
    tone = Tone.BAD if n_failed else Tone.WARN if fired else Tone.GOOD
    return Verdict(tone, f"{d.workflow_id}: nothing proposed{because}. {counted}.{failed}")


def decision_evidence(d: Decision) -> tuple[Block, ...]:
    """Lay out the proposals, the figures, the rules and the strategies that stayed silent."""
    found = proposals(d)
    n_open = len(accepted(d)) or 1
    sections = [
        proposal_section(
            proposal,
            "Proposal" if len(found) == 1 else f"Proposal {place}",
            said,
            folded=place > n_open,
        )
        for place, (proposal, said) in enumerate(_reviewed(d, found), start=1)
    ]
    blocks: list[Block] = [*sections, *_together(d), Section("Figures", _figures(d))]
    if d.explanation is not None:
        blocks.append(rules.explanation_section("Rules", d.explanation))
    blocks.append(Section("Strategies that propose nothing", (_silences(d.answers),)))
    return tuple(blocks)


def _aftermath(rollout: Rollout | None, outcome: DecisionOutcome | None) -> Iterator[Block]:
    if rollout is not None:
        yield Section("Rollout", (rollout_facts(rollout),))
    if outcome is not None:
        yield Section("Outcome", (outcome_facts(outcome), *outcome_section(outcome).blocks))


def _reviewed(d: Decision, found: Sequence[Proposal]) -> list[tuple[Proposal, Review | None]]:
    """Return each proposal with what became of it, as far as that was recorded; accepted first."""
    reviews = {one.place: one for one in d.reviews}
    pairs = [(proposal, reviews.get(place)) for place, proposal in enumerate(found)]
    return sorted(pairs, key=lambda pair: FATE_ORDER.index(pair[1].fate) if pair[1] else 0)


def _together(d: Decision) -> Iterator[Section]:
    """Yield what is expected of several accepted changes together."""
    parts = changing(d)
    whole = combined(d)
    if whole is None or len(parts) == 1:
        return
    pairs = (
        ("changes", ", ".join(f"{part.strategy} ({TYPES[part.type]})" for part in parts)),
        (
            "confidence",
            f"{rate(whole.confidence)}, the least of them"
            if whole.confidence is not None
            else f"{UNKNOWN} (one of them has none)",
        ),
        ("effect", whole.note or UNKNOWN),
    )
    yield Section("All accepted changes together", (Facts(pairs),))


def _standing(d: Decision, *, again: bool) -> Facts:
    before = (("made", f"before, {moment(d.decided_at)}, of the same evidence and settings"),)
    return Facts(
        (
            *(before if again else ()),
            ("state", Cell(STATES[d.state], STATE_TONES[d.state])),
            ("evidence until", moment(d.as_of) if d.as_of else "all that is stored"),
            ("in use now", d.current.variant if d.current else "nothing has run"),
        )
    )


def _figures(d: Decision) -> tuple[Block, ...]:
    if d.current is None:
        return (Prose("Nothing has run."),)
    variants = (d.current, *d.others)
    current, *others = figures.labels(variants)
    rows: list[tuple[str, Figures]] = [(f"{current} (in use)", d.current)]
    rows.extend(zip(others, d.others, strict=True))
    alone = "" if d.others else " No other variant has run."
    runs = f"{current}: {plural(d.current.n_runs, 'run')}, {_when(d.current)}.{alone}"
    tables = (figures.passed_table(rows), figures.effort_table(rows))
    return (*tables, Items((runs, *figures.caveats(d.current), *figures.namesakes(variants))))


def _when(window: WindowSummary) -> str:
    first, last = moment(window.first_started_at), moment(window.last_started_at)
    return f"started {first}" if first == last else f"started {first} to {last}"


def _silences(answers: Sequence[StrategyAnswer]) -> Table:
    return Table(
        columns=(left("strategy"), left("why")),
        rows=tuple(
            (answer.strategy, _silence(answer))
            for answer in answers
            if answer.answer is None or not answer.answer.proposals
        ),
        empty="Every strategy made a proposal." if answers else "No strategy was asked.",
    )


def _silence(answer: StrategyAnswer) -> Cell:
    if answer.answer is None and (answer.failure or "").startswith(NOT_ASKED):
        return Cell(answer.failure or NOT_ASKED, Tone.WARN)
    if answer.answer is None and (answer.failure or "").startswith(TIMED_OUT):
        return Cell(answer.failure or TIMED_OUT, Tone.BAD)
    if answer.answer is None:
        return Cell(f"failed: {answer.failure or 'no reason given'}", Tone.BAD)
    return Cell(answer.answer.silence or "no reason given")


def _making(d: Decision) -> Facts:
    return Facts(
        (
            ("decision", d.decision_id),
            ("first made", moment(d.decided_at)),
            ("seed", str(d.seed)),
            ("settings", f"sha256 {d.config_sha256[:HASH_CHARS]}"),
            ("version", d.version),
            ("strategies asked", ", ".join(_asked(d)) or "none"),
        )
    )


def _asked(d: Decision) -> list[str]:
    return [a.strategy for a in d.answers if not (a.failure or "").startswith(NOT_ASKED)]
