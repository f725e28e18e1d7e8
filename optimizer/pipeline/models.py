"""From stored tasks to what was measured of each model."""

from __future__ import annotations

from optimizer.config.tree import Config
from optimizer.history.queries.evidence import model_figures
from optimizer.history.store import History
from optimizer.learning.candidates import Limits, refusals
from optimizer.models.profiles import ModelFigures, ModelPerformanceProfile, ModelProfiles
from optimizer.pipeline.workflow import require_workflow
from optimizer.stats.intervals import wilson
from optimizer.strategies.model_selection import ModelSelection, ModelSelectionSettings


def model_profiles(history: History, *, workflow_id: str | None, config: Config) -> ModelProfiles:
    """Return what was measured of each model.

    Args:
        history: An open history.
        workflow_id: Only this workflow; None: all.
        config: The settings in force; those of `model_selection` say the limits.

    Raises:
        SelectionError: There is no such workflow.
    """
    if workflow_id is not None:
        require_workflow(history, workflow_id)
    settings = ModelSelectionSettings.model_validate(
        config.strategies.of(ModelSelection).model_dump(exclude={"enabled", "priority"})
    )
    limits = ModelSelection(settings).limits()
    figures = model_figures(history, workflow_id=workflow_id)
    ran = {one.model for one in figures}
    return ModelProfiles(
        workflow_id=workflow_id,
        profiles=tuple(_profile(one, limits, config.evidence.level) for one in figures),
        untried=tuple(name for name in settings.candidate_models if name not in ran),
    )


def _profile(figures: ModelFigures, limits: Limits, level: float) -> ModelPerformanceProfile:
    low = high = None
    if figures.n_judged:
        n = float(figures.n_judged_cases)
        found = wilson(figures.n_succeeded, figures.n_judged, level=level, n_effective=n)
        low, high = found.low, found.high
    return ModelPerformanceProfile(
        figures=figures,
        success_low=low,
        success_high=high,
        level=level,
        refusals=refusals(figures, limits),
    )
