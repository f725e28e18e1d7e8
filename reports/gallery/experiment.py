"""The report of an experiment: what it says, what it looked at, what stops it, what comes next."""

from __future__ import annotations

from collections.abc import Mapping

from optimizer.models.experiments import (
    CandidateReport,
    ExperimentReport,
    Look,
    Outcome,
    Standing,
    Stop,
    StopReason,
)
from optimizer.models.terms import ExperimentStatus, Looks
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
    right,
)
from reports.formatting import (
    MOST_NAMES,
    UNKNOWN,
    count,
    figure,
    level,
    listing,
    moment,
    name_of,
    named,
    p_statement,
    p_value,
    plural,
    rate,
)
from reports.parts.comparisons import finding_section, metric_table
from reports.parts.effect_charts import candidate_charts, metric_charts, metric_effects
from reports.parts.effects import change, change_interval, guardrail_name, option_margin
from reports.parts.gating import status_cell
from reports.parts.verdicts import TONES, clause, said_of
from reports.tones import Tone

STOP_TONES: Mapping[StopReason, Tone] = {
    StopReason.WINNER: Tone.GOOD,
    StopReason.HARM: Tone.BAD,
    StopReason.FUTILITY: Tone.WARN,
    StopReason.N_MAX: Tone.WARN,
    StopReason.DURATION: Tone.WARN,
}

HINTS: Mapping[ExperimentStatus, str] = {
    ExperimentStatus.DRAFT: "Run 'optimizer experiment start {}' to begin.",
    ExperimentStatus.RUNNING: "Run 'optimizer experiment report {}' when more runs are stored.",
    ExperimentStatus.PAUSED: "Run 'optimizer experiment resume {}' to go on.",
}

LOOKS: Mapping[Looks, str] = {
    Looks.OBF: "group-sequential, O'Brien-Fleming spending",
    Looks.POCOCK: "group-sequential, Pocock spending",
    Looks.OPEN: "at any time, by e-value and confidence sequence",
}

LEDGER = (
    "Each look is held against the bound that keeps the false-alarm rate of all looks together at "
    "alpha. The same data are no new look. Intervals are at the level of their look."
)

SPLIT = "Split between the arms (sample ratio)"
AA = (
    "The split tells a fault in who gets what; one in how it is measured shows when a variant is "
    "held against itself (A/A): 'optimizer compare RUN RUN' of two runs of one variant should find "
    "no difference."
)

BATCH = (
    "Run the same cases under each arm as far as the counts allow: cases that both ran are "
    "compared in pairs. Of live traffic the candidates together get no more than the cap."
)


def experiment(found: ExperimentReport) -> Document:
    """Lay out an experiment at one moment."""
    design = found.experiment.design
    looked = [one.comparison for one in found.candidates if one.comparison is not None]
    draw = metric_charts if len(looked) == 1 else metric_effects
    return Document(
        title=f"Experiment {design.experiment_id}",
        verdict=_verdict(found),
        blocks=(
            Section("Candidates", (_candidates(found), *_side_by_side(found), *_remarks(found))),
            *(
                _measured(one, draw(one.comparison))
                for one in found.candidates
                if one.comparison is not None
            ),
            *finding_section(looked),
            Section("Looks", (_looks(found),)),
            *_split(found),
            *_next_batch(found),
            *_ends(found),
            Details(
                "Plan",
                (_plan(found), Prose(design.n_max_reason + "."), Prose(LEDGER), Prose(AA)),
            ),
        ),
        hints=_hints(found),
    )


def _verdict(found: ExperimentReport) -> Verdict:
    """Say how it ended, that it should end, or how far it is."""
    one, name = found.experiment, found.experiment.design.experiment_id
    if one.outcome is not None:
        return _ended(name, one.outcome)
    if found.stop is not None:
        return _should_end(name, found, found.stop)
    candidates = named([arm.label for arm in one.design.candidates])
    versus = f"{candidates} against {name_of(one.design.baseline.label)}"
    if one.status is ExperimentStatus.DRAFT:
        text = f"{name} is planned: {versus} on {one.design.primary}"
        return Verdict(Tone.NEUTRAL, f"{text}, {plural(one.design.n_max, 'case')}.")
    first = found.candidates[:MOST_NAMES]
    progress = "; ".join(f"{name_of(c.arm.label)}: {_standing(c)}" for c in first)
    tone = Tone.WARN if _is_invalid(found) else Tone.NEUTRAL
    return Verdict(tone, f"{name} is {one.status}: {versus}. {progress}.")


