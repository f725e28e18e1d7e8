"""What rows of Langfuse are called by, and what they were executed with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from executor_bridge.formats.langfuse.rows import Row, count, fields_of
from executor_bridge.meaning import canonical
from executor_bridge.tracing.genai import text
from executor_bridge.tracing.steps import Names, scenario_of
from executor_bridge.tracing.tree import Task
from executor_bridge.tracing.usage import Made, made_of

CASE_ID = ("optimizer.case_id", "case_id", "caseId", "dataset_item_id", "datasetItemId")
VARIANT = ("optimizer.variant_id", "variant_id", "variant", "prompt_variant")
RUN_ID = ("optimizer.run_id", "run_id")
REPEAT = ("optimizer.repeat", "repeat")
STAMP = re.compile(r" - \d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)?$")
"""What SDKs put behind the name of an experiment to make it the name of a run."""


def said_by(rows: Iterable[Row]) -> dict[str, Any]:
    """Return the metadata of rows as one object, the first word counting."""
    said: dict[str, Any] = {}
    for row in rows:
        for told in (row.experiment_item_metadata, row.metadata, row.experiment_metadata):
            metadata = fields_of(told)
            attributes = fields_of(metadata.get("attributes"))
            said = attributes | metadata | said
    return said


def names_of(said: Mapping[str, Any], rows: Iterable[Row], run: Row | None) -> Names:
    """Return what a task is called by, told by its rows, a dataset run item or its metadata."""
    rows = list(rows)
    of_item = first_text(row.experiment_item_id or row.dataset_item_id for row in rows)
    repeat = next((n for name in REPEAT if (n := count(said.get(name))) is not None), None)
    return Names(
        case_id=of_item or (run.dataset_item_id if run else None) or _name(said, CASE_ID),
        repeat=repeat if repeat is None or repeat >= 0 else None,
        run_id=_name(said, RUN_ID),
        variant=_name(said, VARIANT),
        workflow=_name(said, ("optimizer.workflow_id", "workflow")),
        dataset=first_text(row.experiment_dataset_id for row in rows),
        scenario=scenario_of(_name(said, ("optimizer.scenario", "scenario"))),
        family=_name(said, ("optimizer.family", "family")),
        tenant=_name(said, ("optimizer.tenant", "tenant")),
    )


def first_text(values: Iterable[str | None]) -> str | None:
    """Return the first of some texts that is not empty."""
    return next(filter(None, values), None)


def made_by(task: Task, names: Names, said: Mapping[str, Any], rows: Iterable[Row]) -> Made:
    """Return what a task was executed with: told by its calls, else by its experiment."""
    made = made_of(task, names, text(said, ("prompt", "instructions", "system_prompt")))
    prompts = {value for step in task.calls for name, value in step.resource if name == "prompt"}
    experiment = first_text(row.experiment_name for row in rows)
    parameters = fields_of(said.get("parameters"))
    label = names.variant or " + ".join(sorted(prompts)) or None
    is_named = names.variant is not None
    if label is None and experiment is not None:
        label, is_named = STAMP.sub("", experiment), True
    return made._replace(
        label=label,
        is_named=is_named,
        provider=made.provider or text(said, ("provider",)),
        model=made.model or text(said, ("model", "model_name")),
        parameters=made.parameters or (canonical(parameters).decode() if parameters else None),
    )


def _name(said: Mapping[str, Any], names: Iterable[str]) -> str | None:
    """Return the first of some fields that can be a name: a text or a whole number."""
    found = (said.get(name) for name in names)
    is_name = (one for one in found if isinstance(one, str | int) and not isinstance(one, bool))
    return next((str(one) for one in is_name if one != ""), None)
