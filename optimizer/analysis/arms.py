"""The arms of a comparison, as the history knows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec

from optimizer.history import queries
from optimizer.history.store import History
from optimizer.models.cases import Arm, ArmRun, CaseColumns, LoadedArm
from optimizer.models.errors import SelectionError
from optimizer.models.terms import ExperimentStatus

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
JUDGES = ("judge", "judge_model", "grader", "scorer")
"""Keys under which runs say who graded them."""


def load_arm(
    history: History,
    *,
    selector: str,
    run_ids: Sequence[str],
    variant_id: str,
    latencies: bool,
    family: str | None = None,
    scorer: str | None = None,
) -> LoadedArm:
    """Return one variant in some runs with what each case gave.

    Args:
        history: An open history.
        selector: How the user named the arm.
        run_ids: The runs, which must be there and hold the variant.
        variant_id: The variant.
        latencies: Whether every single time is wanted.
        family: Which column of a task or key of its metadata tells the family of its case; None:
            its family, where one was recorded.
        scorer: Whose word is the score; None: the score of the tasks.

    Raises:
        SelectionError: No task has that column or key, or that scorer.
    """
    runs = [run for run in queries.arms(history, run_ids) if run.variant_id == variant_id]
    cases = queries.case_columns(history, run_ids, variant_id)
    if scorer is not None:
        cases = _scored_by(scorer, cases, history, run_ids, variant_id, selector)
    if family is not None:
        labels = queries.case_families(history, run_ids, variant_id, key=family)
        if not bool((labels != "").any()):
            raise SelectionError(
                f"family {family!r}: no task of {selector} says it",
                hint="Name a key of the tasks' metadata, or dataset, scenario, tenant, task_type.",
            )
        cases = replace(cases, family=labels)
    datasets = queries.arm_datasets(history, run_ids, variant_id)
    under_way = _under_way(history, runs[-1])
    return LoadedArm(
        arm=_arm(selector, runs, cases, datasets, under_way),
        cases=cases,
        latencies=queries.case_latencies(history, run_ids, variant_id) if latencies else None,
        contents=queries.case_contents(history, run_ids, variant_id),
    )


def _scored_by(  # noqa: PLR0917 - which arm takes as many
    scorer: str,
    cases: CaseColumns,
    history: History,
    run_ids: Sequence[str],
    variant_id: str,
    selector: str,
) -> CaseColumns:
    """Return the cases with the word of one scorer as their score."""
    columns = queries.case_scores(history, run_ids, variant_id, scorer=scorer)
    if columns.pop("n_beyond").any():
        raise SelectionError(
            f"scorer {scorer!r}: gives scores beyond 0 to 1 to tasks of {selector}",
            hint="Choose a scorer whose scale is 0 to 1.",
        )
    if not columns.pop("n_said").any():
        raise SelectionError(
            f"scorer {scorer!r}: scored no task of {selector}",
            hint="See 'optimizer show latest' for the scorers of a run.",
        )
    return replace(cases, **columns)


def content_of(runs: Sequence[ArmRun]) -> str:
    """Return a hash over the contents of the runs of one variant, oldest first."""
    return sha256("".join(run.content_sha256 for run in runs).encode()).hexdigest()


def _arm(
    selector: str,
    runs: Sequence[ArmRun],
    cases: CaseColumns,
    datasets: tuple[str, ...],
    experiments: tuple[str, ...],
) -> Arm:
    newest = runs[-1]
    said = [_metadata(run) for run in runs]
    return Arm(
        selector=selector,
        label=newest.variant,
        workflow_id=newest.workflow_id,
        run_ids=tuple(run.run_id for run in runs),
        variant_id=newest.variant_id,
        prompt_sha256=newest.prompt_sha256,
        provider=newest.provider,
        model=newest.model,
        parameters=newest.parameters,
        pairable=all(run.pairable for run in runs),
        content_sha256=content_of(runs),
        n_tasks=sum(run.n_tasks for run in runs),
        n_completed=sum(run.n_completed for run in runs),
        n_succeeded=sum(run.n_succeeded for run in runs),
        n_errors=sum(run.n_errors for run in runs),
        started_at=EPOCH + timedelta(microseconds=int(cases.first_at.min())),
        ended_at=EPOCH + timedelta(microseconds=int(cases.first_at.max())),
        datasets=datasets,
        judge=_judge(said),
        n_cached=int(cases.n_cached.sum()),
        experiments=experiments,
        warnings=tuple(dict.fromkeys(text for run in runs for text in _warnings(run))),
    )


def _under_way(history: History, run: ArmRun) -> tuple[str, ...]:
    """Return the experiments that run or pause and that the variant of a run takes part in."""
    return tuple(
        one.design.experiment_id
        for one in queries.experiments(history, workflow_id=run.workflow_id)
        if one.status in (ExperimentStatus.RUNNING, ExperimentStatus.PAUSED)
        and run.variant in {arm.label for arm in one.design.arms}
    )


def _warnings(run: ArmRun) -> list[str]:
    return msgspec.json.decode(run.warnings, type=list[str])


def _metadata(run: ArmRun) -> dict[str, Any]:
    return msgspec.json.decode(run.run_metadata, type=dict[str, Any])


def _judge(said: Sequence[dict[str, Any]]) -> str | None:
    """Return who graded the runs, by their own account, or None where they do not say."""
    found = {
        f"{key} {value}"
        for metadata in said
        for key in JUDGES
        if isinstance(value := metadata.get(key), str)
    }
    return ", ".join(sorted(found)) or None
