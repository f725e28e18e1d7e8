from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from optimizer.analysis.contrasts import contrasts
from optimizer.analysis.unpaired import unpaired_contrasts
from optimizer.models.contrasts import CaseTable
from optimizer.models.evidence import Evidence
from optimizer.models.summaries import WindowSummary
from optimizer.stats.intervals import wilson

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
COLUMNS = ("passed", "score", "latency_ms", "cost_usd", "tokens")
LEVEL = 0.95


def of_column(name: str, unit: str, values: np.ndarray) -> dict[str, Any]:
    known = values[~np.isnan(values)]
    return {
        f"n_{name}": len(known),
        f"{name}_mean{unit}": float(known.mean()) if len(known) else None,
        f"{name}_sd{unit}": float(known.std(ddof=1)) if len(known) > 1 else None,
    }


def window_of(label: str, columns: dict[str, np.ndarray], more: dict[str, Any]) -> WindowSummary:
    passed, latency = columns["passed"], columns["latency_ms"]
    n, n_passed = len(passed), int(passed.sum())
    interval = wilson(n_passed, n, level=LEVEL)
    p50, p95, p99 = np.percentile(latency, [50, 95, 99]).tolist()
    is_timed = not np.isnan(p50)
    tokens = columns["tokens"][~np.isnan(columns["tokens"])]
    figures = {
        **of_column("latency", "_ms", latency),
        **of_column("cost", "_usd", columns["cost_usd"]),
        **{"n_scored": 0, "score_mean": None, "score_sd": None},
        "cost_total_usd": float(np.nansum(columns["cost_usd"])),
        "n_tokens": len(tokens),
        "tokens_mean": float(tokens.mean()) if len(tokens) else None,
        "tokens_total": int(tokens.sum()) if len(tokens) else None,
        "latency_p50_ms": p50 if is_timed else None,
        "latency_p95_ms": p95 if is_timed else None,
        "latency_p99_ms": p99 if is_timed else None,
    }
    facts: dict[str, Any] = {
        "workflow_id": "wf",
        "variant_id": f"id-{label}",
        "variant": label,
        "model": f"model-{label}",
        "provider": f"provider-{label}",
        "n_runs": 1,
        "n_unjudged": 0,
        "n_slow": 0,
        "first_started_at": NOON,
        "last_started_at": NOON,
        "n_tasks": n,
        "n_completed": n,
        "n_succeeded": n_passed,
        "n_failed": n - n_passed,
        "n_timeout": 0,
        "n_error": 0,
        "n_cancelled": 0,
        "n_cases": n,
        "success_rate": n_passed / n,
        "n_effective": float(n),
        "success_low": interval.low,
        "success_high": interval.high,
        "n_retries": 0,
        "n_timeout_failures": 0,
        "n_api_failures": 0,
        "n_validation_failures": 0,
        "n_llm_failures": 0,
        "n_unclassified_failures": n - n_passed,
    }
    return WindowSummary(**(facts | figures | more))


def measured_variants(*, paired: bool = True, **variants: dict[str, Any]) -> Evidence:
    """Evidence in which the variants, the current one first, gave these values case by case.

    `case` numbers the cases, which are 0, 1, 2, ... without it; other names than those of
    columns are fields of the variant's figures.
    """
    windows, parts = [], []
    for code, (label, values) in enumerate(variants.items()):
        n = len(values["passed"])
        columns = {
            name: np.asarray(values.get(name, np.full(n, np.nan)), float) for name in COLUMNS
        }
        more = {key: of for key, of in values.items() if key not in (*COLUMNS, "case")}
        windows.append(window_of(label, columns, more))
        case = np.asarray(values.get("case", range(n)), dtype=np.int64)
        parts.append(columns | {"variant": np.full(n, code), "case": case, "n": np.ones(n)})
    current, *others = windows
    table = CaseTable(
        variants=tuple(one.variant_id for one in windows),
        **{name: np.concatenate([part[name] for part in parts]) for name in parts[0]},
    )
    found = contrasts(table, current.variant_id, level=LEVEL) if paired else ()
    known = {one.variant_id for one in found}
    apart = [one for one in others if one.variant_id not in known]
    return Evidence(
        workflow_id="wf",
        as_of=None,
        seed=0,
        current=current,
        others=tuple(others),
        contrasts=(*found, *unpaired_contrasts(current, apart, level=LEVEL)),
        cases=table if paired else None,
    )


@pytest.fixture
def measured() -> Callable[..., Evidence]:
    return measured_variants
