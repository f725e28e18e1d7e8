"""An edit, and what it does in words."""

from __future__ import annotations

from optimizer.models.dataclass import dataclass
from optimizer.models.linting import Edit


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One edit, and what it does in words."""

    edit: Edit
    description: str


def step(start: int, end: int, text: str, description: str) -> Step:
    """Return one edit with what it does."""
    return Step(edit=Edit(start=start, end=end, text=text), description=description)
