"""Act when the current variant breaks a threshold, moves, stands out, or gets worse.

Asks: does the current variant, over its newest runs, break a threshold on pass rate, errors, slow
calls, score or price? Have its metrics drifted? Is its newest run out of the
ordinary? Is that run worse than its own earlier runs beyond the margins?

Proposes: what is set for each of the four: an alert; a rollback to the most recently run other
variant that meets all thresholds, with the difference in pass rate and its interval; a pause; the
safe variant; less traffic. Of those that change something only the first is proposed. Critical
signs get what is set, high ones a rollback, all others an alert. A broken threshold, a worse run
and a drift for the worse are critical; of an anomaly it is told by how far out it is.

Stays silent when nothing completed, when there is no such sign, or when a threshold is missed but
the exact one-sided bound still reaches it: one failure of three tests is too little to act on.

Does not look at anomalies of single tasks, nor at whether another variant is better within the
thresholds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, ClassVar

from optimizer.models.drift import AnomalySeverity, DriftMethod
from optimizer.models.evidence import Evidence
from optimizer.models.proposals import (
    EXPLORATORY,
    Answer,
    Change,
    DecisionType,
    Effect,
    Proposal,
)
from optimizer.models.settings import Field, Settings, together
from optimizer.models.summaries import WindowSummary
from optimizer.models.switching import switch
from optimizer.scoring_rules.degradation import Margins
from optimizer.scoring_rules.signs import Sign, drifting, outlying, violation, worsened
from optimizer.scoring_rules.thresholds import Miss, Thresholds, is_sound, misses
from optimizer.stats.intervals import newcombe, wilson

NO_OTHER = "No other variant meets every threshold."


class Response(StrEnum):
    """What to do about a sign."""

    ALERT = "alert"
    ROLLBACK = "rollback"
    CIRCUIT_BREAK = "circuit_break"
    SWITCH_TO_SAFE = "switch_to_safe"
    REDUCE_TRAFFIC = "reduce_traffic"


class SeriesDetector(StrEnum):
    """Who is asked about series; tests between two windows count whoever it is."""

    ADWIN = DriftMethod.ADWIN.value
    PAGE_HINKLEY = DriftMethod.PAGE_HINKLEY.value
    CUSUM = DriftMethod.CUSUM.value


class ThresholdBasedSettings(Settings):
    """Settings of the `threshold_based` strategy."""

    min_success_rate: Annotated[float, Field(ge=0, le=1)] = 0.95
    """Lowest pass rate that is acceptable."""

    max_error_rate: Annotated[float, Field(ge=0, le=1)] = 0.05
    """Highest acceptable share of tasks that errored or timed out."""

    max_latency_p95: Annotated[float, Field(gt=0)] = 5000.0
    """Highest acceptable 95th percentile of the response time, in ms."""

    min_quality_score: Annotated[float, Field(ge=0, le=1)] = 0.7
    """Lowest acceptable mean score, where tasks are scored."""

    max_cost_per_request: Annotated[float, Field(ge=0)] = 0.5
    """Highest acceptable mean price of a call, in USD."""

    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    """One-sided confidence with which a threshold must be broken, or a margin exceeded."""

    drift_algorithm: SeriesDetector = SeriesDetector.ADWIN
    """Who is asked about series: `adwin`, `page_hinkley` or `cusum`; windows count always."""

    drift_delta: Annotated[float, Field(gt=0, lt=1)] = 0.002
    """Chance of a false alarm at any one look of ADWIN."""

    drift_window_size: Annotated[int, Field(ge=100)] = 1000
    """Newest values of a series that detectors of drift look at."""

    max_quality_drop: Annotated[float, Field(ge=0, le=1)] = 0.1
    """How much lower pass rate or mean score of the newest run may be than that of earlier ones."""

    max_latency_increase: Annotated[float, Field(ge=0)] = 0.2
    """How much slower the newest run may be on average, as a share of earlier ones."""

    max_cost_increase: Annotated[float, Field(ge=0)] = 0.1
    """How much dearer a call of the newest run may be on average, as a share of earlier ones."""

    on_threshold_violation: Response = Response.ROLLBACK
    """On a broken threshold: alert, rollback, circuit_break, switch_to_safe or reduce_traffic."""

    on_drift: Response = Response.ALERT
    """When a metric has moved for the worse; likewise."""

    on_anomaly: Response = Response.CIRCUIT_BREAK
    """When the newest run is critically out of the ordinary; likewise."""

    on_degradation: Response = Response.ROLLBACK
    """When the newest run is worse than earlier ones beyond a margin; likewise."""

    circuit_break_s: Annotated[float, Field(gt=0)] = 300.0
    """How long `circuit_break` pauses the workflow, from the end of its newest run, in seconds."""

    safe_variant: str | None = None
    """Label or id of the variant that `switch_to_safe` switches to."""

    reduce_traffic_percent: Annotated[float, Field(gt=0, le=100)] = 50.0
    """By how much `reduce_traffic` lowers the share of the current variant, in percent."""

    @together
    def _has_a_safe_variant_where_one_is_needed(self) -> None:
        responses = (
            self.on_threshold_violation,
            self.on_drift,
            self.on_anomaly,
            self.on_degradation,
        )
        if Response.SWITCH_TO_SAFE in responses and self.safe_variant is None:
            raise ValueError("switch_to_safe needs safe_variant, the variant to switch to")


class ThresholdBased:
    """The `threshold_based` strategy."""

    name: ClassVar[str] = "threshold_based"
    priority: ClassVar[int] = 200
    settings_type: ClassVar[type[Settings]] = ThresholdBasedSettings

    def __init__(self, settings: ThresholdBasedSettings) -> None:
        self.settings = settings
        others = {one.value for one in SeriesDetector} - {settings.drift_algorithm.value}
        self._methods = frozenset(one for one in DriftMethod if one.value not in others)
        self._limits = Thresholds(
            min_success_rate=settings.min_success_rate,
            max_error_rate=settings.max_error_rate,
            max_latency_p95=settings.max_latency_p95,
            min_quality_score=settings.min_quality_score,
            max_cost_per_request=settings.max_cost_per_request,
            level=settings.level,
        )
        self._margins = Margins(
            max_quality_drop=settings.max_quality_drop,
            max_latency_increase=settings.max_latency_increase,
            max_cost_increase=settings.max_cost_increase,
            level=settings.level,
        )

    def propose(self, evidence: Evidence) -> Answer:
        """Propose what is set for every sign that there is."""
        current = evidence.current
        if current is None or current.n_completed == 0:
            return Answer(silence="no completed task")
        missed = list(misses(current, self._limits))
        proposals: list[Proposal] = []
        for sign, configured in self._signs(evidence, current, missed):
            made = self._proposal(sign, configured, evidence, current)
            if made.type in EXPLORATORY or all(one.type in EXPLORATORY for one in proposals):
                proposals.append(made)
        if proposals:
            return Answer(proposals=tuple(proposals))
        return Answer(silence=_why_silent(current, missed))

    def _signs(
        self, evidence: Evidence, current: WindowSummary, missed: Sequence[Miss]
    ) -> Iterator[tuple[Sign, Response]]:
        """Yield every sign with what is set for it, in the order of the documents."""
        settings = self.settings
        looks = (
            (violation(current, missed), settings.on_threshold_violation),
            (drifting(current, evidence.drift, self._methods), settings.on_drift),
            (outlying(current, evidence.anomalies), settings.on_anomaly),
            (worsened(current, evidence.runs, self._margins), settings.on_degradation),
        )
        return ((sign, configured) for sign, configured in looks if sign is not None)

    def _proposal(
        self, sign: Sign, configured: Response, evidence: Evidence, current: WindowSummary
    ) -> Proposal:
        """Return what a sign calls for, or an alert that says why it cannot be done."""
        match self._response(sign, configured):
            case Response.ALERT:
                return self._alert(sign, evidence)
            case Response.ROLLBACK:
                return self._rollback(sign, evidence, current)
            case Response.CIRCUIT_BREAK:
                return self._circuit_break(sign, evidence, current)
            case Response.SWITCH_TO_SAFE:
                return self._switch_to_safe(sign, evidence, current)
            case Response.REDUCE_TRAFFIC:
                return self._reduce_traffic(sign, current)

    def _response(self, sign: Sign, configured: Response) -> Response:
        match sign.severity:
            case AnomalySeverity.CRITICAL:
                return configured
            case AnomalySeverity.HIGH:
                return Response.ROLLBACK
            case _:
                return Response.ALERT

    def _alert(self, sign: Sign, evidence: Evidence, why: str = "") -> Proposal:
        if not why and not any(is_sound(other, self._limits) for other in evidence.others):
            why = NO_OTHER
        return self._made(DecisionType.ALERT, sign, note="an alert changes nothing", more=why)

    def _rollback(self, sign: Sign, evidence: Evidence, current: WindowSummary) -> Proposal:
        target = next((w for w in evidence.others if is_sound(w, self._limits)), None)
        if target is None:
            return self._alert(sign, evidence, NO_OTHER)
        return self._made(
            DecisionType.ROLLBACK,
            sign,
            changes=(Change(setting="variant", old=current.variant, new=target.variant),),
            effects=(self._difference(current, target),),
            note="time and price are not compared here",
            more=f"{target.variant} met every threshold "
            f"with {target.n_succeeded} of {target.n_completed} tasks passed.",
        )

    def _circuit_break(self, sign: Sign, evidence: Evidence, current: WindowSummary) -> Proposal:
        ends = [p.finished_at for p in evidence.runs if p.variant_id == current.variant_id]
        newest = max(ends, default=current.last_started_at)
        until = newest + timedelta(seconds=self.settings.circuit_break_s)
        return self._made(
            DecisionType.CIRCUIT_BREAK,
            sign,
            changes=(Change(setting="optimization.paused_until", old=None, new=until.isoformat()),),
            note="a pause was not tried: what it saves or costs is not known",
            more=f"Paused until {until:%Y-%m-%d %H:%M:%S} UTC, "
            f"{self.settings.circuit_break_s:g} s after its newest run.",
        )

    def _switch_to_safe(self, sign: Sign, evidence: Evidence, current: WindowSummary) -> Proposal:
        safe = self.settings.safe_variant
        if safe in (current.variant, current.variant_id):
            return self._alert(sign, evidence, f"It is the safe variant {safe} itself.")
        target = next((w for w in evidence.others if safe in (w.variant, w.variant_id)), None)
        if target is None:
            return self._alert(sign, evidence, f"The safe variant {safe} has never run.")
        effects = (self._difference(current, target),) if target.n_completed else ()
        return self._made(
            DecisionType.PROMPT_VARIANT,
            sign,
            changes=switch(current, target),
            effects=effects,
            note="time and price are not compared here",
            more=f"{target.variant} is set as the safe variant.",
        )

    def _reduce_traffic(self, sign: Sign, current: WindowSummary) -> Proposal:
        share = 1 - self.settings.reduce_traffic_percent / 100
        return self._made(
            DecisionType.ALLOCATE_TRAFFIC,
            sign,
            changes=(Change(setting=f"allocation.{current.variant}", old=1.0, new=share),),
            note="less traffic was not tried: what it saves or costs is not known",
            more=f"{self.settings.reduce_traffic_percent:g} % less traffic for {current.variant}.",
        )

    def _made(
        self,
        kind: DecisionType,
        sign: Sign,
        *,
        note: str,
        more: str = "",
        changes: tuple[Change, ...] = (),
        effects: tuple[Effect, ...] = (),
    ) -> Proposal:
        return Proposal(
            strategy=self.name,
            type=kind,
            changes=changes,
            effects=effects,
            effects_note=note,
            confidence=None,
            rationale=f"{sign.text} {more}".strip(),
            unless=sign.unless,
            facts=sign.facts,
        )

    def _difference(self, current: WindowSummary, target: WindowSummary) -> Effect:
        before, after = (
            wilson(
                w.n_succeeded, w.n_completed, level=self.settings.level, n_effective=w.n_effective
            )
            for w in (current, target)
        )
        difference = newcombe(before, after)
        return Effect(
            metric="success_rate",
            estimate=difference.estimate,
            low=difference.low,
            high=difference.high,
            level=difference.level,
            n=difference.n_first + difference.n_second,
            estimator="newcombe, unpaired",
        )


def _why_silent(current: WindowSummary, missed: Sequence[Miss]) -> str:
    if missed:
        return f"not enough data: {'; '.join(one.text for one in missed)}"
    return f"all thresholds are met on {current.n_completed} tasks"
