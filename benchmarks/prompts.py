"""Prompts to lint: plain prose of the manual, 20,000 characters each."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
N_CHARS = 20_000
STEP = 997
"""Characters from the start of one prompt to that of the next."""


def prose_prompts(n: int) -> list[str]:
    """Return prompts of prose without code and markup, each other than the others."""
    text = "\n\n".join(path.read_text(encoding="utf-8") for path in sorted(DOCS.glob("*.md")))
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    text = re.sub(r"[`|<>{}$\\]", "", text)
    text = re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", text))
    whole = text * (1 + n * STEP // len(text)) + text[:N_CHARS]
    return [whole[k * STEP : k * STEP + N_CHARS] for k in range(n)]
