"""Switch to the variant that an experiment found better; start one where nothing settles it.

Asks: has an experiment on this workflow found a candidate that improves its metric, and if none
runs, does another variant look as if it were better than the current one?

Proposes: the switch to a winner, with the measured effect and its interval; to conclude an
experiment whose last look or whose time is over without one; to start an experiment, with the
cases that it takes, where another variant passes more but chance may explain it.

Stays silent when nothing completed, while an experiment runs (it says how far), on the winner of
one that does not compare the current variant, when as many run as may, when the current variant is
less stable than `min_stability`, when there are too few tests to plan by, and when no other
variant passes more than the current one, or all were in an experiment against it. So it does when
a variant passes more of the shared cases beyond chance, however often one looked: what an
experiment would find is found, and others may propose the switch. That is told by an e-value, as
decisions are made again and again without a plan of looks; its guarantee is for cases that are
added, not for runs that drop out of the window.

Does not look at cost or latency; a guardrail of the experiment does. Too few runs to tell whether
the current variant is stable do not keep it from starting one.
"""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, ClassVar

from optimizer.models.evidence import Evidence
from optimizer.models.proposals import Answer, Change, DecisionType, Effect, Proposal
from optimizer.models.settings import Field, Settings
from optimizer.models.summaries import WindowSummary
from optimizer.models.terms import AllocationPolicy, ExperimentStatus, Metric, VerdictKind

if TYPE_CHECKING:
    from optimizer.experiments.planning import PlannedCases
    from optimizer.models.experiments import Experiment, ExperimentSummary, Look

ACTIVE = frozenset({ExperimentStatus.RUNNING, ExperimentStatus.PAUSED})

EFFECT_NAMES = {Metric.SUCCESS: "success_rate", Metric.SCORE: "score"}
"""How the effect on a metric is called in a proposal, its unit included."""

UNMEASURED = "an experiment has no effect before its tests have run"

UNBOUNDED = "the effect has no bounds"

ONLY_PRIMARY = "only the metric that decides is reported here"


class AbTestingSettings(Settings):
    """Settings of the `ab_testing` strategy."""

    alpha: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """False-alarm rate of an experiment, over all its looks and candidates."""

    power: Annotated[float, Field(gt=0, lt=1)] = 0.8
    """Chance of finding the effect that an experiment is planned for."""

    min_effect: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """Gain in pass rate that an experiment is planned to find, 0 to 1."""

    min_sample_size: Annotated[int, Field(ge=2)] = 100
    """Fewest cases an experiment is planned with."""

    min_pilot: Annotated[int, Field(ge=2)] = 10
    """Fewest tests of both variants to plan an experiment by."""

    max_duration_days: Annotated[float, Field(gt=0)] = 7.0
    """Days after which an experiment without a winner should end."""

    early_stopping: bool = True
    """Whether experiments are proposed with looks before their end."""

    allocation: AllocationPolicy = AllocationPolicy.FIXED
    """How an experiment shares its tests: `fixed`, `epsilon_greedy`, `ucb` or `thompson`."""

    variant_count: Annotated[int, Field(ge=1)] = 1
    """Most candidates in one experiment."""

    min_stability: Annotated[float, Field(ge=0, le=1)] = 0.8
    """Least share of recent runs within their control limits for an experiment to start."""

    max_concurrent: Annotated[int, Field(ge=1)] = 1
    """Most experiments of a workflow at a time."""


