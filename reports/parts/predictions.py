"""What was predicted of changes against what was measured, as charts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from optimizer.models.lifecycle import DecisionOutcome, MeasuredEffect
from optimizer.models.proposals import Effect
from reports.drawings import Calibration, Prediction, Scale
from reports.formatting import UNKNOWN, count, plural
from reports.parts.proposals import RELATIVE, bounds, estimate
from reports.tones import Tone

NAMES = {Scale.POINTS: "rates", Scale.PERCENT: "amounts"}
"""What effects told in one scale are on."""


def prediction_charts(outcomes: Sequence[DecisionOutcome]) -> Iterator[Calibration]:
    """Yield what was predicted against what was measured, a chart for each scale there is."""
    several = len(outcomes) > 1
    found = [
        (_scale(one), prediction)
        for outcome in outcomes
        for one in outcome.effects
        if (prediction := _prediction(outcome, one, several=several)) is not None
    ]
    for scale in Scale:
        predictions = tuple(prediction for of, prediction in found if of is scale)
        if not predictions:
            continue
        n_true = sum(one.tone is Tone.GOOD for one in predictions)
        yield Calibration(
            title=f"Predicted and measured effects on {NAMES[scale]}",
            description=(
                f"{count(n_true)} of {plural(len(predictions), 'effect')} came out as predicted, "
                "by their intervals"
            ),
            scale=scale,
            predictions=predictions,
        )


def _prediction(
    outcome: DecisionOutcome, one: MeasuredEffect, *, several: bool
) -> Prediction | None:
    """Return one effect as a mark; None where nothing was predicted or nothing measured."""
    predicted, measured = one.predicted, one.measured
    if predicted is None or measured is None:
        return None
    tones = {True: Tone.GOOD, False: Tone.WARN, None: Tone.NEUTRAL}
    return Prediction(
        label=f"{one.metric} of {outcome.decision_id}" if several else one.metric,
        predicted=predicted.estimate,
        measured=measured.estimate,
        text=f"predicted {_told(predicted)}, measured {_told(measured)}",
        tone=tones[one.as_predicted],
        low=measured.low,
        high=measured.high,
        predicted_low=predicted.low,
        predicted_high=predicted.high,
    )


def _told(effect: Effect) -> str:
    interval = bounds(effect)
    return estimate(effect) if interval == UNKNOWN else f"{estimate(effect)} {interval}"


def _scale(one: MeasuredEffect) -> Scale:
    return Scale.PERCENT if one.metric.endswith(RELATIVE) else Scale.POINTS
