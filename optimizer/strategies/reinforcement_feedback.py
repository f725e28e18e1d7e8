"""Learn from the outcomes of several variants which of them earns most, and what to test next.

Asks: taught by every judged test in order of time, does a bandit find a variant that earns more
than the one in use, and if that is open, how should the next tests be shared out?

Proposes: the switch to a variant whose reward is higher beyond doubt on the cases that both ran,
or on rounds whose choice was left to logged chance; else the shares of the next batch among the
variants that may still be best. A reward is quality, cost and latency, weighted.

Stays silent when nothing was judged, when no other variant has run, when there are too few tests,
while an experiment runs, when the variant in use is less stable than `min_stability`, and when it
is the best: no other can earn `min_gain` more.

Does not look at how a variant was made, and takes no rewards at face value that a choice may have
favoured: where nobody knows why a request went to a variant, it only asks for more tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, ClassVar

from optimizer.models.evidence import Evidence
from optimizer.models.policies import BanditStudy, Gain
from optimizer.models.proposals import Answer, Change, DecisionType, Effect, Fact, Proposal
from optimizer.models.settings import Field, Settings
from optimizer.models.summaries import WindowSummary
from optimizer.models.switching import switch
from optimizer.models.terms import BanditAlgorithm, ExperimentStatus

if TYPE_CHECKING:
    from optimizer.learning.feedback import Learning

ACTIVE = frozenset({ExperimentStatus.RUNNING, ExperimentStatus.PAUSED})

SHARE_DIGITS = 4
"""Decimals of a share: a batch is smaller than what they leave out."""

UNMEASURED = "sharing out tests changes nothing in force and has no effect of its own"

ONLY_COUNTS = "no trace and no shared cases: the shares are those of counted outcomes alone"


class RewardPreset(StrEnum):
    """Weights of a reward by name."""

    SEED = "seed"
    """Quality 0.5, cost 0.3, latency 0.2."""

    QUALITY = "quality"
    """Quality 0.6, cost 0.3, latency 0.1."""


class ReinforcementFeedbackSettings(Settings):
    """Settings of the `reinforcement_feedback` strategy."""

    algorithm: BanditAlgorithm = BanditAlgorithm.LIN_UCB
    """Which bandit is taught."""

    alpha: Annotated[float, Field(ge=0)] = 2.0
    """Width of the confidence bound of `lin_ucb`, in standard errors of unit noise."""

    ucb_c: Annotated[float, Field(ge=0)] = 2**0.5
    """Width of the confidence bound of `ucb1`; the root of 2 is that of its paper."""

    exploration_rate: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Share of tests that `epsilon_greedy` gives to any variant."""

    temperature: Annotated[float, Field(gt=0)] = 0.1
    """Of `boltzmann`, in units of the reward: the lower, the less it explores."""

    prior_variance: Annotated[float, Field(gt=0)] = 100.0
    """Of a coefficient of `contextual_thompson`, in units of the noise."""

    learning_rate: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Smallest step of the means of `epsilon_greedy` and `boltzmann`; 0 weighs all tests alike."""

    exploration_grid: tuple[Annotated[float, Field(gt=0)], ...] = ()
    """Values of what the algorithm explores by; replay of logged propensities takes the best."""

    context_dimension: Annotated[int, Field(ge=1)] = 16
    """Most features of a context."""

    recent_contexts: Annotated[int, Field(ge=1)] = 100
    """Newest tests whose contexts stand for those of the next batch."""

    discount_factor: Annotated[float, Field(ge=0, le=1)] = 0.95
    """What is left of the weight of earlier tests after each run."""

    min_confidence: Annotated[float, Field(gt=0, lt=1)] = 0.8
    """Least posterior probability of a higher reward for a switch."""

    level: Annotated[float, Field(gt=0, lt=1)] = 0.95
    """Confidence level of the intervals of all variants together."""

    min_tests: Annotated[int, Field(ge=2)] = 30
    """Fewest judged tests of a variant, and fewest shared cases, to compare it by."""

    min_gain: Annotated[float, Field(ge=0, lt=1)] = 0.01
    """Smallest gain in reward worth testing for, 0 to 1."""

    min_share: Annotated[float, Field(ge=0, lt=1)] = 0.01
    """Smallest share of the next batch worth giving to a variant."""

    min_stability: Annotated[float, Field(ge=0, le=1)] = 0.7
    """Least share of recent runs of the variant in use within their control limits."""

    reward: RewardPreset = RewardPreset.SEED
    """Quality, cost and latency weigh 0.5, 0.3, 0.2 (`seed`) or 0.6, 0.3, 0.1 (`quality`)."""

    ridge: Annotated[float, Field(gt=0)] = 1.0
    """Penalty of the model of rewards behind doubly robust values, in tests."""

    max_weight: Annotated[float, Field(ge=1)] | None = None
    """Largest weight of a test in an off-policy value; none: as the propensities say."""


class ReinforcementFeedback:
    """The `reinforcement_feedback` strategy."""

    name: ClassVar[str] = "reinforcement_feedback"
    priority: ClassVar[int] = 80
    settings_type: ClassVar[type[Settings]] = ReinforcementFeedbackSettings
    study_type: ClassVar[type[BanditStudy]] = BanditStudy

    def __init__(self, settings: ReinforcementFeedbackSettings) -> None:
        self.settings = settings

    def study(self, evidence: Evidence) -> BanditStudy | None:
        """Teach a bandit, and compare every variant with that in use."""
        current = evidence.current
        if current is None or self._not_now(evidence, current) is not None:
            return None
        from optimizer.learning.feedback import learned  # noqa: PLC0415 - loads numpy

        others = sorted(one.variant_id for one in evidence.others if _judged(one))
        arms = [current.variant_id, *others]
        how = self._learning(evidence.seed)
        return learned(arms, evidence.cases, evidence.requests, how)

    def propose(self, evidence: Evidence) -> Answer:
        """Propose a switch where one is settled, tests where something is open."""
        current = evidence.current
        if current is None or current.n_completed == 0:
            return Answer(silence="no completed task")
        why_not = self._not_now(evidence, current)
        if why_not is not None:
            return Answer(silence=why_not)
        study: BanditStudy | None = evidence.studies.get(self.name)
        gains = study.gains if study else ()
        better = [gain for gain in gains if gain.settles(self.settings.min_confidence)]
        if better:
            best = max(better, key=lambda gain: (gain.low, gain.variant_id))
            return Answer(proposals=(self._switch(evidence, current, best, study),))
        return self._share_out(evidence, current, study)

    def _not_now(self, evidence: Evidence, current: WindowSummary) -> str | None:
        """Say why there is nothing to learn now, or None."""
        others = [one for one in evidence.others if one.n_completed]
        if not others:
            return "no other variant has run"
        active = [one for one in evidence.experiments if one.experiment.status in ACTIVE]
        if active:
            return f"experiment {active[0].experiment.design.experiment_id} decides what is tested"
        stable = evidence.stability
        if stable is not None and stable.value < self.settings.min_stability:
            return (
                f"not stable: {stable.n_outside} of {stable.n_runs} runs of {current.variant} are "
                "outside their control limits"
            )
        judged = [_judged(one) for one in others]
        if not _judged(current) or not any(judged):
            return "no judged outcomes: nobody told pass from fail"
        fewest = self.settings.min_tests
        if min(_judged(current), max(judged)) < fewest:
            return (
                f"not enough data: {_judged(current)} and {max(judged)} judged tests, "
                f"{fewest} of each are needed"
            )
        return None

    def _switch(
        self, evidence: Evidence, current: WindowSummary, best: Gain, study: BanditStudy | None
    ) -> Proposal:
        target = next(one for one in evidence.others if one.variant_id == best.variant_id)
        contrast = evidence.contrast(best.variant_id)
        shared = contrast.effects if contrast and contrast.is_paired else ()
        is_model = target.model != current.model
        return Proposal(
            strategy=self.name,
            type=DecisionType.MODEL_SWITCH if is_model else DecisionType.PROMPT_VARIANT,
            changes=switch(current, target),
            effects=(_effect(best), *shared),
            effects_note=None if shared else "the two share no cases: only the reward is known",
            confidence=best.p_better,
            rationale=(
                f"{target.variant} earns {best.estimate:.3g} more than {current.variant} "
                f"({best.low:.3g} to {best.high:.3g}, n = {best.n}, {best.estimator}); "
                f"{_counts(current)}, {_counts(target)}."
            ),
            unless=f"the interval of the gain reached 0, or p below {self.settings.min_confidence}",
            facts=_facts(evidence, study),
            notes=_notes(study),
        )

    def _share_out(
        self, evidence: Evidence, current: WindowSummary, study: BanditStudy | None
    ) -> Answer:
        """Propose the shares of the next batch, where another variant may still be best."""
        worse = (
            {gain.variant_id for gain in study.gains if gain.high < self.settings.min_gain}
            if (study)
            else set()
        )
        others = [one for one in evidence.others if _judged(one) and one.variant_id not in worse]
        if not others:
            return Answer(silence=self._best(current, len(worse)))
        arms = (current, *others)
        shares = self._shares(arms, study, evidence.seed)
        if all(shares[one.variant_id] < self.settings.min_share for one in others):
            return Answer(silence=self._best(current, len(evidence.others)))
        return Answer(proposals=(self._allocation(evidence, arms, shares, study),))

    def _best(self, current: WindowSummary, n_others: int) -> str:
        return (
            f"{current.variant} is the best: none of {n_others} others may earn "
            f"{self.settings.min_gain:g} more ({_counts(current)})"
        )

    def _shares(
        self, arms: Sequence[WindowSummary], study: BanditStudy | None, seed: int
    ) -> dict[str, float]:
        """Return what each variant that is still open gets; small shares are given to others."""
        if study:
            said = {one.variant_id: one.share for one in study.shares}
            found = {one.variant_id: said.get(one.variant_id, 0.0) for one in arms}
        else:
            found = _by_counts(arms, seed)
        kept = {
            name: share if share >= self.settings.min_share else 0.0
            for name, share in found.items()
        }
        total = sum(kept.values())
        if not total:
            return {one.variant_id: 1 / len(arms) for one in arms}
        return {name: share / total for name, share in kept.items()}

    def _allocation(
        self,
        evidence: Evidence,
        arms: Sequence[WindowSummary],
        shares: dict[str, float],
        study: BanditStudy | None,
    ) -> Proposal:
        named = {one.variant: round(shares[one.variant_id], SHARE_DIGITS) for one in arms}
        algorithm = self.settings.algorithm if study else BanditAlgorithm.THOMPSON_SAMPLING
        counts = ", ".join(_counts(one) for one in arms)
        said = ", ".join(f"{label} {share:.1%}" for label, share in named.items())
        return Proposal(
            strategy=self.name,
            type=DecisionType.ALLOCATE_TRAFFIC,
            changes=(Change(setting="allocation", old=None, new=named),),
            effects=(),
            effects_note=UNMEASURED,
            confidence=None,
            rationale=f"{counts}; nothing settles which earns most. {algorithm.value}: {said}.",
            unless="a variant earned more, or no other could, beyond doubt",
            facts=_facts(evidence, study),
            notes=_notes(study),
        )

    def _learning(self, seed: int) -> Learning:
        from optimizer.learning.bandits import Exploration  # noqa: PLC0415 - as in `study`
        from optimizer.learning.feedback import Learning  # noqa: PLC0415
        from optimizer.learning.reward import PRESETS  # noqa: PLC0415

        own = self.settings
        return Learning(
            algorithm=own.algorithm,
            exploration=Exploration(
                alpha=own.alpha,
                c=own.ucb_c,
                epsilon=own.exploration_rate,
                temperature=own.temperature,
                prior_variance=own.prior_variance,
                learning_rate=own.learning_rate,
            ),
            grid=own.exploration_grid,
            weights=PRESETS[own.reward],
            dimension=own.context_dimension,
            discount=own.discount_factor,
            n_contexts=own.recent_contexts,
            min_confidence=own.min_confidence,
            min_gain=own.min_gain,
            min_tests=own.min_tests,
            ridge=own.ridge,
            max_weight=own.max_weight,
            level=own.level,
            seed=seed,
        )


def _judged(window: WindowSummary) -> int:
    """Return how many tests have an outcome to learn from."""
    return max(window.n_completed - window.n_unjudged, window.n_scored)


def _counts(window: WindowSummary) -> str:
    n = window.n_completed - window.n_unjudged
    if not n:
        return f"{window.variant} was scored {window.n_scored} times"
    return f"{window.variant} passed {window.n_succeeded - window.n_unjudged} of {n}"


def _by_counts(arms: Sequence[WindowSummary], seed: int) -> dict[str, float]:
    """Return how often each variant is the best of one draw from each posterior of a pass rate."""
    import numpy as np  # noqa: PLC0415 - as in `study`

    from optimizer.learning.counting_bandits import Thompson  # noqa: PLC0415

    ordered = sorted(arms, key=lambda one: one.variant_id)
    bandit = Thompson(len(ordered), seed=seed)
    for place, one in enumerate(ordered):
        bandit.successes[place] = one.n_succeeded - one.n_unjudged
        bandit.failures[place] = one.n_completed - one.n_succeeded
    (shares,) = bandit.probabilities(np.ones((1, 1)))
    return {one.variant_id: float(share) for one, share in zip(ordered, shares, strict=True)}


def _effect(gain: Gain) -> Effect:
    return Effect(
        metric="reward",
        estimate=gain.estimate,
        low=gain.low,
        high=gain.high,
        level=gain.level,
        n=gain.n,
        estimator=gain.estimator,
    )


def _facts(evidence: Evidence, study: BanditStudy | None) -> tuple[Fact, ...]:
    """Return every gain, and what policies would have earned."""
    if study is None:
        return ()
    labels = {one.variant_id: one.variant for one in evidence.others}
    gains = (
        Fact(
            name=f"gain in reward of {labels.get(gain.variant_id, gain.variant_id)}",
            n=gain.n,
            estimate=gain.estimate,
            low=gain.low,
            high=gain.high,
            level=gain.level,
            threshold=0.0,
        )
        for gain in study.gains
    )
    policies = (
        Fact(
            name=f"reward of {one.name}",
            n=one.n,
            estimate=one.estimate,
            low=one.low,
            high=one.high,
            level=one.level,
        )
        for one in study.policies
    )
    return (*gains, *policies)


def _notes(study: BanditStudy | None) -> tuple[str, ...]:
    """Return what the rewards and the values rest on."""
    if study is None:
        return (ONLY_COUNTS,)
    parts = " and ".join(f"{part.name} ({part.weight:g})" for part in study.parts)
    notes = [f"a reward is made of {parts}, over {study.n_rounds} tests"]
    rests_on_them = study.policies or any(not gain.is_causal for gain in study.gains)
    if study.propensities == "estimated" and rests_on_them:
        notes.append(
            "propensities are estimated as the share of a variant in its run: right only where "
            "chance decided which variant got a test"
        )
    if study.exploration is not None:
        notes.append(f"replay chose the exploration setting {study.exploration:g}")
    return tuple(notes)
