"""The report of rollouts: where each stands, and what it waits for."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.lifecycle import Health, Rollout, RolloutStatus, RolloutView
from reports.document import Block, Cell, Document, Facts, Section, Table, Verdict, left, right
from reports.formatting import UNKNOWN, count, moment, plural, rate
from reports.parts.commands import command_section
from reports.parts.proposals import effect_table
from reports.tones import Tone

TONES = {
    RolloutStatus.RUNNING: Tone.NEUTRAL,
    RolloutStatus.COMPLETED: Tone.GOOD,
    RolloutStatus.ROLLED_BACK: Tone.BAD,
}
WORDS = {
    RolloutStatus.RUNNING: "is running",
    RolloutStatus.COMPLETED: "is completed",
    RolloutStatus.ROLLED_BACK: "was rolled back",
}

SINCE = "Runs since the last move minus the configuration before"


def rollout(views: Sequence[RolloutView]) -> Document:
    """Lay out rollouts in the order given."""
    if not views:
        verdict = Verdict(Tone.NEUTRAL, "No rollout is running.")
        hint = "Run 'optimizer rollout start latest' to start that of the newest decision."
        return Document("Rollouts", verdict, (), (hint,))
    sections = tuple(_section(one) for one in views)
    is_running = any(one.rollout.status is RolloutStatus.RUNNING for one in views)
    hint = "Ingest new runs, then run 'optimizer rollout advance'."
    title = f"Rollout of {views[0].rollout.decision_id}" if len(views) == 1 else "Rollouts"
    return Document(title, _verdict(views), sections, (hint,) if is_running else ())


def rollout_facts(one: Rollout) -> Facts:
    """Lay out where a rollout stands."""
    return Facts(
        (
            ("status", Cell(one.status.value.replace("_", " "), TONES[one.status])),
            ("share", _share(one)),
            ("steps", f"{one.preset}: {', '.join(rate(share) for share in one.shares)}"),
            ("started", moment(one.started_at)),
            ("last moved", moment(one.moved_at)),
            ("why", one.reason),
        )
    )


def _verdict(views: Sequence[RolloutView]) -> Verdict:
    if len(views) == 1:
        now = views[0].rollout
        text = f"{views[0].workflow_id}: the rollout of {now.decision_id} {WORDS[now.status]}"
        return Verdict(TONES[now.status], f"{text}: {now.reason}.")
    n_back = sum(one.rollout.status is RolloutStatus.ROLLED_BACK for one in views)
    n_moved = sum(one.moved for one in views)
    text = f"{plural(len(views), 'rollout')}: {count(n_moved)} moved, {count(n_back)} rolled back."
    return Verdict(Tone.BAD if n_back else Tone.NEUTRAL, text)


def _section(view: RolloutView) -> Section:
    blocks: list[Block] = [rollout_facts(view.rollout)]
    if view.health is not None:
        blocks.append(_tests(view.health, view.n_wanted))
        if view.health.effects:
            blocks.append(effect_table(view.health.effects, SINCE))
    if view.commands is not None:
        blocks.append(command_section(view.commands))
    return Section(f"{view.workflow_id}: decision {view.rollout.decision_id}", tuple(blocks))


def _tests(health: Health, n_wanted: int) -> Table:
    return Table(
        columns=(
            left("runs since the last move"),
            right("runs"),
            right("tests"),
            right("wanted"),
            left("newest"),
        ),
        rows=(
            (
                health.target,
                count(len(health.run_ids)),
                count(health.n),
                count(n_wanted),
                moment(health.newest_at) if health.newest_at else UNKNOWN,
            ),
        ),
    )


def _share(one: Rollout) -> str:
    if one.status is RolloutStatus.ROLLED_BACK:
        return "none"
    return f"{rate(one.shares[one.step])}, step {one.step + 1} of {len(one.shares)}"
