from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.app import COMMANDS, GROUPS
from cli.terminal.start_page import TASKS

ROOT = Path(__file__).parents[2]
Run = Callable[..., Any]
See = Callable[..., tuple[int, str]]
ESCAPE = "\x1b["


@pytest.fixture
def environment() -> dict[str, str]:
    mine = (
        "OPTIMIZER_",
        "GITHUB_",
        "CI",
        "NO_COLOR",
        "FORCE_COLOR",
        "PAGER",
        "LESS",
        "LINES",
        "COLUMNS",
    )
    clean = {name: value for name, value in os.environ.items() if not name.startswith(mine)}
    return {**clean, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color"}


@pytest.fixture
def see(tmp_path: Path, environment: dict[str, str], forked: Run) -> See:
    """Run the program at a terminal of some size and return all that it wrote there."""

    def run(
        *args: str,
        rows: int = 24,
        columns: int = 80,
        keys: str = "",
        watched: bool = False,
        when_shown: tuple[bytes, Callable[[], object]] | None = None,
        **env: str,
    ) -> Any:
        process, terminal = pty.fork()
        if process == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            words = args if watched else (*args, "--no-progress")
            forked(tmp_path, *words, env={**environment, **env})
        seen = b""
        while True:
            ready = select.select([terminal], [], [], 60)[0]
            assert ready, seen
            try:
                piece = os.read(terminal, 65536)
            except OSError:
                break
            if not piece:
                break
            seen += piece
            if when_shown is not None and when_shown[0] in seen:
                when_shown[1]()
                when_shown = None
            if keys and b"\x1b" in seen and len(seen) > 200:
                os.write(terminal, keys.encode())
                keys = ""
        code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        os.close(terminal)
        return code, seen.decode("utf-8", "replace").replace("\r\n", "\n")

    return run


def test_colours_follow_who_looks(see: See) -> None:
    assert ESCAPE in see("strategies", "--no-pager")[1]
    assert ESCAPE not in see("strategies", "--no-pager", TERM="dumb")[1]


@pytest.mark.parametrize(
    ("args", "env", "is_coloured"),
    [
        ((), {}, False),
        ((), {"FORCE_COLOR": "1"}, True),
        (("--color", "always"), {}, True),
        (("--color", "always"), {"NO_COLOR": "1"}, True),
        (("--color=always",), {"FORCE_COLOR": "0"}, True),
        (("--color", "never"), {"FORCE_COLOR": "1"}, False),
        (("--no-color",), {"FORCE_COLOR": "1"}, False),
        ((), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ((), {"FORCE_COLOR": "0"}, False),
    ],
)
def test_what_is_said_of_colours_wins_over_the_environment(
    optimizer: Run, args: tuple[str, ...], env: dict[str, str], is_coloured: bool
) -> None:
    done = optimizer("strategies", *args, **{"NO_COLOR": "", **env})
    assert (ESCAPE in done.out) is is_coloured


def test_an_unknown_time_for_colours_is_an_error(optimizer: Run) -> None:
    done = optimizer("runs", "--color", "purple")
    assert done.code == 2
    assert "error: --color purple: unknown, expected one of auto, always, never" in done.err
    assert "--color: no value" in optimizer("runs", "--color").err


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_no_line_is_wider_than_the_terminal(see: See, columns: int) -> None:
    code, seen = see("strategies", "--no-color", "--no-pager", columns=columns)
    assert code == 0
    assert 0 < max(map(len, seen.splitlines())) <= columns


def test_the_verdict_alone_is_one_line_and_the_exit_code_stays(
    optimizer: Run, run_file: Callable[..., Path]
) -> None:
    path = run_file(marks="+---------")
    loud = optimizer("gate", path)
    for quiet in (("gate", path, "-q"), ("--quiet", "gate", path), ("gate", "--quiet", path)):
        done = optimizer(*quiet)
        assert (done.code, done.err) == (loud.code, "")
        assert done.out.count("\n") == 1
        assert done.out.split()[:6] == loud.out.split()[:6]


def test_what_goes_wrong_is_said_however_quiet(optimizer: Run) -> None:
    done = optimizer("show", "nothing", "-q")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: ")


def test_a_quiet_linter_counts_only(optimizer: Run, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(
        "You are helpful. You are helpful. Answer in JSON. Never answer in JSON.\n" * 40
    )
    assert optimizer("lint", "a.md", "-q").out.startswith("Found ")
    assert optimizer("lint", "a.md", "-q").out.count("\n") == 1


def test_quiet_json_is_whole(optimizer: Run) -> None:
    assert optimizer("strategies", "--json", "-q").json == optimizer("strategies", "--json").json


def test_behind_two_dashes_nothing_is_an_option(optimizer: Run) -> None:
    assert "--quiet: " in optimizer("analyze", "--", "--quiet").err


def test_who_asks_is_told_what_is_read_and_how_long_it_took(
    optimizer: Run, run_file: Callable[..., Path]
) -> None:
    path = run_file()
    done = optimizer("analyze", path, "--verbose")
    assert done.out == optimizer("analyze", path).out
    said = [line.partition(":")[0] for line in done.err.splitlines()]
    for stage in ("read the settings", f"read {path}", "work", "print", "all"):
        assert stage in said
    assert "settings: no file, the defaults" in done.err
    assert "history.duckdb, which is not there yet" in done.err


needs_less = pytest.mark.skipif(shutil.which("less") is None, reason="there is no less here")


@needs_less
def test_long_output_is_read_by_pages(see: See) -> None:
    code, seen = see("config", "show", "--no-color", keys="q")
    assert code == 0
    assert "settings, all at their defaults" in seen
    assert "lint" not in seen.partition("q")[0][-4000:]
    assert len(seen) < 10_000


def test_the_pager_is_the_readers_choice(see: See) -> None:
    whole = see("strategies", "--no-color", "--no-pager", rows=5)[1]
    assert see("strategies", "--no-color", rows=5, PAGER="head -n 2")[1] == "\n".join(
        [*whole.splitlines()[:2], ""]
    )
    for none in ({"OPTIMIZER_PAGER": ""}, {"PAGER": "no-such-pager"}):
        assert see("strategies", "--no-color", rows=5, **{"PAGER": "head -n 2", **none})[1] == whole
    assert see("strategies", "--no-color", rows=200, PAGER="head -n 2")[1] == whole
    assert see("strategies", "--json", rows=5, PAGER="head -n 2")[1].endswith("}\n")


def test_a_pager_that_is_quit_early_is_no_error(see: See) -> None:
    code, seen = see("config", "show", rows=5, PAGER="true")
    assert (code, seen) == (0, "")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_every_encoding_gets_words_it_can_carry(
    process: Run, optimizer: Run, encoding: str
) -> None:
    samples = ROOT / "sample_runs" / "native"
    assert optimizer("ingest", samples).code == 0
    done = process("report", "-w", "sentiment", PYTHONIOENCODING=encoding)
    usual = optimizer("report", "-w", "sentiment")
    assert done.code == 0
    assert done.out.count("\n") == usual.out.count("\n")
    assert "?" not in done.out
    assert max(map(len, done.out.splitlines())) <= 80


def test_a_sign_of_life_is_shown_while_it_takes_long_and_taken_away(
    see: See, tmp_path: Path, run_file: Callable[..., Path]
) -> None:
    content = run_file().read_text()
    slow = tmp_path / "slow.json"
    os.mkfifo(slow)
    code, seen = see(
        *("analyze", "slow.json", "--no-color", "--no-pager"),
        watched=True,
        when_shown=(b"read slow.json", lambda: slow.write_text(content)),
    )
    before, _, after = seen.rpartition("\r\x1b[K")
    assert code == 0
    assert "read slow.json" in before
    assert after.startswith("r1: 3 of 4 tests passed")


def test_a_reader_that_has_seen_enough_is_no_error(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    for args in ("config show", "--help", "stats --json", ""):
        line = f"set -o pipefail; '{sys.executable}' -m cli {args} | head -n 1"
        done = subprocess.run(
            ["bash", "-c", line], cwd=tmp_path, env=environment, capture_output=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, b""), args


@pytest.mark.parametrize(
    ("number", "code", "sentence"),
    [(signal.SIGINT, 130, b"interrupted; "), (signal.SIGTERM, 143, b"ended by SIGTERM; ")],
)
def test_signals_end_a_command_with_a_sentence(
    tmp_path: Path, environment: dict[str, str], number: int, code: int, sentence: bytes
) -> None:
    os.mkfifo(tmp_path / "endless.json")
    running = subprocess.Popen(
        [sys.executable, "-m", "cli", "analyze", "endless.json"],
        cwd=tmp_path,
        env=environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    deadline = time.monotonic() + 60
    while running.poll() is None and time.monotonic() < deadline:
        with (tmp_path / "endless.json").open("wb"):  # waits until it is read
            running.send_signal(number)
            out, err = running.communicate(timeout=60)
    assert (running.returncode, out) == (code, b"")
    assert err.startswith(sentence)
    assert err.count(b"\n") == 1


def test_the_end_comes_in_order_while_a_model_is_asked(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    (tmp_path / "a.md").write_text("Sort the ticket: {{ticket}}\n")
    (tmp_path / "cases.jsonl").write_text(
        "".join(json.dumps({"id": f"c{i}", "input": "x"}) + "\n" for i in range(30))
    )
    (tmp_path / "run_tests.py").write_text(FAILING_TESTS)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        executor = f"{sys.executable} run_tests.py {{prompt_file}} {{cases_file}} {{out}}"
        words = shlex.split(
            "optimize a.md --cases cases.jsonl --strategy llm_guided --llm-model m "
            f"--set runner.canary_cases=0 --llm-base-url {address}"
        )
        asking = subprocess.Popen(
            [sys.executable, "-m", "cli", *words, "--executor", executor],
            cwd=tmp_path,
            env=environment,
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        silent.settimeout(100)
        question, _ = silent.accept()
        with question:
            assert question.recv(4).startswith(b"POST")
            asking.terminate()
            out, err = asking.communicate(timeout=60)
    assert (asking.returncode, out) == (143, b"")
    assert err.decode().splitlines()[-1].startswith("ended by SIGTERM; ")


FAILING_TESTS = """
import json, sys

prompt, cases, out = sys.argv[1:]
with open(out, "w") as results:
    for i, case in enumerate(json.load(open(cases))):
        row = {"case_id": case["id"], "passed": int(case["id"][1:]) % 2 == 0, "output": "bug"}
        results.write(json.dumps(row) + "\\n")
"""


def test_the_start_page_is_short_and_names_every_command(optimizer: Run) -> None:
    page = optimizer()
    assert page.code == 0
    lines = page.out.splitlines()
    assert len(lines) < 24
    assert max(map(len, lines)) <= 80
    named = [name for names in TASKS.values() for name in names]
    known = [*COMMANDS, *(group.name for group in GROUPS)]
    assert sorted(named) == sorted(known)


def test_control_characters_of_names_do_nothing_in_errors(optimizer: Run) -> None:
    for args in (
        ("analyze", "a\x1b]0;owned\x07.json"),
        ("show", "\x1b[2Jrun"),
        ("\x1b[31mdecide",),
        ("runs", "--\x1b[31mx"),
        ("decide", "--strategy", "\u202eevil", "--workflow", "x"),
        ("power", "--metric", "\x1b[31m"),
    ):
        done = optimizer(*args)
        assert done.code == 2
        assert not {"\x1b", "\x07", "\u202e"} & set(done.out + done.err)
