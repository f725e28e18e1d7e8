from __future__ import annotations

import os
import random
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

STORE = ".optimizer/history.duckdb"
LOOK = (("runs", "--json"), ("analyze", "base-a", "--json"), ("doctor", "--json"))
N_SEEDS = 8


@pytest.fixture
def folder(program: Any, tools: Any, tmp_path: Path) -> Path:
    """A folder with a history of two runs and a decision."""
    for variant, marks in (("a", "+"), ("b", "++-")):
        tools.write_run(tmp_path, f"base-{variant}", variant=variant, n=60, marks=marks)
    assert program(tmp_path, "ingest", ".").code == 0
    assert program(tmp_path, "decide", "-w", "wf").code == 0
    return tmp_path


def damage(path: Path, chance: random.Random) -> str:
    """Cut a file, blank a part of it, or turn some of its bits over."""
    content = bytearray(path.read_bytes())
    place, how = chance.randrange(len(content)), chance.choice(("cut", "blank", "flip", "tear"))
    if how == "cut":
        content = content[:place]
    elif how == "flip":
        for _ in range(chance.randrange(1, 20)):
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    else:
        length = chance.choice((512, 4096, 65536))
        new = bytes(length) if how == "blank" else chance.randbytes(length)
        content[place : place + length] = new[: len(content) - place]
    path.write_bytes(content)
    return how


def answers(program: Any, folder: Path) -> list[Any]:
    return [program(folder, *words) for words in LOOK]


@pytest.mark.parametrize(
    "n_seeds", [N_SEEDS, pytest.param(200, marks=pytest.mark.faults, id="two_hundred")]
)
def test_a_damaged_history_is_told_of_or_answers_as_before(
    program: Any, folder: Path, n_seeds: int
) -> None:
    whole = (folder / STORE).read_bytes()
    good = [done.out for done in answers(program, folder)]
    for seed in range(n_seeds):
        (folder / STORE).write_bytes(whole)
        (folder / f"{STORE}.wal").unlink(missing_ok=True)
        how = damage(folder / STORE, random.Random(seed))
        for words, done, as_before in zip(LOOK, answers(program, folder), good, strict=True):
            told = (seed, how, words, done)
            assert done.code in (0, 1, 2), told
            assert "Traceback" not in done.err, told
            assert done.code or done.out == as_before, told
            assert done.code != 2 or "error: " in done.err, told


def test_a_log_that_was_left_behind_is_read_and_a_damaged_one_is_no_bug(
    program: Any, tools: Any, folder: Path
) -> None:
    script = f"INSERT INTO prompts VALUES ('x', '{'y' * 20000}')"
    pid = os.fork()
    if pid == 0:
        connection = duckdb.connect(folder / STORE)
        connection.execute("PRAGMA disable_checkpoint_on_shutdown")
        connection.execute(script)
        os._exit(0)
    os.waitpid(pid, 0)
    log = folder / f"{STORE}.wal"
    assert log.stat().st_size > 20000
    left = folder / "left"
    shutil.copytree(folder / ".optimizer", left)
    assert program(folder, "runs").code == 0
    assert len(tools.state_of(folder / STORE)["prompts"]) == 1
    for seed in range(N_SEEDS):
        shutil.rmtree(folder / ".optimizer")
        shutil.copytree(left, folder / ".optimizer")
        damage(log, random.Random(seed))
        for words in (("runs",), ("ingest", "base-a.json")):
            done = program(folder, *words)
            assert (done.code in (0, 2), "Traceback" in done.err) == (True, False), (seed, done)


def test_a_history_that_is_replaced_under_a_reader_is_no_bug(
    program: Any, tools: Any, folder: Path
) -> None:
    other = folder / "other"
    other.mkdir()
    shutil.copytree(folder / ".optimizer", other / ".optimizer")
    running = [program.start(folder, "report", "-w", "wf", "-o", f"{i}.html") for i in range(4)]
    for i in range(8):
        shutil.copy(other / STORE, folder / f".optimizer/{i}")
        os.replace(folder / f".optimizer/{i}", folder / STORE)
    for one in running:
        done = one.wait()
        assert (done.code, done.err.count("Traceback")) == (0, 0), done


def test_a_history_that_is_a_folder_a_link_or_may_not_be_written_is_no_bug(
    program: Any, tools: Any, folder: Path
) -> None:
    (folder / "dir.duckdb").mkdir()
    (folder / "link.duckdb").symlink_to(folder / STORE)
    (folder / "lost.duckdb").symlink_to(folder / "nowhere" / "x.duckdb")
    (folder / "round.duckdb").symlink_to(folder / "round.duckdb")
    tools.write_run(folder, "more")
    for name, code in (("dir", 2), ("link", 0), ("round", 2), ("lost", 2)):
        for words in (("ingest", "more.json"), ("decide", "-w", "wf")):
            done = program(folder, *words, "--store", f"{name}.duckdb")
            assert (done.code, "Traceback" in done.err) == (code, False), (name, words, done)
    assert (folder / "link.duckdb").is_symlink()
    assert len(tools.state_of(folder / STORE)["runs"]) == 3


@pytest.mark.parametrize("figure", ["latency_ms", "cost_usd", "score"])
@pytest.mark.parametrize("value", ["nan", "infinity", "-1"])
def test_numbers_that_nobody_can_measure_are_told_of_and_no_bug(
    program: Any, folder: Path, figure: str, value: str
) -> None:
    with duckdb.connect(folder / STORE) as connection:
        connection.execute(f"UPDATE tasks SET {figure} = '{value}' WHERE case_id = 'c3'")
    for words in (("decide", "-w", "wf"), ("analyze", "base-a"), ("report", "-w", "wf")):
        done = program(folder, *words)
        assert (done.code in (0, 2), "Traceback" in done.err) == (True, False), (words, done)


def test_settings_whose_aliases_stand_for_too_much_are_refused(
    program: Any, tmp_path: Path
) -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for before, name in zip("abcdefghi", "bcdefghij", strict=True):
        lines.append(f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]")
    (tmp_path / "bomb.yaml").write_text("\n".join(lines))
    done = program(tmp_path, "config", "show", "--config", "bomb.yaml")
    assert done.code == 2
    assert "bomb.yaml: more than 20,000 values, aliases counted" in done.err


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('"task_id": "t2"', '"task_id": "t2", "task_id": "t9"', "task_results[2].task_id"),
        (
            '"task_id": "t1"',
            '"task_id": "t1", "task_status": "failed"',
            "task_results[1].task_status",
        ),
        ('"task_id": "t0"', '"task_id": "t0", "test_result": null', "task_results[0].test_result"),
    ],
)
def test_a_field_that_is_given_twice_is_refused_with_its_place(
    program: Any, tools: Any, tmp_path: Path, old: str, new: str, place: str
) -> None:
    path = tools.write_run(tmp_path, "r")
    path.write_text(path.read_text().replace(old, new, 1))
    done = program(tmp_path, "analyze", "r.json")
    assert done.code == 2
    assert f"r.json: {place}: found the field twice, expected it once" in done.err


def test_a_payload_may_name_the_fields_of_a_task(program: Any, tools: Any, tmp_path: Path) -> None:
    path = tools.write_run(tmp_path, "r")
    path.write_text(path.read_text().replace('"text": "case 0"', '"task_status": 1, "task_id": 2'))
    assert program(tmp_path, "ingest", "r.json").code == 0