class AbTesting:
    """The `ab_testing` strategy."""

    name: ClassVar[str] = "ab_testing"
    priority: ClassVar[int] = 100
    settings_type: ClassVar[type[Settings]] = AbTestingSettings

    def __init__(self, settings: AbTestingSettings) -> None:
        self.settings = settings

    def propose(self, evidence: Evidence) -> Answer:
        """Conclude what is settled, watch what runs, start what is open."""
        current = evidence.current
        if current is None or current.n_completed == 0:
            return Answer(silence="no completed task")
        active = [one for one in evidence.experiments if one.experiment.status in ACTIVE]
        won = [one for one in evidence.experiments if _waits_for(one, current)]
        ended = [self._end(one, current) for one in (*active, *won[:1])]
        proposals = tuple(proposal for proposal in ended if proposal is not None)
        if proposals:
            return Answer(proposals=proposals)
        if len(active) < self.settings.max_concurrent:
            answer = self._start(evidence, current)
            if answer.proposals or not active:
                return answer
        return Answer(silence="; ".join(_progress(one, current) for one in active))

    def _end(self, one: ExperimentSummary, current: WindowSummary) -> Proposal | None:
        """Propose the switch to the winner of an experiment, or its end without one."""
        improved = [look for look in one.looks if _is_win(look)]
        if improved and _can_confirm(one.experiment) and _has_part(one.experiment, current):
            return self._promote(one, max(improved, key=lambda look: look.z or 0.0))
        why = self._over(one, current)
        if why is None:
            return None
        design = one.experiment.design
        return Proposal(
            strategy=self.name,
            type=DecisionType.CONCLUDE_EXPERIMENT,
            changes=(
                Change(
                    setting=f"experiment {design.experiment_id}",
                    old=one.experiment.status.value,
                    new=f"completed, {design.baseline.label} stays",
                ),
            ),
            effects=_effects(*one.looks),
            effects_note=None if one.looks else "it was never looked at",
            confidence=None,
            rationale=f"Experiment {design.experiment_id}: {why}.",
            unless=f"it had found a candidate that improves {design.primary}",
        )

    def _promote(self, one: ExperimentSummary, look: Look) -> Proposal:
        design = one.experiment.design
        label = look.candidate
        return Proposal(
            strategy=self.name,
            type=DecisionType.PROMPT_VARIANT,
            changes=(Change(setting="variant", old=design.baseline.label, new=label),),
            effects=_effects(look),
            effects_note=ONLY_PRIMARY if _effects(look) else UNBOUNDED,
            confidence=None,
            rationale=(
                f"Experiment {design.experiment_id}: {label} improved {design.primary} on "
                f"{look.n} of {look.n_max} planned cases, at look {look.seq}, p below "
                f"{look.alpha_k:.3g}."
            ),
            unless=f"the look had not crossed its bound, or {label} broke a guardrail",
        )

    def _over(self, one: ExperimentSummary, current: WindowSummary) -> str | None:
        """Say why an experiment without a winner should end, or None where it should not."""
        design = one.experiment.design
        if one.looks and all(_is_settled(look) for look in one.looks):
            counts = ", ".join(
                f"{look.candidate} is {look.verdict} after {look.n} of {look.n_max} cases"
                for look in one.looks
            )
            return f"no winner: {counts}"
        started_at = one.experiment.started_at
        days = design.max_duration_days or self.settings.max_duration_days
        if started_at is not None and current.last_started_at - started_at > timedelta(days=days):
            return f"runs go on {days:g} days after its start, and {_looked(one)}"
        return None

    def _start(self, evidence: Evidence, current: WindowSummary) -> Answer:
        """Propose an experiment with the variants that pass more, where chance may explain it."""
        why_not = self._not_now(evidence, current)
        if why_not is not None:
            return Answer(silence=why_not)
        tested = _taken(evidence)
        open_ = [one for one in evidence.others if one.n_completed and one.variant_id not in tested]
        if not open_:
            return Answer(silence="every other variant was in an experiment against this one")
        large = [one for one in open_ if self._can_plan(current, one)]
        if not large:
            n = max(one.n_completed for one in open_)
            return Answer(
                silence=f"not enough data to plan by: {current.n_completed} and {n} tests, "
                f"{self.settings.min_pilot} of each are needed"
            )
        ahead = [one for one in large if _rate(one) > _rate(current)]
        if not ahead:
            return Answer(
                silence=f"no other variant passes more than {current.variant} "
                f"({current.n_succeeded} of {current.n_completed})"
            )
        settled = [one for one in ahead if self._passes_more(evidence, current, one)]
        if settled:
            return Answer(
                silence=f"{settled[0].variant} passes more of the shared cases than "
                f"{current.variant} beyond chance, at any number of looks: nothing is left to test"
            )
        best_first = sorted(ahead, key=lambda one: (-_rate(one), one.variant_id))
        chosen = best_first[: self.settings.variant_count]
        return Answer(proposals=(self._experiment(current, chosen),))

    def _not_now(self, evidence: Evidence, current: WindowSummary) -> str | None:
        """Say what keeps any experiment from starting, or None."""
        if not evidence.others:
            return "no other variant has run"
        stable = evidence.stability
        if stable is not None and stable.value < self.settings.min_stability:
            most = 1 - self.settings.min_stability
            return (
                f"not stable: {stable.n_outside} of {stable.n_runs} runs of {current.variant} are "
                f"outside their control limits, at most {most:.0%} may be"
            )
        drafts = [one for one in evidence.experiments if _is_draft(one.experiment)]
        if drafts:
            names = ", ".join(one.experiment.design.experiment_id for one in drafts)
            return f"experiment {names} is planned and not started"
        return None

    def _passes_more(
        self, evidence: Evidence, current: WindowSummary, other: WindowSummary
    ) -> bool:
        """Return whether another variant passes more beyond chance at any number of looks.

        The others share `alpha` alike.
        """
        from optimizer.stats.e_values import sequential_mcnemar  # noqa: PLC0415 - few are ahead

        lost, won = _changed(evidence, current.variant_id, other.variant_id)
        alpha = self.settings.alpha / len(evidence.others)
        return won > lost and sequential_mcnemar(lost, won).e_value >= 1 / alpha

    def _can_plan(self, current: WindowSummary, other: WindowSummary) -> bool:
        return min(current.n_completed, other.n_completed) >= self.settings.min_pilot

    def _experiment(self, current: WindowSummary, chosen: list[WindowSummary]) -> Proposal:
        planned = max((self._cases(current, one, len(chosen)) for one in chosen), key=lambda p: p.n)
        names = " and ".join(one.variant for one in chosen)
        counts = "; ".join(
            f"{w.variant} passed {w.n_succeeded} of {w.n_completed}" for w in (current, *chosen)
        )
        looks = "looks on the way" if self.settings.early_stopping else "one look at the end"
        return Proposal(
            strategy=self.name,
            type=DecisionType.START_EXPERIMENT,
            changes=(
                Change(
                    setting="experiment",
                    old=None,
                    new=f"{names} against {current.variant}: {planned.n} cases",
                ),
            ),
            effects=(),
            effects_note=UNMEASURED,
            confidence=None,
            rationale=(
                f"{counts}; no experiment tells whether {names} is better. {planned.reason}; "
                f"{looks}, {self.settings.allocation.value} shares."
            ),
            unless=f"an experiment had settled it, or {names} passed no more",
        )

    def _cases(
        self, current: WindowSummary, other: WindowSummary, n_candidates: int
    ) -> PlannedCases:
        """Return the cases for one candidate, as if which cases it passes were chance alone."""
        from optimizer.experiments.planning import Demand, plan_cases  # noqa: PLC0415 - few plan

        a, b = _rate(current), _rate(other)
        demand = Demand(
            metric=Metric.SUCCESS,
            effect=self.settings.min_effect,
            alpha=self.settings.alpha / n_candidates,
            power=self.settings.power,
            n_guardrails=0,
            floor=self.settings.min_sample_size,
            default=self.settings.min_sample_size,
        )
        changed = a * (1 - b) + b * (1 - a)
        return plan_cases(demand, discordance=changed, source="as if by chance alone")


