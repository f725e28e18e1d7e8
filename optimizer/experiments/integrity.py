"""What must hold before a verdict counts (and what a reader must know of the data)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from optimizer.experiments.pairing import Pairs, values
from optimizer.experiments.settings import ComparisonSettings
from optimizer.models.cases import Arm
from optimizer.models.tasks import UNJUDGED
from optimizer.models.terms import Metric, Severity
from optimizer.models.verdicts import Finding
from optimizer.stats.paired_rates import mcnemar_midp

TIMED = (Metric.LATENCY, Metric.LATENCY_P50, Metric.LATENCY_P95)
GRADED = (Metric.SUCCESS, Metric.SCORE)
LEAST_TO_SAY_SAME = 5
"""Repeated cases without any disagreement before it is said that repeats are the same."""


def findings(
    baseline: Arm, candidate: Arm, pairs: Pairs, *, settings: ComparisonSettings
) -> tuple[Finding, ...]:
    """Return what the data say against a verdict, the gravest first."""
    found = [
        *_arms(baseline, candidate),
        *_coverage(baseline, candidate, pairs, settings),
        *_asymmetries(pairs, settings),
        *_repeats(pairs),
    ]
    return tuple(sorted(found, key=lambda finding: finding.severity is not Severity.INVALID))


def _arms(baseline: Arm, candidate: Arm) -> Iterator[Finding]:
    """Look at what the arms are."""
    same_variant = baseline.variant_id == candidate.variant_id
    if same_variant and baseline.content_sha256 == candidate.content_sha256:
        yield _invalid("same_run", "both arms are the same runs of the same variant")
    elif same_variant:
        yield _caveat("same_variant", "both arms are the same variant: an A/A comparison")
    if baseline.workflow_id != candidate.workflow_id:
        text = f"the arms are of two workflows: {baseline.workflow_id}; {candidate.workflow_id}"
        yield _caveat("different_workflow", text)
    if baseline.judge and candidate.judge and baseline.judge != candidate.judge:
        text = f"the arms were graded by different judges: {baseline.judge}; {candidate.judge}"
        yield _invalid("different_judge", text, *GRADED)
    if baseline.datasets and candidate.datasets and baseline.datasets != candidate.datasets:
        names = f"{', '.join(baseline.datasets)} against {', '.join(candidate.datasets)}"
        apart = not set(baseline.datasets) & set(candidate.datasets)
        finding = _invalid if apart else _caveat
        yield finding("different_dataset", f"the arms ran on different data sets: {names}")
    for arm in (baseline, candidate):
        for text in arm.warnings:
            said = f"{arm.label}: {text}"
            if text == UNJUDGED:
                yield _invalid("not_judged", said, Metric.SUCCESS)
            else:
                yield _caveat("read_with_loss", said)
    yield from _confounded(baseline, candidate)
    if baseline.ended_at < candidate.started_at or candidate.ended_at < baseline.started_at:
        text = "the arms ran one after the other: a difference in time may be the hour's"
        yield _caveat("not_interleaved", text, *TIMED)


def _confounded(baseline: Arm, candidate: Arm) -> Iterator[Finding]:
    """Say so where prompt and model differ at once."""
    differ = [
        name
        for name in ("model", "provider", "parameters")
        if getattr(baseline, name) != getattr(candidate, name)
    ]
    prompts = baseline.prompt_sha256 != candidate.prompt_sha256
    if differ and (prompts or baseline.prompt_sha256 is None):
        what = " and ".join((*differ, *(("prompt",) if prompts else ())))
        text = f"the arms differ in {what}: which of them made the effect is open"
        if len(differ) + prompts > 1:
            yield _caveat("confounded", text)
    elif differ:
        yield _caveat("different_model", f"the arms differ in {' and '.join(differ)}")


def _coverage(
    baseline: Arm, candidate: Arm, pairs: Pairs, settings: ComparisonSettings
) -> Iterator[Finding]:
    """Look at which cases both arms have."""
    pairable = baseline.pairable and candidate.pairable
    if not pairable:
        yield _caveat(
            "not_pairable", "the runs say that their cases are not the same: compared unpaired"
        )
        return
    if min(baseline.n_completed, candidate.n_completed) == 0:
        empty = baseline if baseline.n_completed == 0 else candidate
        yield _invalid("no_completed_task", f"no task of {empty.label} was completed")
        return
    if pairs.n == 0:
        yield _invalid("no_shared_case", "no case was run by both arms; run both on the same cases")
        return
    alone = f"{pairs.n_only_baseline} only by the baseline, {pairs.n_only_candidate} only by the "
    if pairs.coverage < settings.min_coverage:
        both = "1 case was" if pairs.n == 1 else f"{pairs.n} cases were"
        text = f"{both} run by both arms, {alone}candidate: compared unpaired; "
        yield _caveat("few_shared_cases", text + "run both on the same cases")
    elif pairs.n_only_baseline or pairs.n_only_candidate:
        yield _caveat("unmatched_cases", f"left out: {alone}candidate")


def _asymmetries(pairs: Pairs, settings: ComparisonSettings) -> Iterator[Finding]:
    """Look for outcomes that are missing, or errors that happened, more in one arm."""
    text = _one_sided(*_unfinished(pairs), "have tasks that never completed", settings)
    if text is not None:
        yield _invalid("missing_outcomes", f"{text}: what is missing favours one arm")
    first, second = (side > 0 for side in pairs.of("n_errors"))
    b, c = int((first & ~second).sum()), int((~first & second).sum())
    text = _one_sided(b, c, "timed out or failed in error", settings)
    if text is not None:
        yield _caveat("asymmetric_errors", f"{text}; they count as failures")
    yield from _missing_times(pairs, settings)


def _missing_times(pairs: Pairs, settings: ComparisonSettings) -> Iterator[Finding]:
    """Look for times that are not known because a limit or an error cut them off."""
    if min(side.sum() for side in pairs.of("n_latency")) == 0:
        return
    columns = zip(
        *(pairs.of(name) for name in ("n_errors", "n_latency", "n_cached", "n")), strict=True
    )
    first, second = ((broke > 0) & (timed + cached < n) for broke, timed, cached, n in columns)
    b, c = int((first & ~second).sum()), int((~first & second).sum())
    what = "were cut off without a known time"
    text = _one_sided(b, c, what, settings)
    if text is not None:
        yield _invalid("missing_times", f"{text}: the times that are left favour one arm", *TIMED)
    elif b + c:
        text = f"{b} cases {what} under the baseline alone, {c} under the candidate alone"
        yield _caveat("missing_times", f"{text}: they are left out", *TIMED)


def _one_sided(b: int, c: int, what: str, settings: ComparisonSettings) -> str | None:
    """Say that something happened to more cases of one arm, or None where it did not."""
    if b + c == 0 or mcnemar_midp(b, c).p_value >= settings.asymmetry_p:
        return None
    return f"{b} cases {what} under the baseline alone, {c} under the candidate alone"


def _unfinished(pairs: Pairs) -> tuple[int, int]:
    """Count the cases that both arms began and that never completed under one of them alone."""
    arms = (pairs.baseline, pairs.candidate)
    first, second = (set(arm.case_id[arm.n_unfinished > 0]) for arm in arms)
    if not first and not second:
        return 0, 0
    return (
        len((first - second).intersection(pairs.candidate.case_id)),
        len((second - first).intersection(pairs.baseline.case_id)),
    )


def _repeats(pairs: Pairs) -> Iterator[Finding]:
    """Look at repeats: uneven, cached, or always the same."""
    if pairs.n == 0:
        return
    first, second = pairs.of("n")
    uneven = int((first != second).sum())
    if uneven or bool((first != first[0]).any()):
        low, high = int(min(first.min(), second.min())), int(max(first.max(), second.max()))
        if low != high:
            text = f"cases have {low} to {high} repeats; every case counts the same"
            yield _caveat("uneven_repeats", text)
    cached = int(sum(side.sum() for side in pairs.of("n_cached")))
    if cached:
        text = f"{cached} answers came from a cache: they have no price and no time"
        yield _caveat("cached", f"{text}, and are no repeats of their own")
    if _never_differ(pairs):
        yield _caveat("repeats_agree", "repeats of a case always agree: each counts once")


def _never_differ(pairs: Pairs) -> bool:
    """Say whether there are repeated cases and none of them ever disagreed."""
    n_repeated = 0
    for columns, rows in (
        (pairs.baseline, pairs.at_baseline),
        (pairs.candidate, pairs.at_candidate),
    ):
        rates = values(columns, Metric.SUCCESS)[rows]
        repeated = columns.n[rows] > 1
        n_repeated += int(repeated.sum())
        if bool(np.isin(rates[repeated], (0.0, 1.0), invert=True).any()):
            return False
    return n_repeated >= LEAST_TO_SAY_SAME


def _invalid(code: str, text: str, *metrics: Metric) -> Finding:
    return Finding(code=code, severity=Severity.INVALID, text=text, metrics=metrics)


def _caveat(code: str, text: str, *metrics: Metric) -> Finding:
    return Finding(code=code, severity=Severity.CAVEAT, text=text, metrics=metrics)
