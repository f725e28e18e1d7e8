"""Which cases both arms completed, and what each unit of analysis gave under either."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optimizer.models.cases import CaseColumns
from optimizer.models.dataclass import dataclass
from optimizer.models.terms import Metric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """The cases of two arms, matched by id.

    Attributes:
        baseline: Columns of the baseline.
        candidate: Columns of the candidate.
        at_baseline: Rows of the shared cases in the baseline's columns.
        at_candidate: Rows of the same cases in the candidate's columns.
        n_only_baseline: Completed cases of the baseline alone.
        n_only_candidate: Completed cases of the candidate alone.
    """

    baseline: CaseColumns
    candidate: CaseColumns
    at_baseline: Ints
    at_candidate: Ints
    n_only_baseline: int
    n_only_candidate: int

    @property
    def n(self) -> int:
        """Number of shared cases."""
        return len(self.at_baseline)

    @property
    def coverage(self) -> float:
        """Shared cases over the cases of the larger arm, 0 to 1; NaN where there are none."""
        largest = self.n + max(self.n_only_baseline, self.n_only_candidate)
        return self.n / largest if largest else float("nan")

    @property
    def case_id(self) -> NDArray[np.object_]:
        """Ids of the shared cases."""
        return self.baseline.case_id[self.at_baseline]

    @property
    def recorded_family(self) -> NDArray[np.object_]:
        """Family of each shared case as either arm recorded it; "" where none did."""
        first = self.baseline.family[self.at_baseline]
        return np.where(first == "", self.candidate.family[self.at_candidate], first)

    @property
    def family(self) -> NDArray[np.object_]:
        """Family of each shared case: its own id where none was recorded."""
        recorded = self.recorded_family
        return np.where(recorded == "", self.case_id, recorded)

    def of(self, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return one column of the shared cases, baseline and candidate."""
        return (
            getattr(self.baseline, name)[self.at_baseline].astype(np.float64),
            getattr(self.candidate, name)[self.at_candidate].astype(np.float64),
        )


def match(baseline: CaseColumns, candidate: CaseColumns) -> Pairs:
    """Match the completed cases of two arms by id."""
    first, second = np.flatnonzero(baseline.n > 0), np.flatnonzero(candidate.n > 0)
    left, right = baseline.case_id[first], candidate.case_id[second]
    if len(left) == len(right) and bool((left == right).all()):
        return _pairs(baseline, candidate, first, second, (0, 0))
    places = {case_id: place for place, case_id in zip(second, right, strict=True)}
    shared = [(i, places[c]) for i, c in zip(first, left, strict=True) if c in places]
    rows = np.array(shared, dtype=np.int64).reshape(-1, 2)
    alone = (len(first) - len(rows), len(second) - len(rows))
    return _pairs(baseline, candidate, rows[:, 0], rows[:, 1], alone)


def _pairs(
    baseline: CaseColumns, candidate: CaseColumns, rows: Ints, others: Ints, alone: tuple[int, int]
) -> Pairs:
    return Pairs(
        baseline=baseline,
        candidate=candidate,
        at_baseline=rows,
        at_candidate=others,
        n_only_baseline=alone[0],
        n_only_candidate=alone[1],
    )


def is_once(pairs: Pairs) -> bool:
    """Say whether both arms ran each shared case once."""
    return not any(bool((n != 1).any()) for n in pairs.of("n"))


AMOUNT_COLUMNS = {
    Metric.LATENCY: "latency_ms",
    Metric.COST: "cost_usd",
    Metric.TOKENS: "tokens",
}
"""Column of the mean of an amount."""


def values(columns: CaseColumns, metric: Metric) -> NDArray[np.float64]:
    """Return the mean of a metric for each case; NaN where it is unknown or nothing completed."""
    if metric is Metric.SUCCESS:
        rates = np.full(len(columns.n), np.nan)
        np.divide(columns.n_passed, columns.n, out=rates, where=columns.n > 0)
        return rates
    if metric is Metric.SCORE:
        return np.where(columns.n_scored > 0, columns.score, np.nan)
    return np.asarray(getattr(columns, AMOUNT_COLUMNS[metric]), dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedValues:
    """One metric over the shared cases that know it in both arms.

    Attributes:
        baseline: Case means of the baseline.
        candidate: Case means of the candidate.
        kept: Which of the shared cases these are.
        n_dropped: Shared cases without a value in one arm or both.
        family: Number of each case's family, counted from 0; None where every case is its own.
    """

    baseline: Floats
    candidate: Floats
    kept: NDArray[np.bool_]
    n_dropped: int
    family: Ints | None

    @property
    def differences(self) -> Floats:
        """Candidate minus baseline."""
        return self.candidate - self.baseline

    def family_means(self, d: Floats) -> Floats:
        """Return the mean over each family of a figure of each case; without families d itself."""
        if self.family is None:
            return d
        return np.asarray(np.bincount(self.family, weights=d) / np.bincount(self.family))


def paired_values(pairs: Pairs, metric: Metric, *, families: bool) -> PairedValues:
    """Return one metric over the shared cases."""
    first = values(pairs.baseline, metric)[pairs.at_baseline]
    second = values(pairs.candidate, metric)[pairs.at_candidate]
    kept = np.isfinite(first) & np.isfinite(second)
    return PairedValues(
        baseline=first[kept],
        candidate=second[kept],
        kept=kept,
        n_dropped=int((~kept).sum()),
        family=_family(pairs, kept) if families else None,
    )


def too_few_families(n: int, needed: int) -> str:
    """Say that families are too few to tell of others."""
    return f"too few families of cases: {n} of at least {needed}"


def too_few(n: int, what: str) -> str:
    """Say that no shared case, or a single one, has what is measured."""
    return f"{'only one' if n else 'no'} shared case has {what} in both arms"


def _family(pairs: Pairs, kept: NDArray[np.bool_]) -> Ints | None:
    if not bool((pairs.recorded_family != "").any()):
        return None
    _, number = np.unique(pairs.family[kept].astype(str), return_inverse=True)
    if len(number) == 0 or number.max() + 1 == len(number):
        return None
    return number.astype(np.int64)
