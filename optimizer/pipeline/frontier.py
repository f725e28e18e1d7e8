"""From stored tasks to the front of a workflow's variants."""

from __future__ import annotations

from optimizer.analysis.evidence import evidence, require_workflow
from optimizer.analysis.scope import Scope
from optimizer.config.tree import Config
from optimizer.history.store import History
from optimizer.learning.frontier import frontier as of_evidence
from optimizer.models.errors import SelectionError
from optimizer.models.frontier import Frontier
from optimizer.pipeline.scope import rules_of
from optimizer.strategies.pareto_optimization import ParetoOptimization, ParetoOptimizationSettings


def frontier(
    history: History, workflow_id: str, *, variant: str | None, config: Config
) -> Frontier:
    """Return the variants of a workflow against each other, by the settings of the strategy.

    Args:
        history: An open history.
        workflow_id: The workflow.
        variant: Label or id of the variant in use; None: that of the newest run.
        config: The settings in force.

    Raises:
        SelectionError: There is no such workflow or variant, or nothing to choose by.
    """
    found = evidence(
        history,
        workflow_ids=[workflow_id],
        variant=variant,
        as_of=None,
        scope=Scope(settings=config.evidence, rules=rules_of(config), slow_ms=0.0),
    )
    if not found:
        require_workflow(history, workflow_id, None)
    settings = ParetoOptimizationSettings.model_validate(
        config.strategies.of(ParetoOptimization).model_dump(exclude={"enabled", "priority"})
    )
    front = of_evidence(found[0], ParetoOptimization(settings).demand())
    if front is None:
        raise SelectionError(
            f"workflow {workflow_id!r}: no task of the current variant was told pass from fail, "
            "expected some, or scores"
        )
    return front
