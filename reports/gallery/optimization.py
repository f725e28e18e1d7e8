"""The report of an optimization: was a better prompt found, on what evidence, at what price."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.models.optimization import Candidate, Draft
from optimizer.models.optimization_run import ModelUse, OptimizationRun, OptimizationStatus
from optimizer.models.tasks import text_sha256
from optimizer.models.versions import Piece, Version
from reports.document import (
    Block,
    Cell,
    Code,
    Details,
    Document,
    Facts,
    Items,
    Prose,
    Section,
    Verdict,
)
from reports.formatting import (
    count,
    plural,
    relative_change,
    shorten,
    usd_total,
)
from reports.parts.effect_charts import held_out_charts
from reports.parts.held_out import UNTESTED, evidence, gain, limits
from reports.parts.next_steps import next_steps
from reports.parts.prompts import STATE_TONES, STATES, marked
from reports.parts.searches import (
    MOST_SHOWN,
    SHORT_HASH,
    cases_section,
    cases_text,
    made_by,
    plan_table,
    search_section,
)
from reports.tones import Tone

LONGEST_REASON = 300

CHOSEN_BY = (
    "Rates on validation cases are those the search chose by: the best of many is better there "
    "than elsewhere. Only held-out cases, which neither search nor proposers see, tell by how much."
)


def optimization(run: OptimizationRun) -> Document:
    """Lay out an optimization."""
    return Document(
        title=f"Optimization of {run.prompt_id}",
        verdict=_verdict(run),
        blocks=tuple(_blocks(run)),
        hints=next_steps(run),
    )


def _verdict(run: OptimizationRun) -> Verdict:
    tone, text = _answer(run)
    return Verdict(tone, f"{run.prompt_id}: {text}.")


def _answer(run: OptimizationRun) -> tuple[Tone, str]:
    if run.status is OptimizationStatus.PLANNED:
        return _plan(run)
    if run.wanted is not None:
        text = f"waits for {plural(run.wanted.n, 'test')} that others run (step {run.wanted.step})"
        return Tone.NEUTRAL, text
    if run.held_out is not None:
        return _confirmed(run)
    if run.drafts:
        text = f"{plural(len(run.drafts), 'draft')}, unverified: {run.stopped}"
        return Tone.WARN, text
    if run.status is OptimizationStatus.FINISHED:
        return Tone.NEUTRAL, _nothing(run)
    return Tone.WARN, f"no better prompt so far: {run.stopped}"


def _nothing(run: OptimizationRun) -> str:
    why = run.why_not_confirmed or run.stopped
    if run.searched is None:
        return f"no draft: {why}"
    if _best(run) is not None:
        return f"what may be a better prompt was not confirmed: {why}"
    return f"no better prompt: {why}"


def _plan(run: OptimizationRun) -> tuple[Tone, str]:
    if run.warnings:
        return Tone.WARN, f"planned, nothing was run; {run.warnings[0]}"
    n = plural(sum(n for _, n in run.plan), "test")
    return Tone.NEUTRAL, f"planned, nothing was run; it would take up to {n}"


def _confirmed(run: OptimizationRun) -> tuple[Tone, str]:
    assert run.held_out is not None
    look = run.held_out.confirmation
    made = _made(run)
    name, parent = (made.version, made.parent) if made else ("the new prompt", None)
    if not look.is_licence:
        return Tone.WARN, f"{name} is refused: {look.reason}"
    where = "is in force" if run.promoted else "may be promoted"
    if not look.is_better:
        return Tone.GOOD, f"{name} {where}: it is {look.reason}"
    return Tone.GOOD, f"{name} {where}: it {gain(look)} than {parent or 'the prompt in use'}"


def _blocks(run: OptimizationRun) -> Iterator[Block]:
    facts = tuple(_facts(run))
    if facts:
        yield Facts(facts)
    if run.status is OptimizationStatus.PLANNED:
        yield Items((*run.warnings[1:], f"{cases_text(run)}."))
        yield Section("The plan", (plan_table(run),))
        return
    if run.warnings:
        yield Items(run.warnings)
    yield from _changes(run)
    if run.held_out is not None:
        look = run.held_out.confirmation
        yield Section("Held-out tests", (Facts(tuple(evidence(look))), *held_out_charts(look)))
    if run.searched is not None or run.clusters or run.n_control:
        yield search_section(run)
    if run.questions:
        yield Section("Questions that no rewrite settles", (Items(run.questions),))
    caveats = tuple(_caveats(run))
    if caveats:
        yield Section("Caveats", (Items(caveats),))
    yield cases_section(run)


def _facts(run: OptimizationRun) -> Iterator[tuple[str, Cell | str]]:
    made, best = _made(run), _best(run)
    if made is not None and not run.drafts:
        told = f"{made.version} ({made.prompt_sha256[:SHORT_HASH]}), {STATES[made.state]}"
        yield "version", Cell(told, STATE_TONES[made.state])
    if best is not None:
        yield (
            "made by",
            "; then ".join(
                f"{one.proposer}: {shorten(one.why, LONGEST_REASON)}" for one in made_by(run, best)
            ),
        )
        yield "length", _length(run.original, best.text)
    if run.drafts:
        yield "strategy", f"{run.strategy}: {run.why_strategy}"
    if run.n_spent or run.status is not OptimizationStatus.FINISHED:
        yield "tests", _spent(run)
    if run.cost_usd is not None:
        yield "price", f"{usd_total(run.cost_usd)} of {plural(run.n_priced, 'priced test')}"
    if run.model_use is not None:
        yield "model", _model(run.model_use)


def _model(use: ModelUse) -> str:
    if not use.n_answers:
        return f"{use.model}: no answer"
    tokens = "unknown tokens" if use.tokens is None else plural(use.tokens, "token")
    price = "" if use.cost_usd is None else f", {usd_total(use.cost_usd)}"
    return f"{use.model}: {plural(use.n_answers, 'answer')}, {tokens}{price}"


def _spent(run: OptimizationRun) -> str:
    if run.status is OptimizationStatus.PLANNED:
        return f"budget of {count(run.budget)}"
    earlier = run.n_spent - run.n_executed
    before = f", {count(earlier)} of them before" if earlier > 0 and not run.wanted else ""
    return f"{count(run.n_spent)} of {count(run.budget)} spent{before}"


def _length(old: str, new: str) -> str:
    change = f", {relative_change(len(new) / len(old) - 1)}" if old else ""
    return f"{plural(len(new), 'character')}{change}"


def _changes(run: OptimizationRun) -> Iterator[Block]:
    """Yield what the version, the best that was tested, or each draft changes."""
    shown = run.drafts[:MOST_SHOWN]
    for place, draft in enumerate(shown, start=1):
        yield Section(
            _draft_title(run, draft, place),
            (Prose(shorten(draft.why, LONGEST_REASON)), _changed(run, draft.text)),
        )
    if len(run.drafts) > len(shown):
        yield Items((f"{plural(len(run.drafts) - len(shown), 'draft')} more in --json.",))
    best, made = _best(run), _made(run)
    if run.drafts or best is None:
        return
    if made is not None:
        title = f"Changes since {made.parent}" if made.parent else f"Version {made.version}"
        yield Section(title, (_changed(run, made.text),))
    else:
        name = best.sha256[:SHORT_HASH]
        whole = Details("Its text", (Code(best.text),))
        yield Section(f"The best that was tested ({name})", (_changed(run, best.text), whole))


def _draft_title(run: OptimizationRun, draft: Draft, place: int) -> str:
    version = next((one.version for one in run.versions if one.text == draft.text), None)
    return f"{version or f'Draft {place}'}, by {draft.proposer}"


def _changed(run: OptimizationRun, text: str) -> Block:
    """Return what a text changes in the prompt in use, or the text where that is not known."""
    pieces: tuple[Piece, ...] = next(
        (one.pieces for one in run.rewritings if one.sha256 == text_sha256(text)), ()
    )
    return marked(pieces) if pieces else Code(text)


def _made(run: OptimizationRun) -> Version | None:
    return run.versions[-1] if run.versions else None


def _best(run: OptimizationRun) -> Candidate | None:
    """Return the prompt that was held to be better, or would have been."""
    if run.searched is None:
        return None
    rewritten = {one.sha256 for one in run.rewritings}
    best = next((one for one in run.searched.candidates if one.sha256 in rewritten), None)
    return best if best is not None and (run.versions or _is_promising(run, best)) else None


def _is_promising(run: OptimizationRun, best: Candidate) -> bool:
    if run.searched is None:
        return False
    used = next((one for one in run.searched.candidates if one.draft is None), None)
    return run.is_for_tokens or used is None or best.pass_rate > used.pass_rate


def _caveats(run: OptimizationRun) -> Iterator[str]:
    if run.drafts:
        yield UNTESTED
    elif run.versions:
        yield from limits(run.versions[-1])
    if run.searched is not None and any(one.draft for one in run.searched.candidates):
        yield CHOSEN_BY
