from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest

from executor_bridge import read as read_file
from optimizer.models.ingest import IngestSettings
from optimizer.models.optimization import Case, CaseResult
from optimizer.models.tasks import Run
from optimizer.prompts.ports import ExecutorError
from optimizer.prompts.runner.command import CommandExecutor
from optimizer.prompts.runner.settings import RunnerSettings

HEAD = """
import json, os, sys, time, hashlib
prompt_file, cases_file, out = sys.argv[1:4]
prompt = open(prompt_file, encoding="utf-8", newline="").read()
cases = json.load(open(cases_file, encoding="utf-8"))
def row(case, passed=True, **more):
    return {"task_id": case["id"], "task_status": "succeeded" if passed else "failed", **more}
def write(rows):
    json.dump({"task_results": list(rows)}, open(out, "w"))
"""
QUICK = RunnerSettings(
    timeout_s=20, timeout_per_case_s=0, grace_s=0.2, poll_s=0.02, first_wait_s=0.01
)
FILES = " {prompt_file} {cases_file} {out}"


def read(path: Path) -> Sequence[Run]:
    return read_file(str(path), IngestSettings()).runs


def some_cases(n: int) -> tuple[Case, ...]:
    return tuple(Case(case_id=f"c{k}", body=f'{{"id":"c{k}","n":{k}}}') for k in range(n))


class Scripts:
    """Executors made of a script that is written into a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.waits: list[float] = []

    def write(self, body: str, name: str = "run.py") -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(HEAD + textwrap.dedent(body), encoding="utf-8")
        return path

    def executor(self, body: str, *, files: str = FILES, **more: object) -> CommandExecutor:
        script = self.write(body)
        return self.of(f"{sys.executable} {script.name}{files}", **more)

    def of(
        self,
        command: str,
        *,
        suffix: str = ".txt",
        redact: Callable[[str], str] = str,
        **settings: object,
    ) -> CommandExecutor:
        return CommandExecutor(
            command,
            read=read,
            settings=QUICK.model_copy(update=settings),
            seed=7,
            cwd=self.folder,
            environment=dict(os.environ),
            suffix=suffix,
            redact=redact,
            sleep=self.waits.append,
        )


@pytest.fixture
def scripts(tmp_path: Path) -> Scripts:
    return Scripts(tmp_path)


@pytest.fixture
def cases() -> Callable[[int], tuple[Case, ...]]:
    return some_cases


def until_error(
    chunks: Iterable[Sequence[CaseResult]],
) -> tuple[list[CaseResult], ExecutorError | None]:
    results: list[CaseResult] = []
    try:
        for chunk in chunks:
            results.extend(chunk)
    except ExecutorError as error:
        return results, error
    return results, None


@pytest.fixture
def drained() -> Callable[..., tuple[list[CaseResult], ExecutorError | None]]:
    return until_error
