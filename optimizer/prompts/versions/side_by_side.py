"""Two prompts run on the same cases in small blocks, in turns."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from optimizer.models.optimization import Case, CaseResult
from optimizer.prompts.ports import ExecutorError
from optimizer.prompts.settings import OptimizeSettings
from optimizer.prompts.testing.metering import Meter
from optimizer.prompts.versions.held_out_arms import Tests


def side_by_side(
    control: str,
    champion: str,
    cases: Sequence[Case],
    meter: Meter,
    *,
    first: int,
    settings: OptimizeSettings,
) -> Tests:
    """Run both prompts on every case, block by block, in turns."""
    chance = random.Random(f"{settings.seed}:{first}")
    ran: tuple[list[CaseResult], list[CaseResult]] = ([], [])
    for replicate in range(first, first + settings.replicates):
        leads = chance.random() < 0.5  # noqa: PLR2004 - a coin
        for block in _blocks(cases, settings.confirmation_block, chance):
            for side in (0, 1) if leads else (1, 0):
                prompt = (control, champion)[side]
                ran[side].extend(_run(prompt, block, meter, replicate))
            leads = not leads
    return Tests(control=_in_order(ran[0], cases), champion=_in_order(ran[1], cases))


def _blocks(cases: Sequence[Case], size: int, chance: random.Random) -> Iterator[Sequence[Case]]:
    shuffled = list(cases)
    chance.shuffle(shuffled)
    for start in range(0, len(shuffled), size):
        yield shuffled[start : start + size]


def _run(
    prompt: str, block: Sequence[Case], meter: Meter, replicate: int
) -> tuple[CaseResult, ...]:
    results = meter.run(prompt, block, replicate=replicate)
    expected = [(case.case_id, replicate) for case in block]
    if [(result.case_id, result.replicate) for result in results] != expected:
        raise ExecutorError(
            f"held-out tests: results are not those of the {len(block)} cases that were asked for"
        )
    return results


def _in_order(results: Sequence[CaseResult], cases: Sequence[Case]) -> tuple[CaseResult, ...]:
    place = {case.case_id: i for i, case in enumerate(cases)}
    return tuple(sorted(results, key=lambda result: (result.replicate, place[result.case_id])))