def _changed(evidence: Evidence, current_id: str, other_id: str) -> tuple[int, int]:
    """Return how many shared cases another variant passes less often, and how many more often."""
    table = evidence.cases
    if table is None or not {current_id, other_id} <= set(table.variants):
        return 0, 0
    rates = [
        dict(zip(table.case[rows].tolist(), table.passed[rows].tolist(), strict=True))
        for rows in (table.variant == table.variants.index(name) for name in (current_id, other_id))
    ]
    before, after = rates
    shared = before.keys() & after.keys()
    lost = sum(after[case] < before[case] for case in shared)
    return lost, sum(after[case] > before[case] for case in shared)


def _is_draft(experiment: Experiment) -> bool:
    return experiment.status is ExperimentStatus.DRAFT


def _is_win(look: Look) -> bool:
    return look.verdict is VerdictKind.IMPROVED and not look.broken


def _can_confirm(experiment: Experiment) -> bool:
    """Return whether the looks are on cases that the candidates were not chosen by."""
    design = experiment.design
    return not design.selected_by_search or bool(design.development_runs)


def _has_part(experiment: Experiment, current: WindowSummary) -> bool:
    """Return whether the variant in use is one of those that an experiment compares."""
    return any(
        arm.variant_id == current.variant_id
        or (arm.variant_id is None and arm.label == current.variant)
        for arm in experiment.design.arms
    )


