"""The list of runs, newest first."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.summaries import RunSummary
from reports.document import Document, Tone, Verdict
from reports.formatting import count, moment, plural
from reports.parts.figures import run_table


def run_list(runs: Sequence[RunSummary]) -> Document:
    """Lay out runs in the order given."""
    if not runs:
        verdict = Verdict(Tone.NEUTRAL, "No run is stored.")
        return Document("Runs", verdict, (), ("Run 'optimizer ingest FILE' to store one.",))
    workflows = len({run.workflow_id for run in runs})
    newest = max(run.started_at for run in runs)
    text = (
        f"{plural(len(runs), 'run')} of {plural(workflows, 'workflow')}, "
        f"{count(sum(run.n_tasks for run in runs))} tasks, newest {moment(newest)}."
    )
    hint = "Run 'optimizer show RUN' to see the figures and failures of one."
    table = run_table(runs, workflow=workflows > 1)
    return Document("Runs", Verdict(Tone.NEUTRAL, text), (table,), (hint,))
