"""What became of a comment."""

from __future__ import annotations

from optimizer.models.commenting import CommentOutcome, CommentStatus
from reports.gallery.comment import comment

MARKER = "<!-- optimizer:Prompt/gate -->"
CREATED = CommentOutcome(
    status=CommentStatus.CREATED,
    to="GitHub",
    place="ada/prompts#12",
    marker=MARKER,
    n_chars=65_500,
    n_cut=1200,
    url="github.test/ada/prompts/pull/12#issuecomment-1",
)
LEFT_OUT = CommentOutcome(
    status=CommentStatus.LEFT_OUT,
    to="GitHub",
    place=None,
    marker=MARKER,
    n_chars=800,
    reason="this job is about no pull request",
)
CASES = {"comment": (comment, (CREATED,)), "comment-empty": (comment, (LEFT_OUT,))}
