"""May a candidate replace the baseline? Guardrails over the verdicts.

detect   fails where a regression was found, passes otherwise and says what could hide
prove    passes where the one-sided bound clears the margin, fails where the opposite bound lies
         beyond it, and is inconclusive in between
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from optimizer.experiments.verdict import gain_of
from optimizer.models.terms import GuardMode, GuardStatus, VerdictKind
from optimizer.models.verdicts import BaselineGate, Comparison, GuardCheck, Guardrail, MetricVerdict

WORST_FIRST = (GuardStatus.INVALID, GuardStatus.FAILED, GuardStatus.INCONCLUSIVE)


def guard(comparison: Comparison, guardrails: Sequence[Guardrail]) -> BaselineGate:
    """Judge each guardrail; all must pass, so no correction is due (intersection-union).

    Raises:
        KeyError: A guardrail's metric was not compared.
    """
    verdicts = {verdict.metric: verdict for verdict in comparison.metrics}
    checks = tuple(_check(guardrail, verdicts[guardrail.metric]) for guardrail in guardrails)
    found = {check.status for check in checks}
    status = next((worse for worse in WORST_FIRST if worse in found), GuardStatus.PASSED)
    return BaselineGate(status=status, checks=checks, comparison=comparison)


def _check(guardrail: Guardrail, verdict: MetricVerdict) -> GuardCheck:
    gain = gain_of(verdict)
    if verdict.kind is VerdictKind.INVALID or gain is None:
        invalid = verdict.kind is VerdictKind.INVALID
        return GuardCheck(
            guardrail=guardrail,
            status=GuardStatus.INVALID if invalid else GuardStatus.INCONCLUSIVE,
            verdict=verdict,
            could_hide=None,
            smallest_margin=None,
            text=verdict.reason or "nothing was measured",
        )
    status, text = _judge(guardrail, verdict, gain.low_one_sided, gain.high_one_sided)
    return GuardCheck(
        guardrail=guardrail,
        status=status,
        verdict=verdict,
        could_hide=max(0.0, -gain.low) if math.isfinite(gain.low) else None,
        smallest_margin=max(0.0, -gain.low_one_sided)
        if math.isfinite(gain.low_one_sided)
        else None,
        text=text,
    )


def _judge(
    guardrail: Guardrail, verdict: MetricVerdict, low: float, high: float
) -> tuple[GuardStatus, str]:
    regressed = verdict.kind is VerdictKind.REGRESSED
    if guardrail.mode is GuardMode.DETECT:
        if regressed:
            return GuardStatus.FAILED, "a regression was found"
        return GuardStatus.PASSED, "no regression was found"
    if low > -guardrail.margin:
        return GuardStatus.PASSED, "shown to be no worse than the margin"
    if high < -guardrail.margin:
        return GuardStatus.FAILED, "worse by more than the margin"
    return GuardStatus.INCONCLUSIVE, "neither shown to be within the margin nor beyond it"
