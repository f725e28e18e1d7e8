"""The list of experiments, newest first."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.experiments import ExperimentSummary
from optimizer.models.terms import ExperimentStatus
from reports.document import Cell, Document, Table, Verdict, left, right
from reports.formatting import UNKNOWN, count, listing, name_of, named, plural, word
from reports.tones import Tone


def experiment_list(experiments: Sequence[ExperimentSummary]) -> Document:
    """Lay out experiments in the order given."""
    if not experiments:
        verdict = Verdict(Tone.NEUTRAL, "No experiment is planned.")
        hint = "Run 'optimizer experiment plan --help' to see how to plan one."
        return Document("Experiments", verdict, (), (hint,))
    running = sum(one.experiment.status is ExperimentStatus.RUNNING for one in experiments)
    text = f"{plural(len(experiments), 'experiment')}, {count(running)} running."
    first = word(experiments[0].experiment.design.experiment_id)
    return Document(
        title="Experiments",
        verdict=Verdict(Tone.NEUTRAL, text),
        blocks=(
            Table(
                columns=(
                    left("experiment"),
                    left("workflow"),
                    left("status"),
                    left("compares"),
                    right("cases"),
                    right("of"),
                    left("last look"),
                ),
                rows=tuple(_row(one) for one in experiments),
            ),
        ),
        hints=(f"Run 'optimizer experiment status {first}' to see one.",),
    )


def _row(one: ExperimentSummary) -> tuple[Cell | str, ...]:
    design, outcome = one.experiment.design, one.experiment.outcome
    n = max((look.n for look in one.looks), default=None)
    said = listing(sorted({look.verdict.value for look in one.looks})) or UNKNOWN
    if outcome is not None:
        said = f"winner {outcome.winner}" if outcome.winner else "no winner"
    return (
        design.experiment_id,
        design.workflow_id,
        one.experiment.status.value,
        f"{named([arm.label for arm in design.candidates])} with {name_of(design.baseline.label)}",
        count(n),
        count(design.n_max),
        said,
    )
