"""When an experiment should end.

A winner, harm, or no more cases to come end it at once; futility and the duration as well, if
early stopping is allowed or the time is over. Nothing ends it before the fewest cases are there.
Futility is not binding: going on after it costs nothing of the false-alarm rate, for it only
gives up claims. A guardrail is judged at every look without a correction: too often a false
alarm keeps the baseline, which is the safe side.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from optimizer.models.experiments import (
    CandidateReport,
    ExperimentDesign,
    Look,
    Standing,
    Stop,
    StopReason,
)
from optimizer.models.terms import Looks, VerdictKind
from optimizer.stats.spending import conditional_power


def stop(
    design: ExperimentDesign, candidates: Sequence[CandidateReport], *, days: float
) -> Stop | None:
    """Return why an experiment should end, or None where it should go on.

    Args:
        design: The plan.
        candidates: Each candidate as it stands.
        days: Days since the start.
    """
    if max((one.n for one in candidates), default=0) < design.min_cases:
        return None
    best = winner(candidates)
    if best is not None:
        text = f"{best.arm.label} improved {design.primary} and broke no guardrail"
        return Stop(reason=StopReason.WINNER, text=text)
    if candidates and all(is_harmful(one) for one in candidates):
        return Stop(reason=StopReason.HARM, text="; ".join(map(harm, candidates)))
    if all(_has_all_cases(one) for one in candidates):
        text = f"the planned {design.n_max} cases were looked at without a winner"
        return Stop(reason=StopReason.N_MAX, text=text)
    limit = design.max_duration_days
    if limit is not None and days >= limit:
        text = f"{days:.1f} days have passed, {limit:g} were planned"
        return Stop(reason=StopReason.DURATION, text=text)
    return _futility(design, candidates)


def winner(candidates: Sequence[CandidateReport]) -> CandidateReport | None:
    """Return the candidate that improved most surely and broke no guardrail, or None."""
    found = [
        one
        for one in candidates
        if one.look is not None
        and one.look.verdict is VerdictKind.IMPROVED
        and one.standing is not Standing.INVALID
        and not _broke_a_guardrail(one)
    ]
    return max(found, key=_sureness, default=None)


def is_harmful(candidate: CandidateReport) -> bool:
    """Return whether a candidate was found to be worse, or to break a guardrail."""
    worse = candidate.look is not None and candidate.look.verdict is VerdictKind.REGRESSED
    return worse or _broke_a_guardrail(candidate)


def harm(candidate: CandidateReport) -> str:
    """Say what is harmful of a candidate: 'few_shot broke its guardrail on latency'."""
    look = candidate.look
    if look is not None and look.broken:
        return f"{candidate.arm.label} broke its guardrail on {', '.join(look.broken)}"
    return f"{candidate.arm.label} is worse than the baseline"


def chance(design: ExperimentDesign, look: Look, *, alpha: float) -> float | None:
    """Return the chance of a result by n_max if the effect is as measured; None if none is known.

    Args:
        design: The plan.
        look: The last look.
        alpha: What the ledger may spend in all.
    """
    if look.z is None or look.fraction is None or design.looks is Looks.OPEN:
        return None
    return conditional_power(look.z, look.fraction, alpha=alpha)


def _futility(design: ExperimentDesign, candidates: Sequence[CandidateReport]) -> Stop | None:
    if not design.early_stopping:
        return None
    open_ = [one for one in candidates if not is_harmful(one)]
    chances = [one.conditional_power for one in open_]
    if not chances or any(power is None for power in chances):
        return None
    best = max(power for power in chances if power is not None)
    if best >= design.futility:
        return None
    text = (
        f"the chance of a result by {design.n_max} cases is {best:.1%} if the effect is as "
        f"measured, below {design.futility:.0%}"
    )
    return Stop(reason=StopReason.FUTILITY, text=text)


def _has_all_cases(candidate: CandidateReport) -> bool:
    look = candidate.look
    return is_harmful(candidate) or (look is not None and look.n >= look.n_max)


def _broke_a_guardrail(candidate: CandidateReport) -> bool:
    return candidate.look is not None and bool(candidate.look.broken)


def _sureness(candidate: CandidateReport) -> float:
    look = candidate.look
    return -math.inf if look is None or look.z is None else look.z
