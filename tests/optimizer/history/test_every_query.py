from __future__ import annotations

import inspect
import re
from datetime import UTC, datetime
from importlib import resources

import pytest

from optimizer.history import queries, sources
from optimizer.history.queries import cases, evidence, lifecycle, optimizing, overview, upkeep
from optimizer.history.store import temporary_history

NAMES = sorted(
    entry.name.removesuffix(".sql")
    for entry in resources.files(queries).iterdir()
    if entry.name.endswith(".sql")
)
LEADS = ("Grain:", "Params:", "Columns:")
PARAMS: dict[str, object] = {
    "workflow_id": None,
    "first_id": "w",
    "last_id": "w",
    "as_of": None,
    "max_runs": 5,
    "slow_ms": 1.0,
    "z2": 3.84,
    "limit": 5,
    "run_id": "r",
    "prefix": "",
    "variant_ids": ["v"],
    "prompt_sha256s": ["p"],
    "run_ids": ["r"],
    "subject": None,
    "actor": None,
    "until": None,
    "scorer": "s",
    "unjudged": "u",
    "branch": None,
    "has_repeats": True,
    "decision_id": None,
    "decision_ids": ["d"],
    "variant": None,
    "arms": ["v\nr"],
    "variant_id": "v",
    "key": "document",
    "path": "$.document",
    "experiment_id": None,
    "metric": None,
    "n_bins": 10,
    "baseline_id": None,
    "candidate_id": None,
    "since": None,
    "other_run_ids": ["r"],
    "feedback_ids": ["f"],
    "size_us": 60,
    "slide_us": 30,
    "n_slides": 2,
    "gap_us": 60,
    "source_sha256": None,
    "workflow_ids": ["w"],
    "max_tasks": 10,
    "max_decisions": 5,
    "at": None,
    "n_hours": 24,
    "max_texts": 5,
    "positions": [0],
    "executor_sha256": "e",
    "prompt_sha256": "p",
    "replicate": 0,
    "case_sha256s": ["c"],
    "optimization_id": "o",
    "request_sha256": "q",
    "occurrence": 0,
    "prompt_id": None,
    "holdout_sha256": None,
    "case_ids": ["c"],
    "failing": ["c"],
    "before_at": datetime(2026, 1, 1),
    "starts_at": datetime(2026, 1, 8),
    "ends_at": datetime(2026, 1, 15),
    "spent_since": datetime(2026, 1, 1),
    "earlier_runs": 5,
    "max_points": 12,
}

every_query = pytest.mark.parametrize("name", NAMES)


@every_query
def test_begins_with_its_question_grain_params_and_columns(name: str) -> None:
    header = queries.text(name).partition("\n\n")[0]
    assert header.startswith("-- ")
    for lead in LEADS:
        assert f"-- {lead}" in header


@every_query
def test_has_a_function_that_runs_it(name: str) -> None:
    asking = (queries, cases, evidence, lifecycle, optimizing, overview, sources, upkeep)
    source = "".join(map(inspect.getsource, asking))
    used = f'"{name}"' in source
    assert used or name == "report_rows", f"no function runs {name}.sql"


@every_query
def test_declares_the_parameters_it_uses(name: str) -> None:
    text = queries.text(name)
    header, _, body = text.partition("\n\n")
    used = set(re.findall(r"\$(\w+)", body.replace(header, "")))
    assert used == set(re.findall(r"\$(\w+)", header))


@every_query
def test_runs_on_an_empty_history_in_a_total_order(name: str) -> None:
    text = queries.text(name)
    wanted = set(re.findall(r"\$(\w+)", text))
    with temporary_history(datetime(2026, 1, 1, tzinfo=UTC)) as history:
        history.connection.execute("CREATE TEMP TABLE incoming AS FROM tasks")
        found = history.connection.execute(text, {key: PARAMS[key] for key in wanted}).fetchall()
    assert len(found) == (1 if name in ("counts", "grading", "has_repeats", "shared_cases") else 0)
    assert "ORDER BY" in text
    for clause in re.findall(r"ORDER BY(?![^(]*\))(.*?)(?:LIMIT|$)", text, re.DOTALL):
        assert "NULLS" in clause


@every_query
def test_stays_in_the_portable_subset(name: str) -> None:
    body = re.sub(r"--.*", "", queries.text(name))
    for word in ("::", "EXCLUDE", "time_bucket", "approx_", "PIVOT", "struct_", "VARCHAR", "//"):
        assert word not in body
    for word in ("date_diff", "list", "list_contains", "string_agg", "epoch_ms", "regexp_matches"):
        assert not re.search(rf"\b{word}\(", body), f"Spark has no {word} as DuckDB has it"
    for function in ("date_diff", "list", "list_contains", "string_agg", "epoch_ms"):
        assert not re.search(rf"\b{function}\(", body), f"Spark has no such {function}"
    assert not re.search(r"(?<!FROM )unnest\(", body), (
        "write SELECT item FROM unnest($x) AS y(item)"
    )
    assert not re.search(r"\b\d+\.\d+\b(?!e)", body), "write decimals as 1e0"
    assert not re.search(r"array_agg\((?:[^()]|\([^()]*\))*ORDER BY", body), (
        "order a list by list_select(array_agg(x), list_grade_up(array_agg(place)))"
    )
