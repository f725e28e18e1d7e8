"""The report of an optimization: was a better prompt found, on what evidence, at what price."""

from __future__ import annotations

from optimizer.models.optimization import Candidate, Refusal
from optimizer.models.optimization_run import OptimizationRun, OptimizationStatus
from optimizer.models.versions import Confirmation, Version
from reports.document import (
    Block,
    Cell,
    Code,
    Details,
    Document,
    Facts,
    Items,
    Section,
    Table,
    Tone,
    Verdict,
    left,
    right,
)
from reports.formatting import (
    UNKNOWN,
    count,
    level,
    p_value,
    percentage_points,
    plural,
    rate,
    shorten,
    signed_interval,
    usd_total,
)

MOST_SHOWN = 12
"""Rows of a table of candidates or refused drafts."""

LONGEST_REASON = 100

CHOSEN_BY = (
    "Pass rates on validation cases are those the search chose by: the best of many is better "
    "there than it will be elsewhere. Only the held-out cases tell by how much."
)


def optimization(run: OptimizationRun) -> Document:
    """Lay out an optimization."""
    return Document(
        title=f"Optimization of {run.prompt_id}",
        verdict=_verdict(run),
        blocks=tuple(_blocks(run)),
        hints=_hints(run),
    )


def _verdict(run: OptimizationRun) -> Verdict:
    if run.status is OptimizationStatus.PLANNED:
        total = sum(n for _, n in run.plan)
        return Verdict(
            Tone.NEUTRAL,
            f"{run.prompt_id}: planned, nothing was run: up to {plural(total, 'test')} "
            f"of a budget of {count(run.budget)}.",
        )
    if run.wanted is not None:
        text = f"waits for {plural(run.wanted.n, 'test')} (step {run.wanted.step})"
        return Verdict(Tone.NEUTRAL, f"{run.prompt_id}: {text}.")
    if run.held_out is not None:
        return _confirmed(run, run.held_out.confirmation)
    if run.drafts and run.searched is None:
        text = f"{plural(len(run.drafts), 'draft')}, unverified: {run.stopped}"
        return Verdict(Tone.WARN, f"{run.prompt_id}: {text}.")
    return Verdict(_TONES[run.status], f"{run.prompt_id}: no better prompt: {_why_none(run)}.")


_TONES = {
    OptimizationStatus.FINISHED: Tone.NEUTRAL,
    OptimizationStatus.STOPPED: Tone.WARN,
    OptimizationStatus.RUNNING: Tone.WARN,
    OptimizationStatus.WAITING: Tone.NEUTRAL,
    OptimizationStatus.PLANNED: Tone.NEUTRAL,
}


def _why_none(run: OptimizationRun) -> str:
    """Say what was not found, and what kept it from being found."""
    reasons = [run.why_not_confirmed] if run.why_not_confirmed else []
    if run.status is OptimizationStatus.STOPPED or not reasons:
        reasons.append(run.stopped)
    return "; ".join(dict.fromkeys(reasons))


def _confirmed(run: OptimizationRun, found: Confirmation) -> Verdict:
    if not found.is_better:
        return Verdict(Tone.WARN, f"{run.prompt_id}: the champion is not promoted: {found.reason}.")
    made = run.versions[-1].version if run.versions else "the champion"
    where = "is in force" if run.promoted else "may be promoted"
    gain = (
        f"passes {percentage_points(found.estimate)} "
        f"{signed_interval(found.low, found.high, ' pp')} more of {count(found.n)} held-out cases"
    )
    return Verdict(Tone.GOOD, f"{run.prompt_id}: {made} {where}: it {gain} than the one in use.")


def _blocks(run: OptimizationRun) -> list[Block]:
    blocks: list[Block] = [_facts(run)]
    if run.warnings:
        blocks.append(Items(run.warnings))
    if run.held_out is not None:
        blocks.append(_held_out(run.held_out.confirmation))
    elif run.why_not_confirmed:
        blocks.append(Section("Held-out cases", (Items((run.why_not_confirmed,)),)))
    if run.searched is not None or run.clusters:
        blocks.append(_search(run))
    if run.drafts:
        blocks.append(_drafts(run))
    if run.questions:
        blocks.append(Section("Questions that no rewrite settles", (Items(run.questions),)))
    blocks += [_text(version) for version in run.versions[-1:]]
    blocks.append(Details("Cases and tests", (_plan(run), _split(run))))
    return blocks


def _facts(run: OptimizationRun) -> Facts:
    pairs: list[tuple[str, Cell | str]] = [
        ("optimization", run.optimization_id),
        ("workflow", run.workflow_id or UNKNOWN),
        ("strategy", f"{run.strategy}: {run.why_strategy}"),
        ("engine", run.engine or UNKNOWN),
        ("tests", _spent(run)),
    ]
    if run.n_control:
        pairs.append(("the one in use", _share(run.n_control_passed, run.n_control)))
    if run.noise:
        pairs.append(("noise", run.noise))
    if run.cost_usd is not None:
        pairs.append(
            ("price", f"{usd_total(run.cost_usd)} of {plural(run.n_priced, 'priced test')}")
        )
    if run.model_use is not None:
        use = run.model_use
        asked = f"{plural(use.n_answers, 'answer')}, {count(use.tokens)} tokens"
        pairs.append(("model", f"{use.model}: {asked}, {usd_total(use.cost_usd)}"))
    pairs.append(("ended", run.stopped))
    return Facts(tuple(pairs))


