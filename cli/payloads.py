"""What each command prints with `--json`: the types of the payloads, by command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NewType

from optimizer.config.describe import Row
from optimizer.history.export import Exported
from optimizer.models.batching import BatchingReport
from optimizer.models.budgets import BudgetStatus
from optimizer.models.caching import CachingReport
from optimizer.models.commenting import CommentOutcome
from optimizer.models.contract import PromptVersion
from optimizer.models.decisions import AuditCheck, AuditEntry, Decision
from optimizer.models.drift import AnomalyReport, DriftReport
from optimizer.models.experiment_page import ExperimentPage
from optimizer.models.experiments import Baseline, ExperimentReport, ExperimentSummary
from optimizer.models.feedback import FeedbackOutcome, FeedbackView
from optimizer.models.flakiness import Flakiness
from optimizer.models.frontier import Frontier
from optimizer.models.ingest import FileOutcome
from optimizer.models.kernels import KernelFamily, KernelPage, KernelRecord
from optimizer.models.lifecycle import DecisionOutcome, Moved, RolloutView
from optimizer.models.limits import LimitsReport
from optimizer.models.linting import LintReport, LintRulePage, PromptScores
from optimizer.models.optimization_run import OptimizationRun
from optimizer.models.overview import PeriodReview, Portfolio
from optimizer.models.performance import WorkflowPerformance
from optimizer.models.power import PowerPlan
from optimizer.models.profiles import ModelProfiles
from optimizer.models.published_decisions import ReadDecision
from optimizer.models.series import Series
from optimizer.models.sites import FoundInFiles
from optimizer.models.stores import StoreMigrated, StoreStatus
from optimizer.models.strategy_pages import StrategyPage
from optimizer.models.summaries import RunSummary
from optimizer.models.upkeep import Compacted, Imported, Rebuilt
from optimizer.models.verdicts import ComparisonSet
from optimizer.models.versions import Version, VersionDiff, VersionLog, VersionMoved, VersionPage
from optimizer.pipeline.doctor import Finding
from optimizer.pipeline.judged import JudgedByBaseline, JudgedByRules
from optimizer.pipeline.view import RunView
from optimizer.pipeline.workflow import WorkflowView
from reports.gallery.formats import Format
from reports.gallery.schema_list import SchemaEntry

JsonSchema = NewType("JsonSchema", dict[str, Any])
"""A JSON Schema as JSON holds it."""

Payload = (
    AnomalyReport
    | AuditCheck
    | Baseline
    | BatchingReport
    | BudgetStatus
    | CachingReport
    | CommentOutcome
    | ComparisonSet
    | Decision
    | DecisionOutcome
    | DriftReport
    | ExperimentPage
    | ExperimentReport
    | FeedbackView
    | Flakiness
    | PeriodReview
    | Portfolio
    | FoundInFiles
    | Frontier
    | JsonSchema
    | JudgedByBaseline
    | JudgedByRules
    | KernelPage
    | KernelRecord
    | LimitsReport
    | LintReport
    | ModelProfiles
    | Moved
    | OptimizationRun
    | PowerPlan
    | PromptVersion
    | ReadDecision
    | RunView
    | Series
    | StoreMigrated
    | StoreStatus
    | StrategyPage
    | Compacted
    | Rebuilt
    | Imported
    | VersionDiff
    | VersionLog
    | VersionMoved
    | VersionPage
    | WorkflowPerformance
    | WorkflowView
    | Sequence[AuditEntry]
    | Sequence[Baseline]
    | Sequence[Decision]
    | Sequence[ExperimentSummary]
    | Sequence[Exported]
    | Sequence[FeedbackOutcome]
    | Sequence[FileOutcome]
    | Sequence[Finding]
    | Sequence[Format]
    | Sequence[KernelFamily]
    | Sequence[LintRulePage]
    | Sequence[PromptScores]
    | Sequence[RolloutView]
    | Sequence[Row]
    | Sequence[RunSummary]
    | Sequence[SchemaEntry]
    | Sequence[StrategyPage]
    | Sequence[Version]
)
"""Whatever may be shown; the table below says by whom."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorDetail:
    """What went wrong.

    Attributes:
        kind: The class of the error, as `ConfigError` or `UsageError`.
        message: What was found, and what was expected.
        hint: What to do, or None.
    """

    kind: str
    message: str
    hint: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorPayload:
    """What is printed in place of the payload where a command could not do its work.

    Attributes:
        error: What went wrong.
    """

    error: ErrorDetail


