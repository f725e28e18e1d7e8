from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from optimizer.experiments.comparing import METHODS
from optimizer.models.terms import Metric

Run = Callable[..., Any]
Write = Callable[..., Path]
DATA = Path(__file__).parents[3] / "shared" / "data" / "runs"

needs_data = pytest.mark.skipif(not DATA.exists(), reason="no shared data sets")


def primary(result: Any, place: int = 0) -> Any:
    return result.json["comparisons"][place]["metrics"][0]


@pytest.fixture
def two(run_file: Write) -> tuple[Path, Path]:
    """16 fixed and 6 broken of 161 cases."""
    old = run_file("old.json", "+" * 59 + "+" * 6 + "-" * 16 + "-" * 80)
    now = run_file(
        "now.json",
        "+" * 59 + "-" * 6 + "+" * 16 + "-" * 80,
        metadata={"prompt_variant": "v2"},
        run_id="r2",
    )
    return old, now


def test_the_first_line_is_the_verdict_with_effect_interval_and_counts(
    optimizer: Run, two: tuple[Path, Path]
) -> None:
    result = optimizer("compare", *two)
    assert result.code == 0
    said = " ".join(result.out.split())
    assert said.startswith("IMPROVED: v2 passes 6.2 pp more than v1, 95 % CI [+0.5, +12.4] pp,")
    assert "16 fixed / 6 broken of 161 cases (p = 0.035)" in said
    assert all(len(line) <= 80 for line in result.out.splitlines())


def test_what_to_do_next_about_files_can_be_pasted(optimizer: Run, run_file: Write) -> None:
    old = run_file("old.json", "+" * 20 + "-" * 20)
    now = run_file("now 2.json", "+-" * 20, metadata={"prompt_variant": "v2"}, run_id="r2")
    said = " ".join(optimizer("compare", old.name, now.name, "-m", "success").out.split())
    (hint,) = re.findall(r"Run '(optimizer ingest .*)', then '(optimizer power .*?)' to", said)
    for command in hint:
        assert optimizer(*shlex.split(command)[1:]).code == 0


def test_the_json_holds_every_figure(optimizer: Run, two: tuple[Path, Path]) -> None:
    found = primary(optimizer("compare", *two, "--json"))
    assert found["kind"] == "improved"
    assert found["n_fixed"] == 16
    assert found["p_value"] == pytest.approx(0.03469, abs=6e-7)


def test_variants_runs_branches_and_labels_name_the_arms(
    optimizer: Run, samples: Path, tmp_path: Path
) -> None:
    assert optimizer("ingest", samples).code == 0
    by_label = optimizer("compare", "vague", "clear", "--json")
    by_pair = optimizer("compare", "sentiment:vague", "sentiment:clear", "--json")
    by_file = optimizer(
        "compare", samples / "sentiment-vague.json", samples / "sentiment-clear.json", "--json"
    )
    mixed = optimizer("compare", "vague", samples / "sentiment-clear.json", "--json")
    estimates = {primary(r)["estimate"] for r in (by_label, by_file, mixed)}
    assert len(estimates) == 1, by_pair.err


def test_several_candidates_are_held_against_one_baseline(optimizer: Run, samples: Path) -> None:
    arms = [samples / f"sentiment-{name}.json" for name in ("vague", "clear", "few_shot")]
    result = optimizer("compare", *arms, "--json")
    kinds = [one["metrics"][0]["kind"] for one in result.json["comparisons"]]
    assert kinds == ["improved", "improved"]
    assert result.json["comparisons"][0]["correction"].startswith("Holm")


