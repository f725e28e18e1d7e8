"""The prompts that are stored, each with the version in use and what waits."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from optimizer.models.versions import Version, VersionState
from reports.document import Cell, Document, Table, Verdict, left, right
from reports.formatting import UNKNOWN, count, moment, plural, word
from reports.parts.prompts import STATE_TONES, STATES, in_use
from reports.tones import Tone


def prompt_list(versions: Sequence[Version]) -> Document:
    """Lay out the prompts that some versions are of, in the order given."""
    if not versions:
        return Document(
            "Prompts",
            Verdict(Tone.NEUTRAL, "No prompt is stored."),
            (),
            ("Run 'optimizer optimize FILE' to store one and to look for a better one.",),
        )
    prompts = [list(of_one) for _, of_one in groupby(versions, lambda one: one.prompt_id)]
    waiting = [one for one in versions if one.state is VersionState.CONFIRMED]
    text = f"{plural(len(prompts), 'prompt')}, {plural(len(versions), 'version')}"
    if waiting:
        verb = "waits" if len(waiting) == 1 else "wait"
        text += f"; {plural(len(waiting), 'confirmed version')} {verb} for promotion"
    newest = versions[-1]
    first = f"{newest.version} --prompt {word(newest.prompt_id)}"
    return Document(
        "Prompts",
        Verdict(Tone.NEUTRAL, f"{text}."),
        (
            Table(
                columns=(
                    left("prompt"),
                    left("in use"),
                    left("state"),
                    right("versions"),
                    left("confirmed"),
                    left("changed (UTC)"),
                ),
                rows=tuple(map(_row, prompts)),
            ),
        ),
        (f"Run 'optimizer prompts show {first}' to see what one rests on.",),
    )


def _row(versions: Sequence[Version]) -> tuple[Cell | str, ...]:
    used = in_use(versions)
    confirmed = [one.version for one in versions if one.state is VersionState.CONFIRMED]
    changed_at = max(one.changed_at for one in versions)
    return (
        versions[0].prompt_id,
        used.version if used else UNKNOWN,
        Cell(STATES[used.state], STATE_TONES[used.state]) if used else UNKNOWN,
        count(len(versions)),
        ", ".join(confirmed) or UNKNOWN,
        moment(changed_at).removesuffix(" UTC"),
    )
