"""What an optimization is asked."""

from __future__ import annotations

import msgspec

from optimizer.models.choices import OptimizationStrategy
from optimizer.models.dataclass import dataclass
from optimizer.models.optimization import Case, Draft
from optimizer.models.sites import PromptSite
from optimizer.models.tasks import text_sha256

ID_CHARS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimizationQuestion:
    """Which prompt is to be improved, against which tests, how.

    Attributes:
        site: The prompt and where it stands.
        cases: The tests.
        workflow_id: The workflow it is part of, or None.
        strategy: How it is to be rewritten; `auto` leaves that to the failures.
        engine: own or gepa.
        seed: Decides everything random.
        holdout: Share of the cases that confirm, 0 to 1.
        replicates: How often each held-out case is run.
        drafts: Prompts of the user's own that are to be tested as well.
    """

    site: PromptSite
    cases: tuple[Case, ...]
    workflow_id: str | None
    strategy: OptimizationStrategy
    engine: str
    seed: int
    holdout: float
    replicates: int
    drafts: tuple[Draft, ...] = ()

    def identity(self, executor: str, proposers: str) -> str:
        """Return the name of the optimization: the same question has the same, whatever budget.

        Args:
            executor: Fingerprint of who runs the tests.
            proposers: What tells those who propose.
        """
        told = (
            self.site.prompt_id,
            self.site.sha256,
            sorted(case.sha256 for case in self.cases),
            self.workflow_id,
            self.strategy,
            self.engine,
            self.seed,
            self.holdout,
            self.replicates,
            [text_sha256(draft.text) for draft in self.drafts],
            executor,
            proposers,
        )
        return text_sha256(msgspec.json.encode(told).decode())[:ID_CHARS]
