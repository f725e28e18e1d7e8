"""A search for a better prompt: what failed, what was tested, what was turned down and why."""

from __future__ import annotations

from optimizer.models.optimization import Candidate, Draft, Refusal
from optimizer.models.optimization_run import OptimizationRun, OptimizationStatus
from reports.document import Block, Cell, Details, Facts, Section, Table, left, right
from reports.formatting import UNKNOWN, count, plural, rate, shorten

MOST_SHOWN = 12
"""Rows of a table."""

LONGEST_WHY = 80
SHORT_HASH = 8
"""Characters of a prompt's hash that tell it from the others of a search."""


def search_section(run: OptimizationRun) -> Section:
    """Lay out the search."""
    blocks: list[Block] = [Facts(tuple(_facts(run)))]
    if run.searched is not None or run.clusters:
        blocks.append(_clusters(run))
    if run.searched is not None:
        blocks.append(_candidates(run.searched.candidates))
    if run.searched is not None and run.searched.refused:
        blocks.append(_refused(run.searched.refused))
    return Section("The search", tuple(blocks))


def made_by(run: OptimizationRun, one: Candidate) -> tuple[Draft, ...]:
    """Return the drafts that a prompt was made by, one upon the other, the first first."""
    tested = () if run.searched is None else run.searched.candidates
    by_hash = {candidate.sha256: candidate for candidate in tested}
    drafts: list[Draft] = []
    step: Candidate | None = one
    while step is not None and step.draft is not None and len(drafts) < len(tested):
        drafts.insert(0, step.draft)
        step = by_hash.get(step.parent_sha256 or "")
    return tuple(drafts)


def cases_section(run: OptimizationRun) -> Details:
    """Lay out what makes the optimization repeatable: cases, tests, names."""
    facts = (
        ("optimization", run.optimization_id or UNKNOWN),
        ("workflow", run.workflow_id or UNKNOWN),
        ("cases", cases_text(run)),
        ("seed", str(run.seed)),
    )
    plan = (plan_table(run),) if run.plan else ()
    return Details("Cases and tests", (Facts(facts), *plan))


def cases_text(run: OptimizationRun) -> str:
    """Say which cases are for what."""
    return plural(run.n_cases, "case") if run.split is None else run.split.reason


def plan_table(run: OptimizationRun) -> Table:
    """Lay out the tests that were planned."""
    return Table(
        columns=(left("planned for"), right("tests")),
        rows=tuple((what, count(n)) for what, n in run.plan),
        empty="No tests were planned.",
    )


def _facts(run: OptimizationRun) -> list[tuple[str, Cell | str]]:
    facts: list[tuple[str, Cell | str]] = [
        ("strategy", f"{run.strategy}: {run.why_strategy}"),
        ("looked for", _aim(run)),
    ]
    if run.engine is not None:
        rounds = "" if run.searched is None else f", {plural(run.searched.n_rounds, 'round')}"
        facts.append(("engine", f"{run.engine}{rounds}"))
    if run.n_control:
        share = rate(run.n_control_passed / run.n_control)
        passed = f"{count(run.n_control_passed)} of {plural(run.n_control, 'validation test')}"
        facts.append(("the one in use", f"passes {passed} ({share})"))
    if run.noise is not None:
        facts.append(("noise", run.noise))
    if run.flaky_ids:
        more = len(run.flaky_ids) - MOST_SHOWN
        rest = f" and {count(more)} more" if more > 0 else ""
        facts.append(("unstable cases", f"{', '.join(run.flaky_ids[:MOST_SHOWN])}{rest}"))
    if run.status in (OptimizationStatus.FINISHED, OptimizationStatus.STOPPED):
        facts.append(("ended", run.stopped))
    return facts


def _aim(run: OptimizationRun) -> str:
    if run.is_for_tokens:
        return "a shorter prompt that passes as many cases"
    return "a prompt that passes more cases"


def _clusters(run: OptimizationRun) -> Table:
    return Table(
        columns=(left("failures of the one in use"), right("train cases")),
        rows=tuple(
            (shorten(one.signature, LONGEST_WHY), count(one.n)) for one in run.clusters[:MOST_SHOWN]
        ),
        caption=_more(len(run.clusters)),
        empty="No train case failed with the prompt in use.",
    )


def _candidates(candidates: tuple[Candidate, ...]) -> Table:
    more = _more(len(candidates))
    return Table(
        columns=(
            left("prompt"),
            left("by"),
            left("what it does"),
            right("characters"),
            right("validation"),
            right("rate"),
        ),
        rows=tuple(map(_candidate, candidates[:MOST_SHOWN])),
        caption="Tested on validation cases, the best first" + (f"; {more}" if more else ""),
        empty="No prompt was tested on validation cases.",
    )


def _candidate(one: Candidate) -> tuple[str, ...]:
    draft = one.draft
    by, why = (UNKNOWN, "the one in use") if draft is None else (draft.proposer, draft.why)
    passed = f"{count(one.n_passed)} of {count(one.n)}"
    share = rate(one.pass_rate) if one.n else UNKNOWN
    chars = count(len(one.text))
    return one.sha256[:SHORT_HASH], by, shorten(why, LONGEST_WHY), chars, passed, share


def _refused(refused: tuple[Refusal, ...]) -> Details:
    table = Table(
        columns=(left("by"), left("what it does"), left("why not")),
        rows=tuple(
            (one.draft.proposer, shorten(one.draft.why, LONGEST_WHY), one.reason)
            for one in refused[:MOST_SHOWN]
        ),
        caption=_more(len(refused)),
    )
    return Details(f"Drafts that were turned down ({count(len(refused))})", (table,))


def _more(n: int) -> str | None:
    return f"{count(n - MOST_SHOWN)} more are in --json" if n > MOST_SHOWN else None
