"""Cache answers where the recorded requests repeat and the repeated answers agree.

Asks: had a cache stood before the current variant, how many of its newest requests would it have
answered, what would that have saved, and how many answers would have been stale?

Proposes: the cache that would have saved most among those that answer enough and are seldom
stale: whether it looks up whole inputs or similar ones, for how long, how many; with the cost,
the waiting time and the pass rate that it would have changed.

Stays silent when there are too few requests, when they come too seldom, when too few repeat,
when nothing tells whether answers would be stale or too many would be, and when a cache already
answers as many.

Does not look at the time that a lookup takes, nor at answers that become wrong while nobody
asks: a replay knows only the answers that were given.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from optimizer.models.caching import CacheReplay, CachingStudy, Share
from optimizer.models.evidence import Evidence
from optimizer.models.proposals import Answer, Change, DecisionType, Effect, Fact, Proposal
from optimizer.models.settings import Settings
from optimizer.models.summaries import WindowSummary
from optimizer.replay.cache_settings import CacheReplaySettings

if TYPE_CHECKING:
    from optimizer.replay.caching import Begun

LOOKUPS = "the time of lookups is not recorded and has to be added"
EMPTY = "every cache started empty with each run"


class CachingSettings(CacheReplaySettings):
    """Settings of the `caching` strategy."""


class Caching:
    """The `caching` strategy."""

    name: ClassVar[str] = "caching"
    priority: ClassVar[int] = 90
    settings_type: ClassVar[type[Settings]] = CachingSettings
    study_type: ClassVar[type[CachingStudy]] = CachingStudy

    def __init__(self, settings: CachingSettings) -> None:
        self.settings = settings

    def first_looks(self, found: Sequence[Evidence]) -> Sequence[Begun | None]:
        """Look for what no cache can be worth having for, through the texts of all workflows."""
        from optimizer.replay.caching import begun, screened  # noqa: PLC0415 - numpy

        looks = [
            begun(evidence.requests, self.settings, variant=variant, is_screened=True)
            if evidence.requests is not None and (variant := _variant(evidence)) is not None
            else None
            for evidence in found
        ]
        (seed,) = {evidence.seed for evidence in found}
        known = iter(screened([one for one in looks if one], self.settings, seed=seed))
        return [None if one is None else next(known) for one in looks]

    def study(self, evidence: Evidence, look: Begun | None = None) -> CachingStudy | None:
        """Replay the requests of the current variant through caches."""
        if _variant(evidence) is None:
            return None
        from dataclasses import replace  # noqa: PLC0415 - with the replay

        from optimizer.replay.cache_choice import is_hopeless  # noqa: PLC0415 - numpy
        from optimizer.replay.caching import hopeless, replayed  # noqa: PLC0415

        (one,) = [look] if look else self.first_looks([evidence])
        if one is None:
            return None
        if is_hopeless(one.outline, self.settings):
            return hopeless(one, self.settings)
        found = replayed(one, self.settings, seed=evidence.seed)
        return replace(found, replays=(), prefixes=())

    def propose(self, evidence: Evidence) -> Answer:
        """Propose the cache worth having, as the replay found it."""
        current = evidence.current
        if current is None or current.n_completed == 0:
            return Answer(silence="no completed task")
        study: CachingStudy | None = evidence.studies.get(self.name)
        if study is None:
            least = self.settings.min_requests
            return Answer(silence=f"not enough data: 0 of {least} requests of {current.variant}")
        if study.best is None:
            return Answer(silence=study.reason or "no cache is worth having")
        if study.n_cached >= study.best.n_hits:
            return Answer(silence=f"a cache already answers {study.n_cached} of {study.n} requests")
        return Answer(proposals=(self._enable(current, study, study.best),))

    def _enable(self, current: WindowSummary, study: CachingStudy, best: CacheReplay) -> Proposal:
        effects = tuple(_effects(best))
        missing = [what for what, share in _savings(best).items() if share is None]
        stale = best.stale.estimate if best.stale else 0.0
        return Proposal(
            strategy=self.name,
            type=DecisionType.ENABLE_CACHING,
            changes=tuple(_changes(best)),
            effects=effects,
            effects_note=f"{' and '.join(missing)}: not recorded" if missing else None,
            confidence=None,
            rationale=(
                f"An empty {best.setting.kind} cache would have answered {best.n_hits} of "
                f"{best.n} requests of {current.variant} ({best.hit_rate.estimate:.1%}), "
                f"{stale:.1%} of them with another {study.stale_by} than the model."
            ),
            unless=(
                f"fewer than {self.settings.min_expected_hit_rate:.0%} of the requests were "
                f"answered, or more than {self.settings.max_stale_rate:.0%} of those otherwise "
                "than by the model"
            ),
            facts=tuple(self._facts(study, best)),
            notes=tuple(_notes(study, best)),
        )

    def _facts(self, study: CachingStudy, best: CacheReplay) -> Iterator[Fact]:
        yield _fact("hit_rate", best.hit_rate, self.settings.min_expected_hit_rate)
        if best.stale is not None:
            yield _fact("stale_rate", best.stale, self.settings.max_stale_rate)
        if study.requests_per_minute is not None:
            yield Fact(
                name="requests_per_minute",
                n=study.n,
                estimate=study.requests_per_minute,
                threshold=self.settings.min_requests_per_minute,
            )
        if best.saved_usd is not None and best.saved_cost is not None:
            yield Fact(name="saved_usd", n=best.saved_cost.n, estimate=best.saved_usd)


def _variant(evidence: Evidence) -> int | None:
    """Return the code of the variant in use in the trace; None where it is not there."""
    current, requests = evidence.current, evidence.requests
    if current is None or requests is None or current.variant_id not in requests.variants:
        return None
    return requests.variants.index(current.variant_id)


def _changes(best: CacheReplay) -> Iterator[Change]:
    setting = best.setting
    yield Change(setting="cache.strategy", old=None, new=setting.kind.value)
    yield Change(setting="cache.ttl_s", old=None, new=setting.ttl_s)
    yield Change(setting="cache.max_entries", old=None, new=setting.max_entries)
    yield Change(setting="cache.eviction", old=None, new=setting.eviction.value)
    if setting.similarity_threshold is not None:
        yield Change(
            setting="cache.similarity_threshold", old=None, new=setting.similarity_threshold
        )


def _savings(best: CacheReplay) -> dict[str, Share | None]:
    return {
        "cost_relative": best.saved_cost,
        "latency_relative": best.saved_latency,
        "tokens_relative": best.saved_tokens,
    }


def _effects(best: CacheReplay) -> Iterator[Effect]:
    """Yield what was measured; what is saved makes the figure smaller."""
    for metric, share in _savings(best).items():
        if share is not None:
            yield _effect(metric, share, -share.estimate, -share.high, -share.low)
    change = best.success_change
    if change is not None:
        yield _effect("success_rate", change, change.estimate, change.low, change.high)


def _effect(metric: str, share: Share, estimate: float, low: float, high: float) -> Effect:
    return Effect(
        metric=metric,
        estimate=estimate,
        low=low,
        high=high,
        level=share.level,
        n=share.n,
        estimator=share.estimator,
    )


def _fact(name: str, share: Share, threshold: float) -> Fact:
    return Fact(
        name=name,
        n=share.n,
        estimate=share.estimate,
        low=share.low,
        high=share.high,
        level=share.level,
        threshold=threshold,
    )


def _notes(study: CachingStudy, best: CacheReplay) -> Iterator[str]:
    yield EMPTY
    if best.saved_latency is not None:
        yield LOOKUPS
    if best.n_in_flight:
        yield (
            f"{best.n_in_flight} more requests came while the answer was still being made for "
            "an earlier one"
        )
    if best.setting.ttl_s is None or best.setting.ttl_s > study.span_s:
        yield f"no run lasted longer than {study.span_s:.0f} s: longer ages could not be tried"
    yield from study.absent
