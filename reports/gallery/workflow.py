"""The report of a workflow: its runs over time, its variants, and the latest decision."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.decisions import Decision
from optimizer.models.drift import DriftFinding
from optimizer.models.lifecycle import PastDecision
from optimizer.models.rules import Unit
from optimizer.models.summaries import Figures, RunSummary, WindowSummary, WorkflowSummary
from reports.document import Block, Details, Document, Facts, Items, Prose, Section, Verdict
from reports.drawings import History, Point, Series
from reports.formatting import count, moment, plural
from reports.gallery.decision import decision_evidence, decision_verdict
from reports.parts import figures
from reports.parts.listed import telling, unlisted
from reports.parts.predictions import prediction_charts
from reports.parts.run_charts import decided, ends
from reports.parts.run_charts import moves as moved
from reports.parts.wording import STATES
from reports.tones import Tone


def workflow(
    summary: WorkflowSummary,
    runs: Sequence[RunSummary],
    windows: Sequence[WindowSummary],
    decision: Decision | None,
    *,
    past: Sequence[PastDecision] = (),
    moves: Sequence[DriftFinding] = (),
) -> Document:
    """Lay out the history of a workflow.

    Args:
        summary: What is stored of it.
        runs: Its runs, newest first; one entry a run, or one a variant in each run.
        windows: The figures of each variant over its newest runs.
        decision: The latest decision, or None where there is none.
        past: Its decisions and what became of them.
        moves: Where metrics are thought to have moved.
    """
    blocks: list[Block] = []
    if runs:
        blocks.append(Section("Pass rate", (pass_rates(runs, past, moves),)))
    blocks.append(Section("Variants", _variants(windows)))
    blocks.append(Section("Decision", _decision(decision)))
    outcomes = [one.outcome for one in reversed(past) if one.outcome is not None]
    charts = tuple(prediction_charts(outcomes))
    if charts:
        blocks.append(Section("What became of decisions", charts))
    blocks.append(Details("Runs", (figures.run_table(runs),)))
    blocks.append(Details("About these figures", (_about(summary), Prose(figures.METHOD))))
    return Document(
        f"Workflow {summary.workflow_id}", _verdict(summary, runs, decision), tuple(blocks)
    )


def pass_rates(
    runs: Sequence[RunSummary],
    past: Sequence[PastDecision] = (),
    moves: Sequence[DriftFinding] = (),
) -> History:
    """Draw the pass rate of each run, oldest first, with decisions and change points marked."""
    in_time = sorted(runs, key=lambda run: (run.started_at, run.run_id))
    positions = {run_id: i for i, run_id in enumerate(dict.fromkeys(r.run_id for r in in_time))}
    first_of = {run.run_id: run.started_at for run in reversed(in_time)}
    times = [first_of[run_id] for run_id in positions]
    first, last = ends(times)
    of_rates = [one for one in moves if one.metric == "success"]
    events = sorted(
        (*moved(of_rates, times), *decided(past, times)), key=lambda event: event.position
    )
    labels = list(dict.fromkeys(figures.variant_of(run) for run in in_time))
    series = tuple(
        Series(
            label,
            tuple(
                Point(
                    positions[run.run_id],
                    run.success_rate,
                    _point_text(run),
                    low=run.success_low,
                    high=run.success_high,
                )
                for run in in_time
                if figures.variant_of(run) == label
            ),
        )
        for label in labels
    )
    return History(
        title="Pass rate of each run, oldest first",
        description="; ".join(
            f"{one.label}: {one.points[-1].text}" for one in series if one.points
        ),
        unit=Unit.RATE,
        first=first,
        last=last,
        series=series,
        events=tuple(events),
    )


def _point_text(run: RunSummary) -> str:
    return f"{run.run_id}, {moment(run.started_at)}: {figures.passed(run)}"


def _verdict(
    summary: WorkflowSummary, runs: Sequence[RunSummary], decision: Decision | None
) -> Verdict:
    if decision is not None:
        return decision_verdict(decision)
    stored = f"{summary.workflow_id}: {plural(summary.n_runs, 'run')}"
    if not runs:
        return Verdict(Tone.NEUTRAL, f"{stored}, none to show.")
    newest = runs[0]
    text = f"{stored}; in the newest ({newest.run_id}) {figures.passed(newest)}. Nothing decided."
    return Verdict(Tone.NEUTRAL, text)


def _variants(windows: Sequence[WindowSummary]) -> tuple[Block, ...]:
    labels, shown = figures.labels(windows), telling([one.success_rate for one in windows])
    rows: list[tuple[str, Figures]] = [(labels[place], windows[place]) for place in shown]
    rest = unlisted(len(shown), len(windows), "passed most and least often")
    shared = figures.namesakes(windows)
    said = (Items(shared),) if shared else ()
    return (figures.passed_table(rows), figures.effort_table(rows), *rest, *said)


def _decision(decision: Decision | None) -> tuple[Block, ...]:
    if decision is None:
        return (Prose("Nothing has been decided yet."),)
    standing = Facts(
        (
            ("decision", decision.decision_id),
            ("made", moment(decision.decided_at)),
            ("state", STATES[decision.state]),
        )
    )
    evidence = [block for block in decision_evidence(decision) if not _is_figures(block)]
    return (standing, *evidence)


def _is_figures(block: Block) -> bool:
    return isinstance(block, Section) and block.title == "Figures"


def _about(summary: WorkflowSummary) -> Facts:
    return Facts(
        (
            ("runs", count(summary.n_runs)),
            ("tasks", count(summary.n_tasks)),
            ("variants", count(summary.n_variants)),
            ("decisions", count(summary.n_decisions)),
            ("first run", moment(summary.first_started_at)),
            ("last run", moment(summary.last_started_at)),
        )
    )