def _waits_for(one: ExperimentSummary, current: WindowSummary) -> bool:
    """Return whether a concluded experiment has a winner that is not yet in use."""
    outcome, baseline = one.experiment.outcome, one.experiment.design.baseline
    return (
        one.experiment.status is ExperimentStatus.COMPLETED
        and outcome is not None
        and outcome.winner is not None
        and baseline.variant_id == current.variant_id
    )


def _is_settled(look: Look) -> bool:
    is_last = look.n >= look.n_max
    return look.verdict is VerdictKind.REGRESSED or bool(look.broken) or is_last


def _taken(evidence: Evidence) -> set[str | None]:
    """Return the variants that are in an experiment, or were in one against the current one."""
    current = evidence.current.variant_id if evidence.current else None
    concluded: set[str | None] = {
        look.key.candidate_id
        for one in evidence.experiments
        if one.experiment.outcome is not None
        for look in one.looks
        if look.key.baseline_id == current
    }
    running = (one.experiment for one in evidence.experiments if one.experiment.status in ACTIVE)
    return concluded | {arm.variant_id for one in running for arm in one.design.arms}


def _looked(one: ExperimentSummary) -> str:
    n = max((look.n for look in one.looks), default=0)
    return f"{n} of {one.experiment.design.n_max} cases were looked at"


def _progress(one: ExperimentSummary, current: WindowSummary) -> str:
    name, status = one.experiment.design.experiment_id, one.experiment.status
    verb = "runs" if status is ExperimentStatus.RUNNING else "is paused"
    elsewhere = f"; it is not about {current.variant}, which is in use"
    return (
        f"experiment {name} {verb}: {_looked(one)}"
        f"{'' if _has_part(one.experiment, current) else elsewhere}"
    )


def _rate(window: WindowSummary) -> float:
    return window.n_succeeded / window.n_completed


def _effects(*looks: Look) -> tuple[Effect, ...]:
    """Return the effects that were measured with both bounds."""
    return tuple(
        Effect(
            metric=EFFECT_NAMES.get(look.key.metric, f"{look.key.metric}_relative"),
            estimate=look.estimate,
            low=look.low,
            high=look.high,
            level=1 - look.alpha_k,
            n=look.n,
            estimator="paired, repeated look" if look.fraction != 1 else "paired, last look",
        )
        for look in looks
        if look.estimate is not None
        and look.low is not None
        and look.high is not None
        and math.isfinite(look.high - look.low)
    )
