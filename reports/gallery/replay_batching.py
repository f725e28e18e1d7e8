"""The report of a trace that was replayed through batchers."""

from __future__ import annotations

from optimizer.models.batching import BatchingReport, BatchReplay
from optimizer.models.proposals import Fact
from optimizer.models.rules import Unit
from reports.document import (
    Cell,
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
    duration,
    figure,
    interval,
    level,
    name_of,
    plural,
    rate,
    relative_change,
    time_span,
)
from reports.tones import Tone

METHOD = (
    "A batch goes when it is full, when its first request has waited as long as it may, or when a "
    "request in it would otherwise miss a deadline that it can meet. Each request is taken to "
    "need the time it needed alone: what the answer of a batch takes is not in a trace. Repeats "
    "of tests are left out. The unit of every interval is the batch, and the intervals hold for "
    "all sizes and waits together. Tokens are saved where what the prompts of a batch begin with "
    "is sent once."
)

TICKS = 1000.0
"""Milliseconds of a second."""


def replay_batching(found: BatchingReport) -> Document:
    """Lay out what batchers would have done to a trace."""
    notes = sorted({one.tokens_note for one in found.replays if one.tokens_note is not None})
    remarks = (*found.warnings, *(f"Tokens saved are unknown: {note}." for note in notes))
    return Document(
        title=f"Batches of {found.subject}",
        verdict=_verdict(found),
        blocks=(
            Section("Sizes and waits", (_table(found),)),
            *((Section("Remarks", (Items(remarks),)),) if remarks else ()),
            Details("How it is measured", (Prose(METHOD),)),
        ),
    )


def _verdict(found: BatchingReport) -> Verdict:
    subject = name_of(found.subject)
    if found.best is None:
        return Verdict(
            Tone.WARN,
            f"UNKNOWN: none of {plural(found.n, 'request')} of {subject} can be replayed: they are "
            "repeats of tests, or their times do not tell them apart.",
        )
    best = found.replays[found.best]
    how = f"{plural(best.plan.max_batch_size, 'request')} or {duration(best.plan.max_wait_ms)}"
    if found.tick_s is not None and TICKS * found.tick_s > best.plan.max_wait_ms:
        return Verdict(
            Tone.WARN,
            f"UNKNOWN: the times of {subject} go in steps of {time_span(found.tick_s)}, longer "
            f"than a wait of {duration(best.plan.max_wait_ms)}.",
        )
    if found.shortfall is not None:
        return Verdict(
            Tone.NEUTRAL,
            f"NOT WORTH IT: of {subject}, the best of "
            f"{plural(len(found.replays), 'batcher')}, {how}, {found.shortfall}.",
        )
    saved = best.saved_calls
    return Verdict(
        Tone.GOOD,
        f"WORTH IT: batches of {how} save {rate(saved.estimate)} of the calls of {subject}, "
        f"{level(saved.level)} CI {_bounds(saved)}.",
    )


def _table(found: BatchingReport) -> Table:
    rates = (
        f"; {figure(found.requests_per_second)} requests a second"
        if found.requests_per_second is not None
        else ""
    )
    return Table(
        columns=(
            right("size"),
            right("wait"),
            right("calls"),
            right("filled"),
            right("calls saved"),
            left("interval"),
            right("mean wait"),
            right("p95 wait"),
            right("latency"),
            right("tokens"),
        ),
        rows=tuple(
            _row(one, is_best=place == found.best) for place, one in enumerate(found.replays)
        ),
        caption=f"{plural(found.n, 'request')}{rates}; the best has a *" if found.replays else None,
        empty="No batcher was tried.",
    )


def _row(one: BatchReplay, *, is_best: bool) -> tuple[Cell | str, ...]:
    plan = one.plan
    return (
        count(plan.max_batch_size) + ("*" if is_best else ""),
        duration(plan.max_wait_ms),
        count(one.n_batches),
        UNKNOWN if one.efficiency is None else rate(one.efficiency.estimate),
        rate(one.saved_calls.estimate),
        _bounds(one.saved_calls),
        duration(one.wait_mean_ms.estimate),
        duration(one.wait_p95_ms),
        UNKNOWN if one.latency_relative is None else relative_change(one.latency_relative.estimate),
        UNKNOWN if one.tokens_relative is None else relative_change(one.tokens_relative.estimate),
    )


def _bounds(fact: Fact) -> str:
    return UNKNOWN if fact.low is None else interval(Unit.RATE, fact.low, fact.high)
