"""The report of a period: what changed against the one before, regressions first."""

from __future__ import annotations

from collections.abc import Mapping

from optimizer.models.overview import (
    ChangeKind,
    Period,
    PeriodReview,
    WorkflowChange,
)
from optimizer.models.rules import Unit
from reports.document import (
    Block,
    Cell,
    Details,
    Document,
    Items,
    Prose,
    Section,
    Table,
    Verdict,
    left,
    right,
)
from reports.formatting import (
    MOST_NAMES,
    UNKNOWN,
    count,
    interval,
    level,
    moment,
    name_of,
    named,
    percentage_points,
    plural,
    rate,
    word,
)
from reports.parts.figures import LEVEL
from reports.parts.periods import (
    activity_block,
    decisions_block,
    experiments_block,
    nothing_said,
    rejects_block,
    spans_said,
    totals_table,
    waiting_block,
    watched_block,
)
from reports.parts.shifts import (
    PASS_RATE,
    clear_effects,
    effect_cells,
    effect_rows_table,
    fall,
    interval_title,
    kind_cell,
    together,
    worsened,
)
from reports.tones import Tone

NAMES: Mapping[Period, str] = {
    Period.WEEK: "Week",
    Period.MONTH: "30 days",
    Period.QUARTER: "Quarter",
}

JUDGED = frozenset({ChangeKind.WORSE, ChangeKind.BETTER, ChangeKind.STEADY})

METHOD = (
    "Both periods are equally long and end at the same time of day; a run belongs to the one in "
    "which it ended. The variant in use is that of the newest run of a period. Each case that it "
    "ran in the later period is held against the same case under the variant in use in the earlier "
    "one, repeats averaged first: single runs by Tango's interval of paired proportions, repeats "
    "by Student's t, amounts by Fieller's interval of a ratio."
)


def period(found: PeriodReview, limit: int = 50) -> Document:
    """Lay out what changed, with at most `limit` rows in a table."""
    return Document(
        title=_title(found),
        verdict=_verdict(found),
        blocks=(
            *(_what_ran(found, limit) if found.changes else (spans_said(found),)),
            *decisions_block(found, limit),
            *experiments_block(found),
            *waiting_block(found, limit),
            *rejects_block(found, limit),
            *activity_block(found, limit),
            *nothing_said(found),
            *(_method(found) if found.changes else ()),
        ),
        hints=_hints(found),
    )


def _what_ran(found: PeriodReview, limit: int) -> tuple[Block, ...]:
    amounts = Section("Latency, cost, tokens and scores", (_amounts(found, limit),))
    return (
        Section("What changed", _changes(found, limit)),
        amounts,
        Section("What was run", (spans_said(found), totals_table(found))),
        Details("Pass rates of both periods", (_rates(found, limit),)),
        watched_block(found),
    )


def _method(found: PeriodReview) -> tuple[Block, ...]:
    blocks = (Prose(METHOD), Prose(_levels(found)), _caveats(found))
    return (Details("Method and caveats", blocks),)


def _title(found: PeriodReview) -> str:
    of = "" if found.workflow_id is None else f" of {name_of(found.workflow_id)}"
    return f"{NAMES[found.period]}{of} to {moment(found.now.ends_at)}"


def _verdict(found: PeriodReview) -> Verdict:
    title = _title(found)
    ran = [one for one in found.changes if one.now is not None]
    if not ran:
        return Verdict(Tone.NEUTRAL, f"{title}: nothing was run; {_newest(found)}.")
    worse = _of_kind(found, ChangeKind.WORSE)
    better = _of_kind(found, ChangeKind.BETTER)
    dearer = worsened([(one.workflow_id, one.shift) for one in ran], MOST_NAMES)
    of = plural(len(ran), "workflow")
    if worse:
        falls = "; ".join(fall(one.workflow_id, one.shift) for one in worse[:MOST_NAMES])
        more = f"; and {count(len(worse) - MOST_NAMES)} more" if len(worse) > MOST_NAMES else ""
        also = f"; clearly worse besides: {dearer}" if dearer else ""
        text = f"{title}: {count(len(worse))} of {of} got worse: {falls}{more}{also}."
        return Verdict(Tone.BAD, text)
    judged = [one for one in ran if one.shift.kind in JUDGED]
    if all(one.shift.kind is ChangeKind.NEW for one in ran):
        text = f"{title}: {of} ran, and none before: there is nothing to hold them against."
        return Verdict(Tone.NEUTRAL, text)
    if not judged:
        return Verdict(Tone.WARN, f"{title}: {of} ran, with not enough data to tell a change.")
    names = named([one.workflow_id for one in better])
    up = f"; that of {names} rose" if better else ""
    unknown = len(ran) - len(judged)
    rest = f"; {count(unknown)} could not be judged" if unknown else ""
    but = f", but clearly worse: {dearer}" if dearer else ""
    of = plural(len(judged), "workflow")
    text = f"{title}: no clear fall of the pass rate in {of}{up}{rest}{but}."
    return Verdict(Tone.WARN if dearer else Tone.GOOD, text)


