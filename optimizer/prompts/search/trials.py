"""Prompts on cases: what was once seen is not asked for again, and a broken service is noticed."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from optimizer.models.optimization import Case, CaseResult
from optimizer.models.tasks import text_sha256
from optimizer.prompts.ports import BudgetExhausted, ExecutorError
from optimizer.prompts.search.settings import SearchSettings
from optimizer.prompts.testing.metering import Meter


class Trials:
    """Tests prompts within what the search may spend."""

    def __init__(self, meter: Meter, settings: SearchSettings, *, reserve: int) -> None:
        self._meter = meter
        self._settings = settings
        self._reserve = reserve
        self._seen: dict[str, dict[str, CaseResult]] = {}
        self._recent: deque[bool] = deque(maxlen=settings.infrastructure_window)

    @property
    def left(self) -> int:
        """How many more tests the search may run."""
        return self._meter.left - self._reserve

    def run(self, prompt: str, cases: Sequence[Case]) -> None:
        """Test a prompt on those cases that it was not tested on.

        Raises:
            BudgetExhausted: That might cost more than the search may spend; nothing was run.
            ExecutorError: Too many recent tests failed for reasons other than the prompt.
        """
        seen = self._seen.setdefault(text_sha256(prompt), {})
        missing = [case for case in cases if case.case_id not in seen]
        self.require(len(missing))
        for result in self._meter.run(prompt, missing) if missing else ():
            seen[result.case_id] = result
            self._recent.append(result.infrastructure)
        self._require_a_sound_service()

    def require(self, n: int) -> None:
        """Make sure that n more tests may be run.

        Raises:
            BudgetExhausted: They may not.
        """
        if n > self.left:
            raise BudgetExhausted

    def is_tested(self, prompt: str, case: Case) -> bool:
        """Tell whether a prompt was tested on a case, whatever came of it."""
        return case.case_id in self._seen.get(text_sha256(prompt), {})

    def results(self, prompt: str, cases: Sequence[Case]) -> list[tuple[Case, CaseResult]]:
        """Return what is known and says something of the prompt, in the order of the cases."""
        seen = self._seen.get(text_sha256(prompt), {})
        known = [(case, seen[case.case_id]) for case in cases if case.case_id in seen]
        return [(case, result) for case, result in known if not result.infrastructure]

    def _require_a_sound_service(self) -> None:
        settings, n, n_bad = self._settings, len(self._recent), sum(self._recent)
        if n < settings.min_recent or n_bad <= settings.max_infrastructure_rate * n:
            return
        raise ExecutorError(
            f"executor: {n_bad} of the last {n} tests failed for reasons other than the prompt, "
            f"expected at most {settings.max_infrastructure_rate:.0%}",
            hint="Mend the service, then resume: every result so far is kept.",
        )
