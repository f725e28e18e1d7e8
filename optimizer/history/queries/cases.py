"""What the cases of some variants gave, each variant over some runs: all of them at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from optimizer.history.queries import columns_of, tuples_of
from optimizer.history.store import History

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from optimizer.models.cases import CaseColumns

RunsOf = Mapping[str, Sequence[str]]
"""The runs that are looked at of each variant, by its id."""


def case_columns(history: History, runs_of: RunsOf) -> dict[str, CaseColumns]:
    """Return what each case gave under each variant."""
    from optimizer.models.cases import CaseColumns

    columns = columns_of(history, "case_columns", arms=_asked(runs_of))
    columns["first_at"] = columns["first_at"].astype("datetime64[us]").astype("int64")
    return {variant: CaseColumns(**own) for variant, own in _by_variant(columns, runs_of)}


def case_scores(
    history: History, runs_of: RunsOf, *, scorer: str
) -> dict[str, dict[str, NDArray[Any]]]:
    """Return what one scorer gave the cases of `case_columns`, as columns."""
    columns = columns_of(history, "case_scores", arms=_asked(runs_of), scorer=scorer)
    return dict(_by_variant(columns, runs_of))


def case_latencies(history: History, runs_of: RunsOf) -> dict[str, NDArray[np.float64]]:
    """Return every known time of each variant, in ms, in the order of the cases."""
    columns = columns_of(history, "case_latencies", arms=_asked(runs_of))
    return {variant: own["latency_ms"] for variant, own in _by_variant(columns, runs_of)}


def case_families(history: History, runs_of: RunsOf, *, key: str) -> dict[str, NDArray[np.object_]]:
    """Return the family of each case of `case_columns`, told by a column or a key of metadata."""
    path = "/" + key.replace("~", "~0").replace("/", "~1")
    columns = columns_of(history, "case_families", arms=_asked(runs_of), key=key, path=path)
    return {variant: own["family"] for variant, own in _by_variant(columns, runs_of)}


def case_contents(history: History, runs_of: RunsOf) -> dict[str, dict[str, str]]:
    """Return a hash of what was put in, by variant and case; cases without it are left out."""
    found: dict[str, dict[str, str]] = {variant_id: {} for variant_id in runs_of}
    for variant_id, case_id, content in tuples_of(history, "case_contents", arms=_asked(runs_of)):
        found[variant_id][case_id] = content
    return found


def arm_datasets(history: History, runs_of: RunsOf) -> dict[str, tuple[str, ...]]:
    """Return the data sets that each variant was run on, by name."""
    found: dict[str, tuple[str, ...]] = dict.fromkeys(runs_of, ())
    for variant_id, dataset in tuples_of(history, "arm_datasets", arms=_asked(runs_of)):
        found[variant_id] += (dataset,)
    return found


def _asked(runs_of: RunsOf) -> list[str]:
    """Return each variant in each of its runs, as the queries take them."""
    pairs = {f"{variant_id}\n{run_id}" for variant_id, runs in runs_of.items() for run_id in runs}
    return sorted(pairs)


def _by_variant(
    columns: dict[str, NDArray[Any]], runs_of: RunsOf
) -> Iterator[tuple[str, dict[str, NDArray[Any]]]]:
    """Yield the rows of each variant, none of one that has none; they come sorted by its id."""
    import numpy as np

    ids = columns.pop("variant_id")
    edges = [0, *(np.flatnonzero(ids[1:] != ids[:-1]) + 1).tolist(), len(ids)]
    rows_of = {ids[start]: slice(start, end) for start, end in pairwise(edges) if end > start}
    for variant_id in runs_of:
        rows = rows_of.get(variant_id, slice(0))
        yield variant_id, {name: values[rows] for name, values in columns.items()}
