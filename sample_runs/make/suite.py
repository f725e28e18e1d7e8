"""The sentiment suite: its cases, prompts, parameters, seeds and grader, for every runner.

A reply is graded by its first label. Lower-cased and split into words, the first of the words
"positive" and "negative" that occurs decides; a reply with neither fails.

Needs only the standard library, so that each tool's own environment can import it.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
WORKFLOW = "sentiment"
DATASET = "reviews"
MODEL = "SmolLM2-135M-Instruct-Q4_1"
VARIANTS = ("vague", "clear", "few_shot")
REPEATS = (0, 1)
PARAMETERS = {"temperature": 0.7, "max_tokens": 12}
TIME_LIMIT_SECONDS = 5.0
LABEL = re.compile(r"\b(positive|negative)\b")

Json = dict[str, Any]


def read_cases() -> list[Json]:
    """Read the sixty reviews, each with its expected label."""
    return [json.loads(line) for line in (HERE / "cases.jsonl").read_text("utf-8").splitlines()]


def read_prompts() -> dict[str, str]:
    """Read the three prompt templates by variant; `{review}` stands for the review."""
    return {
        name: (HERE / "prompts" / f"{name}.txt").read_text("utf-8").strip() for name in VARIANTS
    }


def seed_for(repeat: int, case_id: str, variant: str) -> int:
    """Derive a fixed 31-bit sampling seed that differs for every call of the suite."""
    digest = hashlib.sha256(f"{repeat}/{case_id}/{variant}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def grade(text: str, expected: str) -> tuple[str | None, str | None]:
    """Return the label of a reply, and why it fails (None when it passes)."""
    found = LABEL.search(text.lower())
    if found is None:
        return None, f"assertion failed: expected {expected!r}, found no label in {text!r}"
    label = found[1]
    if label != expected:
        return label, f"assertion failed: expected {expected!r}, got {label!r}"
    return label, None
