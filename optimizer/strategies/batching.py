"""Send requests together where they come fast enough to fill batches without much of a wait.

Asks: would batches of some size and wait have filled up on the stored trace, with calls saved and
little added time?

Proposes: the size and the wait that save the most calls, with the added time, the share of calls
saved and, where the prompts are known, the tokens that need not be sent twice.

Stays silent when fewer requests come a second than `min_throughput_rps`, when the trace does not
tell when requests began or only in coarse steps, when no size and wait fills batches and saves
enough beyond doubt within the wait that is allowed, or when there are too few batches to be sure.

Does not look at what a batch costs at the provider, nor at how long the answer of a batch takes:
each request is taken to need the time it needed alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, ClassVar

from optimizer.models.batching import BatchPlan, BatchReplay
from optimizer.models.dataclass import dataclass
from optimizer.models.evidence import Evidence
from optimizer.models.proposals import Answer, Change, DecisionType, Effect, Fact, Proposal
from optimizer.models.settings import Field, Settings, together
from optimizer.models.summaries import WindowSummary

if TYPE_CHECKING:
    from optimizer.replay.selection import Part

MS_OF_A_SECOND = 1e3

ESTIMATOR = "fieller over batches, replayed"


class BatchingSettings(Settings):
    """Settings of the `batching` strategy."""

    min_batch_size: Annotated[int, Field(ge=2)] = 5
    """Fewest requests that make a batch worth the name."""

    max_batch_size: Annotated[int, Field(ge=2)] = 20
    """Most requests of a batch that are tried."""

    max_wait_ms: Annotated[float, Field(gt=0)] = 100.0
    """Longest that the first request of a batch waits in what is tried, in ms."""

    enable_priority: bool = True
    """Whether requests of high and critical priority go at once and alone."""

    group_by_similarity: bool = True
    """Whether a batch holds one variant and one task type only."""

    min_throughput_rps: Annotated[float, Field(ge=0)] = 100.0
    """Requests a second from which on batches are looked at."""

    min_saving: Annotated[float, Field(ge=0, lt=1)] = 0.15
    """Smallest share of calls saved that is worth it."""

    min_efficiency: Annotated[float, Field(ge=0, le=1)] = 0.6
    """Smallest share of the places of a batch that must be filled."""

    max_added_latency_ms: Annotated[float, Field(ge=0)] = 200.0
    """Highest 95th percentile of the added wait that is accepted, in ms."""

    sizes: tuple[Annotated[int, Field(ge=2)], ...] = (5, 10, 20)
    """Sizes that are tried, as far as `min_batch_size` and `max_batch_size` allow them."""

    waits_ms: tuple[Annotated[float, Field(gt=0)], ...] = (10.0, 25.0, 50.0, 100.0)
    """Waits that are tried, as far as `max_wait_ms` allows them, in ms."""

    level: Annotated[float, Field(gt=0, lt=1)] = 0.95
    """Confidence level of the intervals, all sizes and waits together."""

    @together
    def _sizes_agree(self) -> None:
        if self.min_batch_size > self.max_batch_size:
            raise ValueError(
                f"min_batch_size {self.min_batch_size} is above max_batch_size "
                f"{self.max_batch_size}"
            )

    def plans(self) -> list[BatchPlan]:
        """Return the batchers that are tried; the largest allowed one where none is listed."""
        sizes = [n for n in self.sizes if self.min_batch_size <= n <= self.max_batch_size]
        waits = [wait for wait in self.waits_ms if wait <= self.max_wait_ms]
        return [
            BatchPlan(
                max_batch_size=size,
                max_wait_ms=wait,
                min_batch_size=self.min_batch_size,
                enable_priority=self.enable_priority,
                group_by_similarity=self.group_by_similarity,
            )
            for size in sizes or [self.max_batch_size]
            for wait in waits or [self.max_wait_ms]
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchStudy:
    """What the trace of the variant in use says about batches.

    Attributes:
        n_tried: Sizes and waits that were tried.
        best: The replay that saves the most among those that do all that is asked; else that
            which saves the most of all.
        shortfall: What it falls short of, in words; None where it does all that is asked.
    """

    n_tried: int
    best: BatchReplay
    shortfall: str | None


class Batching:
    """The `batching` strategy."""

    name: ClassVar[str] = "batching"
    priority: ClassVar[int] = 70
    settings_type: ClassVar[type[Settings]] = BatchingSettings
    study_type: ClassVar[type[BatchStudy]] = BatchStudy

    def __init__(self, settings: BatchingSettings) -> None:
        self.settings = settings

    def study(self, evidence: Evidence) -> BatchStudy | None:
        """Replay the trace through every size and wait; None where requests come too slowly."""
        part = _in_use(evidence)
        if part is None or self._unfit(part) is not None:
            return None
        from optimizer.replay.batching import replay_batching  # noqa: PLC0415 - few come so fast
        from optimizer.replay.pressure import with_clock  # noqa: PLC0415 - same

        plans = self.settings.plans()
        level = 1 - (1 - self.settings.level) / len(plans)
        clocked = replace(with_clock(part.requests()), texts=None)  # inputs, not whole prompts
        found = [replay_batching(clocked, plan, level=level) for plan in plans]
        best = best_of(found, self.settings)
        return BatchStudy(n_tried=len(plans), best=best, shortfall=shortfall(best, self.settings))

    def propose(self, evidence: Evidence) -> Answer:
        """Propose the batches that save the most, where enough of them fill up."""
        current = evidence.current
        if current is None or current.n_completed == 0:
            return Answer(silence="no completed task")
        part = _in_use(evidence)
        if part is None:
            return Answer(silence=f"not enough data: no request of {current.variant} is known")
        study: BatchStudy | None = evidence.studies.get(self.name)
        if study is None:
            return Answer(silence=self._unfit(part) or "its trace has not been replayed")
        if study.shortfall is not None:
            return Answer(
                silence=f"none of {study.n_tried} sizes and waits does; the best, "
                f"{_named(study.best)}, {study.shortfall}"
            )
        return Answer(proposals=(self._proposal(current, study),))

    def _unfit(self, part: Part) -> str | None:
        """Say why batches are not looked at, or None where they are."""
        from optimizer.replay.pressure import pace_rps, tick_s  # noqa: PLC0415 - few have requests

        n, times = len(part), part.times()
        rate = pace_rps(times)
        if rate is None:
            return f"not enough data: none of {n} requests says when it began"
        if rate <= self.settings.min_throughput_rps:
            return (
                f"{n} requests came at {rate:.3g} a second, batches are looked at above "
                f"{self.settings.min_throughput_rps:g}"
            )
        tick = tick_s(times)
        if tick is not None and MS_OF_A_SECOND * tick > self.settings.max_wait_ms:
            return (
                f"not enough data: the times of {n} requests go in steps of "
                f"{tick:g} s, longer than a wait of {self.settings.max_wait_ms:g} ms"
            )
        return (
            None
            if (part.trace.repeat[part.places] == 0).any()
            else f"all of {n} requests are repeats"
        )

    def _proposal(self, current: WindowSummary, study: BatchStudy) -> Proposal:
        best, plan = study.best, study.best.plan
        filled = best.efficiency.estimate if best.efficiency else 0.0
        return Proposal(
            strategy=self.name,
            type=DecisionType.ENABLE_BATCHING,
            changes=tuple(
                Change(setting=f"batching.{name}", old=None, new=getattr(plan, name))
                for name in (
                    "min_batch_size",
                    "max_batch_size",
                    "max_wait_ms",
                    "enable_priority",
                    "group_by_similarity",
                )
            ),
            effects=tuple(
                _effect(fact, level)
                for fact in (best.latency_relative, best.tokens_relative)
                if fact is not None and (level := fact.level) is not None
            ),
            effects_note=_unmeasured(best),
            confidence=None,
            rationale=(
                f"{current.variant}: {best.n} requests fit into {best.n_batches} calls of up to "
                f"{plan.max_batch_size}, {filled:.0%} full, that wait at most "
                f"{plan.max_wait_ms:g} ms; {study.n_tried} sizes and waits were tried."
            ),
            unless=(
                f"batches of {best.n} requests had saved less than {self.settings.min_saving:g} "
                f"of the calls or filled less than {self.settings.min_efficiency:g}"
            ),
            facts=tuple(self._facts(best)),
            notes=(
                "How long the answer of a batch takes is not known: each request was taken to "
                "need the time it needed alone.",
            ),
        )

    def _facts(self, best: BatchReplay) -> list[Fact]:
        settings = self.settings
        found = [
            _held(best.saved_calls, settings.min_saving),
            _held(best.wait_mean_ms, None),
            Fact(
                name="added_wait_p95_ms",
                n=best.n,
                estimate=best.wait_p95_ms,
                threshold=settings.max_added_latency_ms,
            ),
        ]
        if best.efficiency is not None:
            found.append(_held(best.efficiency, settings.min_efficiency))
        return found


def shortfall(found: BatchReplay, settings: BatchingSettings) -> str | None:
    """Say what a replay surely or possibly falls short of, or None of nothing."""
    saved, filled = found.saved_calls, found.efficiency
    if saved.low is None or filled is None or filled.low is None:
        return f"makes too few batches to be sure: {found.n_batches}"
    if found.wait_p95_ms > settings.max_added_latency_ms:
        return (
            f"adds {found.wait_p95_ms:.0f} ms to the slowest of 20 of {found.n} requests, at "
            f"most {settings.max_added_latency_ms:g} are due"
        )
    if saved.low < settings.min_saving:
        return (
            f"saves {saved.estimate:.3g} of the calls of {found.n} requests, surely only "
            f"{max(saved.low, 0.0):.3g}, at least {settings.min_saving:g} is due"
        )
    if filled.low < settings.min_efficiency:
        return (
            f"fills {filled.estimate:.3g} of {found.n_batches} batches, surely only "
            f"{filled.low:.3g}, at least {settings.min_efficiency:g} is due"
        )
    return None


def best_of(found: Sequence[BatchReplay], settings: BatchingSettings) -> BatchReplay:
    """Return the replay that saves the most, of those that do all that is asked where one does."""
    good = [one for one in found if shortfall(one, settings) is None]
    return max(good or found, key=_saved)


def _in_use(evidence: Evidence) -> Part | None:
    """Return the requests of the variant in use, or None where none are known."""
    from optimizer.replay.selection import of_variant  # noqa: PLC0415 - few have requests

    if evidence.requests is None or evidence.current is None:
        return None
    return of_variant(evidence.requests, evidence.current.variant_id)


def _saved(found: BatchReplay) -> tuple[float, float]:
    """Rank replays: the most calls saved for sure, then the shortest wait."""
    low = found.saved_calls.low
    return (low if low is not None else -1.0, -found.plan.max_wait_ms)


def _named(found: BatchReplay) -> str:
    return f"{found.plan.max_batch_size} requests or {found.plan.max_wait_ms:g} ms"


def _held(fact: Fact, threshold: float | None) -> Fact:
    return Fact(
        name=fact.name,
        n=fact.n,
        estimate=fact.estimate,
        low=fact.low,
        high=fact.high,
        level=fact.level,
        threshold=threshold,
    )


def _effect(fact: Fact, level: float) -> Effect:
    """Return a figure that has bounds as an effect."""
    return Effect(
        metric=fact.name,
        estimate=fact.estimate,
        low=fact.estimate if fact.low is None else fact.low,
        high=fact.estimate if fact.high is None else fact.high,
        level=level,
        n=fact.n,
        estimator=ESTIMATOR,
    )


def _unmeasured(best: BatchReplay) -> str:
    said = ["pass rate and price of a batch are not in the trace"]
    if best.latency_relative is None:
        said.append("nor how long requests took")
    if best.tokens_note is not None:
        said.append(f"tokens saved are unknown: {best.tokens_note}")
    return "; ".join(said)
