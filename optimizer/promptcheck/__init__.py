"""Static checks of a prompt text: scores, issues and suggestions, without running it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optimizer.promptcheck.analysis import analyze

__all__ = ["analyze"]


def __getattr__(name: str) -> Any:
    """Import the analysis when it is asked for: settings are read without it."""
    if name == "analyze":
        from optimizer.promptcheck.analysis import analyze  # noqa: PLC0415

        return analyze
    raise AttributeError(name)
