"""An experiment with the runs that count for it."""

from __future__ import annotations

from datetime import datetime

from optimizer.config.tree import Config
from optimizer.history import queries
from optimizer.history.queries import ArmInRun
from optimizer.history.store import History
from optimizer.models.dataclass import dataclass
from optimizer.models.experiments import Experiment, ExperimentDesign, Look

SECONDS_A_DAY = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """An experiment with the runs that count for it.

    Attributes:
        history: An open history.
        experiment: The experiment.
        config: The settings in force.
        now: The time, UTC.
        runs: Its runs and those of other variants of the workflow, oldest first.
        stored: Every run of the workflow, counting or not.
        looks: Its looks so far, oldest first.
        seen: Cases that do not count: the search that chose the candidates has seen them.
        look: Whether results may be looked at; if not, only what has run is told.
    """

    history: History
    experiment: Experiment
    config: Config
    now: datetime
    runs: tuple[ArmInRun, ...]
    stored: frozenset[str]
    looks: tuple[Look, ...]
    seen: frozenset[str]
    look: bool = True

    @property
    def design(self) -> ExperimentDesign:
        """The plan."""
        return self.experiment.design

    @property
    def days(self) -> float:
        """Days since the start."""
        started_at = self.experiment.started_at
        return (
            0.0 if started_at is None else (self.now - started_at).total_seconds() / SECONDS_A_DAY
        )

    @property
    def over(self) -> bool:
        """Whether the planned time is over."""
        limit = self.design.max_duration_days
        return limit is not None and self.days >= limit


def moment(history: History, experiment: Experiment, *, config: Config, now: datetime) -> Moment:
    """Return an experiment with the runs that count for it."""
    design = experiment.design
    every = queries.arm_runs(history, design.workflow_id)
    since = None if design.include_existing else experiment.started_at or now
    development = list(design.development_runs)
    return Moment(
        history=history,
        experiment=experiment,
        config=config,
        now=now,
        runs=tuple(
            every if since is None else queries.arm_runs(history, design.workflow_id, since=since)
        ),
        stored=frozenset(run.run_id for run in every),
        looks=tuple(queries.looks(history, experiment_id=design.experiment_id)),
        seen=queries.case_ids(history, development) if development else frozenset(),
    )
