"""How the tests of the next batch are shared between the arms.

`share` is what the policy says: of a suite, run every case under each arm as far as the counts
allow, for cases that both ran are compared in pairs. `traffic_share` is the same for live
traffic, where a candidate may do harm: the candidates together stay below the cap.
"""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.experiments import Allocation, ArmProgress, NextShare, Split
from optimizer.models.terms import AllocationPolicy
from optimizer.stats.allocation import apportion, epsilon_greedy, fixed, thompson, ucb1
from optimizer.stats.bayes import posterior_best
from optimizer.stats.sample_ratio import sample_ratio


def next_batch(
    allocation: Allocation, progress: Sequence[ArmProgress], *, total: int
) -> tuple[NextShare, ...]:
    """Return what each arm gets of the next `total` tests, the baseline first."""
    shares = _shares(allocation, progress)
    counts = apportion(shares, total)
    capped = under_cap(shares, allocation.max_traffic)
    return tuple(
        NextShare(arm=one.arm, share=share, n=n, traffic_share=traffic)
        for one, share, n, traffic in zip(progress, shares, counts, capped, strict=True)
    )


def under_cap(shares: Sequence[float], max_traffic: float) -> tuple[float, ...]:
    """Return shares in which all but the first together have at most `max_traffic`."""
    of_candidates = sum(shares[1:])
    if of_candidates <= max_traffic:
        return tuple(shares)
    scaled = [share * max_traffic / of_candidates for share in shares[1:]]
    return (1 - max_traffic, *scaled)


def split(
    allocation: Allocation, progress: Sequence[ArmProgress], *, threshold: float
) -> Split | None:
    """Return whether the tests fell to the arms as planned; None where there is nothing to tell.

    Shares that follow the results have no plan to be held against.
    """
    counts = tuple(one.n_tasks for one in progress)
    if allocation.policy is not AllocationPolicy.FIXED or not all(counts):
        return None
    found = sample_ratio(counts, ratio=allocation.weights)
    return Split(
        counts=counts,
        planned=fixed(allocation.weights),
        chi2=found.chi2,
        df=found.df,
        p_value=found.p_value,
        threshold=threshold,
    )


def _shares(allocation: Allocation, progress: Sequence[ArmProgress]) -> tuple[float, ...]:
    successes = [one.n_succeeded for one in progress]
    n = [one.n_completed for one in progress]
    match allocation.policy:
        case AllocationPolicy.FIXED:
            return fixed(allocation.weights)
        case AllocationPolicy.EPSILON_GREEDY:
            return epsilon_greedy(successes, n, epsilon=allocation.epsilon)
        case AllocationPolicy.UCB:
            return ucb1(successes, n, c=allocation.exploration)
        case AllocationPolicy.THOMPSON:
            return thompson(posterior_best(successes, n))
