from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?\+00:00")
SAMPLES = Path(__file__).parents[2] / "sample_runs" / "native"
BEGAN = datetime(2026, 11, 21, 12, tzinfo=UTC)
WEEKS = (
    ("support", 0, "few_shot"),
    ("support", 3, "few_shot"),
    ("support", 8, "vague"),
    ("客服 ✓", 1, "clear"),
    ("客服 ✓", 9, "few_shot"),
)


def sample(workflow: str, day: int, variant: str) -> str:
    def later(found: re.Match[str]) -> str:
        return (datetime.fromisoformat(found[0]) + timedelta(days=day)).isoformat()

    text = TIME.sub(later, (SAMPLES / f"sentiment-{variant}.json").read_text(encoding="utf-8"))
    content = json.loads(text.replace('"sentiment"', json.dumps(workflow)))
    return json.dumps(content | {"run_id": f"{workflow}-{day:02}"})


@pytest.fixture(scope="module")
def kept() -> dict[str, bytes]:
    return {}


@pytest.fixture
def weeks(
    tmp_path: Path, optimizer: Callable[..., Any], kept: dict[str, bytes]
) -> Callable[..., Any]:
    """The program in a folder whose history holds two workflows over ten days."""
    store = tmp_path / "history.duckdb"
    if not kept:
        for place, (workflow, n, variant) in enumerate(WEEKS):
            (tmp_path / f"{place}.json").write_text(sample(workflow, n, variant), encoding="utf-8")
        names = [f"{place}.json" for place in range(len(WEEKS))]
        assert optimizer("ingest", *names, "--store", store).code == 0
        kept["store"] = store.read_bytes()
    store.write_bytes(kept["store"])
    return partial(optimizer, OPTIMIZER_STORE=str(store))


def day(n: int) -> str:
    return f"{BEGAN + timedelta(days=n):%Y-%m-%dT%H:%M:%S}"


def test_a_week_names_the_workflow_that_fell_first(weeks: Callable[..., Any]) -> None:
    found = weeks("report", "--period", "week", "--as-of", day(10))
    assert found.code == 0
    first, *_ = found.out.replace("\n", " ").split("  ")
    assert "1 of 2 workflows got worse: support passes 74.2 pp less" in first
    assert "60 shared cases" in first
    assert "vague is in use in place of few_shot" in found.out


def test_the_same_effect_is_that_of_the_comparison_of_the_two_variants(
    weeks: Callable[..., Any],
) -> None:
    found = weeks("report", "-w", "support", "--period", "week", "--as-of", day(10), "--json").json
    (change,) = found["changes"]
    success = next(e for e in change["shift"]["effects"] if e["metric"] == "success_rate")
    other = weeks("compare", "support-03", "support-08", "-m", "success", "--json").json[
        "comparisons"
    ][0]["metrics"][0]
    assert success["n"] == 60
    assert success["estimate"] == pytest.approx(other["estimate"])
    assert change["shift"]["kind"] == "worse"


def test_intervals_of_a_page_allow_for_every_effect_on_it(weeks: Callable[..., Any]) -> None:
    found = weeks("report", "--period", "week", "--as-of", day(10), "--json").json
    effects = [e for change in found["changes"] for e in change["shift"]["effects"]]
    assert found["level_each"] == pytest.approx(1 - 0.05 / len(effects))
    assert {e["level"] for e in effects} == {found["level_each"]}


def test_a_run_is_in_the_period_in_which_it_ended(weeks: Callable[..., Any]) -> None:
    found = weeks("report", "--period", "week", "--as-of", day(10), "--json").json
    runs = {c["workflow_id"]: (c["before"]["n_runs"], c["now"]["n_runs"]) for c in found["changes"]}
    assert runs == {"support": (1, 2), "客服 ✓": (1, 1)}


def test_a_period_without_runs_says_when_the_newest_one_ended(weeks: Callable[..., Any]) -> None:
    found = weeks("report", "--period", "week", "--as-of", "2027-03-01")
    assert found.code == 0
    assert found.out.startswith("Week to 2027-03-01 00:00 UTC: nothing was run; the newest run")
    assert "2026-11-30" in found.out


def test_a_year_before_time_is_refused(weeks: Callable[..., Any]) -> None:
    found = weeks("report", "--period", "quarter", "--as-of", "0001-01-02")
    assert found.code == 2
    assert "too far from now" in found.err


def test_all_workflows_come_with_the_neediest_first(weeks: Callable[..., Any]) -> None:
    found = weeks("report", "--as-of", day(10))
    assert found.code == 0
    assert found.out.startswith("2 workflows: 1 failing and 1 undecided.")
    assert found.out.index("support") < found.out.index("客服 ✓")