def _ended(name: str, outcome: Outcome) -> Verdict:
    effect = ""
    if outcome.estimate is not None:
        shown = change_interval(outcome.metric, outcome.low, outcome.high)
        bounds = "" if shown == UNKNOWN else f", {level(outcome.level)} CI {shown}"
        effect = f"{change(outcome.metric, outcome.estimate)}{bounds}"
    if outcome.winner is not None:
        sure = ", confirmed on held-out cases" if outcome.confirmed else ""
        text = f"WINNER {outcome.winner}: {name}: {clause(outcome.reason)}{sure}"
        return Verdict(Tone.GOOD, f"{text}: {effect}." if effect else f"{text}.")
    kind = "UNCONFIRMED" if outcome.confirmed is False else "NO WINNER"
    effect = effect and f"; effect on {outcome.metric} {effect}"
    return Verdict(Tone.WARN, f"{kind}: {name}: {clause(outcome.reason)}{effect}.")


def _should_end(name: str, found: ExperimentReport, stop: Stop) -> Verdict:
    best = [
        said_of(one.comparison)
        for one in found.candidates
        if one.comparison is not None and one.look is not None
    ]
    said = f" Measured: {best[0]}." if len(best) == 1 else ""
    return Verdict(STOP_TONES[stop.reason], f"{name} should end: {clause(stop.text)}.{said}")


def _standing(one: CandidateReport) -> str:
    if one.standing in (Standing.NEW, Standing.KNOWN) and one.comparison is not None:
        look = one.look
        verdict = f"{look.verdict.value}, " if look is not None else ""
        return f"{verdict}{said_of(one.comparison)}"
    return clause(one.text)


def _is_invalid(found: ExperimentReport) -> bool:
    return any(one.standing is Standing.INVALID for one in found.candidates)


def _candidates(found: ExperimentReport) -> Table:
    primary = found.experiment.design.primary
    return Table(
        columns=(
            left("candidate"),
            right("cases"),
            right("of"),
            right(f"effect on {primary}"),
            right("interval"),
            left("verdict"),
            right("chance"),
        ),
        rows=tuple(
            (
                one.arm.label,
                count(one.n),
                count(found.experiment.design.n_max),
                change(primary, one.look.estimate if one.look else None),
                change_interval(primary, one.look.low, one.look.high) if one.look else UNKNOWN,
                _verdict_cell(one),
                rate(one.conditional_power),
            )
            for one in found.candidates
        ),
        caption="As of the last look that counts; chance: of a result by the planned cases, if "
        "the effect is as measured",
    )


def _verdict_cell(one: CandidateReport) -> Cell:
    if one.standing is Standing.INVALID:
        return Cell("invalid", Tone.BAD)
    if one.look is None:
        return Cell("not looked at")
    return Cell(one.look.verdict.value, TONES[one.look.verdict])


def _remarks(found: ExperimentReport) -> tuple[Block, ...]:
    texts = [f"{one.arm.label}: {clause(one.text)}." for one in found.candidates]
    return (Items((*texts, *(f"{clause(note)}." for note in found.notes))),)


def _side_by_side(found: ExperimentReport) -> tuple[Block, ...]:
    """Draw several candidates beside each other."""
    measured = [one.comparison for one in found.candidates if one.comparison is not None]
    return candidate_charts(measured) if len(measured) > 1 else ()


def _measured(one: CandidateReport, charts: tuple[Block, ...]) -> Section:
    """Lay out every metric of a candidate at this look, and its guardrails."""
    blocks: list[Block] = []
    if one.comparison is not None:
        blocks.append(metric_table(one.comparison.metrics))
        blocks.extend(charts)
    if one.guards:
        blocks.append(
            Table(
                columns=(left("guardrail"), left("status"), left("why")),
                rows=tuple(
                    (
                        guardrail_name(check.guardrail),
                        status_cell(check.status),
                        check.text,
                    )
                    for check in one.guards
                ),
            )
        )
    return Section(f"Metrics of {one.arm.label}", tuple(blocks))


def _looks(found: ExperimentReport) -> Table:
    several = len(found.candidates) > 1
    return Table(
        columns=(
            right("look"),
            *((left("candidate"),) if several else ()),
            right("cases"),
            right("fraction"),
            right("|z| bound"),
            right("z"),
            right("p"),
            right("alpha spent"),
            left("verdict"),
        ),
        rows=tuple(
            (
                count(look.seq),
                *((look.candidate,) if several else ()),
                *_look_cells(look),
            )
            for look in found.looks
        ),
        empty="No look was made.",
    )


