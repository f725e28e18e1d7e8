"""Confirm a champion: held-out cases, beside a control that runs in the same hour.

A search reports more than is true, for it keeps what was lucky. So its champion is run once more,
on cases that nothing was chosen by, in small blocks that alternate with the prompt in use, and both
are run afresh: an old score of the control would be that of another hour.

One champion gets one look. Cases that were looked at before tell less each time: alpha is halved
with every look at them. Where anything is in doubt the champion is not better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count

from optimizer.experiments.settings import ComparisonSettings
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import OptimizerError
from optimizer.models.optimization import Case
from optimizer.models.tasks import text_sha256
from optimizer.models.terms import VerdictKind
from optimizer.models.versions import Confirmation, HeldOut
from optimizer.prompts.ports import BudgetExhausted
from optimizer.prompts.search.settings import Objective
from optimizer.prompts.settings import OptimizeSettings
from optimizer.prompts.testing.metering import Meter
from optimizer.prompts.versions.judging import Judgement, doubt_of, reason_of
from optimizer.prompts.versions.side_by_side import side_by_side
from optimizer.stats.paired_rates import mcnemar_exact, mcnemar_midp, tango

FIRST_REPLICATE = 1000
"""Replicates from here on are those of confirmations; a search never uses them."""

ROUNDS = 1_000_000
"""How many rounds of replicates are told apart."""


class ConfirmationRefusedError(OptimizerError):
    """A champion that is not run on held-out cases, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Which look this is.

    Attributes:
        optimization_id: Whose champion is looked at.
        prompt_id: The prompt.
        seq: How many looks the cases have had, this one included, counted from 1.
        looked_at: When, UTC.
    """

    optimization_id: str
    prompt_id: str
    seq: int
    looked_at: datetime


def confirm(
    *,
    control: str,
    champion: str,
    cases: Sequence[Case],
    meter: Meter,
    occasion: Occasion,
    settings: OptimizeSettings,
    comparison: ComparisonSettings | None = None,
    objective: Objective = Objective.PASS_RATE,
) -> HeldOut:
    """Run control and champion side by side on the held-out cases, and compare them.

    Args:
        control: The prompt in use.
        champion: The prompt that is held to be better.
        cases: The held-out cases.
        meter: Runs them; there must be room for `tests_of` of them.
        occasion: Which look this is.
        settings: How often, in which blocks, at which alpha.
        comparison: How arms are compared; None: as by default.
        objective: What the champion is to be: better, or shorter and no worse.

    Raises:
        ConfirmationRefusedError: `why_not` says why; nothing was run.
        BudgetExhausted: There is not room for all of them; nothing was run.
        ExecutorError: As the executor raises it, or results are not those of the cases.
    """
    comparison = comparison or ComparisonSettings()
    refused = why_not(
        control,
        champion,
        cases,
        (),
        seq=occasion.seq,
        settings=settings,
        comparison=comparison,
        objective=objective,
    )
    if refused is not None:
        raise ConfirmationRefusedError(refused)
    if meter.left < tests_of(cases, settings):
        raise BudgetExhausted
    first = _first_replicate(occasion, holdout_sha256(cases))
    tests = side_by_side(control, champion, cases, meter, first=first, settings=settings)
    found = Judgement(tests, cases, alpha_of(occasion.seq, settings), comparison, objective)
    return HeldOut(
        confirmation=_confirmation(found, (control, champion), cases, occasion, settings),
        control=tests.control,
        champion=tests.champion,
    )


def why_not(
    control: str,
    champion: str,
    cases: Sequence[Case],
    earlier: Sequence[Confirmation],
    *,
    seq: int | None = None,
    settings: OptimizeSettings,
    comparison: ComparisonSettings | None = None,
    objective: Objective = Objective.PASS_RATE,
) -> str | None:
    """Say why a champion is not run on held-out cases, or None where it may be.

    Args:
        control: The prompt in use.
        champion: The prompt that is held to be better.
        cases: The held-out cases.
        earlier: Looks at these cases, for the same prompt.
        seq: Which look this is; None: the one after the earlier ones.
        settings: At which alpha.
        comparison: How arms are compared; None: as by default.
        objective: What the champion is to be.
    """
    if champion == control:
        return "the champion is the prompt in use, byte for byte: there is nothing to confirm"
    sha256 = text_sha256(champion)
    if any(look.champion_sha256 == sha256 for look in earlier):
        return "these held-out cases have looked at this champion already: one look each"
    needed = least_cases(
        seq or next_look(earlier), settings=settings, comparison=comparison, objective=objective
    )
    n = len({case.family or case.case_id for case in cases})
    if n < needed:
        return f"not enough held-out cases: {n} of {needed}"
    return None


def least_cases(
    seq: int = 1,
    *,
    settings: OptimizeSettings,
    comparison: ComparisonSettings | None = None,
    objective: Objective = Objective.PASS_RATE,
) -> int:
    """Return the fewest held-out cases that could confirm anything, if all went well.

    Better: each of them flips. No worse: none of them does.
    """
    comparison = comparison or ComparisonSettings()
    alpha = alpha_of(seq, settings)
    if objective is Objective.TOKENS:
        margin, level = comparison.margins.success, 1 - 2 * alpha
        return next(n for n in count(1) if tango(0, 0, n, level=level).low > -margin)
    test = mcnemar_midp if settings.replicates == 1 else mcnemar_exact
    return next(m for m in count(comparison.min_changed) if test(0, m).p_value < alpha)


def tests_of(cases: Sequence[Case], settings: OptimizeSettings) -> int:
    """Return how many tests a confirmation runs: each case with both prompts."""
    return 2 * len(cases) * settings.replicates


def holdout_sha256(cases: Sequence[Case]) -> str:
    """Return the hash of held-out cases, in whatever order they come."""
    return text_sha256("\n".join(sorted(case.sha256 for case in cases)))


def sharing(looks: Sequence[Confirmation], cases: Sequence[Case]) -> list[Confirmation]:
    """Return the looks at which any of these cases was among the held-out ones."""
    wanted = {case.sha256 for case in cases}
    return [look for look in looks if wanted & set(look.case_sha256s)]


def next_look(earlier: Sequence[Confirmation]) -> int:
    """Return which look comes after those that the same cases have had for the same prompt."""
    return max((look.seq for look in earlier), default=0) + 1


def alpha_of(seq: int, settings: OptimizeSettings) -> float:
    """Return what a look may spend: all of alpha first, then half as much with each look more."""
    return settings.alpha * 0.5 ** (seq - 1)


def _first_replicate(occasion: Occasion, holdout: str) -> int:
    """Return the first replicate of a look: no other look has results under its numbers."""
    look = text_sha256(f"{occasion.optimization_id}\n{holdout}\n{occasion.seq}")
    return FIRST_REPLICATE * (1 + int(look, 16) % ROUNDS)


def _confirmation(
    found: Judgement,
    prompts: tuple[str, str],
    cases: Sequence[Case],
    occasion: Occasion,
    settings: OptimizeSettings,
) -> Confirmation:
    control, champion = prompts
    kept, verdict = found.tests.complete(), found.verdict
    plain = Confirmation(
        optimization_id=occasion.optimization_id,
        prompt_id=occasion.prompt_id,
        holdout_sha256=holdout_sha256(cases),
        case_sha256s=tuple(sorted(case.sha256 for case in cases)),
        seq=occasion.seq,
        champion_sha256=text_sha256(champion),
        control_sha256=text_sha256(control),
        alpha=found.alpha,
        verdict=VerdictKind.INCONCLUSIVE,
        objective=found.objective,
        n=len({result.case_id for result in kept.control}),
        n_control_passed=sum(result.passed for result in kept.control),
        n_champion_passed=sum(result.passed for result in kept.champion),
        n_tests=len(kept.control),
        p_value=verdict.p_value,
        estimate=verdict.estimate,
        low=verdict.low,
        high=verdict.high,
        method=verdict.method,
        reason="",
        looked_at=occasion.looked_at,
    )
    doubt = doubt_of(found, settings)
    if doubt is not None:
        return replace(plain, reason=doubt)
    return replace(plain, verdict=verdict.kind, reason=reason_of(plain, verdict))
