"""The tree of all settings: one section for each part, imported when somebody looks at it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from optimizer.models.dataclass import dataclass
from optimizer.models.settings import Settings, descriptions, later

if TYPE_CHECKING:
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

    ingest: IngestSettings = later("optimizer.models.ingest", "IngestSettings")
    store: StoreSettings = later("optimizer.history.settings", "StoreSettings")
    lake: LakeSettings = later("optimizer.history.lakes.settings", "LakeSettings")
    scoring: ScoringSettings = later("optimizer.scoring_rules", "ScoringSettings")
    evidence: EvidenceSettings = later("optimizer.analysis.settings", "EvidenceSettings")
    drift: DriftSettings = later("optimizer.analysis.settings", "DriftSettings")
    anomalies: AnomalySettings = later("optimizer.analysis.settings", "AnomalySettings")
    overview: OverviewSettings = later("optimizer.analysis.settings", "OverviewSettings")
    comparison: ComparisonSettings = later("optimizer.experiments.settings", "ComparisonSettings")
    experiments: ExperimentSettings = later("optimizer.experiments.defaults", "ExperimentSettings")
    budgets: BudgetsSettings = later("optimizer.models.budgets", "BudgetsSettings")
    engine: EngineSettings = later("optimizer.safety.settings", "EngineSettings")
    strategies: StrategiesSettings = later("optimizer.config.strategies", "StrategiesSettings")
    decision: DecisionSettings = later("optimizer.safety.settings", "DecisionSettings")
    safety: SafetySettings = later("optimizer.safety.settings", "SafetySettings")
    validation: ValidationSettings = later("optimizer.safety.settings", "ValidationSettings")
    lifecycle: LifecycleSettings = later("optimizer.decisions.settings", "LifecycleSettings")
    optimize: OptimizeSettings = later("optimizer.prompts.settings", "OptimizeSettings")
    search: SearchSettings = later("optimizer.prompts.search.settings", "SearchSettings")
    choosing: ChoosingSettings = later("optimizer.prompts.search.settings", "ChoosingSettings")
    few_shot: FewShotSettings = later("optimizer.prompts.search.settings", "FewShotSettings")
    transforms: TransformSettings = later(
        "optimizer.models.transform_settings", "TransformSettings"
    )
    gepa: GepaSettings = later("optimizer.prompts.search.settings", "GepaSettings")
    runner: RunnerSettings = later("optimizer.prompts.runner.settings", "RunnerSettings")
    llm: LlmSettings = later("optimizer.prompts.llm.settings", "LlmSettings")
    extract: ExtractSettings = later("optimizer.models.extract_settings", "ExtractSettings")
    lint: LintSettings = later("optimizer.models.lint_settings", "LintSettings")
    comment: CommentSettings = later("optimizer.models.commenting", "CommentSettings")

    policies: tuple[Policy, ...] = later("optimizer.safety.policies", "Policy", many=True)
    """Rules of the house that proposals are held against."""

    constraints: tuple[Constraint, ...] = later(
        "optimizer.safety.constraints", "Constraint", many=True
    )
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
    import inspect  # noqa: PLC0415 - start-up time

    return " ".join(inspect.cleandoc(type(section).__doc__ or "").partition("\n\n")[0].split())
