"""The arms of a comparison, as the history knows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

from optimizer.history import queries
from optimizer.history.queries import cases
from optimizer.history.queries.cases import RunsOf
from optimizer.history.store import History
from optimizer.models.cases import Arm, ArmRun, CaseColumns, LoadedArm
from optimizer.models.errors import SelectionError
from optimizer.models.terms import ExperimentStatus

if TYPE_CHECKING:
    from optimizer.models.experiments import ExperimentDesign

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
JUDGES = ("judge", "judge_model", "grader", "scorer")
"""Keys under which runs say who graded them."""


def load_arms(
    history: History,
    runs_of: RunsOf,
    *,
    selectors: Mapping[str, str],
    latencies: bool,
    family: str | None = None,
    scorer: str | None = None,
) -> dict[str, LoadedArm]:
    """Return variants with what each case gave, each over some runs, by variant id.

    However many they are, the history is asked as often as for one.

    Args:
        history: An open history.
        runs_of: The runs of each variant, which must be there and hold it.
        selectors: How the user named each.
        latencies: Whether every single time is wanted.
        family: Which column of a task or key of its metadata tells the family of its case; None:
            its family, where one was recorded.
        scorer: Whose word is the score; None: the score of the tasks.

    Raises:
        SelectionError: No task of one has that column or key, or that scorer.
    """
    columns = cases.case_columns(history, runs_of)
    if scorer is not None:
        columns = _scored_by(scorer, columns, history, runs_of, selectors)
    if family is not None:
        columns = _of_families(family, columns, history, runs_of, selectors)
    times = cases.case_latencies(history, runs_of) if latencies else {}
    contents = cases.case_contents(history, runs_of)
    datasets = cases.arm_datasets(history, runs_of)
    runs = _runs(history, runs_of)
    under_way = _UnderWay(history)
    return {
        variant_id: LoadedArm(
            arm=_arm(
                selectors[variant_id],
                runs[variant_id],
                columns[variant_id],
                datasets[variant_id],
                under_way.of(runs[variant_id][-1]),
            ),
            cases=columns[variant_id],
            latencies=times.get(variant_id),
            contents=contents[variant_id],
        )
        for variant_id in runs_of
    }


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
    """Return one variant in some runs with what each case gave, as `load_arms` does.

    Raises:
        SelectionError: No task has that column or key, or that scorer.
    """
    return load_arms(
        history,
        {variant_id: run_ids},
        selectors={variant_id: selector},
        latencies=latencies,
        family=family,
        scorer=scorer,
    )[variant_id]


def _runs(history: History, runs_of: RunsOf) -> dict[str, list[ArmRun]]:
    """Return the runs of each variant, oldest first."""
    found: dict[str, list[ArmRun]] = {variant_id: [] for variant_id in runs_of}
    wanted = {(variant_id, run_id) for variant_id, runs in runs_of.items() for run_id in runs}
    run_ids = sorted({run_id for _, run_id in wanted})
    for run in queries.arms(history, run_ids):
        if (run.variant_id, run.run_id) in wanted:
            found[run.variant_id].append(run)
    return found


def _of_families(
    family: str,
    columns: Mapping[str, CaseColumns],
    history: History,
    runs_of: RunsOf,
    selectors: Mapping[str, str],
) -> dict[str, CaseColumns]:
    """Return the cases with their families as a column or a key of metadata tells them."""
    labels = cases.case_families(history, runs_of, key=family)
    for variant_id, of_variant in labels.items():
        if not bool((of_variant != "").any()):
            raise SelectionError(
                f"family {family!r}: no task of {selectors[variant_id]} says it",
                hint="Name a key of the tasks' metadata, or dataset, scenario, tenant, task_type.",
            )
    return {one: replace(columns[one], family=labels[one]) for one in columns}


def _scored_by(
    scorer: str,
    columns: Mapping[str, CaseColumns],
    history: History,
    runs_of: RunsOf,
    selectors: Mapping[str, str],
) -> dict[str, CaseColumns]:
    """Return the cases with the word of one scorer as their score."""
    scores = cases.case_scores(history, runs_of, scorer=scorer)
    for variant_id, said in scores.items():
        if said.pop("n_beyond").any():
            raise SelectionError(
                f"scorer {scorer!r}: gives scores beyond 0 to 1 to tasks of "
                f"{selectors[variant_id]}",
                hint="Choose a scorer whose scale is 0 to 1.",
            )
        if not said.pop("n_said").any():
            raise SelectionError(
                f"scorer {scorer!r}: scored no task of {selectors[variant_id]}",
                hint="See 'optimizer show latest' for the scorers of a run.",
            )
    return {one: replace(columns[one], **scores[one]) for one in columns}


def content_of(runs: Sequence[ArmRun]) -> str:
    """Return a hash over the contents of the runs of one variant, oldest first."""
    return sha256("".join(run.content_sha256 for run in runs).encode()).hexdigest()


def _arm(
    selector: str,
    runs: Sequence[ArmRun],
    columns: CaseColumns,
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
        started_at=EPOCH + timedelta(microseconds=int(columns.first_at.min())),
        ended_at=EPOCH + timedelta(microseconds=int(columns.first_at.max())),
        datasets=datasets,
        judge=_judge(said),
        n_cached=int(columns.n_cached.sum()),
        experiments=experiments,
        warnings=tuple(dict.fromkeys(text for run in runs for text in _warnings(run))),
    )


class _UnderWay:
    """The experiments that run or pause; a workflow is asked for once."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._of: dict[str, list[ExperimentDesign]] = {}

    def of(self, run: ArmRun) -> tuple[str, ...]:
        """Return those that the variant of a run takes part in."""
        if run.workflow_id not in self._of:
            stored = queries.experiments(self._history, workflow_id=run.workflow_id)
            self._of[run.workflow_id] = [
                one.design
                for one in stored
                if one.status in (ExperimentStatus.RUNNING, ExperimentStatus.PAUSED)
            ]
        return tuple(
            design.experiment_id
            for design in self._of[run.workflow_id]
            if run.variant in {arm.label for arm in design.arms}
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
