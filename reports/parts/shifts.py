"""How workflows differ from what they were, in words and cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from optimizer.models.overview import ChangeKind, Shift
from optimizer.models.proposals import Effect
from reports.document import Cell, Table, left, right
from reports.formatting import UNKNOWN, count, level, listing, name_of, percentage_points, plural
from reports.parts.proposals import bounds, estimate
from reports.tones import Tone

PASS_RATE = "success_rate"

TONES: Mapping[ChangeKind, Tone] = {
    ChangeKind.WORSE: Tone.BAD,
    ChangeKind.UNKNOWN: Tone.WARN,
    ChangeKind.STOPPED: Tone.WARN,
    ChangeKind.NEW: Tone.NEUTRAL,
    ChangeKind.STEADY: Tone.NEUTRAL,
    ChangeKind.BETTER: Tone.GOOD,
}

NOUNS: Mapping[str, str] = {
    PASS_RATE: "pass rate",
    "score": "score",
    "latency_relative": "latency",
    "cost_relative": "cost",
    "tokens_relative": "tokens",
}

RISES_ARE_GOOD = frozenset({PASS_RATE, "score"})


def kind_cell(shift: Shift, min_cases: int) -> Cell:
    """Say what became of the pass rate of a workflow."""
    text = shift.kind.value
    if shift.kind is ChangeKind.UNKNOWN:
        text = f"{text}: {count(shift.n_shared)} of {plural(min_cases, 'shared case')}"
    return Cell(text, TONES[shift.kind])


def effect_cells(effect: Effect | None) -> tuple[Cell | str, str, str]:
    """Return an effect, its interval and its n."""
    if effect is None:
        return UNKNOWN, UNKNOWN, UNKNOWN
    return Cell(estimate(effect), _tone(effect)), bounds(effect), count(effect.n)


def fall(workflow_id: str, shift: Shift) -> str:
    """Say how much more or less a workflow passes: 'support passes 4.2 pp less (...)'."""
    effect = shift.effect(PASS_RATE)
    if effect is None:
        return name_of(workflow_id)
    how = "less" if effect.estimate < 0 else "more"
    size = percentage_points(abs(effect.estimate)).lstrip("+")
    return (
        f"{name_of(workflow_id)} passes {size} {how} ({level(effect.level)} CI {bounds(effect)}, "
        f"{plural(effect.n, 'shared case')})"
    )


def worsened(shifts: Sequence[tuple[str, Shift]], most: int) -> str | None:
    """Name what other than pass rates clearly got worse, of at most so many workflows.

    For example 'billing (latency +21.4 %, tokens +9.0 %)'; None where nothing did.
    """
    of: dict[str, list[str]] = {}
    for workflow_id, effect in clear_effects(shifts):
        if _tone(effect) is Tone.BAD:
            said = f"{NOUNS.get(effect.metric, effect.metric)} {estimate(effect)}"
            of.setdefault(workflow_id, []).append(said)
    if not of:
        return None
    named = [f"{name_of(one)} ({', '.join(what)})" for one, what in of.items()]
    more = [f"{count(len(named) - most)} more"] if len(named) > most else []
    return listing([*named[:most], *more])


def clear_effects(shifts: Sequence[tuple[str, Shift]]) -> tuple[tuple[str, Effect], ...]:
    """Return the effects other than on the pass rate whose interval excludes 0."""
    return tuple(
        (workflow_id, effect)
        for workflow_id, shift in shifts
        for effect in shift.effects
        if effect.metric != PASS_RATE and (effect.low > 0 or effect.high < 0)
    )


def effect_rows_table(
    rows: Sequence[tuple[str, Effect]], level_each: float | None, empty: str
) -> Table:
    """Lay out effects of several workflows."""
    return Table(
        columns=(
            left("workflow"),
            left("of"),
            right("change"),
            right(interval_title(level_each)),
            right("shared cases"),
        ),
        rows=tuple(
            (workflow_id, NOUNS.get(effect.metric, effect.metric), *effect_cells(effect))
            for workflow_id, effect in rows
        ),
        empty=empty,
    )


def interval_title(level_each: float | None) -> str:
    """Name the interval of a change."""
    return "interval" if level_each is None else f"{level(level_each)} CI"


def together(level_all: float, level_each: float | None) -> str:
    """Say at which level the intervals of a page hold."""
    if level_each is None:
        return "No change could be measured."
    return (
        f"Each interval is at {level(level_each)}, so that all of them together hold at "
        f"{level(level_all)} (Bonferroni): what is called clear is not the luck of looking often."
    )


def is_worse(effect: Effect) -> bool:
    """Whether an effect goes the wrong way."""
    return (effect.estimate > 0) != (effect.metric in RISES_ARE_GOOD)


def _tone(effect: Effect) -> Tone:
    if effect.low <= 0 <= effect.high:
        return Tone.NEUTRAL
    return Tone.BAD if is_worse(effect) else Tone.GOOD
