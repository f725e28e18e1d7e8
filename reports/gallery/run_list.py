"""The list of runs, newest first."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.summaries import RunSummary
from reports.document import Block, Document, Section, Tone, Verdict
from reports.formatting import count, moment, plural
from reports.parts.figures import run_table


def run_list(runs: Sequence[RunSummary]) -> Document:
    """Lay out runs in the order given, by workflow where there are several."""
    if not runs:
        verdict = Verdict(Tone.NEUTRAL, "No run is stored.")
        return Document("Runs", verdict, (), ("Run 'optimizer ingest FILE' to store one.",))
    by_workflow: dict[str, list[RunSummary]] = {}
    for run in runs:
        by_workflow.setdefault(run.workflow_id, []).append(run)
    newest = max(run.started_at for run in runs)
    text = (
        f"{plural(len(runs), 'run')} of {plural(len(by_workflow), 'workflow')}, "
        f"{count(sum(run.n_tasks for run in runs))} tasks, newest {moment(newest)}."
    )
    hint = "Run 'optimizer show RUN' to see the figures and failures of one."
    blocks: tuple[Block, ...] = (run_table(runs),)
    if len(by_workflow) > 1:
        blocks = tuple(Section(name, (run_table(of),)) for name, of in by_workflow.items())
    return Document("Runs", Verdict(Tone.NEUTRAL, text), blocks, (hint,))
