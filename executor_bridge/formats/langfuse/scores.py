"""What one score of Langfuse says, and of which observation."""

from __future__ import annotations

from executor_bridge.formats.langfuse.rows import Row, amount, fields_of
from executor_bridge.tracing.genai import text
from executor_bridge.tracing.steps import verdict_of
from optimizer.models.tasks import Score

BOOLEAN, NUMERIC = "BOOLEAN", "NUMERIC"


def observation_of(row: Row) -> str | None:
    """Return the observation that a score of the third API is about."""
    subject = fields_of(row.subject)
    found = subject.get("id") if subject.get("kind") == "observation" else None
    return found if isinstance(found, str) else None


def score_of(row: Row) -> Score:
    """Return what one scorer said: a boolean is a verdict, a category none but by its name."""
    name = row.name or "score"
    comment = row.comment or text(fields_of(row.details), ("comment",))
    value = amount(int(row.value) if isinstance(row.value, bool) else row.value)
    if row.data_type == BOOLEAN:
        if value is None and isinstance(row.value, str):
            value = {True: 1.0, False: 0.0, None: None}[verdict_of(row.value)]
        return Score(name, value, None if value is None else bool(value), comment)
    if row.data_type == NUMERIC:
        return Score(name, value, None, comment)
    label = row.string_value or (row.value if isinstance(row.value, str) else None)
    return Score(name, None, verdict_of(label), "; ".join(filter(None, (label, comment))) or None)
