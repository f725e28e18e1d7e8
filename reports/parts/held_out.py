"""Held-out tests of a prompt: what they found, and how far that carries."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.models.rules import Unit
from optimizer.models.versions import Confirmation, Version
from reports.document import Cell
from reports.formatting import (
    count,
    effect_interval,
    level,
    magnitude,
    moment,
    p_statement,
    percentage_points,
    plural,
    signed_interval,
)
from reports.tones import Tone

TOO_HIGH = (
    "A gain that had to be significant to be reported is on average reported too high, the more so "
    "the fewer cases there were: rely on the lower bound."
)
UNTESTED = "No test on held-out cases says that it is better than what it was made of."


def gain(look: Confirmation) -> str:
    """Say how much better the champion is, as the middle of a sentence."""
    return (
        f"passes {magnitude(Unit.RATE, look.estimate)} {signed_interval(look.low, look.high)} "
        f"more of {plural(look.n, 'held-out case')}"
    )


def evidence(look: Confirmation) -> Iterator[tuple[str, Cell | str]]:
    """Yield what the held-out tests found, as facts."""
    yield "verdict", Cell(look.verdict, Tone.GOOD if look.is_licence else Tone.WARN)
    if look.is_better:
        yield "found", look.reason
    else:
        yield (
            "passed",
            f"{count(look.n_champion_passed)} of {plural(look.n_tests, 'test')}, the one in use "
            f"{count(look.n_control_passed)}",
        )
    if look.estimate is not None:
        yield (
            f"gain, {level(1 - look.alpha)} CI",
            f"{percentage_points(look.estimate)} {effect_interval(Unit.RATE, look.low, look.high)}",
        )
    if look.p_value is not None:
        against = level(look.alpha)
        yield "p-value", f"{p_statement(look.p_value)}, held against {against}; {look.method}"
    yield "look", f"number {look.seq} at these {plural(look.n, 'case')}, {moment(look.looked_at)}"


def limits(one: Version) -> Iterator[str]:
    """Yield what the tests of a version do not say, a sentence each."""
    look = one.confirmation
    if look is None and one.parent is not None:
        yield UNTESTED
    if look is not None and look.is_better:
        yield TOO_HIGH
    if look is not None and look.seq > 1:
        yield (
            f"These held-out cases had been looked at {plural(look.seq - 1, 'time')} before; the "
            "p-value was held against less for it."
        )
    if one.lineage.source_case_ids:
        n = plural(len(one.lineage.source_case_ids), "case")
        yield f"The text holds examples from {n}: leave those out of later tests."
