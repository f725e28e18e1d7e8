"""The changes that a switch from one variant to another amounts to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from optimizer.models.proposals import Change
from optimizer.models.summaries import WindowSummary


def switch(current: WindowSummary, target: WindowSummary) -> tuple[Change, ...]:
    """Return the switch of a variant, then each part of it that changes with it."""
    return (
        Change(setting="variant", old=current.variant, new=target.variant),
        *_parts(current, target),
    )


def parameters_of(window: WindowSummary) -> dict[str, Any]:
    """Return the recorded parameters of a variant's model; empty where none were."""
    found = msgspec.json.decode(window.parameters) if window.parameters else {}
    return found if isinstance(found, dict) else {}


def _parts(current: WindowSummary, target: WindowSummary) -> Iterator[Change]:
    for name in ("model", "provider", "prompt_sha256"):
        old, new = getattr(current, name), getattr(target, name)
        if old != new:
            yield Change(setting=name, old=old, new=new)
    before, after = parameters_of(current), parameters_of(target)
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield Change(setting=f"parameters.{name}", old=before.get(name), new=after.get(name))
