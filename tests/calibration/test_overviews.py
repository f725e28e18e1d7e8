"""A page of workflows: how often anything on it is called changed where nothing did."""

from __future__ import annotations

import numpy as np
import pytest

from optimizer.analysis.settings import OverviewSettings
from optimizer.analysis.shifts import shifts
from optimizer.models.contrasts import CaseTable
from optimizer.models.overview import ChangeKind

SETTINGS = OverviewSettings()
CHANGED = (ChangeKind.WORSE, ChangeKind.BETTER)


def unchanged(rng, n_cases):
    """A workflow whose cases pass as often before as now, some more often than others."""
    chances = rng.uniform(0.5, 0.98, n_cases)
    unknown = np.full(2 * n_cases, np.nan)
    return CaseTable(
        variants=("before", "now"),
        variant=np.repeat([0, 1], n_cases),
        case=np.tile(np.arange(n_cases), 2),
        n=np.ones(2 * n_cases),
        passed=rng.binomial(1, np.tile(chances, 2)).astype(np.float64),
        score=unknown,
        latency_ms=unknown,
        cost_usd=unknown,
        tokens=unknown,
    )


@pytest.mark.parametrize(("n_workflows", "n_cases"), [(1, 20), (1, 100), (20, 40)])
def test_a_page_rarely_calls_anything_changed_where_nothing_did(reps, n_workflows, n_cases):
    rng, n_pages = np.random.default_rng(7), reps // n_workflows
    alarms = 0
    for _ in range(n_pages):
        tables = {str(i): unchanged(rng, n_cases) for i in range(n_workflows)}
        found = shifts(tables, SETTINGS).of.values()
        alarms += any(one.kind in CHANGED for one in found)
    noise = 3.0 * np.sqrt(SETTINGS.alpha / n_pages)
    assert alarms / n_pages <= SETTINGS.alpha + noise
