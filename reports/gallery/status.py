"""The report of the history: what is stored, and what was refused."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.decisions import DecisionState
from optimizer.models.summaries import Reject, StateCount, StrategyScore, WorkflowSummary
from reports.document import Document, Facts, Section, Table, Tone, Verdict, left, right
from reports.formatting import UNKNOWN, count, duration, moment, n_bytes, plural
from reports.parts.wording import STATES


def status(
    store_path: str,
    size_bytes: int,
    schema_version: int,
    workflows: Sequence[WorkflowSummary],
    rejects: Sequence[Reject],
    *,
    states: Sequence[StateCount] = (),
    scores: Sequence[StrategyScore] = (),
) -> Document:
    """Lay out what a history holds, and what came of its decisions."""
    store = Facts(
        (
            ("history", store_path),
            ("size", n_bytes(size_bytes)),
            ("schema version", str(schema_version)),
        )
    )
    return Document(
        title="Status",
        verdict=_verdict(workflows, rejects),
        blocks=(
            store,
            Section("Workflows", (_workflows(workflows),)),
            *((Section("Decisions", (_states(states), _scores(scores))),) if states else ()),
            Section("Rejected files", (_rejects(rejects),)),
        ),
        hints=() if workflows else ("Run 'optimizer ingest FILE' to store runs.",),
    )


def _verdict(workflows: Sequence[WorkflowSummary], rejects: Sequence[Reject]) -> Verdict:
    refused = f"; {plural(len(rejects), 'file')} rejected" if rejects else ""
    if not workflows:
        return Verdict(Tone.WARN if rejects else Tone.NEUTRAL, f"The history is empty{refused}.")
    text = (
        f"{plural(len(workflows), 'workflow')}, {plural(sum(w.n_runs for w in workflows), 'run')}, "
        f"{plural(sum(w.n_tasks for w in workflows), 'task')}{refused}."
    )
    return Verdict(Tone.WARN if rejects else Tone.NEUTRAL, text)


def _workflows(workflows: Sequence[WorkflowSummary]) -> Table:
    return Table(
        columns=(
            left("workflow"),
            right("runs"),
            right("tasks"),
            right("variants"),
            right("decisions"),
            left("last run (UTC)"),
        ),
        rows=tuple(
            (
                w.workflow_id,
                count(w.n_runs),
                count(w.n_tasks),
                count(w.n_variants),
                count(w.n_decisions),
                moment(w.last_started_at).removesuffix(" UTC"),
            )
            for w in workflows
        ),
        empty="No workflow is stored.",
    )


def _states(states: Sequence[StateCount]) -> Facts:
    return Facts(tuple((STATES[DecisionState(one.state)], count(one.n)) for one in states))


def _scores(scores: Sequence[StrategyScore]) -> Table:
    return Table(
        columns=(
            left("strategy"),
            right("asked"),
            right("proposals"),
            right("accepted"),
            right("failed"),
            right("mean time"),
            right("went well"),
            right("taken back"),
        ),
        rows=tuple(
            (
                one.strategy,
                count(one.n_asked),
                count(one.n_proposed),
                count(one.n_accepted),
                count(one.n_failed),
                duration(one.elapsed_mean_ms),
                _of(one.n_won, one.n_outcomes),
                _of(one.n_rolled_back, one.n_outcomes),
            )
            for one in scores
        ),
    )


def _of(part: int, whole: int) -> str:
    return f"{count(part)} of {count(whole)}" if whole else UNKNOWN


def _rejects(rejects: Sequence[Reject]) -> Table:
    return Table(
        columns=(left("file"), left("at (UTC)"), left("why")),
        rows=tuple((r.path, moment(r.rejected_at).removesuffix(" UTC"), r.reason) for r in rejects),
        empty="No file was rejected.",
    )
