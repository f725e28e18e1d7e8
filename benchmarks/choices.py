"""Print how long a choice between 10 or 20 measured variants takes, in ms.

    PYTHONPATH=. python benchmarks/choices.py [--rounds 200] [--cases 100]

The front is what is studied once and stored; a strategy is asked on the evidence with it.
"""

from __future__ import annotations

import argparse
import os
import runpy
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from optimizer.learning.frontier import frontier
from optimizer.models.evidence import Evidence
from optimizer.pipeline.studies import with_studies
from optimizer.stats.fronts import hypervolume, non_dominated
from optimizer.strategies.model_selection import ModelSelection, ModelSelectionSettings
from optimizer.strategies.pareto_optimization import (
    ParetoOptimization,
    ParetoOptimizationSettings,
)

BUILDERS = Path(__file__).parents[1] / "tests" / "optimizer" / "conftest.py"


def main() -> None:
    """Measure everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--cases", type=int, default=100)
    options = parser.parse_args()
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, {options.cases} cases each\n")
    print(f"{'what':48} {'p50':>8} {'p95':>8} {'p99':>8}")
    for n in (10, 20):
        for what, call in calls(evidence(n, options.cases)):
            took = [timed(call) for _ in range(options.rounds)]
            p50, p95, p99 = np.percentile(took, [50, 95, 99])
            print(f"{f'{n} candidates: {what}':48} {p50:8.3f} {p95:8.3f} {p99:8.3f}")


def evidence(n: int, n_cases: int) -> Evidence:
    """Return a workflow with `n` variants on the same cases."""
    rng = np.random.default_rng(n)
    hard = rng.random(n_cases)
    variants = {
        f"v{i}": {
            "passed": (hard < rate) * 1.0,
            "cost_usd": rng.lognormal(-6, 0.5, n_cases) * rate,
            "latency_ms": rng.lognormal(6.5, 0.4, n_cases),
        }
        for i, rate in enumerate(rng.uniform(0.75, 0.95, n))
    }
    found: Evidence = runpy.run_path(str(BUILDERS))["measured_variants"](**variants)
    return found


def calls(found: Evidence) -> tuple[tuple[str, Callable[[], Any]], ...]:
    """Return what is timed, with its name."""
    models = ModelSelection(ModelSelectionSettings())
    pareto = ParetoOptimization(ParetoOptimizationSettings())
    studied, _ = with_studies([pareto], found, {})
    points = np.random.default_rng(0).random((len(found.others) + 1, 3))
    three = (1, 1, 1)
    return (
        ("front of points", lambda: non_dominated(points, signs=three)),
        ("hypervolume", lambda: hypervolume(points, reference=(0, 0, 0), signs=three)),
        ("front with membership, 1,000 draws", lambda: frontier(found, pareto.demand())),
        ("pareto_optimization is asked", lambda: pareto.propose(studied)),
        ("model_selection is asked", lambda: models.propose(found)),
    )


def timed(call: Callable[[], Any]) -> float:
    """Return how long a call takes, in ms."""
    start = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - start)


if __name__ == "__main__":
    main()
