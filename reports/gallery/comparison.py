"""The report of a comparison: what became of each candidate, and why."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from shlex import quote

from optimizer.models.terms import RATES, VerdictKind
from optimizer.models.verdicts import Comparison, ComparisonSet, MetricVerdict
from reports.document import Block, Details, Document, Prose, Table, Verdict, left, right
from reports.formatting import count, listing, name_of, p_statement, plural
from reports.parts.comparisons import (
    SHOWN,
    case_blocks,
    companion_details,
    effect_cells,
    finding_section,
    judged_details,
    levels_title,
    metric_table,
    p_title,
)
from reports.parts.effect_charts import candidate_charts, metric_charts, metric_effects
from reports.parts.effects import option_margin
from reports.parts.verdicts import NOTHING_MEASURED, TONES, cheaper_arm, said_of, verdict_of
from reports.tones import Tone

LISTED = 200
"""Candidates that have a row; of more, the number is said."""

STDIN = "-"
NOTHING_COMPARED = Verdict(Tone.BAD, "INVALID: nothing was compared.")


def comparison(found: ComparisonSet) -> Document:
    """Lay out what became of one candidate, or of several, against a baseline."""
    compared = found.comparisons
    if not compared:
        return Document("Comparison", NOTHING_COMPARED, (Prose("No candidate was given."),))
    if len(compared) == 1:
        return _of_one(compared[0])
    return _of_several(found)


def _of_one(one: Comparison) -> Document:
    return Document(
        title=f"Comparison of {name_of(one.candidate.label)} against {name_of(one.baseline.label)}",
        verdict=verdict_of(one),
        blocks=(*finding_section((one,)), *_evidence(one, metric_charts(one))),
        hints=_hints(one),
    )


def _of_several(found: ComparisonSet) -> Document:
    compared = found.comparisons
    baseline = name_of(compared[0].baseline.label)
    best_first = _best_first(compared)
    more = len(best_first) - SHOWN
    return Document(
        title=f"Comparison of {plural(len(compared), 'candidate')} against {baseline}",
        verdict=_verdict_of_several(best_first, baseline),
        blocks=(
            _candidate_table(best_first[:LISTED]),
            *_unlisted(len(best_first) - LISTED),
            *candidate_charts(best_first),
            *_omnibus(found),
            *finding_section(compared),
            *(
                Details(name_of(one.candidate.label), _evidence(one, metric_effects(one)))
                for one in best_first[:SHOWN]
            ),
            *((Prose(f"{plural(more, 'candidate')} more with --json."),) if more > 0 else ()),
        ),
        hints=_hints(best_first[0]) if best_first else (),
    )


def laid_out(found: ComparisonSet) -> frozenset[int]:
    """Return the places of the comparisons that are laid out one by one."""
    best = {id(one) for one in _best_first(found.comparisons)[:SHOWN]}
    return frozenset(i for i, one in enumerate(found.comparisons) if id(one) in best)


def _best_first(compared: Sequence[Comparison]) -> list[Comparison]:
    measured = [one for one in compared if one.metrics]
    return sorted(measured, key=lambda one: _least_gain(one.primary), reverse=True)


def _evidence(one: Comparison, charts: tuple[Block, ...]) -> tuple[Block, ...]:
    return (
        metric_table(one.metrics),
        *charts,
        *case_blocks(one),
        judged_details(one),
        *companion_details(one),
    )


def _verdict_of_several(best_first: Sequence[Comparison], baseline: str) -> Verdict:
    """Say how many candidates became what, and what the best did."""
    if not best_first:
        return NOTHING_MEASURED
    kinds = Counter(one.primary.kind for one in best_first)
    n = plural(len(best_first), "candidate")
    if len(kinds) == 1:
        (kind,) = kinds
        head, tally = kind.value.upper(), f"all {n} against {baseline}"
    else:
        head = "IMPROVED" if kinds[VerdictKind.IMPROVED] else "NONE IMPROVED"
        each = [f"{count(kinds[kind])} {kind.value}" for kind in VerdictKind if kinds[kind]]
        tally = f"of {n} against {baseline}, {listing(each)}"
    cheaper = cheaper_arm(best_first[0])
    text = f"{head}: {tally}; best by its bound: {said_of(best_first[0])}."
    return Verdict(_tone(kinds), f"{text} {cheaper}" if cheaper else text)


def _tone(kinds: Counter[VerdictKind]) -> Tone:
    order = (VerdictKind.IMPROVED, VerdictKind.REGRESSED, VerdictKind.INCONCLUSIVE)
    deciding = next((kind for kind in order if kinds[kind]), None)
    return TONES[deciding or next(iter(kinds))]


def _least_gain(found: MetricVerdict) -> tuple[bool, float]:
    """Order verdicts by the least improvement that the data leave possible."""
    bound = found.low if found.metric in RATES else found.high
    if found.kind is VerdictKind.INVALID or bound is None or math.isnan(bound):
        return False, 0.0
    return True, bound if found.metric in RATES else -bound


def _candidate_table(compared: Sequence[Comparison]) -> Table:
    primaries = [one.primary for one in compared]
    names = sorted({found.metric.value for found in primaries})
    return Table(
        columns=(
            left("candidate"),
            right("effect"),
            right(levels_title(primaries)),
            right(p_title(primaries)),
            right("n"),
            left("verdict"),
        ),
        rows=tuple((name_of(one.candidate.label), *effect_cells(one.primary)) for one in compared),
        caption=f"{listing(names)}: candidate minus baseline" if names else None,
        empty="No metric was compared.",
    )


def _unlisted(more: int) -> tuple[Block, ...]:
    return (Prose(f"and {plural(more, 'candidate')} more with --json."),) if more > 0 else ()


def _omnibus(found: ComparisonSet) -> tuple[Block, ...]:
    if found.omnibus_p is None:
        return ()
    cases = plural(found.omnibus_n, "case")
    said = f"Cochran's Q over all arms: {p_statement(found.omnibus_p)}, {cases}."
    return (Prose(said),)


def _hints(one: Comparison) -> tuple[str, ...]:
    if not one.metrics or one.primary.margin is None:
        return ()
    found = one.primary
    margin = option_margin(found.metric, one.primary.margin)
    match found.kind:
        case VerdictKind.INVALID | VerdictKind.REGRESSED:
            return ()
        case VerdictKind.INCONCLUSIVE:
            if found.need is None or found.need.n_cases is None:
                return ()
            workflow = quote(one.baseline.workflow_id)
            return (
                f"Run {_stored_first(one)}'optimizer power --detect {margin} --from-history "
                f"{workflow}' to see how many cases settle it.",
            )
        case _:
            candidate, baseline = quote(one.candidate.selector), quote(one.baseline.selector)
            guardrail = f"{found.metric.value}:{margin}:prove"
            return (
                f"Run 'optimizer gate {candidate} --baseline {baseline} --guardrail {guardrail}' "
                "to hold it in CI.",
            )


def _stored_first(one: Comparison) -> str:
    """Return the command that stores what was read from files, nothing where all is stored."""
    paths = dict.fromkeys((one.baseline.source_path, one.candidate.source_path))
    files = [quote(path) for path in paths if path is not None and path != STDIN]
    return f"'optimizer ingest {' '.join(files)}', then " if files else ""
