"""The report of all experiments: how far each is, what it says so far, how its tests are shared."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.experiment_page import ExperimentPage
from optimizer.models.experiments import CandidateReport, ExperimentReport, ExperimentSummary
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
    UNKNOWN,
    count,
    day,
    figure,
    listing,
    name_of,
    named,
    p_value,
    plural,
    rate,
    word,
)
from reports.gallery.experiment import AA
from reports.parts.effects import change, change_interval
from reports.parts.verdicts import TONES, clause
from reports.tones import Tone

METHOD = (
    "Nothing here is a look: the effects are those of the last look that the ledger holds, at the "
    "level of that look, which pays for all looks and candidates of its experiment. Progress is "
    "the cases that both arms completed by those that were planned; from |z| at the bound on, a "
    "look finds a difference. The spread of tests over the arms is held against the planned shares "
    "by Pearson's chi-squared (sample ratio mismatch): a split that is not that of the plan says "
    "that something other than the variant differs between the arms."
)


def experiments(found: ExperimentPage) -> Document:
    """Lay out all experiments, those that go on first."""
    if not found.n_active and not found.n_ended:
        of = "" if found.workflow_id is None else f" of {name_of(found.workflow_id)}"
        verdict = Verdict(Tone.NEUTRAL, f"No experiment{of} is planned.")
        hint = "Run 'optimizer experiment plan --help' to see how to plan one."
        return Document("Experiments", verdict, (), (hint,))
    return Document(
        title="Experiments",
        verdict=_verdict(found),
        blocks=(
            Section("Progress", (_progress(found.active), *_rest(found))),
            Section("Last look", (_looks(found.active), *_stops(found.active))),
            Section("Shares of the tests", (_shares(found.active),)),
            Section("Ended", (_ended(found.ended),)),
            Details("Method and caveats", (Prose(METHOD), Prose(AA))),
        ),
        hints=_hints(found),
    )


def _hints(found: ExperimentPage) -> tuple[str, ...]:
    every = [one.experiment for one in found.active] + [one.experiment for one in found.ended]
    if not every:
        return ()
    first = word(every[0].design.experiment_id)
    return (f"Run 'optimizer experiment report {first}' to look at the results of one.",)


def _verdict(found: ExperimentPage) -> Verdict:
    stops = [one.experiment.design.experiment_id for one in found.active if one.stop is not None]
    broken = [one.experiment.design.experiment_id for one in found.active if _is_broken(one)]
    every = plural(found.n_active + found.n_ended, "experiment")
    text = f"{every}{_standing(found)}"
    if broken:
        text = f"{text}; the split of {named(broken)} is not that of the plan"
    if stops:
        text = f"{text}; {named(stops)} should end"
    return Verdict(Tone.BAD if broken else Tone.WARN if stops else Tone.NEUTRAL, f"{text}.")


def _standing(found: ExperimentPage) -> str:
    """Say how many run, wait to be started and ended; those that there are."""
    n_waiting = found.n_active - found.n_running
    n_all = found.n_active + found.n_ended
    counts = ((found.n_running, "running"), (n_waiting, "not running"), (found.n_ended, "ended"))
    told = [how if n == n_all else f"{count(n)} {how}" for n, how in counts if n]
    return f"{': ' if len(told) > 1 else ', '}{listing(told)}"


def _is_broken(one: ExperimentReport) -> bool:
    return one.split is not None and one.split.broken


def _rest(found: ExperimentPage) -> tuple[Block, ...]:
    active, ended = found.n_active - len(found.active), found.n_ended - len(found.ended)
    said = [f"{count(n)} that {which}" for n, which in ((active, "go on"), (ended, "ended")) if n]
    return (Prose(f"Not shown: {listing(said)}; --limit shows more."),) if said else ()


def _progress(active: Sequence[ExperimentReport]) -> Table:
    return Table(
        columns=(
            left("experiment"),
            left("workflow"),
            left("status"),
            left("candidate"),
            right("cases"),
            right("of"),
            right("fraction"),
            right("looks"),
            right("chance"),
        ),
        rows=tuple(
            (
                one.experiment.design.experiment_id,
                one.experiment.design.workflow_id,
                one.experiment.status.value,
                candidate.arm.label,
                count(candidate.n),
                count(one.experiment.design.n_max),
                rate(min(1.0, candidate.n / one.experiment.design.n_max)),
                count(sum(look.candidate == candidate.arm.label for look in one.looks)),
                rate(candidate.conditional_power),
            )
            for one in active
            for candidate in one.candidates
        ),
        caption="Chance: of a result by the planned cases, if the effect is as measured",
        empty="No experiment goes on.",
    )


def _looks(active: Sequence[ExperimentReport]) -> Table:
    return Table(
        columns=(
            left("experiment"),
            left("candidate"),
            left("on"),
            right("effect"),
            right("interval"),
            right("n"),
            right("z"),
            right("bound"),
            left("says"),
        ),
        rows=tuple(_look(one, candidate) for one in active for candidate in one.candidates),
        caption="Each interval is at the level of its look, which allows for all looks",
        empty="No experiment goes on.",
    )


def _look(one: ExperimentReport, candidate: CandidateReport) -> tuple[Cell | str, ...]:
    metric, look = one.experiment.design.primary, candidate.look
    head = (one.experiment.design.experiment_id, candidate.arm.label, metric.value)
    if look is None:
        return (*head, *(UNKNOWN,) * 5, Cell("not looked at"))
    return (
        *head,
        change(metric, look.estimate),
        change_interval(metric, look.low, look.high),
        count(look.n),
        figure(look.z),
        figure(look.z_bound),
        Cell(look.verdict.value, TONES[look.verdict]),
    )


def _stops(active: Sequence[ExperimentReport]) -> tuple[Block, ...]:
    texts = tuple(
        f"{one.experiment.design.experiment_id} should end: {clause(one.stop.text)}."
        for one in active
        if one.stop is not None
    )
    return (Items(texts),) if texts else ()


def _shares(active: Sequence[ExperimentReport]) -> Table:
    return Table(
        columns=(
            left("experiment"),
            left("shared by"),
            left("tests of each arm"),
            left("planned"),
            right("p"),
            left("split"),
            left("next"),
        ),
        rows=tuple(_share(one) for one in active),
        empty="No experiment goes on.",
    )


def _share(one: ExperimentReport) -> tuple[Cell | str, ...]:
    design, split = one.experiment.design, one.split
    said = Cell("not checked")
    if split is not None:
        said = Cell("broken", Tone.BAD) if split.broken else Cell("as planned", Tone.GOOD)
    following = [f"{name_of(share.arm.label)} {rate(share.share)}" for share in one.next_batch]
    return (
        design.experiment_id,
        design.allocation.policy.value.replace("_", " "),
        listing([f"{name_of(arm.arm.label)} {count(arm.n_tasks)}" for arm in one.progress]),
        UNKNOWN if split is None else listing([rate(share) for share in split.planned]),
        p_value(None if split is None else split.p_value),
        said,
        listing(following) or UNKNOWN,
    )


def _ended(ended: Sequence[ExperimentSummary]) -> Table:
    return Table(
        columns=(
            left("experiment"),
            left("ended"),
            left("outcome"),
            right("effect"),
            right("interval"),
            right("n"),
        ),
        rows=tuple(_end(one) for one in ended),
        caption="Intervals allow for all looks and candidates of their experiment",
        empty="None has ended.",
    )


def _end(one: ExperimentSummary) -> tuple[Cell | str, ...]:
    design, outcome = one.experiment.design, one.experiment.outcome
    head = (design.experiment_id, day(one.experiment.ended_at))
    if outcome is None:
        return (*head, one.experiment.status.value, UNKNOWN, UNKNOWN, UNKNOWN)
    winner = Cell(f"winner {name_of(outcome.winner)}", Tone.GOOD) if outcome.winner else None
    return (
        *head,
        winner or Cell("no winner"),
        change(outcome.metric, outcome.estimate),
        change_interval(outcome.metric, outcome.low, outcome.high),
        count(outcome.n),
    )
