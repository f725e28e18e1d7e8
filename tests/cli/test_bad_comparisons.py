from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Write = Callable[..., Path]


@pytest.fixture
def arms(run_file: Write) -> Callable[..., tuple[Path, Path]]:
    """Write two runs by their marks; `old` and `now` change each task by its number."""

    def write(
        old_marks: str,
        now_marks: str,
        old: Callable[[int], dict[str, Any]] = lambda _: {},
        now: Callable[[int], dict[str, Any]] = lambda _: {},
    ) -> tuple[Path, Path]:
        paths = []
        for name, marks, changed in (("old", old_marks, old), ("now", now_marks, now)):
            tasks = json.loads(run_file(f"{name}.json", marks).read_text())["task_results"]
            for i, task in enumerate(tasks):
                change = changed(i)
                task["metadata"] |= change.pop("metadata", {})
                task.update(change)
            label = {"prompt_variant": name}
            paths.append(run_file(f"{name}.json", run_id=name, metadata=label, task_results=tasks))
        return paths[0], paths[1]

    return write


def said(result: Any) -> str:
    return " ".join(result.out.split())


def score(value: float) -> dict[str, Any]:
    return {"metadata": {"score": value}}


def cost(value: float) -> dict[str, Any]:
    return {
        "test_result": {
            "workflow_id": "wf",
            "execution_id": "x",
            "timestamp": "2026-03-01T12:00:00Z",
            "status": "success",
            "execution_time": 0.5,
            "tokens_used": 1,
            "cost": value,
            "inputs": {},
            "outputs": {},
        }
    }


@pytest.mark.parametrize("key", ["nope", '"', "$[*]", "a/b~c", "dataset", ""])
def test_a_family_that_no_task_has_is_named(
    optimizer: Run, arms: Callable[..., tuple[Path, Path]], key: str
) -> None:
    refused = optimizer("compare", *arms("++--" * 5, "+++-" * 5), "--family", key)
    assert refused.code == 2
    assert "no task of" in refused.err


def test_any_key_can_tell_the_family(
    optimizer: Run, arms: Callable[..., tuple[Path, Path]]
) -> None:
    def named(i: int) -> dict[str, Any]:
        return {"metadata": {'a/b~"c': f"f{i // 4}"}}

    found = optimizer(
        "compare", *arms("++--" * 5, "+++-" * 5, named, named), "--family", 'a/b~"c', "--json"
    )
    assert found.json["comparisons"][0]["metrics"][0]["unit"] == "family"


def test_a_candidate_that_cancels_what_would_fail_is_not_passed(
    optimizer: Run, arms: Callable[..., tuple[Path, Path]]
) -> None:
    old, now = arms("-" * 9 + "+" * 91, "c" * 9 + "+" * 91)
    result = optimizer("gate", now, "--baseline", old, "--guardrail", "success:5pp:prove")
    assert result.code == 2
    assert "9 under the candidate alone: what is missing favours one arm" in said(result)


def test_a_score_that_is_missing_is_named(
    optimizer: Run, arms: Callable[..., tuple[Path, Path]]
) -> None:
    result = optimizer("compare", *arms("+" * 9, "+" * 9, lambda _: score(0.5)), "-m", "score")
    assert said(result).startswith(
        "INCONCLUSIVE: now against old: no shared case has a score in both arms."
    )


@pytest.mark.parametrize("n", [2, 5, 14])
def test_few_amounts_without_any_spread_prove_nothing(
    optimizer: Run, arms: Callable[..., tuple[Path, Path]], n: int
) -> None:
    old, now = arms("+" * n, "+" * n, lambda _: cost(0.01), lambda _: cost(0.01))
    gated = optimizer("gate", now, "-b", old, "-g", "cost:10%:prove")
    assert gated.code == 3
    shown = said(optimizer("compare", old, now, "-m", "cost"))
    assert f"all {n} cases have the same ratio, and so few tell nothing of others" in shown
    assert optimizer("gate", now, "-b", old, "-g", "cost:10%").code == 0


def test_a_cost_that_doubles_everywhere_is_found_when_chance_cannot_make_it(
    optimizer: Run, arms: Callable[..., tuple[Path, Path]]
) -> None:
    kinds = []
    for n in (5, 6):
        old, now = arms("+" * n, "+" * n, lambda _: cost(0.01), lambda _: cost(0.02))
        found = optimizer("compare", old, now, "-m", "cost", "--json")
        (metric,) = found.json["comparisons"][0]["metrics"]
        kinds.append((metric["kind"], metric["p_value"]))
    assert kinds == [("inconclusive", 2 / 2**5), ("regressed", 2 / 2**6)]


def test_few_scores_that_all_move_alike_prove_nothing(
    optimizer: Run, arms: Callable[..., tuple[Path, Path]]
) -> None:
    old, now = arms("+" * 5, "+" * 5, lambda _: score(0.5), lambda _: score(0.47))
    assert optimizer("gate", now, "-b", old, "-g", "score:5pp:prove").code == 3
    shown = said(optimizer("compare", old, now, "-m", "score"))
    assert "the true one seems to lie between" not in shown
    assert "needs 10 more cases" in shown


