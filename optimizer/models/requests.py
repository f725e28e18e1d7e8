"""A trace: requests in order of time, as columns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from optimizer.models.dataclass import dataclass

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

UNKNOWN_CODE = -1
"""Stands in a column of codes where nothing was recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """Requests in order of time, one per place of every column; all columns are equally long.

    Codes are places in the tuple of names beside them, or numbers that only tell equal from
    unequal; -1 is unknown. NaN is unknown in columns of floats.

    Attributes:
        at_s: When each began, in seconds since the first.
        segment: Code of the run; caches, buckets and queues start empty where it changes.
        key: Equal where variant and whole input are equal: what an exact cache looks up; -1 where
            the input was not recorded.
        answer: Equal where the whole output is equal; -1 where it was not recorded.
        ok: 1 passed, 0 did not, NaN where nobody judged.
        score: From 0 to 1.
        latency_ms: How long it took.
        tokens_in: Tokens of the prompt.
        tokens_out: Tokens of the answer.
        cost_usd: Its price.
        failed: Whether it ended in a timeout or an error.
        throttled: Whether its provider refused it for too many requests.
        cached: Whether a cache answered it.
        repeat: Number of a declared repeat of one case in a run, counted from 0; 0 where none was
            declared. Repeats above 0 are tests of the tests, not traffic.
        case: Code of the test case.
        variant: Code of the variant; `variants` has the ids.
        tenant: Code of the tenant; `tenants` has the names.
        task_type: Code of the task type; `task_types` has the names.
        priority: 1 low, 2 normal, 3 high, 4 critical; 2 where it was not recorded.
        deadline_ms: How long it may take, from its beginning.
        propensity: Probability with which its variant was chosen for it.
        blocks: Prefix-block hashes of all requests, one after the other; None where not recorded.
        block_ends: Place in `blocks` after the last block of each request; None likewise.
        texts: The input of each as text, where asked for.
        runs: Id of each run by its code in `segment`; empty where they have none.
        first_at: When the first began, UTC; None where only the order is known.
        position: Place of each in its run, as stored; None where it is not from a history.
    """

    at_s: NDArray[np.float64]
    segment: NDArray[np.int64]
    key: NDArray[np.int64]
    answer: NDArray[np.int64]
    ok: NDArray[np.float64]
    score: NDArray[np.float64]
    latency_ms: NDArray[np.float64]
    tokens_in: NDArray[np.float64]
    tokens_out: NDArray[np.float64]
    cost_usd: NDArray[np.float64]
    failed: NDArray[np.bool_]
    throttled: NDArray[np.bool_]
    cached: NDArray[np.bool_]
    repeat: NDArray[np.int64]
    case: NDArray[np.int64]
    variant: NDArray[np.int64]
    tenant: NDArray[np.int64]
    task_type: NDArray[np.int64]
    priority: NDArray[np.int64]
    deadline_ms: NDArray[np.float64]
    propensity: NDArray[np.float64]
    variants: tuple[str, ...] = ()
    tenants: tuple[str, ...] = ()
    task_types: tuple[str, ...] = ()
    blocks: NDArray[np.int64] | None = None
    block_ends: NDArray[np.int64] | None = None
    texts: tuple[str | None, ...] | None = None
    runs: tuple[str, ...] = ()
    first_at: datetime | None = None
    position: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.at_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A file of requests as it was read.

    Attributes:
        path: The file as the user named it, or `-` for standard input.
        sha256: Hash of its bytes, uncompressed.
        layout: What kind of trace it is: `azure`, `mooncake`, `bailian` or `table`.
        requests: What it holds, in order of time.
        columns: By field the column that was read for it.
        ignored: Columns that were not read.
        block_tokens: Tokens that a prefix block stands for; None where there are no blocks, or
            their number does not go with the tokens of the prompts.
        warnings: What a reader should know: rows left out, a clock that went backwards.
    """

    path: str
    sha256: str
    layout: str
    requests: Requests
    columns: Mapping[str, str]
    ignored: tuple[str, ...]
    block_tokens: int | None
    warnings: tuple[str, ...]
