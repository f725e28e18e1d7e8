"""Lists of runs: those stored, newest first, and those of one file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from optimizer.models.summaries import RunSummary
from reports.document import Block, Document, Items, Section, Verdict
from reports.formatting import count, moment, plural, word
from reports.parts.figures import run_table
from reports.parts.wording import STORE_RUNS
from reports.tones import Tone


def run_list(runs: Sequence[RunSummary]) -> Document:
    """Lay out runs in the order given, by workflow where there are several."""
    if not runs:
        verdict = Verdict(Tone.NEUTRAL, "No run is stored.")
        return Document(
            "Runs",
            verdict,
            (),
            (STORE_RUNS,),
        )
    by_workflow: dict[str, list[RunSummary]] = {}
    for run in runs:
        by_workflow.setdefault(run.workflow_id, []).append(run)
    newest = max(run.started_at for run in runs)
    text = (
        f"{plural(len(runs), 'run')} of {plural(len(by_workflow), 'workflow')}, "
        f"{count(sum(run.n_tasks for run in runs))} tasks, newest {moment(newest)}."
    )
    hint = "Run 'optimizer show latest' to see the figures and failures of the newest."
    blocks: tuple[Block, ...] = (run_table(runs),)
    if len(by_workflow) > 1:
        blocks = tuple(Section(name, (run_table(of),)) for name, of in by_workflow.items())
    return Document("Runs", Verdict(Tone.NEUTRAL, text), blocks, (hint,))


def runs_of_file(
    runs: Sequence[RunSummary], warnings: Mapping[str, Sequence[str]], file: str
) -> Document:
    """Lay out the runs of one file, in its order, and what to bear in mind of how it was read.

    Args:
        runs: The runs.
        warnings: What a reader should know, by run.
        file: The file as the user named it.
    """
    n_passed = sum(run.n_succeeded for run in runs)
    n = sum(run.n_completed for run in runs)
    began = min(run.started_at for run in runs)
    text = (
        f"{file}: {plural(len(runs), 'run')} of {moment(began)}, "
        f"{count(n_passed)} of {count(n)} tests passed."
    )
    caveats, name = _shared(warnings), word(file)
    return Document(
        f"Runs of {file}",
        Verdict(Tone.NEUTRAL, text),
        (run_table(runs), *((Section("Caveats", (Items(caveats),)),) if caveats else ())),
        (
            f"Run 'optimizer analyze {name} --run {word(runs[0].run_id)}' to look at one.",
            f"Run 'optimizer compare {name}' to compare them with the first.",
        ),
    )


def _shared(warnings: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return each warning once, with the runs it is of where it is not of all."""
    runs: dict[str, list[str]] = {}
    for run_id, texts in warnings.items():
        for text in texts:
            runs.setdefault(text, []).append(run_id)
    return tuple(
        text if len(of) == len(warnings) else f"{', '.join(of)}: {text}"
        for text, of in runs.items()
    )
