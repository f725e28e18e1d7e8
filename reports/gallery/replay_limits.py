"""The report of a trace that was replayed through limits."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.models.limits import LimitReplay, LimitsReport, Load, Pressure
from optimizer.models.rules import Unit
from reports.document import (
    Block,
    Cell,
    Details,
    Document,
    Facts,
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
    level,
    name_of,
    plural,
    rate,
    usd_total,
)
from reports.formatting import interval as bounds
from reports.tones import Tone

METHOD = (
    "Each tenant of a run has buckets of its own that start full. A request waits until its "
    "bucket holds it, the most urgent first; under a hard limit it is refused in place of "
    "waiting, and over a spending limit it always is. Repeats of tests are left out of the "
    "replay. Tokens and prices are those that were recorded: what is unknown takes nothing. "
    "Waits add up while more comes than flows in, so that requests that come one after the "
    "other are no independent observations: the interval of the throttled share tells how many "
    "there were, not how the next day will be."
)


def replay_limits(found: LimitsReport) -> Document:
    """Lay out what limits would have done to a trace."""
    blocks: list[Block] = [Section("The trace", (Facts(tuple(_trace(found))),))]
    if found.replay is not None:
        blocks.append(Section("Under these limits", (Facts(tuple(_limits(found.replay))),)))
        blocks += _tenants(found.replay)
        blocks += _spending(found.replay)
    if found.tried:
        blocks.append(Section("Limits at shares of the busiest minute", (_tried(found),)))
    if found.warnings:
        blocks.append(Section("Remarks", (Items(found.warnings),)))
    blocks.append(Details("How it is measured", (Prose(METHOD),)))
    return Document(f"Limits on {found.subject}", _verdict(found), tuple(blocks))


def _verdict(found: LimitsReport) -> Verdict:
    replay, subject = found.replay, name_of(found.subject)
    if replay is None:
        return Verdict(
            Tone.WARN,
            f"UNKNOWN: none of {plural(found.n, 'request')} of {subject} can be replayed: they are "
            "repeats of tests, or their times do not tell them apart.",
        )
    n = replay.n_delayed + replay.n_refused
    if not n:
        is_known = not replay.n_unknown_tokens or replay.plan.quota.max_tokens_per_minute is None
        so_far = "" if is_known else " as far as tokens are known"
        return Verdict(
            Tone.GOOD if is_known else Tone.WARN,
            f"NOT LIMITED{so_far}: all {plural(replay.n, 'request')} of {subject} go through at "
            "once.",
        )
    share = replay.throttled
    return Verdict(
        Tone.WARN,
        f"LIMITED: {count(n)} of {plural(replay.n, 'request')} of {subject} would wait or be "
        f"refused ({rate(share.estimate)}, {level(share.level)} CI "
        f"{bounds(Unit.RATE, share.low, share.high)}).",
    )


def _trace(found: LimitsReport) -> Iterator[tuple[str, str]]:
    asked: Load = found.load
    yield "requests", count(found.n)
    yield "time covered", duration(1000 * asked.span_s) if asked.span_s else UNKNOWN
    yield "requests a minute", figure(asked.requests_per_minute)
    yield "tokens a minute", count(_whole(asked.tokens_per_minute))
    yield "busiest minute", _peak(asked)
    yield from _pressure(found.pressure)
    if found.timeout is not None:
        yield (
            "timeout",
            f"{duration(found.timeout.high)}: at least {rate(found.timeout.threshold)} of answers "
            f"come before it, {level(found.timeout.level)} sure "
            f"({plural(found.timeout.n, 'answer')})",
        )


def _peak(asked: Load) -> str:
    if asked.peak_requests is None:
        return UNKNOWN
    tokens = "" if asked.peak_tokens is None else f", {count(_whole(asked.peak_tokens))} tokens"
    return plural(asked.peak_requests, "request") + tokens


def _pressure(found: Pressure) -> Iterator[tuple[str, str]]:
    yield "refused (HTTP 429)", f"{count(found.n_throttled)} of {count(found.n)}"
    if found.sustained is None:
        return
    one = found.sustained
    yield (
        "went through",
        f"{figure(one.per_minute)} a minute: {plural(one.n, 'request')} in "
        f"{duration(1000 * one.window_s)} without a refusal",
    )


def _limits(found: LimitReplay) -> Iterator[tuple[str, Cell | str]]:
    plan = found.plan
    said = {
        "requests a second": plan.max_requests_per_second,
        "requests a minute": plan.quota.max_requests_per_minute,
        "tokens a minute": plan.quota.max_tokens_per_minute,
    }
    for name, limit in said.items():
        if limit is not None:
            yield name, count(_whole(limit)) if limit >= 1 else figure(limit)
    yield "at once", f"{plan.burst:g} times that"
    yield "what does not fit", "is refused" if plan.hard else "waits"
    if plan.adaptation is not None:
        yield "after trouble", f"{rate(plan.adaptation.decrease)} of the limit is left"
    yield "waited", f"{count(found.n_delayed)} of {count(found.n)}"
    if found.n_refused:
        yield "refused", Cell(_refused(found), Tone.WARN)
    yield (
        "wait p50, p95, p99",
        ", ".join(map(duration, (found.delay_p50_ms, found.delay_p95_ms, found.delay_p99_ms))),
    )
    yield "longest wait", duration(found.delay_max_ms)
    if found.fairness is not None:
        yield "fairness (Jain)", figure(found.fairness)
    if found.n_unknown_tokens:
        yield "tokens unknown", f"of {count(found.n_unknown_tokens)} requests: they took none"
    if found.n_unpriced:
        yield "price unknown", f"of {count(found.n_unpriced)} requests: they spent nothing"


def _refused(found: LimitReplay) -> str:
    why = {"too large for a burst": found.n_too_large, "over budget": found.n_over_budget}
    said = [f"{count(n)} {reason}" for reason, n in why.items() if n]
    return f"{count(found.n_refused)} of {count(found.n)}" + (
        f" ({', '.join(said)})" if said else ""
    )


def _tenants(found: LimitReplay) -> Iterator[Block]:
    if len(found.tenants) < 2:  # noqa: PLR2004 - one tenant is all of it
        return
    rows = tuple(
        (
            UNKNOWN if one.tenant is None else name_of(one.tenant),
            count(one.n),
            rate(one.on_time),
            count(one.n_delayed),
            count(one.n_refused),
            duration(one.delay_mean_ms),
            usd_total(one.cost_usd),
        )
        for one in found.tenants
    )
    titles = ("requests", "on time", "waited", "refused", "mean wait", "cost")
    yield Section("Tenants", (Table((left("tenant"), *map(right, titles)), rows),))


def _spending(found: LimitReplay) -> Iterator[Block]:
    rows = tuple(
        (
            name_of(one.name),
            usd_total(one.limit_usd),
            count(one.n_periods),
            Cell(count(one.n_before), Tone.BAD if one.n_before else Tone.GOOD),
            count(one.n_after),
            usd_total(one.most_before_usd),
            usd_total(one.most_after_usd),
        )
        for one in found.breaches
        if one.n_periods
    )
    if rows:
        titles = ("limit", "periods", "exceeded", "under it", "most spent", "under it")
        yield Section("Spending", (Table((left("limit of"), *map(right, titles)), rows),))


def _tried(found: LimitsReport) -> Table:
    return Table(
        columns=(
            right("share"),
            right("requests/min"),
            right("tokens/min"),
            right("waited or refused"),
            right("p95 wait"),
            right("p99 wait"),
        ),
        rows=tuple(
            (
                rate(share),
                count(_whole(one.plan.quota.max_requests_per_minute)),
                count(_whole(one.plan.quota.max_tokens_per_minute)),
                rate(one.throttled.estimate),
                duration(one.delay_p95_ms),
                duration(one.delay_p99_ms),
            )
            for share, one in zip(found.shares, found.tried, strict=True)
        ),
    )


def _whole(number: float | None) -> float | None:
    return None if number is None else float(round(number))
