"""What would come out if errors and timeouts were left out instead of counted as failures."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from optimizer.experiments.pairing import Pairs
from optimizer.models.cases import LoadedArm
from optimizer.models.verdicts import Finding, Metric, Severity
from optimizer.stats.means import pseudo_case


def errors_counted(
    arms: tuple[LoadedArm, LoadedArm], pairs: Pairs, *, paired: bool
) -> Iterator[Finding]:
    """Say how many errors there are and what leaving them out would change."""
    before, now = (loaded.arm for loaded in arms)
    if before.n_errors + now.n_errors == 0:
        return
    text = (
        f"{before.n_errors} timeouts and errors of the baseline and {now.n_errors} of the "
        "candidate count as failures"
    )
    yield Finding(
        code="errors_count_as_failures",
        severity=Severity.CAVEAT,
        text=text + (_left_out(pairs) if paired else ""),
        metrics=(Metric.SUCCESS, Metric.SCORE),
    )


def _left_out(pairs: Pairs) -> str:
    """Return the effect on the cases that both arms answered, in words."""
    sides = zip(pairs.of("n"), pairs.of("n_errors"), pairs.of("n_passed"), strict=True)
    rates = []
    for n, n_errors, n_passed in sides:
        answered = n - n_errors
        rates.append(np.divide(n_passed, answered, out=np.full(len(n), np.nan), where=answered > 0))
    d = rates[1] - rates[0]
    d = d[np.isfinite(d)]
    if len(d) < 2:  # noqa: PLR2004 - one case has no spread
        return ""
    found = pseudo_case(d)
    return (
        f"; without them the pass rate would differ by {100 * found.estimate:+.1f} pp "
        f"[{100 * found.low:+.1f}, {100 * found.high:+.1f}] on {len(d)} cases"
    )
