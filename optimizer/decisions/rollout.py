"""Putting a decision in force step by step: a machine that only new runs can move.

A step is left when enough tests of the new configuration began after the last move and nothing
speaks against it. It is rolled back when an interval lies beyond the margin as a whole: harm
beyond doubt. Otherwise it stays, and says what it waits for.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from optimizer.decisions.settings import Lifecycle
from optimizer.models.lifecycle import Health, Rollout, RolloutStatus
from optimizer.models.proposals import Effect

LESS_IS_BETTER = frozenset({"latency_relative", "cost_relative", "tokens_relative"})
JUDGED = ("success_rate", "score", "latency_relative", "cost_relative")
"""Metrics that can end a rollout."""


def start(decision_id: str, settings: Lifecycle, *, preset: str, at: datetime) -> Rollout:
    """Return a rollout at its first step."""
    shares = settings.presets.of(preset).shares
    return Rollout(
        decision_id=decision_id,
        preset=preset,
        shares=shares,
        step=0,
        status=RolloutStatus.RUNNING,
        started_at=at,
        moved_at=at,
        reason=f"started with {percent(shares[0])} of the traffic",
    )


def advance_rollout(
    rollout: Rollout, health: Health, settings: Lifecycle, *, at: datetime
) -> Rollout:
    """Return a rollout as it stands after what the runs since its last move say.

    Args:
        rollout: One that is running.
        health: What these runs say, with intervals at `health_level`.
        settings: What counts as harm, and as enough.
        at: When, UTC; it never moves back in time.
    """
    verdict = harm(health.effects, settings)
    if verdict is not None:
        if settings.enable_auto_rollback:
            return _moved(rollout, at, verdict, RolloutStatus.ROLLED_BACK)
        return replace(rollout, reason=f"does harm, and is not rolled back by itself: {verdict}")
    waits = _waits(rollout, health, settings)
    if waits is not None:
        return replace(rollout, reason=waits)
    counts = f"{health.n} tests of {health.target} since the last move, no harm"
    if rollout.step + 1 == len(rollout.shares):
        return _moved(rollout, at, counts, RolloutStatus.COMPLETED)
    share = percent(rollout.shares[rollout.step + 1])
    moved = _moved(rollout, at, f"now at {share} of the traffic, {counts}", RolloutStatus.RUNNING)
    return replace(moved, step=rollout.step + 1)


def rolled_back(rollout: Rollout, *, reason: str, at: datetime) -> Rollout:
    """Return a rollout that somebody has ended."""
    return _moved(rollout, at, reason, RolloutStatus.ROLLED_BACK)


def health_level(rollout: Rollout, settings: Lifecycle) -> float:
    """Return the level of the intervals of a rollout: what is left is shared by its looks."""
    return 1 - (1 - settings.level) / (len(rollout.shares) * len(JUDGED))


def harm(effects: tuple[Effect, ...], settings: Lifecycle) -> str | None:
    """Say which effect is worse than its margin beyond doubt, or None where none is."""
    return next(
        (
            f"{sentence(one)}, worse than {_amount(one, settings)} beyond doubt"
            for one in effects
            if one.metric in JUDGED and _best(one) < -settings.limits.margin(one.metric)
        ),
        None,
    )


def sentence(effect: Effect) -> str:
    """Say what an effect is: 'success_rate -21 pp [-30, -12] on 80'."""
    factor, unit = _unit(effect.metric)
    estimate, low, high = (factor * x for x in (effect.estimate, effect.low, effect.high))
    return f"{effect.metric} {estimate:+.3g}{unit} [{low:+.3g}, {high:+.3g}]{unit} on {effect.n}"


def _amount(effect: Effect, settings: Lifecycle) -> str:
    """Say the margin of an effect in its unit."""
    factor, unit = _unit(effect.metric)
    return f"{factor * settings.limits.margin(effect.metric):.3g}{unit}"


def _unit(metric: str) -> tuple[float, str]:
    """Return what a share is told in: percentage points of a rate, percent of an amount."""
    if metric == "success_rate":
        return 100.0, " pp"
    return (100.0, " %") if metric.endswith("_relative") else (1.0, "")


def percent(share: float) -> str:
    """Say a share of the traffic."""
    return f"{100 * share:g} %"


def gain(effect: Effect, value: float) -> float:
    """Return a value of an effect so that more is better."""
    return -value if effect.metric in LESS_IS_BETTER else value


def _waits(rollout: Rollout, health: Health, settings: Lifecycle) -> str | None:
    """Say what a rollout waits for, or None where it can go on."""
    share = percent(rollout.shares[rollout.step])
    if health.n < settings.n_wanted:
        return (
            f"stays at {share}: {health.n} of {settings.n_wanted} tests of {health.target} "
            "since the last move"
        )
    if not any(one.metric in JUDGED for one in health.effects):
        return f"stays at {share}: no run of the configuration before to hold it against"
    dwell = settings.presets.of(rollout.preset).dwell_min
    wanted = timedelta(minutes=dwell[rollout.step]) if dwell else timedelta()
    spanned = (health.newest_at or rollout.moved_at) - rollout.moved_at
    if wanted and spanned < wanted:
        return f"stays at {share}: runs span {_span(spanned)} of {_span(wanted)}"
    doubtful = [
        one
        for one in health.effects
        if one.metric in JUDGED and gain(one, one.estimate) < -settings.limits.margin(one.metric)
    ]
    if doubtful:
        one = doubtful[0]
        margin = _amount(one, settings)
        return f"stays at {share}: {sentence(one)}, worse than {margin}, though not beyond doubt"
    return None


def _moved(rollout: Rollout, at: datetime, reason: str, status: RolloutStatus) -> Rollout:
    return replace(rollout, moved_at=max(at, rollout.moved_at), reason=reason, status=status)


def _best(effect: Effect) -> float:
    """Return the end of the interval that speaks for the change."""
    return max(gain(effect, effect.low), gain(effect, effect.high))


def _span(time: timedelta) -> str:
    return f"{time.total_seconds() / 3600:.3g} h"
