"""The texts of cases, as far as they are kept: what was put in, what came out, and why it failed.

Texts are stored as JSON. An object of one text is shown as that text; what the input says should
come out is told apart from the rest of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from optimizer.history import queries
from optimizer.history.store import History
from optimizer.models.case_changes import (
    NO_TEXT,
    CaseArm,
    CaseChange,
    CaseOutcome,
    CaseText,
    Kept,
    TextLimits,
    TryTexts,
)
from optimizer.models.cases import Arm
from optimizer.models.dataclass import dataclass

EXPECTED = ("expected", "expected_output")
"""Keys under which the input of a case says what should come out."""

TARGET = "target"
TARGETED = ({"input", TARGET}, {"doc", TARGET})
"""Inputs of tools that call it so; elsewhere a target may be anything."""

NOTHING_IN = ("{}", "[]", '""', "null")

HASHED = re.compile(r"[0-9a-f]{64}")

SIDES = {
    CaseChange.BROKEN: (False, True),
    CaseChange.FIXED: (True, False),
    CaseChange.FAILING: (True, True),
    CaseChange.FLAKY: (True, True),
    CaseChange.PASSING: (False, False),
}
"""Whether a failed try of the baseline, and of the candidate, tells what became of a case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """The texts of one case under one arm."""

    input: CaseText
    expected: CaseText | None
    shown: TryTexts


def with_texts(
    cases: Sequence[CaseOutcome],
    history: History,
    arm: Arm | tuple[str, Sequence[str], str],
    side: int,
    limits: TextLimits,
) -> tuple[CaseOutcome, ...]:
    """Return cases with the texts of one arm.

    Args:
        cases: What became of each, the most telling first.
        history: The history that holds the runs of the arm.
        arm: The arm, or its workflow, its runs and its variant.
        side: Its place among the arms of a case.
        limits: How many texts are wanted, and how much of each.
    """
    ran = (arm.workflow_id, arm.run_ids, arm.variant_id) if isinstance(arm, Arm) else arm
    wanted = {
        one.case_id: (_failing(one, side), limits.chars(place))
        for place, one in enumerate(cases[: limits.n_cases])
        if one.arms[side].n
    }
    told = dict(_told(history, ran, wanted))
    return tuple(
        _with(one, side, told[one.case_id]) if one.case_id in told else one for one in cases
    )


def _with(case: CaseOutcome, side: int, told: _Told) -> CaseOutcome:
    """Return a case with the texts of one arm; what was put in is told once."""
    known = case.input is not None and (
        case.input.kept is Kept.WHOLE or told.input.kept is Kept.NOTHING
    )
    arms = list(case.arms)
    arms[side] = _showing(arms[side], told.shown)
    return CaseOutcome(
        case_id=case.case_id,
        change=case.change,
        arms=tuple(arms),
        input=case.input if known else told.input,
        expected=case.expected if known else told.expected,
    )


def _showing(arm: CaseArm, shown: TryTexts) -> CaseArm:
    return CaseArm(
        n=arm.n,
        n_passed=arm.n_passed,
        score=arm.score,
        latency_ms=arm.latency_ms,
        cost_usd=arm.cost_usd,
        tokens=arm.tokens,
        shown=shown,
    )


def _failing(case: CaseOutcome, side: int) -> bool:
    """Say whether a failed try of an arm tells what became of a case."""
    sides = SIDES[case.change]
    return sides[min(side, len(sides) - 1)]


def _told(
    history: History,
    ran: tuple[str, Sequence[str], str],
    wanted: Mapping[str, tuple[bool, int | None]],
) -> Iterator[tuple[str, _Told]]:
    workflow_id, run_ids, variant_id = ran
    rows = queries.case_texts(
        history,
        run_ids,
        variant_id,
        workflow_id=workflow_id,
        case_ids=list(wanted),
        failing=[failing for failing, _ in wanted.values()],
    )
    for case_id, status, inputs, outputs, error, reasons in rows:
        most = wanted[case_id][1]
        put_in, expected = read_input(inputs)
        yield (
            case_id,
            _Told(
                input=_cut(put_in, most),
                expected=expected and _cut(expected, most),
                shown=TryTexts(
                    status=status,
                    output=_cut(read_text(outputs), most),
                    error=_cut(_whole(error), most) if error else None,
                    reasons=tuple(_cut(_whole(reason), most) for reason in reasons or ()),
                ),
            ),
        )


def read_input(stored: str | None) -> tuple[CaseText, CaseText | None]:
    """Return what was put in, and what should have come out where the input says it."""
    content = _decoded(stored)
    if not isinstance(content, dict):
        return read_text(stored), None
    known = (*EXPECTED, *((TARGET,) if set(content) in TARGETED else ()))
    key = next((key for key in known if key in content), None)
    rest = {name: value for name, value in content.items() if name != key}
    expected = None if key is None else _whole(_shown(content[key]))
    return (_whole(_shown(rest)) if rest else NO_TEXT), expected


def read_text(stored: str | None) -> CaseText:
    """Return a stored text as a person reads it."""
    if stored is None or stored in NOTHING_IN:
        return NO_TEXT
    if HASHED.fullmatch(stored):
        return CaseText(text=stored, kept=Kept.HASH, n_chars=len(stored))
    content = _decoded(stored)
    if content is msgspec.UNSET:
        return CaseText(text=stored, kept=Kept.EXCERPT, n_chars=len(stored))
    return _whole(_shown(content))


def _decoded(stored: str | None) -> Any:
    """Return what JSON says; UNSET of a text that is none."""
    try:
        return msgspec.json.decode(stored) if stored is not None else msgspec.UNSET
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):  # as an excerpt is
        return msgspec.UNSET


def _shown(content: Any) -> str:
    """Return content as text: that of a text alone, else JSON."""
    if isinstance(content, dict) and len(content) == 1:
        (content,) = content.values()
    if isinstance(content, str):
        return content
    return msgspec.json.format(msgspec.json.encode(content), indent=2).decode()


def _whole(text: str) -> CaseText:
    return CaseText(text=text, kept=Kept.WHOLE, n_chars=len(text))


def _cut(text: CaseText, most: int | None) -> CaseText:
    if most is None or text.text is None or len(text.text) <= most:
        return text
    return replace(text, text=text.text[:most])
