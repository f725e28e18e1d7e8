"""What a text or a mark means for the reader."""

from __future__ import annotations

from enum import StrEnum


class Tone(StrEnum):
    """What a text means for the reader; the renderer chooses the colour."""

    GOOD = "good"
    BAD = "bad"
    WARN = "warn"
    NEUTRAL = "neutral"
