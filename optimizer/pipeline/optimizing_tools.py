"""What an optimization works with: the world around it, and its settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from optimizer.experiments.settings import ComparisonSettings
from optimizer.history.settings import StoreSettings
from optimizer.models.dataclass import dataclass
from optimizer.models.optimization_run import (
    ModelUse,
)
from optimizer.models.transform_settings import TransformSettings
from optimizer.pipeline.lifecycle import Who
from optimizer.pipeline.prompt_writing import PromptFiles
from optimizer.pipeline.proposing import Model
from optimizer.prompts.ports import Executor
from optimizer.prompts.runner.settings import RunnerSettings
from optimizer.prompts.search.base import Engine, Progress
from optimizer.prompts.search.settings import (
    ChoosingSettings,
    FewShotSettings,
    SearchSettings,
)
from optimizer.prompts.settings import OptimizeSettings
from optimizer.prompts.testing.remembering import OpenHistory
from optimizer.scoring_rules import ScoringRules, ScoringSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What an optimization works with.

    Attributes:
        executor: Runs the tests; None: nobody does, and there are drafts only.
        whole_suite: Whether it runs all cases whichever are asked for.
        engine: Searches.
        model: Makes the proposer that asks a language model; None: there is none.
        model_name: What tells it from another, or "".
        model_use: Says what it was asked so far.
        cassette_sha256: Returns the hash of the recorded answers, or None where none are.
        open_history: Opens the history for writing.
        files: The files of the project; None: no file is written.
        who: Who does it.
        now: Returns the time, UTC.
        watch: Told of every event of the search, or None.
    """

    executor: Executor | None
    whole_suite: bool
    engine: Engine
    model: Model | None
    model_name: str
    model_use: Callable[[], ModelUse | None]
    cassette_sha256: Callable[[], str | None]
    open_history: OpenHistory
    files: PromptFiles | None
    who: Who
    now: Callable[[], datetime]
    watch: Callable[[Progress], None] | None = None

    @property
    def who_now(self) -> Who:
        """Who does it, at this moment: an optimization may take hours."""
        return replace(self.who, at=self.now(), told_at=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The settings of an optimization, part by part."""

    optimize: OptimizeSettings
    runner: RunnerSettings
    search: SearchSettings
    choosing: ChoosingSettings
    few_shot: FewShotSettings
    transforms: TransformSettings
    scoring: ScoringSettings
    comparison: ComparisonSettings
    store: StoreSettings

    @property
    def thresholds(self) -> ScoringRules:
        """The published thresholds."""
        return ScoringRules.from_config(self.scoring.model_dump())
