"""The tree of all settings: one section for each part."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from optimizer.analysis.settings import (
    AnomalySettings,
    DriftSettings,
    EvidenceSettings,
    OverviewSettings,
)
from optimizer.config.strategies import StrategiesSettings
from optimizer.decisions.settings import LifecycleSettings
from optimizer.experiments.defaults import ExperimentSettings
from optimizer.experiments.settings import ComparisonSettings
from optimizer.history.lakes.settings import LakeSettings
from optimizer.history.settings import StoreSettings
from optimizer.models.budgets import BudgetsSettings
from optimizer.models.commenting import CommentSettings
from optimizer.models.extract_settings import ExtractSettings
from optimizer.models.ingest import IngestSettings
from optimizer.models.lint_settings import LintSettings
from optimizer.models.settings import Settings, descriptions
from optimizer.models.transform_settings import TransformSettings
from optimizer.prompts.llm.settings import LlmSettings
from optimizer.prompts.runner.settings import RunnerSettings
from optimizer.prompts.search.settings import (
    ChoosingSettings,
    FewShotSettings,
    GepaSettings,
    SearchSettings,
)
from optimizer.prompts.settings import OptimizeSettings
from optimizer.safety.constraints import Constraint
from optimizer.safety.policies import Policy
from optimizer.safety.settings import (
    DecisionSettings,
    EngineSettings,
    SafetySettings,
    ValidationSettings,
)
from optimizer.scoring_rules import ScoringSettings


class Config(Settings):
    """Settings of every part; what a section is for is told by its own class."""

    ingest: IngestSettings = IngestSettings()
    store: StoreSettings = StoreSettings()
    lake: LakeSettings = LakeSettings()
    scoring: ScoringSettings = ScoringSettings()
    evidence: EvidenceSettings = EvidenceSettings()
    drift: DriftSettings = DriftSettings()
    anomalies: AnomalySettings = AnomalySettings()
    overview: OverviewSettings = OverviewSettings()
    comparison: ComparisonSettings = ComparisonSettings()
    experiments: ExperimentSettings = ExperimentSettings()
    budgets: BudgetsSettings = BudgetsSettings()
    engine: EngineSettings = EngineSettings()
    strategies: StrategiesSettings = StrategiesSettings()
    decision: DecisionSettings = DecisionSettings()
    safety: SafetySettings = SafetySettings()
    validation: ValidationSettings = ValidationSettings()
    lifecycle: LifecycleSettings = LifecycleSettings()
    optimize: OptimizeSettings = OptimizeSettings()
    search: SearchSettings = SearchSettings()
    choosing: ChoosingSettings = ChoosingSettings()
    few_shot: FewShotSettings = FewShotSettings()
    transforms: TransformSettings = TransformSettings()
    gepa: GepaSettings = GepaSettings()
    runner: RunnerSettings = RunnerSettings()
    llm: LlmSettings = LlmSettings()
    extract: ExtractSettings = ExtractSettings()
    lint: LintSettings = LintSettings()
    comment: CommentSettings = CommentSettings()

    policies: tuple[Policy, ...] = ()
    """Rules of the house that proposals are held against."""

    constraints: tuple[Constraint, ...] = ()
    """Limits on what a workflow may be after a change."""


DEFAULTS: Final = Config()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One section or one key of a tree.

    Attributes:
        path: Names from the root: `("ingest", "redact")`.
        value: The value of a key; the `Settings` of a section.
        section: The class that it is a field of.
    """

    path: tuple[str, ...]
    value: object
    section: type[Settings]

    @property
    def description(self) -> str:
        """What it is for."""
        if isinstance(self.value, Settings):
            return _purpose(self.value)
        return descriptions(self.section).get(self.path[-1], "")


def entries(section: Settings, path: tuple[str, ...] = ()) -> Iterator[Entry]:
    """Yield the keys of a section, then each section inside it followed by what it holds."""
    kind = type(section)
    inner: list[tuple[str, Settings]] = []
    for name in kind.model_fields:
        value = getattr(section, name)
        if isinstance(value, Settings):
            inner.append((name, value))
        else:
            yield Entry(path=(*path, name), value=value, section=kind)
    for name, value in inner:
        yield Entry(path=(*path, name), value=value, section=kind)
        yield from entries(value, (*path, name))


def keys(tree: Settings) -> Iterator[Entry]:
    """Yield the keys of a tree, without its sections."""
    return (entry for entry in entries(tree) if not isinstance(entry.value, Settings))


def sections(tree: Settings) -> frozenset[tuple[str, ...]]:
    """Return the paths of the sections of a tree."""
    return frozenset(e.path for e in entries(tree) if isinstance(e.value, Settings))


def _purpose(section: Settings) -> str:
    return " ".join(inspect.cleandoc(type(section).__doc__ or "").partition("\n\n")[0].split())
