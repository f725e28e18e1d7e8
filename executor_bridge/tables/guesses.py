"""What the columns of a table could mean, by their names: for a message, never for reading."""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Mapping, Sequence

GUESSES: Mapping[str, tuple[str, ...]] = {
    "case_id": ("case_id", "question_id", "test_id", "sample_id", "example_id", "task_id", "id"),
    "success": ("success", "pass", "passed", "correct", "is_correct", "label_correct", "resolved"),
    "score": ("score", "rating", "accuracy", "reward", "grade", "f1", "similarity"),
    "error": ("error", "error_message", "error_msg", "exception"),
    "error_code": ("error_code", "status_code", "http_status"),
    "input": ("input", "question", "query", "prompt", "user_input", "instruction"),
    "expected": ("expected", "expected_output", "reference", "ground_truth", "target", "gold"),
    "output": ("output", "answer", "response", "completion", "prediction", "generation"),
    "latency_ms": ("latency_ms", "duration_ms", "elapsed_ms", "response_time_ms"),
    "latency_s": ("latency_s", "latency", "duration", "elapsed", "seconds", "response_time"),
    "tokens_in": ("tokens_in", "input_tokens", "prompt_tokens", "number_input_tokens"),
    "tokens_out": ("tokens_out", "output_tokens", "completion_tokens", "number_output_tokens"),
    "tokens": ("tokens", "total_tokens", "token_count", "number_total_tokens"),
    "cost_usd": ("cost_usd", "cost", "price", "total_cost"),
    "model": ("model", "model_name", "model_id"),
    "variant": ("variant", "prompt_variant", "prompt_version", "experiment"),
}
"""What columns are often called, by the field, the most telling first."""

CLOSE = 0.85
"""How similar a name must be, 0 to 1, to be taken for another spelling."""

WORTH = frozenset({"case_id", "input", "success", "score", "error", "error_code", "latency_s"})
"""A table without a column for any of these is hardly one of results."""


def guessed(columns: Sequence[str]) -> dict[str, str]:
    """Return for fields the column that could be it, each column once."""
    plain = {_plain(column): column for column in reversed(columns)}
    found: dict[str, str] = {}
    for field, names in GUESSES.items():
        free = [name for name, column in plain.items() if column not in found.values()]
        exact = next((name for name in names if name in free), None)
        name = exact or _ending(names, free) or _close(names, free)
        if name is not None:
            found[field] = plain[name]
    return found


def example(columns: Sequence[str]) -> str | None:
    """Return options that could read a table of these columns, None where nothing is guessed."""
    found = guessed(columns)
    if not WORTH.intersection(found):
        return None
    return " ".join(f"--map {shlex.quote(f'{field}={name}')}" for field, name in found.items())


def _ending(names: Sequence[str], free: Sequence[str]) -> str | None:
    """Return a name that ends in one of several words, as in `end_to_end_latency_s`."""
    ends = tuple(f"_{name}" for name in names if "_" in name)
    return next((one for one in free if one.endswith(ends)), None)


def _close(names: Sequence[str], free: Sequence[str]) -> str | None:
    close = (difflib.get_close_matches(name, free, n=1, cutoff=CLOSE) for name in names)
    return next((found[0] for found in close if found), None)


def _plain(column: str) -> str:
    """Return a name in lower case, its words joined by `_`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column)
    return re.sub(r"\W+", "_", words).strip("_").lower()
