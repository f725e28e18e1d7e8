"""From a decision to what became of it, as a user goes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from optimizer.strategies import STRATEGIES

Run = Callable[..., Any]
Write = Callable[..., Path]
ROOT = Path(__file__).parents[2]
STORE = ".optimizer/history.duckdb"
QUIET = tuple(
    f"--set=strategies.{one.name}.enabled=false"
    for one in STRATEGIES
    if one.name != "threshold_based"
)
BY = ("--by", "ann", "--why", "as users say")


@pytest.fixture
def ingest(optimizer: Run, run_file: Write) -> Callable[..., Any]:
    """Store a run of 80 tests that began on a day of March 2026."""

    def stored(label: str, day: int, marks: str = "+", **more: Any) -> Any:
        name = f"{label}-{day}"
        at = f"2026-03-{day:02d}T12:00:00Z"
        file = run_file(
            f"{name}.json",
            (marks * 80)[:80],
            run_id=name,
            started_at=at,
            finished_at=at.replace("12:00", "12:10"),
            metadata={"prompt_variant": label},
            **more,
        )
        return optimizer("ingest", file.name)

    return stored


@pytest.fixture
def decided(optimizer: Run, ingest: Run, once: Run, tmp_path: Path) -> str:
    """A decision to go back from `new`, which fails every third test, to `old`."""

    def decide() -> str:
        ingest("old", 1)
        ingest("new", 2, "++-")
        found = optimizer("decide", "-w", "wf", "--json", *QUIET)
        assert found.code == 0, found.err
        return str(found.json["decision_id"])

    return str(once(tmp_path, decide))


def test_from_a_decision_to_its_rollback(
    optimizer: Run, ingest: Run, decided: str, tmp_path: Path
) -> None:
    assert optimizer("approve", decided[:6], *BY).out.startswith("wf: approved by ann.")
    started = optimizer("rollout", "start", decided, "--at", "2026-03-10", "--emit", "c.json")
    assert "started with 5 % of the traffic" in started.out
    (asked,) = json.loads((tmp_path / "c.json").read_text())["items"]
    assert [one["command"] for one in asked["commands"]] == ["UpdateConfiguration"]
    assert asked["commands"][0]["arguments"]["shares"] == [0.05, 0.25, 0.5, 1.0]
    for day in range(11, 15):
        assert "Run 'optimizer rollout advance'" in ingest("old", day).out
        moved = optimizer("rollout", "advance", "--at", f"2026-03-{day}T13:00:00", "--json")
        assert moved.json["items"][0]["moved"] is True
    assert "rollout advance" not in ingest("old", 15).out
    outcome = optimizer("outcome", decided, "--json")
    assert (outcome.code, outcome.json["status"]) == (0, "success")
    explained = optimizer("explain", decided).out
    assert "\nRollout\n  status      completed" in explained
    assert "\nOutcome\n  outcome         a success" in explained
    back = optimizer("rollback", decided, "--why", "complaints", "--patch", "p.json")
    assert back.out.startswith("wf: configuration 0 is in force again, byte for byte.")
    patch = json.loads((tmp_path / "p.json").read_text())
    assert {"op": "replace", "path": "/variant", "value": "new"} in patch
    assert optimizer("audit", "verify").code == 0
    assert optimizer("doctor").code == 0


def test_applying_writes_commands_and_patch_and_touches_nothing_else(
    optimizer: Run, decided: str, tmp_path: Path
) -> None:
    optimizer("approve", decided, *BY)
    before = {path.name for path in tmp_path.iterdir()}
    done = optimizer("apply", decided, "--emit", "commands.json", "--patch", "patch.json")
    assert (done.code, done.err) == (0, "wrote commands.json\nwrote patch.json\n")
    assert {path.name for path in tmp_path.iterdir()} - before == {"commands.json", "patch.json"}
    (asked,) = json.loads((tmp_path / "commands.json").read_text())["items"]
    assert [one["command"] for one in asked["commands"]] == ["Rollback"]
    assert optimizer("outcome", decided).out.startswith(f"wf: decision {decided} is not known yet")


def test_harm_is_rolled_back_with_exit_code_one(optimizer: Run, ingest: Run, decided: str) -> None:
    optimizer("approve", decided, *BY)
    optimizer("rollout", "start", decided, "--at", "2026-03-10")
    ingest("old", 11, "-")
    moved = optimizer("rollout", "advance", "--at", "2026-03-12")
    assert moved.code == 1
    assert "was rolled back: success_rate" in moved.out
    assert optimizer("rollout", "advance").out.startswith("No rollout is running.")
    assert "rolled back" in optimizer("rollout", "status", decided).out
    assert "was rolled back" in optimizer("outcome", decided).out


def test_deciding_can_say_what_it_would_ask_for(
    optimizer: Run, decided: str, tmp_path: Path
) -> None:
    assert optimizer("decide", "-w", "wf", "--emit", "c.json", *QUIET).code == 0
    (asked,) = json.loads((tmp_path / "c.json").read_text())["items"]
    assert (asked["decision_id"], asked["commands"][0]["command"]) == (decided, "Rollback")
    assert optimizer("decide", "--all", "--emit", "all.json", *QUIET).code == 0
    assert len(json.loads((tmp_path / "all.json").read_text())["items"]) == 1


def test_an_illegal_step_names_both_states_and_the_legal_ones(optimizer: Run, decided: str) -> None:
    refused = optimizer("apply", decided)
    assert refused.code == 2
    assert refused.err == (
        f"error: decision {decided} is pending, it cannot become executing\n"
        "hint: Steps from here: validating.\n"
    )
    optimizer("reject", decided, *BY)
    for act in (("approve", decided, *BY), ("reject", decided, *BY), ("rollback", decided)):
        refused = optimizer(*act, "--json")
        assert refused.code == 2
        assert "is rejected, it cannot become" in refused.json["error"]["message"]
        assert refused.json["error"]["hint"] == "Steps from here: none, this state is final."


@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        (("approve", "nope", *BY), "decision 'nope': not in this history"),
        (("approve", "latest", "--by", " ", "--why", "x"), "--by: expected a name"),
        (("approve", "latest"), "Missing option '--by'"),
        (("approve", "latest", *BY, "--override", "x"), "no such objection blocks"),
        (("rollout", "start", "latest", "--preset", "x"), "preset 'x': expected one of standard"),
        (("rollout", "advance", "latest"), "it has no rollout"),
        (("outcome", "latest"), "is pending: it changed nothing in force"),
        (("rollback",), "name one decision, or --workflow NAME --to-initial"),
        (("rollback", "latest", "--to-initial"), "name one decision"),
        (("rollback", "-w", "wf", "--to-initial"), "no decision was ever applied to it"),
        (("rollback", "-w", "no", "--to-initial"), "no decision was ever applied to it"),
        (("audit", "verfy"), "'verfy' is not one of 'verify'"),
        (("apply", "latest", "--at", "yesterday"), "does not match the formats"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_changes_nothing(
    optimizer: Run, decided: str, args: tuple[str, ...], complaint: str
) -> None:
    before = optimizer("audit", "--json").out
    refused = optimizer(*args)
    assert refused.code == 2
    assert complaint in " ".join(refused.err.split())
    assert optimizer("audit", "--json").out == before


@pytest.mark.parametrize("path", [".", "..", "/"])
def test_a_folder_is_no_file_to_write_commands_to(optimizer: Run, decided: str, path: str) -> None:
    refused = optimizer("decide", "-w", "wf", "--emit", path)
    assert refused.code == 2
    assert f"error: {path}: cannot be written" in refused.err


@pytest.mark.parametrize(
    "command",
    [
        ("decide", "-w", "wf"),
        ("replay", "caching", "-w", "wf"),
        ("replay", "limits", "-w", "wf"),
        ("budget", "status"),
    ],
)
def test_a_time_before_all_times_is_refused(
    optimizer: Run, decided: str, command: tuple[str, ...]
) -> None:
    refused = optimizer(*command, "--as-of", "0001-01-01T00:00:00+1400")
    assert refused.code == 2
    assert "too far from now" in refused.err


def test_two_processes_that_approve_at_once_approve_once(
    optimizer: Run, decided: str, tmp_path: Path
) -> None:
    both = [
        subprocess.Popen(
            [sys.executable, "-m", "cli", "approve", decided, "--by", who, "--why", "now"],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
        )
        for who in ("ann", "bob")
    ]
    said = [(*one.communicate(timeout=60), one.returncode) for one in both]
    assert sorted(code for _, _, code in said) == [0, 2]
    (error,) = [err for _, err, code in said if code == 2]
    assert "is approved, it cannot become approved" in error
    moves = [one for one in optimizer("audit", "--json").json["items"] if "moved" in one["action"]]
    assert len(moves) == 2
    assert len({one["actor"] for one in moves}) == 1


@pytest.mark.parametrize(
    ("damage", "line"),
    [
        ("UPDATE audit_log SET actor = 'eve' WHERE seq = 2", 2),
        ("DELETE FROM audit_log WHERE seq = 1", 1),
        ("UPDATE audit_log SET logged_at = logged_at + INTERVAL 1 HOUR WHERE seq = 3", 3),
        ("UPDATE audit_log SET seq = seq + 1 WHERE seq = 3", 3),
    ],
)
def test_a_broken_audit_log_names_its_first_bad_line(
    optimizer: Run, decided: str, tmp_path: Path, damage: str, line: int
) -> None:
    optimizer("approve", decided, *BY)
    with duckdb.connect(tmp_path / STORE) as connection:
        connection.execute(damage)
    broken = optimizer("audit", "verify")
    assert broken.code == 1
    assert broken.out.startswith(f"The audit log was changed: line {line} of ")
    assert optimizer("audit", "verify", "--json").json["first_broken"] == line


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        ("UPDATE rollouts SET shares = '[]'", "it stands at step 1 of 0"),
        ("UPDATE rollouts SET step = 99", "it stands at step 100 of 4"),
        ("UPDATE rollouts SET step = -1", "it stands at step 0 of 4"),
        ("UPDATE config_snapshots SET body = '{'", "configuration: what is stored of it"),
        ("UPDATE config_snapshots SET body = '[]'", "configuration: what is stored of it"),
    ],
)
def test_a_damaged_rollout_is_an_error_and_no_crash(
    optimizer: Run, decided: str, tmp_path: Path, damage: str, complaint: str
) -> None:
    optimizer("approve", decided, *BY)
    optimizer("rollout", "start", decided)
    with duckdb.connect(tmp_path / STORE) as connection:
        connection.execute(damage)
    for command in ("status", "advance"):
        refused = optimizer("rollout", command)
        assert refused.code == 2
        assert complaint in refused.err


def test_the_audit_log_can_be_shown_by_subject_and_to_its_end(optimizer: Run, decided: str) -> None:
    optimizer("approve", decided, *BY)
    items = optimizer("audit", "--subject", decided, "--limit", "2", "--json").json["items"]
    assert [json.loads(one["detail"])["to"] for one in items] == ["validating", "approved"]
    assert optimizer("audit").out.startswith("The audit log is whole: 3 lines.")


def test_the_log_says_when_it_was_told_and_when_it_was_done(optimizer: Run, decided: str) -> None:
    optimizer("approve", decided, *BY)
    optimizer("apply", decided, "--at", "2026-03-10T08:00:00+0200")
    last = optimizer("audit", "--json").json["items"][-1]
    assert json.loads(last["detail"])["at"] == "2026-03-10T06:00:00+00:00"
    assert not last["logged_at"].startswith("2026-03-10")


def test_the_status_counts_decisions_by_state_and_what_came_of_each_strategy(
    optimizer: Run, ingest: Run, decided: str
) -> None:
    optimizer("approve", decided, *BY)
    optimizer("apply", decided, "--at", "2026-03-10")
    ingest("old", 11)
    optimizer("outcome", decided)
    found = optimizer("status", "--json").json["decisions"]
    assert found["by_state"] == {"completed": 1}
    (one,) = [each for each in found["strategies"] if each["n_accepted"]]
    assert (one["strategy"], one["n_accepted"]) == ("threshold_based", 1)
    assert (one["n_outcomes"], one["n_success"], one["n_rolled_back"]) == (1, 1, 0)
    assert "1 decision: 1 completed." in optimizer("status").out


def test_the_doctor_finds_a_configuration_that_was_changed(
    optimizer: Run, decided: str, tmp_path: Path
) -> None:
    optimizer("approve", decided, *BY)
    optimizer("apply", decided)
    assert optimizer("doctor").code == 0
    with duckdb.connect(tmp_path / STORE) as connection:
        connection.execute("UPDATE config_snapshots SET body = '{}' WHERE seq = 1")
    assert "configuration 1 of wf has another hash" in " ".join(optimizer("doctor").out.split())


def test_an_approval_needs_a_name_and_no_reason(optimizer: Run, decided: str) -> None:
    assert optimizer("approve", decided).code == 2
    assert optimizer("approve", decided, "--by", "ann").code == 0