def _spent(run: OptimizationRun) -> str:
    return (
        f"{count(run.n_spent)} of {count(run.budget)} spent: {count(run.n_executed)} run now, "
        f"{count(run.n_recalled)} results known before"
    )


def _share(n_passed: int, n: int) -> str:
    share = rate(n_passed / n) if n else UNKNOWN
    return f"passes {count(n_passed)} of {count(n)} validation tests ({share})"


def _held_out(found: Confirmation) -> Section:
    verdict = Cell(found.verdict, Tone.GOOD if found.is_better else Tone.WARN)
    facts = Facts(
        (
            ("verdict", verdict),
            ("in use", f"{count(found.n_control_passed)} of {plural(found.n_tests, 'test')}"),
            ("champion", f"{count(found.n_champion_passed)} of {plural(found.n_tests, 'test')}"),
            ("gain", percentage_points(found.estimate)),
            (f"{level(1 - found.alpha)} interval", signed_interval(found.low, found.high, " pp")),
            ("p", f"{p_value(found.p_value)}, held against {p_value(found.alpha)}"),
            ("method", found.method or UNKNOWN),
            ("look", f"{count(found.seq)} at these {count(found.n)} cases"),
        )
    )
    told = "Both prompts ran side by side on cases that no search and no proposer saw."
    return Section("Held-out cases", (facts, Items((told, f"{_sentence(found.reason)}"))))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def _search(run: OptimizationRun) -> Section:
    blocks: list[Block] = [_clusters(run)]
    if run.searched is not None:
        blocks += [_candidates(run), Items((CHOSEN_BY,)), _refused(run.searched.refused)]
    return Section("The search", tuple(blocks))


def _clusters(run: OptimizationRun) -> Table:
    return Table(
        columns=(left("failure"), right("train cases")),
        rows=tuple(
            (shorten(one.signature, LONGEST_REASON), count(one.n))
            for one in run.clusters[:MOST_SHOWN]
        ),
        caption="What failures of the prompt in use have in common",
        empty="No train case failed.",
    )


def _candidates(run: OptimizationRun) -> Table:
    shown = () if run.searched is None else run.searched.candidates[:MOST_SHOWN]
    return Table(
        columns=(left("prompt"), left("by"), left("what"), right("validation"), right("rate")),
        rows=tuple(_candidate(one) for one in shown),
        caption="Prompts that were tested, the best first",
        empty="None was tested.",
    )


def _candidate(one: Candidate) -> tuple[str, ...]:
    draft = one.draft
    by, why = ("-", "the one in use") if draft is None else (draft.proposer, draft.why)
    passed = f"{count(one.n_passed)} of {count(one.n)}"
    share = rate(one.pass_rate) if one.n else UNKNOWN
    return one.sha256[:8], by, shorten(why, LONGEST_REASON), passed, share


def _refused(refused: tuple[Refusal, ...]) -> Details:
    rows = tuple(
        (one.draft.proposer, shorten(one.draft.why, LONGEST_REASON), one.reason)
        for one in refused[:MOST_SHOWN]
    )
    more = len(refused) - len(rows)
    table = Table(
        columns=(left("by"), left("what"), left("why not")),
        rows=rows,
        caption=f"{count(more)} more are in --json" if more > 0 else None,
        empty="None was turned down.",
    )
    return Details(f"Drafts that were turned down ({count(len(refused))})", (table,))


def _drafts(run: OptimizationRun) -> Section:
    shown = [
        Details(f"{place}. {one.why}", (Code(one.text),))
        for place, one in enumerate(run.drafts, start=1)
    ]
    return Section("Drafts, unverified", tuple(shown))


def _text(version: Version) -> Section:
    return Section(f"Version {version.version} ({version.state})", (Code(version.text),))


def _plan(run: OptimizationRun) -> Table:
    return Table(
        columns=(left("for"), right("tests")),
        rows=tuple((what, count(n)) for what, n in run.plan),
        caption="Planned tests",
        empty="Nothing was planned.",
    )


def _split(run: OptimizationRun) -> Items:
    if run.split is None:
        return Items((f"{plural(run.n_cases, 'case')}, not split.",))
    split = run.split
    sizes = (
        f"{count(len(split.train))} train, {count(len(split.validation))} validation, "
        f"{count(len(split.holdout))} held out"
    )
    told = [f"{_sentence(split.reason)}" if split.is_enough else f"{sizes}: {split.reason}."]
    if run.flaky_ids:
        ids = ", ".join(run.flaky_ids[:MOST_SHOWN])
        told.append(f"Passed once and failed once with the same prompt: {ids}.")
    return Items(tuple(told))


def _hints(run: OptimizationRun) -> tuple[str, ...]:
    if run.status is OptimizationStatus.PLANNED:
        return ("Leave out --plan to run it.",)
    if run.wanted is not None:
        wanted = run.wanted
        return (
            f"Run {wanted.folder}/{wanted.prompt_file} on {wanted.folder}/{wanted.cases_file}, "
            f"write the results to {wanted.folder}/{wanted.results_file}.",
            f"Then: optimizer optimize --continue {wanted.folder}",
        )
    made = run.versions[-1] if run.versions else None
    if made is None:
        return ()
    selector = f"{made.prompt_id}@{made.version}"
    better = run.held_out is not None and run.held_out.confirmation.is_better
    if better and not run.promoted:
        return (
            f"Put it in force: optimizer prompts promote {selector}",
            f"See what changed: optimizer prompts show {selector}",
        )
    return (f"See what changed: optimizer prompts show {selector}",)
