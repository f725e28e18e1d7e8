"""A comment at a pull request that is kept up to date, and what became of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from optimizer.models.dataclass import dataclass
from optimizer.models.settings import Field, Settings


class CommentSettings(Settings):
    """How `optimizer comment` talks to GitHub or GitLab."""

    max_chars: Annotated[int, Field(ge=1000, le=1_000_000)] = 65_536
    """Longest comment, in characters; the rest is cut off. GitHub takes no more than this."""

    timeout_s: Annotated[float, Field(gt=0, le=600)] = 15.0
    """How long an answer may take, in seconds."""

    retries: Annotated[int, Field(ge=0, le=10)] = 2
    """How often it is tried again when the server is busy, down or limits the rate."""

    wait_s: Annotated[float, Field(ge=0, le=60)] = 1.0
    """How long it waits before it tries again, in seconds, where the server does not say."""

    max_wait_s: Annotated[float, Field(ge=0, le=3600)] = 30.0
    """How long it waits at most, in seconds; it gives up where the server asks for more."""

    max_pages: Annotated[int, Field(ge=1, le=1000)] = 100
    """How many pages of comments it looks through for its own."""


class CommentStatus(StrEnum):
    """What became of a comment."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    LEFT_OUT = "left out"
    PLANNED = "planned"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentOutcome:
    """What became of a comment.

    Attributes:
        status: What was done.
        to: GitHub or GitLab.
        place: The pull request, as `ada/prompts#12`, or None where there is none.
        marker: What the comment is found by; its first line, which is not shown.
        n_chars: Its length in characters.
        n_cut: Characters of the text that it does not hold.
        url: Where it is shown, or None.
        reason: Why it was left out, or None.
    """

    status: CommentStatus
    to: str
    place: str | None
    marker: str
    n_chars: int
    n_cut: int = 0
    url: str | None = None
    reason: str | None = None