def _newest(found: PeriodReview) -> str:
    if found.newest_at is None:
        return "no run is stored that had ended by then"
    return f"the newest run by then ended {moment(found.newest_at)}"


def _of_kind(found: PeriodReview, kind: ChangeKind) -> list[WorkflowChange]:
    return [one for one in found.changes if one.shift.kind is kind]


def _changes(found: PeriodReview, limit: int) -> tuple[Block, ...]:
    shown = found.changes[:limit]
    table = Table(
        columns=(
            left("workflow"),
            left("pass rate"),
            right("before"),
            right("now"),
            right("change"),
            right(interval_title(found.level_each)),
            right("shared cases"),
        ),
        rows=tuple(_row(one, found.min_cases) for one in shown),
        caption="Pass rate of the variant in use over all tests; change on shared cases",
        empty="Nothing was run in either period.",
    )
    said = tuple(
        text for one in shown for text in (_switch(one), _on_shared(one)) if text is not None
    )
    rest = len(found.changes) - len(shown)
    blocks: list[Block] = [table]
    if said:
        blocks.append(Items(said))
    if rest:
        blocks.append(Prose(f"{plural(rest, 'more workflow')} not shown; --limit shows them."))
    return tuple(blocks)


def _row(one: WorkflowChange, min_cases: int) -> tuple[Cell | str, ...]:
    before, now = (
        UNKNOWN
        if side is None or side.success_rate is None
        else f"{rate(side.success_rate)} of {count(side.n_own)}"
        for side in (one.before, one.now)
    )
    return (
        one.workflow_id,
        kind_cell(one.shift, min_cases),
        before,
        now,
        *effect_cells(one.shift.effect(PASS_RATE)),
    )


def _switch(one: WorkflowChange) -> str | None:
    """Say which variant is in use in place of which; None where it is the same."""
    if not one.is_switched or one.before is None or one.now is None:
        return None
    old, new = name_of(one.before.variant), name_of(one.now.variant)
    if old == new:
        return f"{one.workflow_id}: another variant called {new} is in use."
    return f"{one.workflow_id}: {new} is in use in place of {old}."


def _on_shared(one: WorkflowChange) -> str | None:
    """Say how all tests and the shared cases differ; None where they say the same."""
    effect = one.shift.effect(PASS_RATE)
    before, now = (None if side is None else side.success_rate for side in (one.before, one.now))
    if effect is None or before is None or now is None:
        return None
    of_all, of_shared = percentage_points(now - before), percentage_points(effect.estimate)
    if of_all == of_shared:
        return None
    return (
        f"{one.workflow_id}: {of_all} over all tests, {of_shared} on the "
        f"{plural(effect.n, 'case')} that both periods ran; the others, or how often each ran, "
        "make the difference."
    )


def _rates(found: PeriodReview, limit: int) -> Table:
    """Lay out the pass rate of each workflow in each period, with its interval."""
    sides = [
        (when, side)
        for one in found.changes[:limit]
        for when, side in (("before", one.before), ("now", one.now))
        if side is not None
    ]
    return Table(
        columns=(
            left("workflow"),
            left("period"),
            left("in use"),
            right("passed"),
            right(LEVEL),
            right("of"),
            right("cases"),
        ),
        rows=tuple(
            (
                side.workflow_id,
                when,
                side.variant or UNKNOWN,
                rate(side.success_rate),
                interval(Unit.RATE, side.success_low, side.success_high),
                count(side.n_own),
                count(side.n_cases),
            )
            for when, side in sides
        ),
        empty="Nothing was run in either period.",
    )


def _amounts(found: PeriodReview, limit: int) -> Table:
    rows = clear_effects([(one.workflow_id, one.shift) for one in found.changes])
    empty = "Nothing of it changed clearly in any workflow that could be judged."
    return effect_rows_table(rows[:limit], found.level_each, empty)


def _levels(found: PeriodReview) -> str:
    return (
        f"{together(found.level, found.level_each)} A change is judged from "
        f"{plural(found.min_cases, 'shared case')} on; with fewer, the cases may be what differs."
    )


def _caveats(found: PeriodReview) -> Items:
    unjudged = sum(one.now.n_unjudged for one in found.changes if one.now is not None)
    texts = [
        "Where another variant is in use, the change is that of the variant; where it is the same, "
        "something outside of it moved.",
        "What waits, and where decisions stand, is as of today.",
    ]
    if unjudged:
        texts.append(
            f"In {plural(unjudged, 'run')} nobody told pass from fail: their workflows are not "
            "judged."
        )
    if found.level_each is not None and found.watched:
        texts.append(
            f"Drift and anomalies have false-alarm rates of their own, for each workflow; they are "
            f"not part of the {level(found.level)}."
        )
    return Items(tuple(texts))


def _hints(found: PeriodReview) -> tuple[str, ...]:
    if not any(one.now is not None for one in found.changes):
        return ("Name another end of the period with --as-of.",)
    first = word(name_of(found.changes[0].workflow_id))
    return (f"Run 'optimizer report --workflow {first}' to see one workflow over time.",)
