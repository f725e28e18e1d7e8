"""The report of the history: what is stored, and what was refused."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.lifecycle import DecisionStatistics
from optimizer.models.summaries import Reject, WorkflowSummary
from reports.document import Document, Facts, Prose, Section, Table, Verdict, left, right
from reports.formatting import count, duration, listing, moment, n_bytes, plural
from reports.parts.wording import STORE_RUNS
from reports.tones import Tone


def status(  # noqa: PLR0917 - all that a history holds
    store_path: str,
    size_bytes: int,
    schema_version: int,
    workflows: Sequence[WorkflowSummary],
    rejects: Sequence[Reject],
    decisions: DecisionStatistics | None = None,
) -> Document:
    """Lay out what a history holds."""
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
            *((_decisions(decisions),) if decisions is not None and decisions.n else ()),
            Section("Rejected files", (_rejects(rejects),)),
        ),
        hints=() if workflows else (STORE_RUNS,),
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


def _decisions(found: DecisionStatistics) -> Section:
    words = [f"{count(n)} {state.replace('_', ' ')}" for state, n in found.by_state.items()]
    return Section(
        "Decisions",
        (
            Prose(f"{plural(found.n, 'decision')}: {listing(words)}."),
            Table(
                columns=(
                    left("strategy"),
                    right("asked"),
                    right("proposed"),
                    right("accepted"),
                    right("failed"),
                    right("mean time"),
                ),
                rows=tuple(
                    (
                        one.strategy,
                        count(one.n_asked),
                        count(one.n_proposed),
                        count(one.n_accepted),
                        count(one.n_failed),
                        duration(one.elapsed_ms),
                    )
                    for one in found.strategies
                ),
            ),
            Table(
                columns=(
                    left("strategy"),
                    right("changes measured"),
                    right("success"),
                    right("rolled back"),
                ),
                rows=tuple(
                    (
                        one.strategy,
                        count(one.n_outcomes),
                        count(one.n_success),
                        count(one.n_rolled_back),
                    )
                    for one in found.strategies
                    if one.n_outcomes or one.n_rolled_back
                ),
                empty="No change of a strategy was measured.",
            ),
        ),
    )


def _rejects(rejects: Sequence[Reject]) -> Table:
    return Table(
        columns=(left("file"), left("at (UTC)"), left("why")),
        rows=tuple((r.path, moment(r.rejected_at).removesuffix(" UTC"), r.reason) for r in rejects),
        empty="No file was rejected.",
    )
