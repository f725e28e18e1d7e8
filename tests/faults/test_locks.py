from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

STORE = ".optimizer/history.duckdb"
TIMEOUT = "OPTIMIZER_STORE__LOCK_TIMEOUT_S"
HOLD = """
import sys, time, duckdb
connection = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "reading")
print("held", flush=True)
time.sleep(float(sys.argv[3]))
"""
Hold = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def folder(program: Any, tools: Any, tmp_path: Path) -> Path:
    tools.write_run(tmp_path, "one")
    tools.write_run(tmp_path, "two")
    assert program(tmp_path, "ingest", "one.json").code == 0
    return tmp_path


@pytest.fixture
def hold(folder: Path) -> Hold:
    """Have another process hold the history open for some seconds."""

    def held(seconds: float, how: str = "writing") -> subprocess.Popen[bytes]:
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(folder / STORE), how, str(seconds)],
            stdout=subprocess.PIPE,
        )
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        return holder

    return held


@pytest.mark.parametrize("how", ["writing", "reading"])
def test_a_history_that_is_held_for_long_is_waited_for_and_not_in_silence(
    program: Any, folder: Path, hold: Hold, how: str
) -> None:
    holder = hold(4.5, how)
    done = program(folder, "ingest", "two.json")
    holder.wait()
    assert (done.code, "stored 1 run" in done.out) == (0, True)
    (said,) = done.err.splitlines()
    assert said.startswith(f"waiting for another process that has {folder / STORE} open: ")
    assert f"PID {holder.pid}" in said


def test_a_holder_that_was_stopped_is_named_when_patience_ends(
    program: Any, folder: Path, hold: Hold
) -> None:
    holder = hold(600)
    holder.send_signal(signal.SIGSTOP)
    for words in (("ingest", "two.json"), ("runs",), ("decide", "-w", "wf")):
        done = program(folder, *words, **{TIMEOUT: "0.3"})
        assert done.code == 2
        assert "another process has it open: " in done.err
        assert f"PID {holder.pid}" in done.err
        assert "hint: Wait for it, or raise store.lock_timeout_s." in done.err
    holder.kill()
    holder.wait()
    assert program(folder, "ingest", "two.json").code == 0


@pytest.mark.parametrize("words", [("runs",), ("ingest", "two.json"), ("decide", "--all")])
def test_an_interrupt_ends_the_waiting_at_once(
    program: Any, folder: Path, hold: Hold, words: tuple[str, ...]
) -> None:
    holder = hold(600)
    running = program.start(folder, *words)
    time.sleep(1)
    began = time.monotonic()
    running.send(signal.SIGINT)
    done = running.wait()
    ended = time.monotonic() - began
    holder.kill()
    holder.wait()
    assert (done.code, done.err.startswith("interrupted; ")) == (130, True), done
    assert ended < 10, "it went on waiting"


def failing(
    program: Any, tracer: str | None, folder: Path, *how: str, words: tuple[str, ...]
) -> Any:
    """Run a command whose system calls on the history end as it is told."""
    if tracer is None:
        pytest.skip("needs strace, which can let system calls fail")
    running = program.start(folder, *words, waits=True, **{TIMEOUT: "5"})
    watching = subprocess.Popen(
        [tracer, "-f", "-p", str(running.pid), *how, "-P", str(folder / STORE)],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert watching.stderr is not None
    while "attached" not in (line := watching.stderr.readline()):
        assert line, "the tracer ended"
    running.begin()
    done = running.wait()
    watching.communicate(timeout=60)
    return done


@pytest.mark.parametrize("error", ["ENOLCK", "EOPNOTSUPP"])
def test_a_file_system_without_locks_is_named_at_once(
    program: Any, tracer: str | None, folder: Path, error: str
) -> None:
    how = ("-e", f"inject=fcntl:error={error}")
    done = failing(program, tracer, folder, *how, words=("decide", "-w", "wf"))
    assert done.code == 2, done
    assert "its file system cannot lock it, expected one that can" in done.err
    assert "hint: Name a file on a disk of this machine with --store." in done.err


def test_a_file_system_that_is_slow_to_lock_only_takes_longer(
    program: Any, tracer: str | None, folder: Path
) -> None:
    how = ("-e", "inject=fcntl:delay_enter=700000")
    done = failing(program, tracer, folder, *how, words=("ingest", "two.json"))
    assert (done.code, done.err) == (0, ""), done


@pytest.mark.parametrize("error", ["EIO", "ENOSPC", "EDQUOT", "ESTALE"])
def test_a_write_that_fails_leaves_the_history_as_it_was(
    program: Any, tools: Any, tracer: str | None, folder: Path, error: str
) -> None:
    before = tools.state_of(folder / STORE)
    for n in (1, 2):
        how = ("-e", f"inject=pwrite64:error={error}:when={n}+")
        done = failing(program, tracer, folder, *how, words=("ingest", "two.json"))
        assert "Traceback" not in done.err, done
        if error in ("ENOSPC", "EDQUOT") and done.code != 0:
            assert "the disk is full" in done.err
        tools.require_sound(folder / STORE)
        if done.code == 0:
            break
        assert done.code == 2
        assert tools.state_of(folder / STORE) == before
    assert program(folder, "ingest", "two.json").code == 0
    tools.require_sound(folder / STORE)
