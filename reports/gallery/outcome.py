"""The report of an outcome: what was predicted beside what was measured."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.lifecycle import DecisionOutcome, MeasuredEffect, OutcomeStatus
from optimizer.models.proposals import Effect
from reports.document import Cell, Document, Facts, Section, Table, Verdict, left, right
from reports.formatting import UNKNOWN, count, listing, moment, named
from reports.parts.predictions import prediction_charts
from reports.parts.proposals import bounds, effect_table, estimate
from reports.parts.run_charts import OUTCOME_TONES
from reports.tones import Tone

WORDS = {
    OutcomeStatus.SUCCESS: "a success",
    OutcomeStatus.PARTIAL_SUCCESS: "a partial success",
    OutcomeStatus.FAILED: "failed",
    OutcomeStatus.ROLLED_BACK: "rolled back",
    OutcomeStatus.UNKNOWN: "not known yet",
}

SAID = {status: f"is {words}" for status, words in WORDS.items()} | {
    OutcomeStatus.FAILED: "has failed",
    OutcomeStatus.ROLLED_BACK: "was rolled back",
}


def outcome(found: DecisionOutcome) -> Document:
    """Lay out what became of a decision."""
    text = f"{found.workflow_id}: decision {found.decision_id} {SAID[found.status]}"
    return Document(
        title=f"Outcome of {found.decision_id}",
        verdict=Verdict(OUTCOME_TONES[found.status], f"{text}: {found.reason}."),
        blocks=(outcome_facts(found), outcome_section(found)),
        hints=_hints(found),
    )


def outcome_facts(found: DecisionOutcome) -> Facts:
    """Lay out what an outcome was measured from."""
    return Facts(
        (
            ("outcome", Cell(WORDS[found.status], OUTCOME_TONES[found.status])),
            ("in force since", moment(found.applied_at)),
            ("tests before", count(found.n_before)),
            ("tests since", count(found.n_after)),
            ("runs since", named(found.run_ids) if found.run_ids else UNKNOWN),
            ("proposed by", listing(list(found.strategies)) or UNKNOWN),
        )
    )


def outcome_section(found: DecisionOutcome) -> Section:
    """Lay out the effects, metric by metric."""
    measured = [one.measured for one in found.effects if one.measured is not None]
    return Section(
        "Predicted and measured",
        (_beside(found.effects), *prediction_charts((found,)), effect_table(measured, SINCE)),
    )


SINCE = "Measured: since the change minus before it"


def _beside(effects: Sequence[MeasuredEffect]) -> Table:
    return Table(
        columns=(
            left("effect on"),
            right("predicted"),
            right("interval"),
            right("measured"),
            right("interval"),
            left("kept"),
        ),
        rows=tuple(
            (one.metric, *_amount(one.predicted), *_amount(one.measured), _agreement(one))
            for one in effects
        ),
        empty="Nothing was predicted, and nothing is measured yet.",
    )


def _amount(effect: Effect | None) -> tuple[str, str]:
    if effect is None:
        return UNKNOWN, UNKNOWN
    return estimate(effect), bounds(effect)


def _agreement(one: MeasuredEffect) -> Cell | str:
    if one.as_predicted is None:
        return UNKNOWN
    return Cell("yes", Tone.GOOD) if one.as_predicted else Cell("no", Tone.WARN)


def _hints(found: DecisionOutcome) -> tuple[str, ...]:
    if found.status is OutcomeStatus.FAILED:
        return (f"Run 'optimizer rollback {found.decision_id}' to take it back.",)
    if found.status is OutcomeStatus.UNKNOWN:
        return (f"Ingest more runs, then run 'optimizer outcome {found.decision_id}' again.",)
    return ()
