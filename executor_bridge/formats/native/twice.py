"""Fields that a run, a task or its result gives twice: which of them counts nobody can know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from executor_bridge.json_text import Doubled, parse
from optimizer.models.errors import Fault

ONCE_A_TASK = (b'"task_status"', b'"test_result"', b'"task_id"')
"""Fields whose names are counted in the text; payloads may name them as well."""

WORD = np.dtype("<u4")
TASK, TEST = np.frombuffer(b'"tas"tes', WORD)
"""How `"task_...` and `"test_...` begin, as whole numbers."""


def gives_twice(text: bytes | memoryview, n_tasks: int) -> bool:
    """Tell whether a run gives a field twice, as far as counting the names of some can tell.

    Args:
        text: The run.
        n_tasks: Tasks in it.
    """
    content = _bytes(text)
    if _are_once(content, n_tasks):
        return False
    if all(content.count(name) <= n_tasks for name in ONCE_A_TASK):
        return False
    return any(twice_in(parse(content).value))


def _are_once(content: bytes, n_tasks: int) -> bool:
    """Tell whether the tasks give their fields once, judged by how the names of some begin.

    Each task has an id and a state and the run has tasks, whose names begin alike. Beginnings are
    counted in a third of the time that whole names take; payloads may have names that begin so.
    """
    n_task = n_test = 0
    for offset in range(WORD.itemsize):
        words = np.frombuffer(content, WORD, (len(content) - offset) // WORD.itemsize, offset)
        n_task += int(np.count_nonzero(words == TASK))
        n_test += int(np.count_nonzero(words == TEST))
    return n_task == 2 * n_tasks + 1 and n_test <= n_tasks


def _bytes(text: bytes | memoryview) -> bytes:
    """Return a text as bytes, those that it is a view of where it shows them all."""
    if isinstance(text, bytes):
        return text
    return text.obj if isinstance(text.obj, bytes) and len(text.obj) == len(text) else bytes(text)


def twice_in(run: Any) -> Iterator[Fault]:
    """Yield the fields that a run, its tasks and their results give twice."""
    yield from _twice(run, "")
    tasks = run.get("task_results") if isinstance(run, dict) else None
    for n, task in enumerate(tasks if isinstance(tasks, list) else ()):
        yield from _twice(task, f"task_results[{n}].")
        if isinstance(task, dict):
            yield from _twice(task.get("test_result"), f"task_results[{n}].test_result.")


def _twice(found: Any, prefix: str) -> Iterator[Fault]:
    if isinstance(found, Doubled):
        for name in found.twice:
            yield Fault(place=f"{prefix}{name}", found="the field twice", expected="it once")
