"""What a choice between measured variants rests on, as a proposal tells it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from optimizer.learning.candidates import Limits, refusals
from optimizer.models.amounts import amount
from optimizer.models.contrasts import UNPAIRED
from optimizer.models.evidence import Evidence
from optimizer.models.frontier import WeightedGain
from optimizer.models.proposals import DecisionType, Effect, Fact
from optimizer.models.summaries import WindowSummary

FIGURES_LEVEL = 0.95
"""Level of the interval of a pass rate that figures carry."""

FEWEST_TAIL = 100
"""Calls that a 99th percentile can be told from."""

FIGURES = {
    "cost_usd": ("cost_mean_usd", "n_cost"),
    "latency_ms": ("latency_mean_ms", "n_latency"),
    "latency_p95_ms": ("latency_p95_ms", "n_latency"),
    "tokens": ("tokens_mean", "n_tokens"),
}
"""Fact -> figure of a variant, and the number behind it."""


def kind_of_switch(current: WindowSummary, target: WindowSummary) -> DecisionType:
    """Return what kind of change it is to go from one variant to another."""
    if (current.model, current.provider) != (target.model, target.provider):
        return DecisionType.MODEL_SWITCH
    is_same_prompt = current.prompt_sha256 == target.prompt_sha256 is not None
    if is_same_prompt and current.parameters != target.parameters:
        return DecisionType.PARAMETER_ADJUSTMENT
    return DecisionType.PROMPT_VARIANT


def effects_of(evidence: Evidence, target: WindowSummary) -> tuple[Effect, ...]:
    """Return the measured effects of going to a variant."""
    contrast = evidence.contrast(target.variant_id)
    return contrast.effects if contrast else ()


def effects_note(effects: Iterable[Effect], gain: WeightedGain) -> str | None:
    """Say which effects are absent, and what is to be held against those that are there."""
    known = {one.metric for one in effects}
    absent = [
        name
        for metric, name in (("cost_relative", "price"), ("latency_relative", "time"))
        if metric not in known
    ]
    said = [f"{' and '.join(absent)} cannot be compared"] if absent else []
    if not gain.is_paired:
        said.append(UNPAIRED)
    return "; ".join(said) or None


def gain_fact(target: WindowSummary, gain: WeightedGain, threshold: float) -> Fact:
    """Return the weighted gain of a variant as a fact."""
    return Fact(
        name=f"weighted_gain of {target.variant}",
        n=gain.n,
        estimate=gain.estimate,
        low=gain.low,
        high=gain.high,
        level=gain.level,
        threshold=threshold,
    )


def figures_of(window: WindowSummary, limits: Limits) -> Iterator[Fact]:
    """Yield the figures of a variant, each held against its limit."""
    if window.success_rate is not None and not window.n_unjudged:
        yield Fact(
            name=f"success_rate of {window.variant}",
            n=window.n_completed,
            estimate=window.success_rate,
            low=window.success_low,
            high=window.success_high,
            level=None if window.success_low is None else FIGURES_LEVEL,
            threshold=limits.min_quality,
        )
    thresholds = {"cost_usd": limits.max_cost_usd, "latency_p95_ms": limits.max_latency_ms}
    for name, (field, n) in FIGURES.items():
        value = getattr(window, field)
        if value is not None:
            yield Fact(
                name=f"{name} of {window.variant}",
                n=getattr(window, n),
                estimate=value,
                threshold=thresholds.get(name),
            )


def price_on_mix(current: WindowSummary, target: WindowSummary) -> Fact | None:
    """Return what the tokens of the current variant would cost at the target's measured price."""
    if not (target.n_cost and target.tokens_mean and current.tokens_mean):
        return None
    if target.cost_mean_usd is None or target.n_cost != target.n_tokens:
        return None
    return Fact(
        name=f"cost_usd of {target.variant} on the tokens of {current.variant}",
        n=min(target.n_cost, current.n_tokens),
        estimate=target.cost_mean_usd / target.tokens_mean * current.tokens_mean,
    )


def rationale(
    current: WindowSummary,
    target: WindowSummary,
    gain: WeightedGain,
    weights: Mapping[str, float],
    n_candidates: int,
) -> str:
    """Say what the gain is, over how many cases, and what both were measured at."""
    counted = ", ".join(f"{weight:.3g} {name}" for name, weight in weights.items())
    cases = "cases that both ran" if gain.is_paired else "cases of both"
    return (
        f"{target.variant} is worth {gain.estimate:+.3f} more than {current.variant} in the "
        f"weighted sum of its effects ({counted}), from {gain.low:+.3f} to {gain.high:+.3f} over "
        f"{gain.n} {cases}, {n_candidates} candidates allowed for: {_measured(current)}; "
        f"{_measured(target)}."
    )


def _measured(window: WindowSummary) -> str:
    parts = [f"{window.n_succeeded} of {window.n_completed} tasks passed"]
    if window.n_unjudged:
        parts = [f"mean score {window.score_mean:.3g} of {window.n_scored} tasks"]
    if window.cost_mean_usd is not None:
        parts.append(f"{window.cost_mean_usd:.3g} USD per call")
    if window.latency_mean_ms is not None:
        parts.append(f"{amount(window.latency_mean_ms)} ms")
    return f"{window.variant}: {', '.join(parts)}"


def refused(windows: Iterable[WindowSummary], limits: Limits) -> tuple[str, ...]:
    """Say of each variant that breaks a limit which it breaks."""
    return tuple(
        f"{one.variant}: {', '.join(broken)}"
        for one in windows
        if (broken := refusals(one, limits))
    )


def timeout_note(window: WindowSummary) -> tuple[str, ...]:
    """Say how long a timeout would have to be for 99 of 100 calls to end within it."""
    if window.latency_p99_ms is None or window.n_latency < FEWEST_TAIL or not window.latency_sd_ms:
        return ()
    return (
        f"99 of 100 of the {window.n_latency} calls of {window.variant} ended within "
        f"{amount(window.latency_p99_ms)} ms: a shorter timeout would cut more.",
    )


def constant_times(*windows: WindowSummary) -> tuple[str, ...]:
    """Say which times are the same in every task: averages that were written to each."""
    return tuple(
        f"Every task of {one.variant} has the same time: an average was written to each, whose "
        "own error is in no interval here."
        for one in windows
        if one.latency_sd_ms == 0 and one.n_latency > 1
    )