PAYLOADS: Mapping[str, tuple[Any, ...]] = {
    "analyze": (RunView, Sequence[RunSummary]),
    "ingest": (Sequence[FileOutcome], Sequence[FeedbackOutcome]),
    "runs": (Sequence[RunSummary],),
    "show": (RunView,),
    "decide": (Decision, Sequence[Decision]),
    "explain": (Decision, ReadDecision),
    "strategies": (Sequence[StrategyPage], StrategyPage),
    "approve": (Moved,),
    "reject": (Moved,),
    "apply": (Moved,),
    "rollback": (Moved,),
    "outcome": (DecisionOutcome,),
    "audit": (Sequence[AuditEntry], AuditCheck),
    "power": (PowerPlan,),
    "compare": (ComparisonSet,),
    "flaky": (Flakiness,),
    "feedback": (FeedbackView,),
    "windows": (Series,),
    "drift": (DriftReport,),
    "anomalies": (AnomalyReport,),
    "models": (ModelProfiles,),
    "frontier": (Frontier,),
    "optimize": (OptimizationRun,),
    "lint": (LintReport, Sequence[PromptScores], Sequence[LintRulePage]),
    "gate": (JudgedByRules, JudgedByBaseline),
    "report": (WorkflowView, Portfolio, PeriodReview, WorkflowPerformance, ExperimentPage),
    "comment": (CommentOutcome,),
    "status": (StoreStatus,),
    "doctor": (Sequence[Finding],),
    "formats": (Sequence[Format],),
    "stats": (Sequence[KernelFamily], KernelPage, KernelRecord),
    "schema": (Sequence[SchemaEntry], JsonSchema),
    "rollout start": (Sequence[RolloutView],),
    "rollout advance": (Sequence[RolloutView],),
    "rollout status": (Sequence[RolloutView],),
    "baseline set": (Baseline,),
    "baseline show": (Sequence[Baseline],),
    "baseline clear": (Baseline,),
    "experiment plan": (ExperimentReport,),
    "experiment start": (ExperimentReport,),
    "experiment status": (ExperimentReport, Sequence[ExperimentSummary]),
    "experiment report": (ExperimentReport,),
    "experiment pause": (ExperimentReport,),
    "experiment resume": (ExperimentReport,),
    "experiment conclude": (ExperimentReport,),
    "experiment cancel": (ExperimentReport,),
    "experiment archive": (ExperimentReport,),
    "prompts extract": (FoundInFiles,),
    "prompts list": (Sequence[Version],),
    "prompts show": (VersionPage,),
    "prompts diff": (VersionDiff,),
    "prompts log": (VersionLog,),
    "prompts record": (Sequence[Version],),
    "prompts promote": (VersionMoved,),
    "prompts rollback": (VersionMoved,),
    "prompts export": (PromptVersion,),
    "replay caching": (CachingReport,),
    "replay limits": (LimitsReport,),
    "replay batching": (BatchingReport,),
    "budget status": (BudgetStatus,),
    "config show": (Sequence[Row],),
    "store compact": (Compacted,),
    "store rebuild": (Rebuilt,),
    "store import": (Imported,),
    "store export": (Sequence[Exported],),
    "store migrate": (StoreMigrated,),
}
"""The types of what each command may print, the usual one first."""
