"""What would come out if errors and timeouts were left out instead of counted as failures."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from optimizer.experiments.pairing import Pairs
from optimizer.models.cases import LoadedArm
from optimizer.models.terms import Metric, Severity
from optimizer.models.verdicts import Companion, Finding
from optimizer.stats.means import pseudo_case


def errors_counted(arms: tuple[LoadedArm, LoadedArm]) -> Iterator[Finding]:
    """Say how many errors there are."""
    before, now = (loaded.arm for loaded in arms)
    if before.n_errors + now.n_errors:
        yield Finding(
            code="errors_count_as_failures",
            severity=Severity.CAVEAT,
            text=f"{before.n_errors} timeouts and errors of the baseline and {now.n_errors} of "
            "the candidate count as failures",
            metrics=(Metric.SUCCESS, Metric.SCORE),
        )


def without_errors(pairs: Pairs) -> tuple[Companion, ...]:
    """Return the difference of the pass rates over what both arms answered, if errors happened."""
    rates, n_errors = [], 0
    for n, broke, passed in zip(
        pairs.of("n"), pairs.of("n_errors"), pairs.of("n_passed"), strict=True
    ):
        answered = n - broke
        n_errors += int(broke.sum())
        unknown = np.full(len(n), np.nan)
        rates.append(np.divide(passed, answered, out=unknown, where=answered > 0))
    d = rates[1] - rates[0]
    d = d[np.isfinite(d)]
    if n_errors == 0 or len(d) < 2:  # noqa: PLR2004 - one case has no spread
        return ()
    found = pseudo_case(d)
    return (
        Companion(
            name="without_errors",
            value=found.estimate,
            low=found.low,
            high=found.high,
            text=f"difference if errors were left out instead, on {len(d)} cases",
        ),
    )
