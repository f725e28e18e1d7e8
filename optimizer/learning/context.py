"""What is known of a request before it is answered, as numbers: the feature set `context_v1`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from optimizer.models.dataclass import dataclass

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.models.requests import Requests

HOURS_OF_DAY, DAYS_OF_WEEK = 24, 7
SECONDS_OF_HOUR = 3600.0
ROUNDING = 1e-9
"""Values that differ by no more are the same, but for the noise of the arithmetic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contexts:
    """The contexts of rounds.

    Attributes:
        names: Of the features; the first is `one`, for the intercept.
        values: A row per round, a column per feature.
    """

    names: tuple[str, ...]
    values: NDArray[np.float64]


def context_v1(
    requests: Requests,
    rows: NDArray[np.intp],
    *,
    dimension: int,
    arm: NDArray[np.int64],
    has_choice: bool,
) -> Contexts:
    """Return the contexts of some requests.

    In this order, as far as they fit and tell requests apart: 1; hour of the day and day of the
    week as angles (Monday is 0); log of the prompt's tokens, less the mean of its variant, whose
    template is in it; the priority; a mark for each task type and each tenant but the most
    frequent. Tokens and priority are in standard deviations. What is the same for all requests,
    or unknown of all, is left out, not padded; an unknown number among known ones takes their
    mean.

    Args:
        requests: The trace.
        rows: Which of its requests.
        dimension: Most features, 1 or more.
        arm: Variant of each of them.
        has_choice: Whether different variants ran at the same time; where not, the calendar would
            tell variants apart and not requests, and is left out.
    """
    names, columns = ["one"], [np.ones(len(rows))]
    for name, column in _features(requests, rows, arm, has_choice):
        if len(names) == dimension:
            break
        if np.ptp(column) > ROUNDING:
            names.append(name)
            columns.append(column)
    return Contexts(names=tuple(names), values=np.array(columns).T.copy())


def _features(
    requests: Requests, rows: NDArray[np.intp], arm: NDArray[np.int64], has_choice: bool
) -> Iterator[tuple[str, NDArray[np.float64]]]:
    if has_choice:
        yield from _calendar(requests, rows)
    tokens, priority = requests.tokens_in[rows], requests.priority[rows]
    if (tokens != tokens[:1]).any():
        yield "log_tokens_in", _standardized(_centred(np.log1p(tokens), arm))
    if (priority != priority[:1]).any():
        yield "priority", _standardized(priority.astype(np.float64))
    yield from _marks("task_type", requests.task_type[rows], requests.task_types)
    yield from _marks("tenant", requests.tenant[rows], requests.tenants)


def _calendar(
    requests: Requests, rows: NDArray[np.intp]
) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Yield sine and cosine of the hour and of the weekday, where the trace has a date."""
    start = requests.first_at
    if start is None:
        return
    into_day = start.hour + start.minute / 60 + start.second / SECONDS_OF_HOUR
    hours = into_day + requests.at_s[rows] / SECONDS_OF_HOUR
    days = np.floor(start.weekday() + hours / HOURS_OF_DAY)
    for name, value, period in (("hour", hours, HOURS_OF_DAY), ("weekday", days, DAYS_OF_WEEK)):
        angle = 2 * math.pi * (value % period) / period
        yield f"{name}_sin", np.sin(angle)
        yield f"{name}_cos", np.cos(angle)


def _centred(values: NDArray[np.float64], group: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return values less the mean of what is known of their group."""
    place = np.unique(group, return_inverse=True)[1]
    known = np.isfinite(values)
    n = np.bincount(place, weights=known)
    total = np.bincount(place, weights=np.where(known, values, 0.0))
    return np.asarray(values - (total / np.maximum(n, 1))[place])


def _standardized(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return values less their mean, in standard deviations; 0 where unknown or all alike."""
    known = values[np.isfinite(values)]
    if not len(known) or np.ptp(known) <= ROUNDING:
        return np.zeros_like(values)
    return np.asarray(np.nan_to_num((values - known.mean()) / known.std(), nan=0.0))


def _marks(
    kind: str, codes: NDArray[np.int64], names: tuple[str, ...]
) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Yield a column of 0 and 1 for each name but the most frequent, frequent ones first."""
    if not names:
        return
    seen = np.bincount(codes[codes >= 0], minlength=len(names))
    for code in sorted(range(len(names)), key=lambda code: (-seen[code], names[code]))[1:]:
        yield f"{kind}={names[code]}", (codes == code).astype(np.float64)