def test_a_workflow_whose_decision_waits_says_how_to_see_it(weeks: Callable[..., Any]) -> None:
    decided = weeks("decide", "-w", "客服 ✓", "--json").json
    assert decided["state"] == "pending"
    found = weeks("report")
    assert "1 waiting for approval" in found.out
    assert f"optimizer explain {decided['decision_id'][:8]}" in " ".join(found.out.split())


def test_a_page_is_bounded_and_says_what_it_left_out(weeks: Callable[..., Any]) -> None:
    found = weeks("report", "--as-of", day(10), "--limit", "1")
    assert "1 more workflow not shown: 1 undecided" in found.out


def test_an_old_workflow_has_no_recent_data(weeks: Callable[..., Any]) -> None:
    found = weeks("report", "--as-of", "2027-03-01", "--json").json
    states = {one["row"]["workflow_id"]: one["state"] for one in found["workflows"]}
    assert states == {"support": "failing", "客服 ✓": "no recent data"}


@pytest.mark.parametrize("options", [("--period", "month"), ()], ids=["period", "all"])
def test_writes_every_format(
    weeks: Callable[..., Any], tmp_path: Path, options: tuple[str, ...]
) -> None:
    found = weeks("report", *options, "--as-of", day(10), "-o", "a.html", "-o", "a.md")
    assert found.code == 0
    assert "客服 ✓" in (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "客服 ✓" in (tmp_path / "a.md").read_text(encoding="utf-8")


def test_an_unknown_workflow_is_refused(weeks: Callable[..., Any]) -> None:
    found = weeks("report", "--period", "week", "-w", "nobody")
    assert found.code == 2
    assert "nobody" in found.err


def test_one_workflow_over_time_has_no_other_end(weeks: Callable[..., Any]) -> None:
    found = weeks("report", "-w", "support", "--as-of", day(3))
    assert found.code == 2
    assert "--as-of goes with --period" in found.err


def test_an_empty_history_says_so(optimizer: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{", encoding="utf-8")
    optimizer("ingest", "bad.json")
    found = optimizer("report")
    assert found.code == 0
    assert found.out.startswith("No workflow is stored")
    found = optimizer("report", "--period", "week")
    assert "no run is stored" in found.out
    assert "bad.json" in found.out


def test_performance_says_what_a_workflow_takes_run_by_run(weeks: Callable[..., Any]) -> None:
    found = weeks("report", "-w", "support", "--performance")
    assert found.code == 0
    assert found.out.startswith("support: ")
    assert "p95 latency" in found.out.split("\n\n")[0]
    runs = weeks("report", "-w", "support", "--performance", "--json").json["runs"]
    assert [run["run_id"] for run in runs] == ["support-00", "support-03", "support-08"]
    assert {run["n_cost"] for run in runs} == {0}
    assert {run["cost_mean_usd"] for run in runs} == {None}


def test_performance_is_of_one_workflow(weeks: Callable[..., Any]) -> None:
    refused = weeks("report", "--performance")
    assert refused.code == 2
    assert "name it with --workflow" in refused.err


def test_two_reports_at_once_are_refused(weeks: Callable[..., Any]) -> None:
    refused = weeks("report", "--period", "week", "--experiments")
    assert refused.code == 2
    assert "--period and --experiments are reports of their own" in refused.err


def test_experiments_that_go_on_come_with_their_progress(
    weeks: Callable[..., Any], tmp_path: Path
) -> None:
    assert weeks("report", "--experiments").out.startswith("No experiment is planned.")
    plan = ("-w", "support", "-a", "few_shot", "-b", "vague", "--cases", "120")
    assert weeks("experiment", "plan", "few", *plan, "--include-existing").code == 0
    assert weeks("experiment", "start", "few").code == 0
    found = weeks("report", "--experiments", "-o", "e.html")
    assert found.code == 0
    assert found.out.startswith("1 experiment, running")
    assert "50.0 %" in found.out
    (one,) = weeks("report", "--experiments", "--json").json["active"]
    assert one["looks"] == []
    assert "few" in (tmp_path / "e.html").read_text(encoding="utf-8")


def test_looking_at_the_page_of_experiments_is_no_look(weeks: Callable[..., Any]) -> None:
    plan = ("-w", "support", "-a", "few_shot", "-b", "vague", "--cases", "60")
    weeks("experiment", "plan", "few", *plan, "--min-cases", "20", "--include-existing")
    weeks("experiment", "start", "few")
    weeks("report", "--experiments")
    weeks("experiment", "report", "few")
    found = weeks("report", "--experiments", "--json").json
    assert [len(one["looks"]) for one in found["active"]] == [1]
