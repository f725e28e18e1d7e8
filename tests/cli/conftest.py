from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NoReturn
from unittest import mock

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from cli.main import BUG, INTERRUPTED, main
from cli.payloads import PAYLOADS

ROOT = Path(__file__).parents[2]
SURROUNDINGS = (
    "OPTIMIZER_",
    "GITHUB_",
    "GITLAB_CI",
    "JENKINS_URL",
    "TF_BUILD",
    "CIRCLECI",
    "BUILDKITE",
    "BITBUCKET_",
)
SAMPLES = ROOT / "sample_runs" / "native"


forge = runpy.run_path(str(Path(__file__).with_name("forge.py")))["forge"]


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A search path with the program in it, which starts at once."""
    folder = tmp_path_factory.mktemp("programs")
    server, address = Path(__file__).with_name("resident.py"), str(folder / "address")
    resident = subprocess.Popen(
        [sys.executable, str(server), address],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
    )
    assert resident.stdout is not None
    assert resident.stdout.readline().startswith(b"ready ")
    client = runpy.run_path(str(server))["CLIENT"]
    (folder / "optimizer").write_text(client.format(python=sys.executable, address=address))
    (folder / "optimizer").chmod(0o755)
    yield f"{folder}:{os.environ['PATH']}"
    resident.terminate()
    resident.wait()


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture(scope="session")
def run_in(strict: Callable[..., Draft202012Validator]) -> Callable[..., Result]:
    """Run the program as a user does, in some folder, without starting another process.

    What it prints with `--json` is held against its schema.
    """

    def run(folder: Path, *args: str | Path, stdin: str | None = None, **env: str) -> Result:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(SURROUNDINGS)}
        said = {name: io.TextIOWrapper(io.BytesIO(), "utf-8") for name in ("stdout", "stderr")}
        given = io.TextIOWrapper(io.BytesIO((stdin or "").encode()), "utf-8")
        with (
            contextlib.chdir(folder),
            mock.patch.dict(os.environ, {**clean, "NO_COLOR": "1", **env}, clear=True),
            mock.patch.multiple(sys, argv=["optimizer", *map(str, args)], stdin=given, **said),
        ):
            code = exit_code()
        out, err = (stream.buffer.getvalue().decode() for stream in said.values())
        command = command_with_schema(args)
        if command and "--json" in args and code not in {BUG, INTERRUPTED}:
            fault = best_match(strict(command).iter_errors(json.loads(out)))
            assert fault is None, f"{command}: {fault.json_path}: {fault.message[:500]}"
        return Result(code, out, err)

    return run


@pytest.fixture
def optimizer(tmp_path: Path, run_in: Callable[..., Result]) -> Callable[..., Result]:
    """Run the program in an empty folder."""
    return partial(run_in, tmp_path)


def command_with_schema(args: Sequence[str | Path]) -> str | None:
    names = (" ".join(map(str, args[:n])) for n in (2, 1))
    return next((name for name in names if name in PAYLOADS), None)


def exit_code() -> int:
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        gc.enable()
    return 0


@pytest.fixture(scope="session")
def forked() -> Callable[..., NoReturn]:
    """Be the program from here on, in a process that was forked for it."""

    def run(folder: Path, *args: str, env: dict[str, str]) -> NoReturn:
        code = BUG
        try:
            os.chdir(folder)
            os.environ.clear()
            os.environ.update(env)
            sys.argv = ["optimizer", *args]
            sys.stdin, sys.stdout, sys.stderr = map(os.fdopen, (0, 1, 2), "rww")
            sys.__stdout__ = sys.stdout  # what the size of the terminal is asked of
            code = exit_code()
        finally:
            os._exit(code)

    return run


@pytest.fixture
def process(tmp_path: Path) -> Callable[..., Result]:
    """Run the program as a process of its own, where that matters."""

    def run(*args: str | Path, **env: str) -> Result:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(SURROUNDINGS)}
        done = subprocess.run(
            [sys.executable, "-m", "cli", *map(str, args)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            env={**clean, "NO_COLOR": "1", "PYTHONPATH": str(ROOT), **env},
        )
        return Result(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Do something in a folder the first time; give later folders what was in it then.

    What it leaves may not name the folder: run files are named as the program is in it.
    """
    kept: dict[str, tuple[Path, Any]] = {}

    def done(folder: Path, make: Callable[[], Any]) -> Any:
        if make.__qualname__ in kept:
            before, answer = kept[make.__qualname__]
            shutil.copytree(before, folder, dirs_exist_ok=True)
            return answer
        answer = make()
        copy = tmp_path_factory.mktemp("kept") / "folder"
        kept[make.__qualname__] = (shutil.copytree(folder, copy), answer)
        return answer

    return done


@pytest.fixture
def samples() -> Path:
    return SAMPLES


@pytest.fixture
def run_file(tmp_path: Path) -> Callable[..., Path]:
    """Write a run: one mark a task, + passed, - failed, c cancelled."""

    def write(name: str = "run.json", marks: str = "+++-", **changes: Any) -> Path:
        status = {"+": "succeeded", "-": "failed", "c": "cancelled", "t": "timeout"}
        run = {
            "run_id": "r1",
            "workflow_id": "wf",
            "started_at": "2026-03-01T12:00:00Z",
            "finished_at": "2026-03-01T12:01:00Z",
            "metadata": {"prompt_variant": "v1"},
            "task_results": [
                {
                    "task_id": f"t{i}",
                    "workflow_id": changes.get("workflow_id", "wf"),
                    "task_status": status[mark],
                    "created_at": "2026-03-01T12:00:00Z",
                    "execution_time": 0.5,
                    "metadata": {"case_id": f"c{i}"},
                }
                for i, mark in enumerate(marks)
            ],
        } | changes
        path = tmp_path / name
        path.write_text(json.dumps(run))
        return path

    return write
