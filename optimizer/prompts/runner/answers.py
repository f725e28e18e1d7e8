"""What the user's command wrote, matched with the cases it was given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from optimizer.models.dataclass import dataclass
from optimizer.models.errors import OptimizerError
from optimizer.models.optimization import Case, CaseResult
from optimizer.models.tasks import Run
from optimizer.prompts.ports import ExecutorError
from optimizer.prompts.runner.harmless import tail
from optimizer.prompts.runner.results import Redact, Told, told_by_row, told_by_task

Read = Callable[[Path], Sequence[Run]]
"""Reads a result file of whatever tool; raises an `OptimizerError` where it cannot."""

OURS = "executor: its results"
"""What an error calls the results of a command."""

SHAPES = (
    'Results are objects such as {"case_id": "c1", "passed": true}, one to a line or in a list; '
    "or a file of a tool that 'optimizer formats' lists."
)

NAMED = 5
"""How many cases an error names."""

TASKS = "task_results"
OF_ALL = ("prompt_sha256", "unknown_fields")
"""What a run may say of all its tasks: the prompt, and what was written as 0 but not measured."""

NAME_KEYS = frozenset({"task_id", "case_id"})
OUTCOME_KEYS = frozenset({"task_status", "passed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """Results of the cases that were asked for.

    Attributes:
        results: Those that can be trusted, in the order they were written.
        complaint: What is wrong with the rest, or None.
    """

    results: tuple[CaseResult, ...]
    complaint: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Task results on lines.

    Attributes:
        tasks: Them.
        is_whole: Whether every line held one.
    """

    tasks: tuple[Told, ...]
    is_whole: bool


def written(
    path: Path, read: Read, *, replicate: int, redact: Redact, name: str = OURS
) -> tuple[Told, ...]:
    """Return what a finished command wrote.

    Task results of the executor's contract are read here: a JSON list of them, one to a line, or
    an object with `task_results`. Every other shape is left to the bridges.

    Args:
        path: The file.
        read: Reads files of other shapes.
        replicate: Which repetition this is.
        redact: Blanks the secrets in outputs and messages.
        name: What an error calls the file.

    Raises:
        ExecutorError: There is no file, or it cannot be read.
    """
    if not path.is_file():
        raise ExecutorError(
            "executor: it ended well and wrote no results, expected them in {out}",
            hint="Write to the file that {out} or OPTIMIZER_OUT names.",
        )
    try:
        tasks = _tasks(path.read_bytes())
        if tasks is not None:
            return tuple(told_by_task(task, replicate=replicate, redact=redact) for task in tasks)
        rows = [row for run in read(path) for row in run.tasks]
    except (OSError, ValueError, RecursionError) as error:
        raise ExecutorError(f"{name}: {tail(str(error))}", hint=SHAPES) from error
    except OptimizerError as error:
        message, *others = str(error).removeprefix(f"{path}: ").splitlines()
        more = f" (and {len(others)} more)" if others else ""
        raise ExecutorError(f"{name}: {message}{more}", hint=SHAPES) from error
    return tuple(told_by_row(row, replicate=replicate, redact=redact) for row in rows)


def complete_lines(content: bytes, *, replicate: int, redact: Redact) -> Lines:
    """Return the task results on lines, up to one that holds something else."""
    tasks: list[Told] = []
    for line in content.splitlines():
        if not line.strip():
            continue
        try:
            task = msgspec.json.decode(line)
            tasks.append(told_by_task(task, replicate=replicate, redact=redact))
        except (ValueError, RecursionError):
            return Lines(tasks=tuple(tasks), is_whole=False)
    return Lines(tasks=tuple(tasks), is_whole=True)


def matched(told: Iterable[Told], cases: Sequence[Case], *, prompt_sha256: str) -> Matched:
    """Return the results of cases, each there exactly once.

    Raises:
        ExecutorError: Another prompt was run.
    """
    asked = {case.case_id for case in cases}
    found: dict[str, CaseResult] = {}
    seen: Counter[str] = Counter()
    foreign: list[str] = []
    for one in told:
        if one.prompt_sha256 not in (None, prompt_sha256):
            raise ExecutorError(
                f"executor: found results of the prompt {tail(one.prompt_sha256 or '', 64)}, "
                f"expected {prompt_sha256}: it did not run the candidate prompt",
                hint="Let the command read its prompt from {prompt_file} each time.",
            )
        name = next((name for name in one.names if name in asked), None)
        if name is None:
            foreign.append(one.names[0])
            continue
        seen[name] += 1
        found[name] = replace(one.result, case_id=name)
    twice = [name for name, n in seen.items() if n > 1]
    missing = [case.case_id for case in cases if case.case_id not in found]
    complaints = (
        _complaint(missing, "without a result"),
        _complaint(twice, "with more than one result"),
        _complaint(foreign, "that it was not asked for"),
    )
    said = "; ".join(text for text in complaints if text)
    return Matched(
        results=tuple(result for name, result in found.items() if name not in twice),
        complaint=f"{said}, expected one result for each of {len(cases)} cases" if said else None,
    )


def _tasks(content: bytes) -> list[Mapping[str, Any]] | None:
    """Return task results, or None where the content has another shape."""
    if not content.strip():
        return []
    try:
        whole = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _lines(content)
    if isinstance(whole, dict) and isinstance(whole.get(TASKS), list):
        return _of_run(whole)
    if _is_task(whole):
        return [whole]
    if isinstance(whole, list) and all(_is_task(one) for one in whole):
        return whole
    return None


def _of_run(run: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the tasks of a run, each with what the run says of all of them."""
    metadata = run.get("metadata")
    if not isinstance(metadata, dict):
        return list(run[TASKS])
    said = {key: metadata[key] for key in OF_ALL if metadata.get(key)}
    return [_with_metadata(task, said) for task in run[TASKS]]


def _with_metadata(task: Any, said: Mapping[str, Any]) -> Any:
    """Return a task with what its run says; what it says itself counts."""
    own = task.get("metadata") or {} if isinstance(task, dict) else None
    return {**task, "metadata": {**said, **own}} if isinstance(own, dict) else task


def _lines(content: bytes) -> list[Mapping[str, Any]] | None:
    """Return one task for each line, or None where the first line is none."""
    tasks: list[Mapping[str, Any]] = []
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            continue
        try:
            task = msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            if not tasks:
                return None
            raise ValueError(f"line {number}: {error}") from error
        if not tasks and not _is_task(task):
            return None
        tasks.append(task)
    return tasks or None


def _is_task(value: object) -> bool:
    """Tell whether a value is a task result; tables of other kinds are left to the bridges."""
    if not isinstance(value, dict):
        return False
    return bool(NAME_KEYS & value.keys()) and bool(OUTCOME_KEYS & value.keys())


def _complaint(names: Sequence[str], what: str) -> str | None:
    if not names:
        return None
    shown = ", ".join(tail(name, 80) for name in names[:NAMED])
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"found {len(names)} {what} ({shown}{more})"
