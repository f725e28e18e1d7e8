"""What a result of promptfoo becomes: the outcome of a task."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from msgspec import Raw

from executor_bridge.formats.promptfoo.cases import case_of
from executor_bridge.formats.promptfoo.figures import figures_of, message_of
from executor_bridge.formats.promptfoo.rows import STRIPPED_OUTPUT, STRIPPED_PROMPT, Row, is_nothing
from executor_bridge.formats.promptfoo.scores import scores_of
from executor_bridge.outcomes import Outcome
from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import Variant

NULL = "null"
STRIPPED_OUTPUT_TEXT = STRIPPED_OUTPUT.decode()
SCENARIOS = frozenset({"normal", "boundary", "error", "custom"})


def outcome(
    place: str,
    row: Row,
    variant: Variant,
    *,
    contested: Container[int] = frozenset(),
    by_position: bool = False,
    settings: IngestSettings,
) -> Outcome:
    """Return what a result says.

    Args:
        place: Where it stands, for want of an id.
        row: The result.
        variant: What was executed.
        contested: Tests that only their assertions tell apart, as `told_apart_by` numbers them.
        by_position: Whether its position is all that is known of its test.
        settings: Which scorer is asked for.
    """
    scores = scores_of(row)
    figures = figures_of(row, scores, settings)
    said = row.said
    case_id, case_source = case_of(row, contested=contested, by_position=by_position)
    scenario = said.scenario
    return Outcome(
        key=row.id or place,
        case_id=case_id,
        case_source=case_source,
        variant=variant,
        status=figures.status,
        message=None if row.success else message_of(row),
        score=figures.score,
        scores=scores,
        latency_ms=figures.latency_ms,
        cached=None if row.response is None else row.response.cached,
        tokens=figures.tokens,
        tokens_in=figures.tokens_in,
        tokens_out=figures.tokens_out,
        tokens_cached=figures.tokens_cached,
        cost_usd=figures.cost_usd,
        judge_tokens=figures.judge_tokens,
        dataset=said.dataset if isinstance(said.dataset, str) else None,
        scenario=scenario if isinstance(scenario, str) and scenario in SCENARIOS else "normal",
        family=said.family if isinstance(said.family, str) else None,
        request_id=row.trace_id,
        inputs=_inputs(row),
        outputs=_outputs(row),
        metadata=_object(row.metadata),
    )


def _inputs(row: Row) -> str | Mapping[str, Any] | None:
    """Return the variables, the prompt as it was sent where there are none."""
    text = _object(row.vars)
    if text is None and is_nothing(row.vars):
        text = _object(row.case_vars)
    if text is not None:
        return text
    sent = row.rendered.raw
    return {"prompt": sent} if sent and sent != STRIPPED_PROMPT else None


def _outputs(row: Row) -> str | None:
    """Return the answer as an object."""
    text = str(row.answer, "utf-8", "replace")
    if text[: len(NULL)] in ("", NULL) or text == STRIPPED_OUTPUT_TEXT:
        return None
    return f'{{"output":{text}}}'


def _object(raw: Raw) -> str | None:
    """Return an object as JSON text, None where there is nothing in it or it is none."""
    text = str(raw, "utf-8", "replace")
    return text if text[:1] == "{" and text != "{}" else None
