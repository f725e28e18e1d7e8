"""Leaving out the cases that a search has seen: what it chose must be confirmed on others."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields, replace

import numpy as np

from optimizer.models.cases import CaseColumns, LatencyColumns, LoadedArm


def held_out(arm: LoadedArm, seen: Collection[str]) -> LoadedArm:
    """Return an arm without the cases in `seen`; what the arm is stays as it was."""
    kept = _unseen(arm.cases.case_id, seen)
    columns = {field.name: getattr(arm.cases, field.name)[kept] for field in fields(CaseColumns)}
    times = arm.latencies
    if times is not None:
        rows = _unseen(times.case_id, seen)
        times = LatencyColumns(case_id=times.case_id[rows], latency_ms=times.latency_ms[rows])
    return replace(arm, cases=CaseColumns(**columns), latencies=times)


def _unseen(
    case_ids: np.ndarray[tuple[int], np.dtype[np.object_]], seen: Collection[str]
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.array([case_id not in seen for case_id in case_ids], dtype=bool)
