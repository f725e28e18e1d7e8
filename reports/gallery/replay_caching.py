"""The report of a replay through caches: what each would have answered, and which is worth it."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.caching import (
    CacheReplay,
    CacheSetting,
    CachingReport,
    CachingStudy,
    Eviction,
    PrefixReplay,
    Share,
)
from optimizer.models.rules import Unit
from reports.document import (
    Block,
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
    effect_interval,
    figure,
    interval,
    level,
    name_of,
    percentage_points,
    plural,
    rate,
    relative_change,
    time_span,
    usd_total,
)
from reports.formatting import setting as as_set
from reports.tones import Tone

MS_PER_S = 1000

EVICTIONS = {Eviction.LRU: "LRU", Eviction.LFU: "LFU"}

METHOD = (
    "Every cache starts empty with each run. An answer can be served from when it was done until "
    "it is too old; being served does not make it younger, and answers of requests that failed "
    "are not kept. LRU gives up what was used longest ago, LFU what was used least often. A hit "
    "saves the request's own cost, time and tokens; the time of the lookup "
    "was not recorded and is not counted. A hit is stale where the answer it is served differs "
    "from the one the model gave. Similar inputs share runs of characters or words (MinHash, 128 "
    "permutations). Hits depend on what came before, so intervals of hit rates and savings are "
    "over parts of the trace (batch means, Fieller); those of stale answers are Wilson's. An exact "
    "cache looks up whole inputs, a semantic one similar ones, a hybrid one first whole inputs."
)

BLOCKS = (
    "A prefix block stands for some tokens of a prompt and all that stands before them. Only the "
    "longest beginning that is cached can be used; the last column looks up every block for "
    "itself. Nothing can be stale: what is reused is computation, not an answer. What it saves in "
    "money and time depends on the engine and was not recorded."
)


def replay_caching(report: CachingReport, *, limit: int) -> Document:
    """Lay out a replay through caches, with at most `limit` settings of a kind."""
    study = report.study
    return Document(
        title=f"Caching replay of {name_of(report.subject)}",
        verdict=_verdict(study),
        blocks=(
            _facts(study),
            *_notes(report),
            *_best(study),
            *_answers(study, limit),
            *_prefixes(study, limit),
            Details("How it is measured", (Prose(METHOD),)),
        ),
    )


def _verdict(study: CachingStudy) -> Verdict:
    if study.best is not None:
        return Verdict(Tone.GOOD, _worth_it(study.best))
    none = f"No cache of answers is worth having: {study.reason}."
    prefix = study.best_prefix
    if prefix is None:
        return Verdict(Tone.NEUTRAL, none)
    return Verdict(
        Tone.GOOD,
        f"A cache of {plural(prefix.n_held, 'prefix block')} would have found "
        f"{rate(prefix.block_hit_rate.estimate)} of the blocks{_bounds(prefix.block_hit_rate)}"
        f"{_prompt_tokens(prefix)}. {none}",
    )


def _worth_it(best: CacheReplay) -> str:
    setting = best.setting
    return (
        f"{_kind(setting).capitalize()} cache of {_entries(setting.max_entries)} for "
        f"{_age(setting.ttl_s)}: {count(best.n_hits)} of {plural(best.n, 'request')} answered, "
        f"{rate(best.hit_rate.estimate)}{_bounds(best.hit_rate)}{_savings(best)}."
    )


def _savings(best: CacheReplay) -> str:
    known = (
        (best.saved_cost, "of the cost"),
        (best.saved_latency, "of the waiting time"),
        (best.saved_tokens, "of the tokens"),
    )
    share, what = next(((s, w) for s, w in known if s is not None), (None, ""))
    return "" if share is None else f", {rate(share.estimate)} {what} saved"


def _prompt_tokens(prefix: PrefixReplay) -> str:
    found = prefix.saved_prompt_tokens
    return "" if found is None else f": {rate(found.estimate)} of the prompt tokens"


def _bounds(share: Share) -> str:
    return f" ({level(share.level)} CI {interval(Unit.RATE, share.low, share.high)})"


def _facts(study: CachingStudy) -> Facts:
    per_minute = study.requests_per_minute
    return Facts(
        (
            ("requests", count(study.n)),
            ("runs", count(study.n_segments)),
            ("longest run", duration(study.span_s * MS_PER_S)),
            ("per minute", figure(per_minute)),
            ("different inputs", count(study.n_keys) if study.n_keys else UNKNOWN),
            ("repeats left out", count(study.n_repeats)),
            ("already cached", count(study.n_cached)),
            ("stale means", f"another {study.stale_by}" if study.stale_by else UNKNOWN),
        )
    )


def _notes(report: CachingReport) -> tuple[Block, ...]:
    said = (*report.warnings, *report.study.absent)
    return (Items(said),) if said else ()


def _best(study: CachingStudy) -> tuple[Block, ...]:
    best = study.best
    if best is None:
        return ()
    rows = (
        ("hit rate", best.hit_rate),
        ("stale", best.stale),
        ("cost saved", best.saved_cost),
        ("time saved", best.saved_latency),
        ("tokens saved", best.saved_tokens),
    )
    change = best.success_change
    changed = (
        (
            "pass rate",
            percentage_points(change.estimate),
            effect_interval(Unit.RATE, change.low, change.high),
            count(change.n),
        )
        if change is not None
        else ("pass rate", UNKNOWN, UNKNOWN, UNKNOWN)
    )
    table = Table(
        columns=(left(""), right("measured"), right(f"{level(study.level)} CI"), right("n")),
        rows=(*(_measured(name, share) for name, share in rows), changed),
    )
    waiting = plural(best.n_in_flight, "more request")
    notes = (
        f"{usd_total(best.saved_usd)} in all." if best.saved_usd is not None else "",
        f"{waiting} came while the answer was still being made." if best.n_in_flight else "",
    )
    said = tuple(filter(None, notes))
    return (Section("The cache worth having", (table, *((Items(said),) if said else ()))),)


def _measured(name: str, share: Share | None) -> tuple[str, str, str, str]:
    if share is None:
        return (name, UNKNOWN, UNKNOWN, UNKNOWN)
    bounds = interval(Unit.RATE, share.low, share.high)
    return (name, rate(share.estimate), bounds, count(share.n))


def _answers(study: CachingStudy, limit: int) -> tuple[Block, ...]:
    if not study.replays:
        return ()
    ordered = sorted(study.replays, key=lambda replay: -replay.n_hits)
    table = Table(
        columns=(
            left("cache"),
            right("entries"),
            right("age"),
            left("evicts"),
            right("hits"),
            right("hit rate"),
            right(f"{level(study.level)} CI"),
            right("stale"),
            right("cost"),
            right("time"),
        ),
        rows=tuple(_row(replay) for replay in ordered[:limit]),
    )
    return (Section("Caches of answers", (table, *_more(len(ordered) - limit))),)


def _row(replay: CacheReplay) -> tuple[str, ...]:
    setting = replay.setting
    return (
        _kind(setting),
        count(setting.max_entries) if setting.max_entries else "any",
        _age(setting.ttl_s),
        EVICTIONS[setting.eviction],
        count(replay.n_hits),
        rate(replay.hit_rate.estimate),
        interval(Unit.RATE, replay.hit_rate.low, replay.hit_rate.high),
        _rate(replay.stale),
        _less(replay.saved_cost),
        _less(replay.saved_latency),
    )


def _prefixes(study: CachingStudy, limit: int) -> tuple[Block, ...]:
    if not study.prefixes:
        return ()
    ordered = sorted(study.prefixes, key=lambda replay: -replay.n_prefix)
    table = Table(
        columns=(
            right("blocks"),
            left("evicts"),
            right("found"),
            right("of"),
            right("hit rate"),
            right(f"{level(study.level)} CI"),
            right("prompt tokens"),
            right("each for itself"),
        ),
        rows=tuple(
            (
                count(replay.max_blocks) if replay.max_blocks else "any",
                EVICTIONS[replay.eviction] if replay.eviction else UNKNOWN,
                count(replay.n_prefix),
                count(replay.n_blocks),
                rate(replay.block_hit_rate.estimate),
                interval(Unit.RATE, replay.block_hit_rate.low, replay.block_hit_rate.high),
                _less(replay.saved_prompt_tokens),
                rate(replay.n_found / replay.n_blocks),
            )
            for replay in ordered[:limit]
        ),
    )
    return (
        Section("Caches of prefix blocks", (table, *_more(len(ordered) - limit), Prose(BLOCKS))),
    )


def _more(n: int) -> Sequence[Block]:
    return (Prose(f"{plural(n, 'setting')} more; --limit shows them."),) if n > 0 else ()


def _kind(setting: CacheSetting) -> str:
    threshold = setting.similarity_threshold
    return setting.kind if threshold is None else f"{setting.kind} {as_set(threshold)}"


def _entries(n: int | None) -> str:
    return "any number of answers" if n is None else plural(n, "answer")


def _age(seconds: float | None) -> str:
    return "ever" if seconds is None else time_span(seconds)


def _rate(share: Share | None) -> str:
    return UNKNOWN if share is None else rate(share.estimate)


def _less(share: Share | None) -> str:
    return UNKNOWN if share is None else relative_change(-share.estimate)
