"""Static checks of a prompt text: scores, issues and suggestions, without running it."""

from __future__ import annotations

from optimizer.promptcheck.analysis import analyze

__all__ = ["analyze"]
