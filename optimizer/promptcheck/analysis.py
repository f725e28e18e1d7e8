"""The static analysis of one prompt: read it, score it, look for issues, advise.

The scores describe the surface of a text. They find risks and choose a way to rewrite; they are
no evidence that one prompt works better than another.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from optimizer.models.contract import PromptAnalysis
from optimizer.promptcheck.parts import explanation
from optimizer.promptcheck.reading import Reading, read
from optimizer.promptcheck.rules import find_issues
from optimizer.promptcheck.scores import Scores, score
from optimizer.promptcheck.suggestions import suggest


def analyze(
    text: str,
    *,
    prompt_id: str,
    analyzed_at: datetime,
    variables: Sequence[str] | None = None,
) -> PromptAnalysis:
    """Return scores, issues and suggestions for a prompt text.

    Line ends of any kind read alike and a byte order mark is skipped. Locations count lines and
    characters from 1.

    Args:
        text: The prompt as it stands, variables unfilled.
        prompt_id: Passed through.
        analyzed_at: Passed through.
        variables: Names the prompt is declared to use, with or without their delimiters. None
            where nobody declared any: variables are then not checked. An empty sequence declares
            that there are none.

    Raises:
        ValueError: The text is empty or blank.
    """
    reading = read(text)
    if not reading.text.strip():
        raise ValueError(f"prompt {prompt_id!r}: text is blank, expected at least one character")
    scores = score(reading)
    issues = find_issues(reading, declared=variables)
    return PromptAnalysis(
        prompt_id=prompt_id,
        overall_score=scores.overall,
        clarity_score=scores.clarity,
        efficiency_score=scores.efficiency,
        issues=issues,
        suggestions=suggest(reading, issues, scores),
        metadata=_metadata(reading, scores),
        analyzed_at=analyzed_at,
    )


def _metadata(reading: Reading, scores: Scores) -> dict[str, Any]:
    """Return what made the scores, in values that JSON can hold."""
    return {
        "language": reading.language.name.value,
        "language_gate": reading.language.explanation,
        "word_lists_applied": reading.language.is_english,
        "n_chars": len(reading.text),
        "n_words": len(reading.words),
        "n_sentences": len(reading.sentences),
        "variables": sorted({variable.name for variable in reading.variables}),
        "part_scores": {part.name: part.score for part in scores.parts},
        "explanation": [explanation(part) for part in scores.parts],
    }
