"""Verdicts that hold at every look, however many there are.

Single runs of pass or fail are judged by the sequential McNemar e-value, everything else from 0
to 1 by whether the betting confidence sequence leaves 0 out; the interval is the sequence's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from optimizer.experiments.pairing import PairedValues, Pairs, match, paired_values
from optimizer.experiments.settings import ComparisonSettings
from optimizer.experiments.verdict import judge
from optimizer.models.cases import LoadedArm
from optimizer.models.experiments import Look
from optimizer.models.terms import VerdictKind
from optimizer.models.verdicts import Comparison, MetricVerdict
from optimizer.stats.betting import betting_sequence
from optimizer.stats.e_values import sequential_mcnemar


def at_any_time(
    found: Comparison,
    baseline: LoadedArm,
    candidate: LoadedArm,
    earlier: Sequence[Look],
    *,
    settings: ComparisonSettings,
    alpha: float,
) -> Comparison:
    """Return a comparison whose primary verdict holds at every look.

    Args:
        found: The comparison as of a single look.
        baseline: The variant in use.
        candidate: The variant proposed.
        earlier: Looks of the same ledger, oldest first: the least p of all counts.
        settings: How verdicts are judged.
        alpha: False-alarm rate over all looks.
    """
    primary = found.primary
    if primary.kind is VerdictKind.INVALID:
        return found
    if not found.paired:
        unpaired = replace(
            primary,
            kind=VerdictKind.INCONCLUSIVE,
            p_value=None,
            reason="an anytime verdict needs cases that both arms ran",
        )
        return replace(found, metrics=(unpaired, *found.metrics[1:]))
    pairs = match(baseline.cases, candidate.cases)
    values = paired_values(pairs, primary.metric, families=True)
    judged = judge(
        _measured(primary, pairs, values, earlier, alpha),
        margin=settings.margins.of(primary.metric),
        min_effect=settings.min_effect,
        min_changed=0,
    )
    return replace(found, metrics=(judged, *found.metrics[1:]))


def _measured(
    primary: MetricVerdict,
    pairs: Pairs,
    values: PairedValues,
    earlier: Sequence[Look],
    alpha: float,
) -> MetricVerdict:
    d = _in_order(pairs, values)
    interval = betting_sequence(d, alpha=alpha).at(len(d))
    before = [look.p_value for look in earlier if look.p_value is not None]
    plain = replace(
        primary,
        kind=VerdictKind.INCONCLUSIVE,
        reason=None,
        need=None,
        estimate=interval.estimate,
        low=interval.low,
        high=interval.high,
        low_one_sided=interval.low,
        high_one_sided=interval.high,
        level=1 - alpha,
        alpha=alpha,
        p_value=None,
        n=len(d),
        unit="case" if values.family is None else "family",
        method="betting confidence sequence",
        why="looked at whenever there are new data, so the verdict must hold at every look",
    )
    first, second = pairs.of("n")
    is_once = bool((first == 1).all() and (second == 1).all()) and values.family is None
    if not is_once or bool((np.abs(d) % 1 != 0).any()):
        return plain
    e = sequential_mcnemar(int((d < 0).sum()), int((d > 0).sum()))
    return replace(
        plain,
        p_value=min([e.p_value, *before]),
        method="sequential McNemar e-value, betting confidence sequence",
    )


def _in_order(pairs: Pairs, values: PairedValues) -> NDArray[np.float64]:
    """Return the differences of cases, or of families, in the order in which they came."""
    first_at = np.maximum(*pairs.of("first_at"))[values.kept]
    if values.family is None:
        return values.differences[np.argsort(first_at, kind="stable")]
    sizes = np.bincount(values.family)
    means = np.bincount(values.family, weights=values.differences) / sizes
    came = np.full(len(sizes), -np.inf)
    np.maximum.at(came, values.family, first_at)
    return np.asarray(means[np.argsort(came, kind="stable")])