def test_families_that_all_pass_prove_no_more_than_as_many_cases(
    optimizer: Run, arms: Callable[..., tuple[Path, Path]]
) -> None:
    def in_family(i: int) -> dict[str, Any]:
        return {"metadata": {"family": f"f{i // 4}"}}

    old, now = arms("+" * 20, "+" * 20, in_family, in_family)
    assert optimizer("gate", now, "-b", old, "-g", "success:5pp:prove").code == 3


def test_repeats_that_always_agree_count_once(optimizer: Run, run_file: Write) -> None:
    def repeated(name: str, passed: int) -> Path:
        tasks = json.loads(run_file(f"{name}.json", "+" * 60).read_text())["task_results"]
        for i, task in enumerate(tasks):
            task["metadata"] = {"case_id": f"c{i // 2}", "repeat": i % 2}
            task["task_status"] = "succeeded" if i // 2 < passed else "failed"
        label = {"prompt_variant": name}
        return run_file(f"{name}.json", run_id=name, metadata=label, task_results=tasks)

    paths = (repeated("old", 30), repeated("now", 10))
    metric = optimizer("compare", *paths, "--json").json["comparisons"][0]["metrics"][0]
    assert metric["method"] == "McNemar mid-p, Tango score interval"
    assert -1 < metric["low"] < metric["estimate"] < metric["high"]
    suite = optimizer("compare", *paths, "--scope", "suite")
    assert "tells nothing of the noise between runs" in said(suite)


def test_arms_of_different_cases_that_all_pass_prove_no_more_when_repeated(
    optimizer: Run, run_file: Write
) -> None:
    paths = []
    for name in ("old", "now"):
        tasks = json.loads(run_file(f"{name}.json", "+" * 10).read_text())["task_results"]
        for i, task in enumerate(tasks):
            task["metadata"] = {"case_id": f"{name if i > 1 else ''}{i // 2}", "repeat": i % 2}
        label = {"prompt_variant": name}
        paths.append(run_file(f"{name}.json", run_id=name, metadata=label, task_results=tasks))
    shown = said(optimizer("compare", *paths))
    assert shown.startswith("INCONCLUSIVE:")
    assert "[-43.4, +43.4] pp, 5 and 5 cases" in shown


def test_few_cases_against_many_are_compared_without_delay(
    optimizer: Run, arms: Callable[..., tuple[Path, Path]]
) -> None:
    paths = arms("+" * 10, "+-" * 5000)
    metric = optimizer("compare", *paths, "--json").json["comparisons"][0]["metrics"][0]
    assert metric["method"] == "Fisher exact, Newcombe interval"
    assert metric["p_value"] == pytest.approx(0.0019, rel=0.1)


