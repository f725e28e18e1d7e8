"""One version of a prompt: what is known of it, what it changes, how it was made."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.models.versions import Lineage, Version, VersionPage, VersionState
from reports.document import (
    Block,
    Cell,
    Code,
    Details,
    Document,
    Facts,
    Items,
    Section,
    Verdict,
)
from reports.formatting import count, moment
from reports.parts.effect_charts import held_out_charts
from reports.parts.held_out import evidence, gain, limits
from reports.parts.prompts import STATE_TONES, STATES, marked, quoted

HASH_CHARS = 16

HINTS = {
    VersionState.DRAFT: "Have it tested: optimizer optimize {id} --cases FILE --executor COMMAND",
    VersionState.REFUSED: "Look further: optimizer optimize {id} --cases FILE --executor COMMAND",
    VersionState.CONFIRMED: "Put it in force: optimizer prompts promote {version} --prompt {id}",
    VersionState.IN_FORCE: "Take it back: optimizer prompts rollback {id} {parent}",
}


def prompt_version(page: VersionPage) -> Document:
    """Lay out a version."""
    one = page.version
    blocks: list[Block] = [Facts(tuple(_facts(page)))]
    if page.diff is not None:
        blocks.append(Section(f"Changes since {page.diff.before.version}", (_changes(page),)))
    if one.confirmation is not None:
        look = one.confirmation
        facts = (*evidence(look), ("optimization", look.optimization_id))
        blocks.append(Section("Held-out tests", (Facts(facts), *held_out_charts(look))))
    lineage = tuple(_lineage(one))
    if lineage:
        blocks.append(Section("How it was made", (Facts(lineage),)))
    caveats = tuple(limits(one))
    if caveats:
        blocks.append(Section("Caveats", (Items(caveats),)))
    blocks.append(Details("Text", (Code(one.text),)))
    hint = HINTS.get(one.state) if one.parent or one.state is not VersionState.IN_FORCE else None
    return Document(
        title=f"{one.prompt_id}@{one.version}",
        verdict=Verdict(STATE_TONES[one.state], f"{_verdict(one)}."),
        blocks=tuple(blocks),
        hints=(hint.format(id=quoted(one.prompt_id), version=one.version, parent=one.parent),)
        if hint
        else (),
    )


def _verdict(one: Version) -> str:
    look = one.confirmation
    if look is not None and look.is_better and look.estimate is not None:
        than = one.parent or "the prompt in use"
        return f"{one.version} {gain(look)} than {than}; it is {STATES[one.state]}"
    if look is not None and look.is_licence:
        return f"{one.version} is {STATES[one.state]}: {look.reason}"
    if one.state is VersionState.REFUSED and look is not None:
        return f"{one.version} was refused: {look.reason}"
    return {
        VersionState.BASELINE: f"{one.version} was found in its file; nothing is claimed of it",
        VersionState.DRAFT: f"{one.version} is unverified: no held-out test speaks for it",
    }.get(one.state, f"{one.version} is {STATES[one.state]}: {one.why_bump or 'first version'}")


def _facts(page: VersionPage) -> Iterator[tuple[str, Cell | str]]:
    one = page.version
    yield "state", Cell(STATES[one.state], STATE_TONES[one.state])
    if page.in_use is not None and page.in_use != one.version:
        yield "in use", page.in_use
    if one.parent is not None:
        yield "made of", one.parent
    if one.bump is not None:
        yield "raised", f"{one.bump}: {one.why_bump}"
    if one.workflow_id is not None:
        yield "workflow", one.workflow_id
    if page.is_high_quality is not None:
        yield "high quality", "yes, by the rules" if page.is_high_quality else "no, by the rules"
    yield "made", moment(one.created_at)
    yield "text", f"sha256 {one.prompt_sha256[:HASH_CHARS]}"
    if one.lint_before or one.lint_after:
        yield "lint before", ", ".join(one.lint_before) or "nothing found"
        yield "lint now", ", ".join(one.lint_after) or "nothing found"


def _changes(page: VersionPage) -> Block:
    if page.diff is None or page.diff.before.text == page.version.text:
        return Items((), empty="Nothing: the text is the same.")
    return marked(page.diff.pieces)


def _lineage(one: Version) -> Iterator[tuple[str, Cell | str]]:
    made = one.lineage
    for name, content in (
        ("why", made.why),
        ("strategy", _strategy(made)),
        ("engine", made.engine),
        ("proposer", made.proposer),
        ("transforms", ", ".join(made.rules)),
        ("model", made.llm_model),
        ("seed", None if made.seed is None else str(made.seed)),
        ("tests spent", _spent(made)),
        ("cases", _cases(made)),
        ("examples from", ", ".join(made.source_case_ids)),
        ("recorded answers", made.cassette_sha256 and f"sha256 {made.cassette_sha256[:16]}"),
    ):
        if content:
            yield name, content


def _strategy(made: Lineage) -> str | None:
    if made.strategy is None or made.why_strategy is None:
        return made.strategy
    return f"{made.strategy}: {made.why_strategy}"


def _spent(made: Lineage) -> str | None:
    if made.n_spent is None:
        return None
    return f"{count(made.n_spent)} of {count(made.budget)}"


def _cases(made: Lineage) -> str | None:
    sizes = [len(made.train_ids), len(made.validation_ids), len(made.holdout_ids)]
    if not any(sizes):
        return None
    return "{} train, {} validation, {} held out".format(*map(count, sizes))
