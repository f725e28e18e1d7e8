"""What the tests of several variants teach a bandit: gains, shares, values of policies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from optimizer.learning import off_policy
from optimizer.learning.bandits import CONTEXTUAL, TUNED, Bandit, Exploration, bandit
from optimizer.learning.context import Contexts, context_v1
from optimizer.learning.exploration import tuned
from optimizer.learning.logged import Rounds, batch_shares, teach
from optimizer.learning.paired import paired_gain
from optimizer.learning.reward import (
    RewardSignal,
    RewardWeights,
    composite,
    known_to_all,
    thrift,
)
from optimizer.models.dataclass import dataclass
from optimizer.models.policies import ArmShare, BanditStudy, Gain, PolicyFigure, RewardPart
from optimizer.models.terms import BanditAlgorithm
from optimizer.stats.student import p_above_zero

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.learning.off_policy import Log
    from optimizer.models.contrasts import CaseTable
    from optimizer.models.requests import Requests


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """How a bandit learns.

    Attributes:
        algorithm: Which one.
        exploration: How much it explores.
        grid: Settings of it to choose from by replay; empty: none.
        weights: What the parts of a reward count.
        dimension: Most features of a context.
        discount: What is left of the weight of earlier rounds after each run, 0 to 1.
        n_contexts: Newest rounds whose contexts stand for those of the next batch.
        min_confidence: Least posterior probability of a gain that settles what is best.
        min_gain: Smallest gain in reward worth testing for.
        min_tests: Fewest cases or rounds of a variant that are compared.
        ridge: Penalty of the model of rewards, in rounds.
        max_weight: Largest weight of a round in an off-policy value, or None.
        level: Confidence level of all gains together, 0 to 1.
        seed: Decides everything random.
    """

    algorithm: BanditAlgorithm
    exploration: Exploration
    grid: tuple[float, ...]
    weights: RewardWeights
    dimension: int
    discount: float
    n_contexts: int
    min_confidence: float
    min_gain: float
    min_tests: int
    ridge: float
    max_weight: float | None
    level: float
    seed: int


def learned(
    arms: Sequence[str], cases: CaseTable | None, requests: Requests | None, how: Learning
) -> BanditStudy | None:
    """Return what the tests teach, or None where no test of these variants has a reward.

    Args:
        arms: Ids of the variants, that in use first.
        cases: What each case gave under each of them.
        requests: Their tests in order of time.
        how: How to learn.
    """
    made = _rounds(arms, requests, how) if requests is not None else None
    if made is None:
        return None
    rounds, contexts, parts = made
    log = off_policy.prepared(rounds, ridge=how.ridge)
    exploration, chosen = _explored(rounds, log, how)
    how = replace(how, exploration=exploration)
    gains = _all_gains(arms, cases, log, how)
    n_worse = sum(gain.high < how.min_gain for gain in gains)
    is_settled = n_worse == len(arms) - 1 or any(gain.settles(how.min_confidence) for gain in gains)
    return BanditStudy(
        n_rounds=len(rounds),
        gains=gains,
        shares=() if is_settled else _shares(arms, rounds, how),
        parts=parts,
        features=contexts.names,
        propensities=log.source.value if len(log.rounds) else None,
        policies=_policies(rounds, log, how),
        exploration=chosen,
    )


def _rounds(
    arms: Sequence[str], requests: Requests, how: Learning
) -> tuple[Rounds, Contexts, tuple[RewardPart, ...]] | None:
    """Return the judged tests of some variants as rounds, with what their rewards are made of."""
    code_of = {name: code for code, name in enumerate(requests.variants)}
    arm_of = np.full(len(requests.variants) + 1, -1)  # the last place stands for unknown
    for place, name in enumerate(arms):
        if name in code_of:
            arm_of[code_of[name]] = place
    arm = arm_of[requests.variant]
    quality = np.where(np.isfinite(requests.score), requests.score, requests.ok)
    quality = np.where(requests.failed & ~np.isfinite(quality), 0.0, quality)
    rows = np.flatnonzero((arm >= 0) & (requests.repeat <= 0) & np.isfinite(quality))
    if not len(rows):
        return None
    arm, segment = arm[rows], requests.segment[rows]
    signal = _signal(requests, rows, quality[rows], arm, len(arms))
    contexts = context_v1(
        requests, rows, dimension=how.dimension, arm=arm, has_choice=_has_choice(arm, segment)
    )
    return (
        Rounds(
            n_arms=len(arms),
            arm=arm,
            context=contexts.values,
            reward=np.clip(composite(signal, how.weights), 0.0, 1.0),
            propensity=requests.propensity[rows],
            unit=requests.case[rows],
            segment=segment,
        ),
        contexts,
        tuple(
            RewardPart(name=name, weight=getattr(how.weights, name))
            for name in ("quality", "cost", "latency")
            if np.isfinite(getattr(signal, name)).any()
        ),
    )


def _has_choice(arm: NDArray[np.int64], segment: NDArray[np.int64]) -> bool:
    """Return whether a segment holds more than one arm."""
    begins = np.append(True, (segment[1:] != segment[:-1]) | (arm[1:] != arm[:-1]))
    segments = segment[begins].tolist()
    return len(set(zip(segments, arm[begins].tolist(), strict=True))) > len(set(segments))


def _signal(
    requests: Requests,
    rows: NDArray[np.intp],
    quality: NDArray[np.float64],
    arm: NDArray[np.int64],
    n_arms: int,
) -> RewardSignal:
    """Return the parts of the rewards; what a cache answered tells no price and no time."""
    fresh = ~requests.cached[rows]
    cost, latency = (
        known_to_all(thrift(np.where(fresh, column[rows], np.nan)), arm, n_arms)
        for column in (requests.cost_usd, requests.latency_ms)
    )
    return RewardSignal(quality=quality, cost=cost, latency=latency)


def _new(n_arms: int, dimension: int, how: Learning) -> Bandit:
    return bandit(
        how.algorithm, n_arms=n_arms, dimension=dimension, how=how.exploration, seed=how.seed
    )


def _explored(rounds: Rounds, log: Log, how: Learning) -> tuple[Exploration, float | None]:
    """Return the exploration, chosen by replay where the log and the settings allow."""
    name = TUNED.get(how.algorithm)
    is_logged = log.source is off_policy.PropensitySource.LOGGED and bool(len(log.rounds))
    if name is None or not how.grid or not is_logged:
        return how.exploration, None

    def make(setting: float) -> Bandit:
        tried = replace(how.exploration, **{name: setting})
        return _new(rounds.n_arms, rounds.context.shape[1], replace(how, exploration=tried))

    best = tuned(how.grid, make, log.rounds, seed=how.seed, level=how.level)[0]
    return replace(how.exploration, **{name: best.setting}), best.setting


def _shares(arms: Sequence[str], rounds: Rounds, how: Learning) -> tuple[ArmShare, ...]:
    """Return the share of each variant in the contexts of the newest rounds."""
    one = _new(rounds.n_arms, rounds.context.shape[1], how)
    teach(one, rounds, discount=how.discount)
    shares = batch_shares(one, rounds.context[-how.n_contexts :])
    n = np.bincount(rounds.arm, minlength=rounds.n_arms)
    return tuple(
        ArmShare(variant_id=name, n=int(n[place]), share=float(shares[place]))
        for place, name in enumerate(arms)
    )


def _all_gains(
    arms: Sequence[str], cases: CaseTable | None, log: Log, how: Learning
) -> tuple[Gain, ...]:
    """Return each variant against the first: on shared cases, else on rounds with a choice.

    The level of each interval is such that all of them hold together (Bonferroni).
    """
    level = 1 - (1 - how.level) / max(len(arms) - 1, 1)
    found = []
    for place, name in enumerate(arms[1:], start=1):
        gain = (
            paired_gain(
                cases,
                arms[0],
                name,
                weights=how.weights,
                min_cases=how.min_tests,
                level=level,
            )
            if cases is not None
            else None
        )
        found.append(gain or _logged_gain(place, name, log, how, level))
    return tuple(gain for gain in found if gain is not None)


def _logged_gain(place: int, name: str, log: Log, how: Learning, level: float) -> Gain | None:
    """Return the off-policy gain over the first arm, where both could be chosen often enough."""
    if len(log.rounds) < 2 * how.min_tests:
        return None
    shared = _sharing(log, place)
    units = [np.unique(shared.rounds.unit[shared.rounds.arm == arm]) for arm in (0, place)]
    if min(map(len, units)) < how.min_tests:
        return None
    found = off_policy.gain(
        off_policy.always(0, shared),
        off_policy.always(place, shared),
        shared,
        clip=how.max_weight,
        level=level,
    )
    is_logged = log.source is off_policy.PropensitySource.LOGGED
    return Gain(
        variant_id=name,
        estimate=found.estimate,
        low=found.low,
        high=found.high,
        level=level,
        n=found.n,
        estimator=f"doubly robust, {log.source.value} propensities",
        p_better=p_above_zero(found.estimate, found.standard_error, found.n - 1),
        is_causal=is_logged,
    )


def _sharing(log: Log, place: int) -> Log:
    """Return the rounds of segments in which both the first arm and another were chosen."""
    segment = log.rounds.segment
    both = np.intersect1d(segment[log.rounds.arm == 0], segment[log.rounds.arm == place])
    kept = np.isin(segment, both)
    return replace(
        log,
        rounds=log.rounds.where(kept),
        propensity=log.propensity[kept],
        predicted=log.predicted[kept],
    )


def _policies(rounds: Rounds, log: Log, how: Learning) -> tuple[PolicyFigure, ...]:
    """Return what a bandit taught by the earlier half would have earned in the later one."""
    n = len(log.rounds)
    if how.algorithm not in CONTEXTUAL or n < 2 * how.min_tests:
        return ()
    early = np.arange(n) < n // 2
    one = _new(rounds.n_arms, rounds.context.shape[1], how)
    teach(one, log.rounds.where(early), discount=how.discount)
    late = off_policy.prepared(
        replace(log.rounds.where(~early), propensity=log.propensity[~early]),
        ridge=how.ridge,
    )
    if len(np.unique(late.rounds.unit)) < 2:  # noqa: PLR2004 - one unit has no spread
        return ()
    found = {
        "the variant in use": off_policy.always(0, late),
        f"{how.algorithm.value} by context": one.probabilities(late.rounds.context),
    }
    values = {
        name: off_policy.value(policy, late, clip=how.max_weight, level=how.level)
        for name, policy in found.items()
    }
    return tuple(
        PolicyFigure(
            name=name,
            estimate=one_value.estimate,
            low=one_value.low,
            high=one_value.high,
            level=one_value.level,
            n=one_value.n,
            n_effective=one_value.n_effective,
        )
        for name, one_value in values.items()
        if one_value.n_effective > 0
    )