def test_a_margin_needs_the_unit_of_its_metric(optimizer: Run, two: tuple[Path, Path]) -> None:
    wrong = optimizer("compare", *two, "--margin", "success=5%")
    assert wrong.code == 2
    assert "expected a number with pp" in wrong.err
    assert "hint:" in wrong.err
    wide = optimizer("compare", *two, "--margin", "success=20pp", "--json")
    assert primary(wide)["margin"] == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        (("--metric", "speed"), "metric 'speed': unknown"),
        (("--method", "magic"), "method 'magic': unknown"),
        (("--margin", "success"), "expected METRIC=MARGIN"),
        (("--margin", "success=200pp"), "must be above 0 and below 100"),
    ],
)
def test_what_cannot_be_asked_is_named(
    optimizer: Run, two: tuple[Path, Path], args: tuple[str, ...], complaint: str
) -> None:
    result = optimizer("compare", *two, *args)
    assert result.code == 2
    assert complaint in result.err


def test_one_arm_is_no_comparison(optimizer: Run, two: tuple[Path, Path]) -> None:
    result = optimizer("compare", two[0])
    assert result.code == 2
    assert "expected a baseline and at least one candidate" in result.err


def test_a_file_against_itself_is_invalid(optimizer: Run, two: tuple[Path, Path]) -> None:
    result = optimizer("compare", two[0], two[0])
    assert result.out.startswith("INVALID:")


def test_no_shared_case_is_invalid(optimizer: Run, run_file: Write, two: tuple[Path, Path]) -> None:
    tasks = json.loads(two[1].read_text())["task_results"]
    for task in tasks:
        task["metadata"]["case_id"] = "other-" + task["metadata"]["case_id"]
    apart = run_file("apart.json", run_id="r3", task_results=tasks)
    result = optimizer("compare", two[0], apart)
    assert result.out.startswith("INVALID:")
    assert "no case was run by both" in " ".join(result.out.split())


def test_a_variant_that_nobody_ran_is_named(optimizer: Run, samples: Path) -> None:
    optimizer("ingest", samples)
    result = optimizer("compare", "vague", "nobody")
    assert result.code == 2
    assert "nobody" in result.err


def test_a_file_of_several_variants_asks_which(optimizer: Run, run_file: Write) -> None:
    tasks = json.loads(run_file("a.json", "++++").read_text())["task_results"]
    for i, task in enumerate(tasks):
        task["metadata"]["prompt_variant"] = "v1" if i % 2 else "v2"
        task["metadata"]["case_id"] = f"c{i // 2}"
    both = run_file("both.json", metadata={}, task_results=tasks)
    unclear = optimizer("compare", both, both)
    assert unclear.code == 2
    assert "holds 2 variants" in unclear.err
    assert f"{both}#v" in unclear.err
    clear = optimizer("compare", f"{both}#v1", f"{both}#v2", "--json")
    assert clear.code == 0
    assert primary(clear)["n"] == 2


def test_a_file_alone_means_all_its_variants_as_if_each_were_named(
    optimizer: Run, run_file: Write
) -> None:
    tasks = json.loads(run_file("a.json", "+-+" * 20).read_text())["task_results"]
    for i, task in enumerate(tasks):
        task["metadata"]["prompt_variant"] = f"v{i % 3}"
        task["metadata"]["case_id"] = f"c{i // 3}"
    file = run_file("three.json", metadata={}, task_results=tasks)
    alone = optimizer("compare", file, "--json").json
    found = alone["comparisons"]
    arms = [found[0]["baseline"], *(one["candidate"] for one in found)]
    assert len(arms) == 3
    assert optimizer("compare", *(arm["selector"] for arm in arms), "--json").json == alone


def test_reports_are_written_and_the_summary_of_the_step(
    optimizer: Run, two: tuple[Path, Path], tmp_path: Path
) -> None:
    summary = tmp_path / "summary.md"
    result = optimizer(
        "compare", *two, "-o", "ab.html", "-o", "ab.md", GITHUB_STEP_SUMMARY=str(summary)
    )
    assert result.code == 0
    assert "IMPROVED" in (tmp_path / "ab.html").read_text()
    assert "IMPROVED" in (tmp_path / "ab.md").read_text()
    assert "IMPROVED" in summary.read_text()


