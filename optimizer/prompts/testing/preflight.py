"""What is found out about the tests before anything is searched: noise, and whether they listen."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

from optimizer.models.dataclass import dataclass
from optimizer.models.optimization import Case, CaseResult
from optimizer.prompts.ports import ExecutorError
from optimizer.prompts.runner.harmless import tail
from optimizer.prompts.runner.settings import RunnerSettings
from optimizer.prompts.testing.canary import Canary, PromptUse, canary_prompt, judged
from optimizer.prompts.testing.metering import Meter
from optimizer.stats.intervals import Interval, wilson

REPEAT = 1
"""Number of the repetition that measures noise; the search has 0."""

NO_MESSAGE = "without a message"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """What the tests are like.

    Attributes:
        control: Results of the prompt that is to be improved, in the order of the cases.
        repeated: Results of running some of them once more with the same prompt.
        flaky: Cases that passed once and failed once.
        noise: Share of the repeated cases that are flaky, or None where none could be repeated.
        n_infrastructure: Results that say nothing of the prompt, control and repeated.
        canary: What a senseless prompt showed.
    """

    control: tuple[CaseResult, ...]
    repeated: tuple[CaseResult, ...]
    flaky: tuple[str, ...]
    noise: Interval | None
    n_infrastructure: int
    canary: Canary


def preflight(
    prompt: str,
    cases: Sequence[Case],
    meter: Meter,
    *,
    settings: RunnerSettings,
    max_infrastructure_rate: float,
    seed: int,
) -> Preflight:
    """Run the prompt, some of it again, and a senseless one.

    Args:
        prompt: The prompt that is to be improved.
        cases: The cases that the search works with.
        meter: Runs them.
        settings: How many are repeated, and how many get the senseless prompt.
        max_infrastructure_rate: Share that may fail for other reasons than the prompt, 0 to 1.
        seed: Decides which cases are repeated.

    Raises:
        ExecutorError: The prompt is ignored, too much fails for other reasons than the prompt, or
            as the executor raises it.
        BudgetExhausted: The budget does not even suffice for this.
    """
    control = meter.run(prompt, cases)
    require_sound(control, max_infrastructure_rate)
    some = _sample(cases, settings.repeated_cases, seed)
    repeated = meter.run(prompt, some, replicate=REPEAT)
    require_sound(repeated, max_infrastructure_rate)
    first = {one.case_id: one for one in control}
    pairs = [
        (first[one.case_id], one)
        for one in repeated
        if not one.infrastructure and not first[one.case_id].infrastructure
    ]
    flaky = tuple(one.case_id for one, other in pairs if one.passed != other.passed)
    return Preflight(
        control=control,
        repeated=repeated,
        flaky=flaky,
        noise=wilson(len(flaky), len(pairs)) if pairs else None,
        n_infrastructure=sum(one.infrastructure for one in (*control, *repeated)),
        canary=_canary(prompt, cases, meter, control, repeated, n=settings.canary_cases, seed=seed),
    )


def require_sound(results: Sequence[CaseResult], max_infrastructure_rate: float) -> None:
    """Refuse results of which too many say nothing of the prompt.

    Raises:
        ExecutorError: So they are; it says what most of them complain about.
    """
    broken = [one for one in results if one.infrastructure]
    if len(broken) <= max_infrastructure_rate * len(results):
        return
    messages = Counter(one.error_message or NO_MESSAGE for one in broken)
    message, n = messages.most_common(1)[0]
    raise ExecutorError(
        f"executor: {len(broken)} of {len(results)} tests failed for other reasons than the "
        f"prompt, expected at most a share of {max_infrastructure_rate:g}; "
        f"{n} of them: {tail(message)}",
        hint="Look after the service or the time limits, then go on with --resume.",
    )


def _canary(
    prompt: str,
    cases: Sequence[Case],
    meter: Meter,
    control: Sequence[CaseResult],
    repeated: Sequence[CaseResult],
    *,
    n: int,
    seed: int,
) -> Canary:
    """Run the senseless prompt on cases that have something to lose."""
    if n == 0:
        return Canary(use=PromptUse.UNKNOWN, reason="no case was run with a senseless prompt", n=0)
    by_id = {case.case_id: case for case in cases}
    again = {one.case_id: one for one in repeated}
    worth = sorted(
        (one for one in control if not one.infrastructure),
        key=lambda one: (not one.passed, one.case_id not in again),
    )
    chosen = [by_id[one.case_id] for one in worth[:n]]
    try:
        results = meter.run(canary_prompt(prompt, seed=seed), chosen) if chosen else ()
    except ExecutorError as error:
        reason = f"with a senseless prompt the tests do not run: {error}"
        return Canary(use=PromptUse.UNKNOWN, reason=reason, n=0)
    found = judged({one.case_id: one for one in control}, again, results)
    if found.use is PromptUse.IGNORED:
        raise ExecutorError(
            f"executor: it ignores {{prompt_file}}: {found.reason}, expected a change",
            hint="Let the command read its prompt from {prompt_file}. Tests that pass with any "
            "prompt should record outputs; --set runner.canary_cases=0 leaves this check out.",
        )
    return found


def _sample(cases: Sequence[Case], n: int, seed: int) -> list[Case]:
    """Return some of the cases in their order, drawn at random."""
    if n >= len(cases):
        return list(cases)
    chosen = set(random.Random(seed).sample(range(len(cases)), n))
    return [case for number, case in enumerate(cases) if number in chosen]
