"""Prompts in files of any format: found with their place, and written back in place."""

from __future__ import annotations

from optimizer.prompts.extract.base import PatchRefused
from optimizer.prompts.extract.detect import EXTRACTORS, find_sites, patch

__all__ = ["EXTRACTORS", "PatchRefused", "find_sites", "patch"]
