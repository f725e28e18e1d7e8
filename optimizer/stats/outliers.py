"""How far single observations lie from the rest."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from optimizer.models.dataclass import dataclass
from optimizer.stats.arrays import finite_values

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

FEWEST_VALUES = 2
MAD_TO_SD = 0.6745  # of a normal distribution, rounded as Iglewicz and Hoaglin have it
SD_OVER_MEAN_DEVIATION = math.sqrt(math.pi / 2)
PASSES = 2  # of the orthogonalization; more change nothing to speak of
SINGULAR = 1e-10  # smallest over largest eigenvalue of a correlation matrix


@dataclass(frozen=True, slots=True, kw_only=True)
class Fences:
    """The range outside of which an observation is unusual.

    Attributes:
        low: Lower fence, in the unit of the data.
        high: Upper fence.
        n: Number of observations.
    """

    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mahalanobis:
    """Distance of every observation from the centre, in units of the spread in its direction.

    Attributes:
        distances: One per observation, 0 or more.
        p_values: Upper χ² tail of the squared distances, 0 to 1.
        df: Number of columns.
        n: Number of observations.
    """

    distances: NDArray[np.float64]
    p_values: NDArray[np.float64]
    df: int
    n: int


def modified_z(values: ArrayLike) -> NDArray[np.float64]:
    """Return each value's distance from the median in robust standard deviations.

    Args:
        values: Observations.

    Raises:
        ValueError: No values, or NaN or infinity among them.

    Assumes:
        Most values are roughly normal, whatever the rest is. Above 3.5 is the usual alarm.

    Formula:
        0.6745 (x - median) / MAD; where more than half are equal and the MAD is 0,
        (x - median) / (1.2533 · mean |x - median|); NaN where all are equal

    Not for:
        Skewed quantities such as cost and latency as they are: give their logarithms.

    References:
        Iglewicz and Hoaglin (1993), How to Detect and Handle Outliers.
    """
    array = finite_values(values, name="values")
    deviations = array - np.median(array)
    mad = float(np.median(np.abs(deviations)))
    if mad > 0:
        return np.asarray(MAD_TO_SD * deviations / mad)
    spread = SD_OVER_MEAN_DEVIATION * float(np.abs(deviations).mean())
    return np.asarray(deviations / (spread if spread > 0 else math.nan))


def iqr_fences(values: ArrayLike, *, factor: float = 1.5) -> Fences:
    """Return Tukey's fences around the middle half of the values.

    Args:
        values: Observations.
        factor: Width beyond the quartiles in interquartile ranges, 0 or more.

    Raises:
        ValueError: No values, NaN or infinity among them, or a negative factor.

    Assumes:
        Roughly symmetric values; of normal ones 0.7 % lie outside at a factor of 1.5.

    Formula:
        [Q1 - factor · IQR, Q3 + factor · IQR], quartiles by linear interpolation

    Not for:
        Skewed quantities such as cost and latency as they are: give their logarithms.

    References:
        Tukey (1977), Exploratory Data Analysis, 2D.
    """
    array = finite_values(values, name="values")
    if not factor >= 0:
        raise ValueError(f"factor must be 0 or more, got {factor}")
    first, third = (float(quartile) for quartile in np.quantile(array, [0.25, 0.75]))
    reach = factor * (third - first)
    return Fences(low=first - reach, high=third + reach, n=array.size)


def z_scores(values: ArrayLike, *, ddof: int = 1) -> NDArray[np.float64]:
    """Return each value's distance from the mean in standard deviations.

    Args:
        values: Observations, two or more.
        ddof: Subtracted from n in the denominator of the variance, 0 or 1.

    Raises:
        ValueError: Fewer than two values, NaN or infinity among them, or another ddof.

    Assumes:
        Normal values without outliers.

    Formula:
        (x - mean) / sd; NaN where all values are equal

    Not for:
        Finding outliers, which widen the sd and hide: none of n exceeds (n - 1)/√n
        (`modified_z`).

    References:
        Shiffler (1988), American Statistician 42, 79-80.
    """
    array = finite_values(values, name="values", at_least=FEWEST_VALUES)
    if ddof not in {0, 1}:
        raise ValueError(f"ddof must be 0 or 1, got {ddof}")
    spread = float(array.std(ddof=ddof)) if np.ptp(array) > 0 else math.nan
    return np.asarray((array - array.mean()) / spread)


def mahalanobis(rows: ArrayLike, *, robust: bool = False) -> Mahalanobis:
    """Return every observation's distance from the centre, correlations taken into account.

    Args:
        rows: Observations, a row each, a column per quantity; more rows than columns, plus one.
        robust: Take centre and covariance from the bulk of the data, so that outliers cannot
            hide themselves; otherwise the mean and the sample covariance.

    Raises:
        ValueError: Too few rows, NaN or infinity, or columns that are constant (robust: in more
            than half of the rows) or follow from each other.

    Assumes:
        Normal data (logarithms of cost, latency and tokens, say); robust, only most of it.

    Formula:
        d² = (x - c)ᵀ S⁻¹ (x - c), p = P(χ²_columns > d²). Robust: S from medians and MADs of
        sums and differences of columns, c the medians along its axes (OGK, two passes), d²
        scaled so that its median is that of χ²

    Not for:
        Few rows: robust, of clean normal rows 3 % have p < .001 at 20 rows, 0.6 % at 50, 0.2 %
        at 200.

    References:
        Mahalanobis (1936), Proc Nat Inst Sci India 2, 49-55; Maronna and Zamar (2002),
        Technometrics 44, 307-317.
    """
    from scipy.special import chdtrc

    table = _checked_table(rows)
    squared = _robust_squares(table) if robust else _classical_squares(table)
    n, df = table.shape
    return Mahalanobis(
        distances=np.sqrt(squared), p_values=np.asarray(chdtrc(df, squared)), df=df, n=n
    )


def _checked_table(rows: ArrayLike) -> NDArray[np.float64]:
    table = np.asarray(rows, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] < 1:  # noqa: PLR2004 - rows and columns
        raise ValueError(f"rows: found shape {table.shape}, expected rows and columns")
    if table.shape[0] < table.shape[1] + 2:
        raise ValueError(f"rows: found {table.shape[0]}, expected at least columns + 2")
    if not np.isfinite(table).all():
        raise ValueError("rows: found NaN or infinity, expected finite numbers")
    return table


def _classical_squares(table: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = table - table.mean(axis=0)
    scaled = centred / _positive(centred.std(axis=0, ddof=1) * (np.ptp(table, axis=0) > 0))
    values, axes = np.linalg.eigh(scaled.T @ scaled / (len(table) - 1))
    return np.asarray(((scaled @ axes) ** 2 / _regular(values)).sum(axis=1))


def _robust_squares(table: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.special import chdtri

    turned = table
    for _ in range(PASSES):
        scaled = turned / _positive(_mads(turned))
        sums = _mads(scaled[:, :, None] + scaled[:, None, :])
        differences = _mads(scaled[:, :, None] - scaled[:, None, :])
        turned = scaled @ np.linalg.eigh((sums**2 - differences**2) / 4)[1]
        spread = np.sqrt(_regular(_mads(turned) ** 2))
    squared = (((turned - np.median(turned, axis=0)) / spread) ** 2).sum(axis=1)
    return np.asarray(squared * (float(chdtri(table.shape[1], 0.5)) / np.median(squared)))


def _mads(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the median absolute deviation of each column as a standard deviation."""
    deviations = np.abs(columns - np.median(columns, axis=0))
    return np.asarray(np.median(deviations, axis=0) / MAD_TO_SD)


def _positive(spread: NDArray[np.float64]) -> NDArray[np.float64]:
    if not (spread > 0).all():
        raise ValueError("rows: found a column without spread, expected none")
    return spread


def _regular(eigenvalues: NDArray[np.float64]) -> NDArray[np.float64]:
    if eigenvalues.min() <= SINGULAR * eigenvalues.max():
        raise ValueError("rows: found columns that follow from each other, expected none")
    return eigenvalues