def test_a_family_is_told_by_a_key_of_the_metadata(optimizer: Run, run_file: Write) -> None:
    paths = []
    for name, marks in (("old", "+-" * 30), ("now", "++" * 30)):
        tasks = json.loads(run_file(f"{name}.json", marks).read_text())["task_results"]
        for i, task in enumerate(tasks):
            task["metadata"]["document"] = f"d{i // 6}"
        paths.append(run_file(f"{name}.json", run_id=name, task_results=tasks))
    found = primary(optimizer("compare", *paths, "--family", "document", "--json"))
    assert (found["unit"], found["n"]) == ("family", 10)


def test_a_family_that_no_task_names_is_refused(optimizer: Run, run_file: Write) -> None:
    paths = [run_file(f"{name}.json", run_id=name) for name in ("old", "now")]
    refused = optimizer("compare", *paths, "--family", "documnet")
    assert refused.code == 2
    assert "family 'documnet': no task of" in refused.err


@needs_data
def test_paired_and_unpaired_judge_alpacaeval_differently(optimizer: Run) -> None:
    arms = [DATA / f"alpacaeval2-gpt-3.5-turbo-1106{variant}.json" for variant in ("", "_concise")]
    paired = primary(optimizer("compare", *arms, "-m", "score", "--json"))
    unpaired = primary(optimizer("compare", *arms, "-m", "score", "--method", "welch", "--json"))
    assert paired["kind"] == "regressed"
    assert unpaired["kind"] == "equivalent"
    assert paired["estimate"] == pytest.approx(unpaired["estimate"])


@needs_data
def test_trials_of_one_agent_neither_improve_nor_regress(optimizer: Run) -> None:
    trials = [DATA / f"taubench-airline-gpt-4o-trial{i}.json" for i in range(4)]
    for i in range(4):
        arms = [trials[i], *(trial for trial in trials if trial != trials[i])]
        for one in optimizer("compare", *arms, "--json").json["comparisons"]:
            assert one["metrics"][0]["kind"] not in ("improved", "regressed")


@needs_data
def test_the_cheaper_of_two_equal_prompts_is_named(optimizer: Run) -> None:
    arms = [DATA / f"gepa-rotten_tomatoes-{name}.json.gz" for name in ("default", "confidence")]
    said = " ".join(optimizer("compare", *arms).out.split())
    assert said.startswith("EQUIVALENT:")
    assert "default is cheaper" in said


def test_a_look_beside_a_running_experiment_says_so(optimizer: Run, samples: Path) -> None:
    optimizer("ingest", samples)
    plan = ("experiment", "plan", "e1", "-w", "sentiment", "-a", "clear", "-b", "few_shot")
    assert optimizer(*plan, "--detect", "10pp").code == 0
    beside = "is not in its ledger"
    assert beside not in " ".join(optimizer("compare", "clear", "few_shot").out.split())
    assert optimizer("experiment", "start", "e1").code == 0
    assert beside in " ".join(optimizer("compare", "clear", "few_shot").out.split())
    assert beside not in " ".join(optimizer("compare", "clear", "vague").out.split())


def test_cases_of_one_input_count_once(optimizer: Run, run_file: Write) -> None:
    paths = []
    for name, marks in (("old", "+-" * 20), ("now", "++" * 20)):
        tasks = json.loads(run_file(f"{name}.json", marks).read_text())["task_results"]
        for i, task in enumerate(tasks):
            task["test_result"] = {"status": "success" if marks[i] == "+" else "failed"}
            task["test_result"]["inputs"] = {"text": f"review {i % 39}"}
        paths.append(run_file(f"{name}.json", run_id=name, task_results=tasks))
    result = optimizer("compare", *paths, "--json")
    assert result.code == 0, result.err
    assert result.json["comparisons"][0]["n_shared"] == 39
    codes = [finding["code"] for finding in result.json["comparisons"][0]["findings"]]
    assert "duplicated_cases" in codes


def test_the_help_names_every_metric_and_every_method(optimizer: Run) -> None:
    said = "".join(optimizer("compare", "--help").out.split())
    for name in (*Metric, *METHODS):
        assert name in said