def _look_cells(look: Look) -> tuple[Cell | str, ...]:
    return (
        count(look.n),
        rate(look.fraction),
        figure(look.z_bound),
        figure(look.z),
        p_value(look.p_value),
        figure(look.alpha_spent),
        Cell(look.verdict.value, TONES[look.verdict]),
    )


def _split(found: ExperimentReport) -> tuple[Block, ...]:
    split = found.split
    if split is None:
        none = "Not checked: nothing has run, or no shares were planned."
        return (Section(SPLIT, (Prose(none),)),)
    shares = listing([rate(share) for share in split.planned])
    counts = listing([count(n) for n in split.counts])
    text = f"{counts} tests against planned shares of {shares}: {p_statement(split.p_value)}"
    said = (
        f"{text}, below {figure(split.threshold)}: the split is not that of the plan. Find out why "
        "before anything is concluded."
        if split.broken
        else f"{text}, as planned."
    )
    return (Section(SPLIT, (Prose(said),)),)


def _next_batch(found: ExperimentReport) -> tuple[Block, ...]:
    if not found.next_batch:
        return ()
    total = sum(one.n for one in found.next_batch)
    table = Table(
        columns=(left("arm"), right("share"), right("tests"), right("of live traffic")),
        rows=tuple(
            (one.arm.label, rate(one.share), count(one.n), rate(one.traffic_share))
            for one in found.next_batch
        ),
    )
    return (Section(f"Next {plural(total, 'test')}", (table, Prose(BATCH))),)


def _ends(found: ExperimentReport) -> tuple[Block, ...]:
    """Say what would end the experiment."""
    if found.experiment.ended_at is not None:
        return ()
    design = found.experiment.design
    first = f"Nothing before {plural(design.min_cases, 'case')}."
    worse = f"Every candidate found worse than {design.baseline.label}"
    broken = ", or breaking a guardrail" if design.guardrails else ""
    futile = (
        (f"A chance below {rate(design.futility)} of a result by the planned cases.",)
        if design.early_stopping and design.futility and design.looks is not Looks.OPEN
        else ()
    )
    days = design.max_duration_days
    over = (f"{plural(days, 'day')} from the start.",) if days is not None else ()
    texts = (
        first,
        f"A candidate that improves {design.primary}.",
        f"{worse}{broken}.",
        *futile,
        f"A look at {plural(design.n_max, 'case')}.",
        *over,
    )
    return (Section("What stops it", (Items(texts),)),)


def _plan(found: ExperimentReport) -> Facts:
    one, design = found.experiment, found.experiment.design
    guardrails = [guardrail_name(guardrail) for guardrail in design.guardrails]
    effect = design.min_effect
    searched = "no"
    if design.selected_by_search:
        runs = plural(len(design.development_runs), "run")
        searched = f"yes; it has seen {runs}, whose cases do not count"
    return Facts(
        (
            ("workflow", design.workflow_id),
            ("status", one.status.value),
            ("baseline", design.baseline.label),
            ("candidates", listing([arm.label for arm in design.candidates])),
            ("decides", design.primary.value),
            ("shown as well", listing([m.value for m in design.secondary]) or "nothing"),
            ("guardrails", listing(guardrails) or "none"),
            ("alpha", f"{level(design.alpha)}, {level(design.alpha_each)} for each candidate"),
            ("least effect to find", option_margin(design.primary, effect) if effect else "none"),
            ("looks", "one, at the end" if design.single_look else LOOKS[design.looks]),
            ("shares", design.allocation.policy.value.replace("_", " ")),
            ("runs that count", _counting(found)),
            ("chosen by a search", searched),
            ("planned", moment(one.created_at)),
            ("started", moment(one.started_at)),
            ("ended", moment(one.ended_at)),
        )
    )


def _counting(found: ExperimentReport) -> str:
    existing = found.experiment.design.include_existing
    which = "all of the workflow" if existing else "those started after the start"
    runs = [f"{one.arm.label} {count(len(one.run_ids))}" for one in found.progress]
    return f"{which} ({', '.join(runs)})"


def _hints(found: ExperimentReport) -> tuple[str, ...]:
    name = found.experiment.design.experiment_id
    if found.stop is not None:
        return (f"Run 'optimizer experiment conclude {name}' to end it.",)
    hint = HINTS.get(found.experiment.status)
    return (hint.format(name),) if hint else ()
