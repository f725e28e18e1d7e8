"""The report of flakiness: how much repeats disagree, and which cases tell nothing."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.flakiness import Flakiness, VariantFlakiness
from optimizer.models.nearest import some_of
from optimizer.models.rules import Unit
from reports.document import (
    Block,
    Details,
    Document,
    Items,
    Prose,
    Section,
    Table,
    Verdict,
    left,
    right,
)
from reports.formatting import (
    UNKNOWN,
    count,
    figure,
    interval,
    level,
    listing,
    name_of,
    plural,
    rate,
)
from reports.parts.listed import VARIANTS_LISTED, telling, unlisted
from reports.tones import Tone

METHOD = (
    "The flake rate is the chance that two repeats of a case disagree, averaged over the cases "
    "that were repeated. ICC is the correlation of two repeats of a case: 1 where they always "
    "agree, 0 where a case says nothing of its next repeat; noise is the rest, the part of the "
    "variance of single outcomes that lies within cases. pass@k is the chance that at least one "
    "of k repeats passes, pass^k that all of them do, both over the cases with k repeats or more. "
    "Timeouts and errors count as failures."
)

HOW_TO_REPEAT = (
    "To get repeats, run the same variant on the same cases again and ingest the new file: the "
    "newest runs of a variant are taken together. Repeats inside one run count as well, under one "
    "case_id."
)

PAIR = 2
"""Fewest variants that a case can tell apart."""


def flaky(found: Flakiness, *, limit: int) -> Document:
    """Lay out what the repeats of each variant say, with at most `limit` cases of a kind."""
    repeated = [variant for variant in found.variants if variant.n_repeated]
    places = telling([variant.flake_rate for variant in found.variants])
    shown = [found.variants[place] for place in places]
    return Document(
        title=f"Flakiness of {found.workflow_id}",
        verdict=_verdict(found, repeated),
        blocks=(
            _noise_table(shown),
            *((_reliability_table(shown),) if shown else ()),
            *unlisted(len(shown), len(found.variants), "are the most and the least flaky"),
            *_caveats(shown),
            *(_flaky_details(variant, limit) for variant in shown if variant.flaky),
            *_silent_section(found, limit),
            Details("How it is measured", (Prose(METHOD),)),
        ),
        hints=() if repeated else (HOW_TO_REPEAT,),
    )


def _verdict(found: Flakiness, repeated: Sequence[VariantFlakiness]) -> Verdict:
    if not repeated:
        text = f"UNKNOWN: no case of {found.workflow_id} was run twice under one variant."
        return Verdict(Tone.WARN, text)
    worst = max(repeated, key=lambda variant: variant.flake_rate or 0.0)
    if not worst.flaky:
        return Verdict(Tone.GOOD, f"No case is flaky: {_agreed(repeated)}.")
    return Verdict(
        Tone.WARN,
        f"{_share_of_flaky(worst)} under {name_of(worst.variant)}: two repeats of a case disagree "
        f"with a chance of {rate(worst.flake_rate)}{_bounds(worst)}.",
    )


def _agreed(repeated: Sequence[VariantFlakiness]) -> str:
    said = [
        f"all repeats of {plural(variant.n_repeated, 'case')} agree "
        f"under {name_of(variant.variant)}"
        for variant in repeated
    ]
    return listing(said) if len(said) <= VARIANTS_LISTED else some_of(said)


def _share_of_flaky(variant: VariantFlakiness) -> str:
    verb = "is" if variant.n_flaky == 1 else "are"
    return f"{count(variant.n_flaky)} of {plural(variant.n_repeated, 'case')} {verb} flaky"


def _bounds(variant: VariantFlakiness) -> str:
    shown = interval(Unit.RATE, variant.flake_low, variant.flake_high)
    return "" if shown == UNKNOWN else f", {level(variant.level)} CI {shown}"


def _noise_table(variants: Sequence[VariantFlakiness]) -> Table:
    title = f"{level(variants[0].level)} CI" if variants else "CI"
    return Table(
        columns=(
            left("variant"),
            right("cases"),
            right("repeats"),
            right("flaky"),
            right("flake rate"),
            right(title),
            right("ICC"),
            right("noise"),
        ),
        rows=tuple(
            (
                name_of(variant.variant),
                count(variant.n_cases),
                _repeats(variant),
                count(variant.n_flaky) if variant.n_repeated else UNKNOWN,
                rate(variant.flake_rate),
                interval(Unit.RATE, variant.flake_low, variant.flake_high),
                figure(variant.icc),
                rate(_noise_share(variant)),
            )
            for variant in variants
        ),
        empty="No variant has run.",
    )


def _reliability_table(variants: Sequence[VariantFlakiness]) -> Table:
    k = variants[0].k if variants else 1
    return Table(
        columns=(
            left("variant"),
            right("pass rate"),
            right(f"pass@{k}"),
            right(f"pass^{k}"),
            right("of cases"),
        ),
        rows=tuple(
            (
                name_of(variant.variant),
                rate(variant.pass_rate),
                rate(variant.pass_at_k),
                rate(variant.pass_hat_k),
                count(variant.n_k),
            )
            for variant in variants
        ),
        empty="No variant has run.",
    )


def _repeats(variant: VariantFlakiness) -> str:
    low, high = variant.fewest_repeats, variant.most_repeats
    return count(low) if low == high else f"{count(low)} to {count(high)}"


def _noise_share(variant: VariantFlakiness) -> float | None:
    return None if variant.icc is None else 1 - max(0.0, variant.icc)


def _caveats(variants: Sequence[VariantFlakiness]) -> tuple[Block, ...]:
    said = tuple(text for variant in variants for text in _caveats_of(variant))
    return (Items(said),) if said else ()


def _caveats_of(variant: VariantFlakiness) -> list[str]:
    name, once = name_of(variant.variant), variant.n_cases - variant.n_repeated
    said = []
    if variant.n_cases == 0:
        said.append(f"{name}: no test was completed.")
    elif variant.n_k < variant.n_cases:
        most = plural(variant.most_repeats, "repeat")
        missing = f"{name}: no case has {variant.k} repeats, {most} at most"
        some = f"{count(variant.n_cases - variant.n_k)} of {plural(variant.n_cases, 'case')}"
        fewer = f"{name}: {some} have fewer than {variant.k} repeats and are left out"
        said.append(f"{fewer if variant.n_k else missing} (pass@{variant.k}, pass^{variant.k}).")
    if variant.n_repeated and once:
        said.append(f"{name}: {plural(once, 'case')} ran once and say nothing of noise.")
    if variant.n_errors:
        said.append(
            f"{name}: {plural(variant.n_errors, 'timeout or error', 'timeouts or errors')}"
            " counted as failed."
        )
    if variant.n_cached:
        said.append(
            f"{name}: {plural(variant.n_cached, 'answer')} came from a cache, which repeats "
            "nothing: the noise may be larger."
        )
    return said


def _flaky_details(variant: VariantFlakiness, limit: int) -> Details:
    more = variant.n_flaky - limit
    table = Table(
        columns=(left("case"), right("passed"), right("of"), right("share of noise")),
        rows=tuple(
            (case.case_id, count(case.n_passed), count(case.n), rate(case.noise_share))
            for case in variant.flaky[:limit]
        ),
    )
    rest = (Prose(f"{plural(more, 'flaky case')} more; --limit shows them."),) if more > 0 else ()
    return Details(f"Flaky under {name_of(variant.variant)}", (table, *rest))


def _silent_section(found: Flakiness, limit: int) -> tuple[Block, ...]:
    """Lay out the cases that tell no variant from another."""
    n_variants = sum(variant.n_cases > 0 for variant in found.variants)
    if not n_variants:
        return ()
    if n_variants < PAIR:
        text = "One variant has run: which cases tell variants apart is not known."
        return (Section("Cases that tell nothing", (Prose(text),)),)
    if not found.n_shared:
        text = f"The {count(n_variants)} variants share no case."
        return (Section("Cases that tell nothing", (Prose(text),)),)
    n_silent = len(found.always_passed) + len(found.always_failed)
    summary = (
        f"{count(n_silent)} of {plural(found.n_shared, 'case')} that all "
        f"{count(n_variants)} variants have run tell no variant from another: "
        f"{count(len(found.always_passed))} always passed, "
        f"{count(len(found.always_failed))} always failed."
    )
    rows = (("always passed", found.always_passed), ("always failed", found.always_failed))
    texts = tuple(f"{what}: {_named(cases, limit)}" for what, cases in rows if cases)
    named = (Items(texts),) if texts else ()
    return (Section("Cases that tell nothing", (Prose(summary), *named)),)


def _named(cases: Sequence[str], limit: int) -> str:
    more = len(cases) - limit
    shown = ", ".join(cases[:limit])
    return f"{shown} and {count(more)} more" if more > 0 else shown
