"""What the fields of a result mean: its case, its variant, what is known and what is not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from executor_bridge.metadata import Metadata
from optimizer.models.tasks import CaseSource, Variant, content_case_id, text_sha256, variant_id

DEFAULT_LABEL = "default"
CONSISTENT = {"succeeded": "success", "failed": "failed", "timeout": "timeout", "error": "error"}
"""The state of a result that goes with each state of a task."""


class Case(NamedTuple):
    """Which test case a task is, and how that is known."""

    case_id: str
    source: CaseSource


def derived_case(task_id: str, dataset: str | None, inputs: str | None) -> Case:
    """Return what case a task is that the executor did not name.

    Args:
        task_id: The task's own id, used for want of anything better.
        dataset: The data set, or None.
        inputs: What was put in as JSON text, or None where that is nothing.
    """
    if inputs is None:
        return Case(task_id, CaseSource.TASK)
    content = canonical(msgspec.json.decode(inputs))
    return Case(content_case_id(dataset, content), CaseSource.CONTENT)


def canonical(value: Any) -> bytes:
    """Return a value as JSON in which equal values have equal bytes."""
    try:
        return msgspec.json.encode(value, order="sorted")
    except OverflowError:  # whole numbers beyond 64 bits
        compact = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return compact.encode()


class Variants:
    """The variants of one run, each made once."""

    def __init__(self, run: Metadata, inherited: str | None) -> None:
        """Take what all tasks share.

        Args:
            run: What the run says of itself.
            inherited: The label of tasks that carry none, or None.
        """
        self._run = run
        self._default = run.prompt_variant or inherited or DEFAULT_LABEL
        self._plain: dict[str | None, Variant] = {}
        self._special: dict[tuple[Any, ...], Variant] = {}

    def of_each(
        self, tasks: Sequence[Metadata], result_labels: Sequence[str | None]
    ) -> list[Variant]:
        """Return what each task executed; see `of`."""
        if not all(map(_is_plain, tasks)):
            return list(map(self.of, tasks, result_labels))
        found = {label: self.of(tasks[0], label) for label in dict.fromkeys(result_labels)}
        return [found[label] for label in result_labels]

    def of(self, task: Metadata, result_label: str | None) -> Variant:
        """Return what a task executed.

        Args:
            task: What the task says of itself.
            result_label: What the result calls the variant, or None.
        """
        if _is_plain(task):
            found = self._plain.get(result_label)
            if found is None:
                found = variant(task, self._run, label=result_label or self._default)
                self._plain[result_label] = found
            return found
        label = task.prompt_variant or result_label or self._default
        made = variant(task, self._run, label=label)
        key = (made.variant_id, label, made.prompt_id, made.prompt)
        return self._special.setdefault(key, made)


def _is_plain(task: Metadata) -> bool:
    """Tell whether a task says nothing of what it executed."""
    return (
        task.prompt_variant is None
        and task.prompt is None
        and task.prompt_id is None
        and task.prompt_sha256 is None
        and task.model is None
        and task.provider is None
        and task.parameters is None
    )


def variant(task: Metadata, run: Metadata, *, label: str) -> Variant:
    """Return a variant: what the task says of it, else what the run says."""
    prompt_owner = task if task.prompt or task.prompt_sha256 else run
    prompt = prompt_owner.prompt or None
    sha256 = prompt_owner.prompt_sha256 or (text_sha256(prompt) if prompt else None)
    parameters = task.parameters or run.parameters
    written = canonical(parameters).decode() if parameters else None
    model = task.model or run.model or None
    provider = task.provider or run.provider or None
    identity = variant_id(
        label=label, prompt_sha256=sha256, provider=provider, model=model, parameters=written
    )
    return Variant(
        variant_id=identity,
        label=label,
        prompt_id=task.prompt_id or run.prompt_id or None,
        prompt_sha256=sha256,
        prompt=prompt,
        provider=provider,
        model=model,
        parameters=written,
    )
