"""Leaving out the cases that a search has seen: what it chose must be confirmed on others."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields, replace

import numpy as np

from optimizer.models.cases import CaseColumns, LoadedArm


def held_out(arm: LoadedArm, seen: Collection[str]) -> LoadedArm:
    """Return an arm without the cases in `seen`; what the arm is stays as it was."""
    cases, times = arm.cases, arm.latencies
    kept = np.array([case_id not in seen for case_id in cases.case_id], dtype=bool)
    columns = {field.name: getattr(cases, field.name)[kept] for field in fields(CaseColumns)}
    if times is not None:
        times = times[np.repeat(kept, cases.n_latency)]
    return replace(arm, cases=CaseColumns(**columns), latencies=times)
