"""One version of a prompt: what is known of it, what it changes, how it was made."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.models.rules import Unit
from optimizer.models.versions import Confirmation, Lineage, Version, VersionPage, VersionState
from reports.document import (
    Block,
    Cell,
    Code,
    Details,
    Document,
    Facts,
    Items,
    Section,
    Tone,
    Verdict,
)
from reports.formatting import (
    count,
    effect_interval,
    level,
    magnitude,
    moment,
    p_statement,
    percentage_points,
    plural,
    signed_interval,
)
from reports.parts.prompts import STATE_TONES, STATES, marked

HASH_CHARS = 16

HINTS = {
    VersionState.DRAFT: "Confirm a prompt on held-out cases with 'optimizer optimize'.",
    VersionState.REFUSED: "Look for another one with 'optimizer optimize'.",
    VersionState.CONFIRMED: "Run 'optimizer prompts promote {id}@{version}'.",
    VersionState.IN_FORCE: "Run 'optimizer prompts rollback {id} {parent}' to take it back.",
}

TOO_HIGH = (
    "A gain that had to be significant to be reported is on average reported too high, the more so "
    "the fewer cases there were: rely on the lower bound."
)


def prompt_version(page: VersionPage) -> Document:
    """Lay out a version."""
    one = page.version
    blocks: list[Block] = [Facts(tuple(_facts(page)))]
    if page.diff is not None:
        blocks.append(Section(f"Changes since {page.diff.before.version}", (_changes(page),)))
    if one.confirmation is not None:
        blocks.append(Section("Held-out tests", (Facts(tuple(_evidence(one.confirmation))),)))
    lineage = tuple(_lineage(one))
    if lineage:
        blocks.append(Section("How it was made", (Facts(lineage),)))
    blocks.append(Section("Caveats", (Items(tuple(_caveats(one))),)))
    blocks.append(Details("Text", (Code(one.text),)))
    hint = HINTS.get(one.state) if one.parent or one.state is not VersionState.IN_FORCE else None
    return Document(
        title=f"{one.prompt_id}@{one.version}",
        verdict=Verdict(STATE_TONES[one.state], f"{_verdict(one)}."),
        blocks=tuple(blocks),
        hints=(hint.format(id=one.prompt_id, version=one.version, parent=one.parent),)
        if hint
        else (),
    )


def _verdict(one: Version) -> str:
    look = one.confirmation
    if look is not None and look.is_better and look.estimate is not None:
        return (
            f"{one.version} passes {magnitude(Unit.RATE, look.estimate)} "
            f"{signed_interval(look.low, look.high)} more of {plural(look.n, 'held-out case')} "
            f"than {one.parent or 'the prompt in use'}; it is {STATES[one.state]}"
        )
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


def _evidence(look: Confirmation) -> Iterator[tuple[str, Cell | str]]:
    yield "verdict", Cell(look.verdict, Tone.GOOD if look.is_better else Tone.WARN)
    yield "found", look.reason
    yield (
        "passed",
        f"{count(look.n_champion_passed)} of {plural(look.n_tests, 'test')}, the control "
        f"{count(look.n_control_passed)}",
    )
    if look.estimate is not None:
        yield (
            f"gain, {level(1 - look.alpha)} CI",
            f"{percentage_points(look.estimate)} {effect_interval(Unit.RATE, look.low, look.high)}",
        )
    if look.p_value is not None:
        against = level(look.alpha)
        yield "p-value", f"{p_statement(look.p_value)}, held against {against}; {look.method}"
    yield "look", f"number {look.seq} at these {plural(look.n, 'case')}, {moment(look.looked_at)}"
    yield "optimization", look.optimization_id


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


def _caveats(one: Version) -> Iterator[str]:
    look = one.confirmation
    if look is None and one.parent is not None:
        yield "No test on held-out cases says that it is better than what it was made of."
    if look is not None and look.is_better:
        yield TOO_HIGH
    if look is not None and look.seq > 1:
        yield (
            f"These held-out cases had been looked at {plural(look.seq - 1, 'time')} before; the "
            "p-value was held against less for it."
        )
    if one.lineage.source_case_ids:
        n = plural(len(one.lineage.source_case_ids), "case")
        yield f"The text holds examples from {n}: leave those out of later tests."
