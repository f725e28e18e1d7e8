"""The suite's grader in the shape lm-evaluation-harness calls."""

from typing import Any

from suite import grade


def process_results(doc: dict[str, Any], results: list[Any]) -> dict[str, float]:
    """Return the share of replies that pass: of one reply, or of both repeats."""
    (found,) = results
    replies = [found] if isinstance(found, str) else found
    passes = [grade(reply, doc["expected"])[1] is None for reply in replies]
    return {"acc": sum(passes) / len(passes)}
