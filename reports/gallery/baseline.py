"""The baselines that are set."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from optimizer.models.experiments import Baseline
from reports.document import Cell, Document, Table, Verdict, left
from reports.formatting import moment, name_of, plural
from reports.tones import Tone


def baseline(baselines: Sequence[Baseline], gone: Collection[str] = ()) -> Document:
    """Lay out the baseline of each workflow; `gone` are those whose run is no longer stored."""
    if not baselines:
        verdict = Verdict(Tone.NEUTRAL, "No baseline is set.")
        return Document(
            "Baselines",
            verdict,
            (),
            ("Run 'optimizer baseline set latest' to set the newest run.",),
        )
    if len(baselines) == 1:
        (one,) = baselines
        text = f"{one.workflow_id}: the baseline is {name_of(one.variant)} in run {one.run_id}."
    else:
        text = f"{plural(len(baselines), 'workflow')} have a baseline."
    missing = f" {plural(len(gone), 'run')} no longer stored." if gone else ""
    return Document(
        title="Baselines",
        verdict=Verdict(Tone.BAD if gone else Tone.NEUTRAL, text + missing),
        blocks=(
            Table(
                columns=(
                    left("workflow"),
                    left("variant"),
                    left("run"),
                    left("set (UTC)"),
                    left("by"),
                ),
                rows=tuple(_row(one, one.workflow_id in gone) for one in baselines),
            ),
        ),
    )


def _row(one: Baseline, gone: bool) -> tuple[Cell | str, ...]:
    run = Cell(f"{one.run_id} (no longer stored)", Tone.BAD) if gone else one.run_id
    set_at = moment(one.set_at).removesuffix(" UTC")
    return (one.workflow_id, name_of(one.variant), run, set_at, one.actor)
