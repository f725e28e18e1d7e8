"""From a measurement to a verdict: the first of the rules that holds.

improved, regressed   the p-value is below alpha, and enough cases changed
equivalent            the one-sided bounds on both sides lie within the margin (TOST)
no worse              the one-sided bound on the bad side does
inconclusive          nothing of this
"""

from __future__ import annotations

import math
from dataclasses import replace

from optimizer.models.dataclass import dataclass
from optimizer.models.terms import RATES, VerdictKind
from optimizer.models.verdicts import MetricVerdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """A measurement turned so that more is better; in the unit of the effect.

    Attributes:
        estimate: How much better the candidate is.
        low: Lower bound of the two-sided interval.
        high: Upper bound of it.
        low_one_sided: Lower bound at the one-sided level.
        high_one_sided: Upper bound likewise.
    """

    estimate: float
    low: float
    high: float
    low_one_sided: float
    high_one_sided: float


def judge(
    measured: MetricVerdict, *, margin: float, min_effect: float, min_changed: int
) -> MetricVerdict:
    """Return a measurement with its verdict.

    Args:
        measured: The measurement.
        margin: How much worse still counts as no worse, in the unit of the effect.
        min_effect: The least effect worth having, likewise.
        min_changed: Fewer changed units than this can never be significant.
    """
    asked = replace(measured, margin=margin, min_effect=min_effect)
    gain = gain_of(measured)
    if gain is None:
        return replace(asked, kind=VerdictKind.INCONCLUSIVE)
    kind, detail = _kind(measured, gain, margin, min_effect, min_changed)
    return replace(asked, kind=kind, detail=detail)


def gain_of(measured: MetricVerdict) -> Gain | None:
    """Return the effect turned so that more is better, or None where it was not measured."""
    found = (
        measured.estimate,
        measured.low,
        measured.high,
        measured.low_one_sided,
        measured.high_one_sided,
    )
    if any(value is None or math.isnan(value) for value in found):
        return None
    estimate, low, high, low_one_sided, high_one_sided = (float(v or 0.0) for v in found)
    if measured.metric in RATES:
        return Gain(
            estimate=estimate,
            low=low,
            high=high,
            low_one_sided=low_one_sided,
            high_one_sided=high_one_sided,
        )
    return Gain(
        estimate=-estimate,
        low=-high,
        high=-low,
        low_one_sided=-high_one_sided,
        high_one_sided=-low_one_sided,
    )


def is_significant(measured: MetricVerdict, min_changed: int) -> bool:
    """Return whether a difference was found, at the alpha of the measurement."""
    if measured.n_changed is not None and measured.n_changed < min_changed:
        return False
    p = measured.p_value if measured.p_adjusted is None else measured.p_adjusted
    if p is not None:
        return p < measured.alpha
    if measured.low is None or measured.high is None:
        return False
    return measured.low > 0 or measured.high < 0


def _kind(
    measured: MetricVerdict, gain: Gain, margin: float, min_effect: float, min_changed: int
) -> tuple[VerdictKind, str | None]:
    if is_significant(measured, min_changed) and gain.estimate != 0:
        if gain.estimate > 0:
            return VerdictKind.IMPROVED, _size(gain, min_effect)
        return VerdictKind.REGRESSED, _depth(gain, margin)
    if gain.low_one_sided > -margin:
        if gain.high_one_sided < margin:
            return VerdictKind.EQUIVALENT, None
        return VerdictKind.NO_WORSE, None
    return VerdictKind.INCONCLUSIVE, None


def _size(gain: Gain, min_effect: float) -> str | None:
    """Say how an improvement stands to the least effect worth having."""
    if min_effect == 0:
        return None
    if gain.low >= min_effect:
        return "at least the minimum"
    return "size unclear" if gain.high >= min_effect else "below the minimum"


def _depth(gain: Gain, margin: float) -> str | None:
    """Say how a regression stands to the margin."""
    if gain.high < -margin:
        return "beyond margin"
    return "within margin" if gain.low > -margin else None
