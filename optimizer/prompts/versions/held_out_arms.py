"""Held-out tests of two prompts as the arms of a comparison."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from optimizer.models.cases import Arm, CaseColumns, LoadedArm
from optimizer.models.dataclass import dataclass
from optimizer.models.optimization import Case, CaseResult
from optimizer.models.tasks import text_sha256

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CANCELLED = "cancelled"
TOGETHER = datetime(1970, 1, 1, tzinfo=UTC)
"""When both arms ran: at the same time, in turns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tests:
    """The tests of both prompts, pair by pair in the same order."""

    control: tuple[CaseResult, ...]
    champion: tuple[CaseResult, ...]

    @property
    def n_lost(self) -> int:
        """Pairs of which one or both failed for reasons other than the prompt."""
        return sum(_lost(one) or _lost(other) for one, other in self._pairs())

    @property
    def n_lost_by_champion(self) -> int:
        """Pairs of which the champion's alone did."""
        return sum(_lost(other) and not _lost(one) for one, other in self._pairs())

    def complete(self) -> Tests:
        """Return the pairs that say something of the prompts."""
        kept = [pair for pair in self._pairs() if not any(map(_lost, pair))]
        return Tests(
            control=tuple(one for one, _ in kept), champion=tuple(other for _, other in kept)
        )

    def against_champion(self) -> Tests:
        """Return the tests with those that the champion alone lost as failures of its prompt."""
        return Tests(
            control=self.control,
            champion=tuple(
                replace(other, status="failed", infrastructure=False)
                if _lost(other) and not _lost(one)
                else other
                for one, other in self._pairs()
            ),
        )

    def _pairs(self) -> list[tuple[CaseResult, CaseResult]]:
        return list(zip(self.control, self.champion, strict=True))


def arm_of(name: str, tests: Tests, cases: Sequence[Case]) -> LoadedArm:
    """Return one side of the tests, `control` or `champion`, as an arm."""
    every: dict[str, list[CaseResult]] = defaultdict(list)
    kept: dict[str, list[CaseResult]] = defaultdict(list)
    for result in getattr(tests, name):
        every[result.case_id].append(result)
    for result in getattr(tests.complete(), name):
        kept[result.case_id].append(result)
    ordered = sorted(cases, key=lambda case: case.case_id)
    return LoadedArm(
        arm=_described(name, [result for results in kept.values() for result in results], every),
        cases=_columns(ordered, kept, every),
        contents={case.case_id: _content(case) for case in ordered},
    )


def _lost(result: CaseResult) -> bool:
    return result.infrastructure or result.status == CANCELLED


def _described(name: str, kept: Sequence[CaseResult], every: dict[str, list[CaseResult]]) -> Arm:
    n_passed = sum(result.passed for result in kept)
    n_errors = sum(map(_is_error, kept))
    return Arm(
        selector=name,
        label=name,
        workflow_id="",
        run_ids=(name,),
        variant_id=name,
        prompt_sha256=name,
        provider=None,
        model=None,
        parameters=None,
        pairable=True,
        content_sha256=name,
        n_tasks=sum(map(len, every.values())),
        n_completed=len(kept),
        n_succeeded=n_passed,
        n_errors=n_errors,
        started_at=TOGETHER,
        ended_at=TOGETHER,
    )


def _columns(
    cases: Sequence[Case], kept: dict[str, list[CaseResult]], every: dict[str, list[CaseResult]]
) -> CaseColumns:
    import numpy as np  # noqa: PLC0415 - heavy

    ids = [case.case_id for case in cases]
    none, unknown = np.zeros(len(ids), dtype=np.int64), np.full(len(ids), np.nan)
    return CaseColumns(
        case_id=np.array(ids, dtype=object),
        n=_counts([len(kept[i]) for i in ids]),
        n_passed=_counts([sum(result.passed for result in kept[i]) for i in ids]),
        n_errors=_counts([sum(map(_is_error, kept[i])) for i in ids]),
        n_cached=none,
        n_unfinished=_counts([sum(map(_lost, every[i])) for i in ids]),
        n_scored=none,
        score=unknown,
        score_variance=unknown,
        n_latency=none,
        latency_ms=unknown,
        n_cost=none,
        cost_usd=unknown,
        n_tokens=none,
        tokens=unknown,
        family=np.array([case.family for case in cases], dtype=object),
        first_at=none,
    )


def _counts(numbers: Sequence[int]) -> NDArray[np.int64]:
    import numpy as np  # noqa: PLC0415 - heavy

    return np.array(numbers, dtype=np.int64)


def _is_error(result: CaseResult) -> bool:
    return result.status in ("timeout", "error")


def _content(case: Case) -> str:
    """Return the hash of a case but for what names it: the same input is the same case."""
    fields = {key: value for key, value in case.fields.items() if value != case.case_id}
    return text_sha256(json.dumps(fields, sort_keys=True) if fields else case.case_id)