@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        (("-", "-"), "standard input can be read once, so it is one arm at most"),
        (("", "now.json"), "'': names no arm"),
        (("#v1", "now.json"), "'#v1': names no arm"),
        (("old.json", "now.json", "now.json"), "now.json: are the same runs"),
        (("old.json", "now.json", "-w", "nosuch"), "of workflow 'wf', expected 'nosuch'"),
        (("old.json", "now.json", "-m", ","), "metric ',': names none"),
        (("old.json", "now.json", "-m", ""), "metric '': names none"),
        (("old.json", "now.json", "--margin", "success=\u0665pp"), "expected a number with pp"),
        (
            ("old.json", "now.json", "--margin", "success=5pp", "--margin", "success=6pp"),
            "one metric has two",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(
    optimizer: Run,
    arms: Callable[..., tuple[Path, Path]],
    args: tuple[str, ...],
    complaint: str,
) -> None:
    old, _ = arms("+-" * 5, "++" * 5)
    refused = optimizer("compare", *args, stdin=old.read_text())
    assert refused.code == 2
    assert complaint in refused.err


def test_an_unknown_name_says_where_it_was_looked_for(
    optimizer: Run, arms: Callable[..., tuple[Path, Path]]
) -> None:
    optimizer("ingest", *arms("+-" * 5, "++" * 5))
    refused = optimizer("compare", "vague", "clear", "-w", "nosuch")
    assert refused.code == 2
    assert "no variant of workflow 'nosuch' is called so" in refused.err


def test_a_file_of_several_runs_is_both_arms(
    optimizer: Run, arms: Callable[..., tuple[Path, Path]], tmp_path: Path
) -> None:
    paths = arms("+-" * 5, "++" * 5)
    both = tmp_path / "both.jsonl"
    both.write_text("".join(json.dumps(json.loads(path.read_text())) + "\n" for path in paths))
    verdicts = {
        optimizer("compare", *named).out.partition("\n\n")[0]
        for named in (paths, (f"{both}#old", f"{both}#now"))
    }
    assert len(verdicts) == 1
    unclear = optimizer("compare", both, paths[1])
    assert unclear.code == 2
    assert "holds 2 runs, expected one of now (now), old (old)" in unclear.err
    assert f"hint: Name a run: {both}#old." in unclear.err


def test_run_chooses_of_the_file_that_is_judged(
    optimizer: Run, arms: Callable[..., tuple[Path, Path]], tmp_path: Path
) -> None:
    paths = arms("+-" * 20, "++" * 20)
    both = tmp_path / "both.jsonl"
    both.write_text("".join(json.dumps(json.loads(path.read_text())) + "\n" for path in paths))
    assert optimizer("gate", both, "--baseline", paths[0], "--run", "now").code == 0


def test_candidates_of_one_label_are_told_apart(optimizer: Run, run_file: Write) -> None:
    runs = [
        run_file(f"{i}.json", "+-" * (10 + i), run_id=f"r{i}", metadata={"prompt_variant": label})
        for i, label in enumerate(("old", "now", "now"))
    ]
    found = optimizer("compare", *runs, "--json").json["comparisons"]
    assert [one["candidate"]["label"] for one in found] == ["now (r1)", "now (r2)"]


def test_arms_of_two_workflows_are_pointed_out(optimizer: Run, run_file: Write) -> None:
    paths = (
        run_file("a.json", "+-" * 9),
        run_file("b.json", "++" * 9, run_id="r2", workflow_id="other"),
    )
    assert "caveat: the arms are of two workflows: wf; other" in said(optimizer("compare", *paths))


def test_a_method_that_does_not_fit_gives_way_to_one_that_does(
    optimizer: Run, arms: Callable[..., tuple[Path, Path]]
) -> None:
    paths = arms(
        "+" * 9, "+" * 9, lambda i: score(0.1 * i), lambda i: score(0.1 * i + 0.01 * (i > 2))
    )
    found = optimizer("compare", *paths, "-m", "score", "--method", "exact", "--json")
    metric = found.json["comparisons"][0]["metrics"][0]
    assert metric["method"].startswith("sign-flip")
    assert "exact takes cases that pass or fail" in metric["why"]
    blind = optimizer("compare", *paths, "--method", "z", "--json").json["comparisons"][0]
    assert "does not see which cases the arms share" in blind["metrics"][0]["why"]


def test_more_changed_cases_than_families_are_planned_for_in_families(
    optimizer: Run, arms: Callable[..., tuple[Path, Path]]
) -> None:
    def in_family(i: int) -> dict[str, Any]:
        return {"metadata": {"family": f"f{i // 10}"}}

    paths = arms("+-" * 40, "-++-" * 20, in_family, in_family)
    result = optimizer("compare", *paths)
    assert result.code == 0
    assert "20 fixed / 20 broken cases in 8 families" in said(result)
    assert "more families" in said(result)


def test_a_label_of_any_length_leaves_the_verdict_readable(optimizer: Run, run_file: Write) -> None:
    paths = (
        run_file("a.json", "+-" * 9),
        run_file("b.json", "++" * 9, run_id="r2", metadata={"prompt_variant": "very long " * 50}),
    )
    first = optimizer("compare", *paths).out.partition("\n\n")[0]
    assert "passes 50.0 pp more than v1" in " ".join(first.split())
    assert len(first) < 300


def test_scores_that_were_ignored_are_said(
    optimizer: Run, arms: Callable[..., tuple[Path, Path]]
) -> None:
    paths = arms("+" * 9, "+" * 9, lambda _: score(5), lambda i: score(0.1 * i))
    shown = said(optimizer("compare", *paths, "-m", "score"))
    assert "caveat: old: task metadata `score`: 9 values ignored, expected a number" in shown


def test_a_gate_that_finds_no_regression_says_what_could_hide(
    optimizer: Run, arms: Callable[..., tuple[Path, Path]]
) -> None:
    old, now = arms("+-" * 10, "+-" * 10)
    shown = said(optimizer("gate", now, "--baseline", old))
    assert "no regression was found (could hide up to 16.1 pp)" in shown


def test_a_label_may_hold_what_separates_other_names(optimizer: Run, run_file: Write) -> None:
    for i, label in enumerate(("a#b", "c:d@e")):
        path = run_file(f"{i}.json", "+-" * 9, run_id=f"r{i}", metadata={"prompt_variant": label})
        optimizer("ingest", path)
    assert optimizer("compare", "a#b", "c:d@e").out.startswith("INCONCLUSIVE: c:d@e passes as ofte")


def test_the_suite_has_nothing_to_say_of_scores_that_are_missing(
    optimizer: Run, arms: Callable[..., tuple[Path, Path]]
) -> None:
    result = optimizer("compare", *arms("++", "+-"), "--scope", "suite", "-m", "score,latency")
    assert said(result).startswith("INCONCLUSIVE: now against old: no shared case has a score")
    assert "scope suite is for rates alone" in said(result)
