"""What became of each case, and the texts that tell why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from optimizer.models.case_changes import (
    VARIANTS_WITH_CASES,
    CaseArm,
    CaseChange,
    CaseOutcome,
    CaseText,
    Kept,
    TryTexts,
)
from optimizer.models.verdicts import Comparison
from reports.document import Case, Cases, Cell, Passage, Section, left, right
from reports.formatting import UNKNOWN, count, duration, figure, listing, name_of, plural, usd
from reports.tones import Tone

TONES: Mapping[CaseChange, Tone] = {CaseChange.BROKEN: Tone.BAD, CaseChange.FIXED: Tone.GOOD}

MEANINGS = (
    "broken: passes less often than before; fixed: more often; failing, flaky, passing: as often "
    "as before, which is never, sometimes or always"
)
FAILED = "failing: passes no try; flaky: passes some, be it under another variant"

NO_PAIRS = "The arms were not compared case by case."
NO_CASES = "The arms share no case."
NONE_FAILED = "No case failed."

HASHES = "only hashes are kept"
EXCERPTS = "only the beginning is kept"
NOT_KEPT = "not recorded or not kept"

Figure = tuple[str, Callable[[CaseArm], float | None], Callable[[float | None], str]]

MEASURED: tuple[Figure, ...] = (
    ("score", lambda arm: arm.score, figure),
    ("time", lambda arm: arm.latency_ms, duration),
    ("cost", lambda arm: arm.cost_usd, usd),
    ("tokens", lambda arm: arm.tokens, count),
)
"""What is shown of a case where an arm measured it, and how."""


MOST_VARIANTS = 4
"""Of more variants in a run, one column tells how often a case passed under all of them."""


def changed_section(comparison: Comparison) -> Section:
    """Lay out what became of each case of a comparison; it was asked for."""
    cases = comparison.cases or ()
    labels = (name_of(comparison.baseline.label), name_of(comparison.candidate.label))
    found = Cases(
        columns=(
            left("change"),
            left("case"),
            *(right(f"passed, {label}") for label in labels),
            *(right(title) for title, _, _ in _measured(cases)),
        ),
        cases=_rows(cases, labels, _measured(cases)),
        caption=MEANINGS,
        empty=NO_CASES if comparison.paired else NO_PAIRS,
    )
    return Section(f"Cases: {_tally(cases)}" if cases else "Cases", (found,))


def failing_section(cases: Sequence[CaseOutcome], labels: Sequence[str]) -> Section:
    """Lay out the cases of a run that failed, with what they gave under each variant."""
    n_variants, labels = len(labels), labels[:VARIANTS_WITH_CASES]
    part = f", under the first {len(labels)} of {count(n_variants)} variants"
    measured = _measured(cases) if len(labels) == 1 else ()
    each = labels if 1 < len(labels) <= MOST_VARIANTS else ()
    found = Cases(
        columns=(
            left("change"),
            left("case"),
            *(right(f"passed, {label}") for label in each),
            *(() if each else (right("passed"),)),
            *(right(title) for title, _, _ in measured),
        ),
        cases=_rows(cases, labels, measured, each=bool(each)),
        caption=FAILED,
        empty=NONE_FAILED,
    )
    title = f"Failing cases: {count(len(cases))}" if cases else "Failing cases"
    return Section(title + part * (n_variants > len(labels)), (found,))


def _rows(
    cases: Sequence[CaseOutcome],
    labels: Sequence[str],
    measured: Sequence[Figure],
    *,
    each: bool = True,
) -> tuple[Case, ...]:
    """Return a row for each case; `each`: with how often it passed under each arm."""
    names = {change: Cell(change.value, TONES.get(change, Tone.NEUTRAL)) for change in CaseChange}
    return tuple(
        Case(
            cells=(
                names[case.change],
                case.case_id,
                *(_passed((arm,)) for arm in case.arms if each),
                *(() if each else (_passed(case.arms),)),
                *(_change(shown, [of(arm) for arm in case.arms]) for _, of, shown in measured),
            ),
            texts=tuple(_passages(case, labels)),
        )
        for case in cases
    )


def _measured(cases: Sequence[CaseOutcome]) -> tuple[Figure, ...]:
    """Return the figures that are known of any case."""
    return tuple(
        one
        for one in MEASURED
        if any(one[1](arm) is not None for case in cases for arm in case.arms)
    )


def _tally(cases: Sequence[CaseOutcome]) -> str:
    n = Counter(case.change for case in cases)
    return listing([f"{count(n[change])} {change.value}" for change in CaseChange if n[change]])


def _passed(arms: Sequence[CaseArm]) -> str:
    n = sum(arm.n for arm in arms)
    return f"{count(sum(arm.n_passed for arm in arms))} of {count(n)}" if n else UNKNOWN


def _change(shown: Callable[[float | None], str], amounts: Sequence[float | None]) -> str:
    """Show a figure of each arm, once where it looks the same."""
    texts = dict.fromkeys(map(shown, amounts))
    return " to ".join(texts)


def _passages(case: CaseOutcome, labels: Sequence[str]) -> Iterator[Passage]:
    if case.input is None:
        return
    yield _passage("Input", case.input)
    if case.expected is not None:
        yield _passage("Expected", case.expected)
    for arm, label in zip(case.arms, labels, strict=True):
        if arm.shown is not None:
            yield from _of_try(arm.shown, arm, label if len(labels) > 1 else None)


def _of_try(shown: TryTexts, arm: CaseArm, label: str | None) -> Iterator[Passage]:
    of = f" of {label}" if label else ""
    tries = f", one of {plural(arm.n, 'try', 'tries')}" if arm.n > 1 else ""
    yield _passage(f"Output{of} ({shown.status}{tries})", shown.output)
    if shown.error is not None:
        yield _passage(f"Error{of}", shown.error)
    for reason in shown.reasons:
        if shown.error is None or not (reason.text or "").endswith(shown.error.text or ""):
            yield _passage(f"Reason{of}", reason)


def _passage(heading: str, text: CaseText) -> Passage:
    whole = text.n_chars if len(text.text or "") < text.n_chars else None
    match text.kept:
        case Kept.HASH:
            return Passage(f"{heading}, {HASHES}", text.text or UNKNOWN)
        case Kept.EXCERPT:
            return Passage(f"{heading}, {EXCERPTS}", text.text or UNKNOWN, whole)
        case Kept.NOTHING:
            return Passage(f"{heading}, {NOT_KEPT}", UNKNOWN)
        case Kept.WHOLE:
            return Passage(heading, text.text or "", whole)
