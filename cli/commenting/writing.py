"""The one comment of a job: found by its marker, made or brought up to date."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from cli.commenting.asking import RefusedError, ask
from cli.commenting.places import PER_PAGE, Place
from cli.commenting.text import Text
from optimizer.models.commenting import CommentOutcome, CommentSettings, CommentStatus

GONE = frozenset({403, 404})
"""What a service answers where a comment is not ours to change, or no longer there."""


def planned(place: Place, text: Text) -> CommentOutcome:
    """Say where a comment would go."""
    return CommentOutcome(
        status=CommentStatus.PLANNED,
        to=place.to,
        place=place.name,
        marker=text.marker,
        n_chars=len(text.body),
        n_cut=text.n_cut,
    )


def write_comment(place: Place, text: Text, settings: CommentSettings) -> CommentOutcome:
    """Make the comment, or bring it up to date; say why where that cannot be done."""
    outcome = replace(planned(place, text), status=CommentStatus.LEFT_OUT)
    if place.name is None:
        return replace(outcome, reason="this job is about no pull request")
    if place.token is None:
        return replace(outcome, reason=f"{place.wanted} is not set")
    n_left = settings.retries
    while True:
        try:
            status, comment = _written(place, text, settings)
        except RefusedError as problem:
            wait_s = _wait_s(problem, settings.retries - n_left, settings)
            if n_left == 0 or wait_s is None:
                return replace(outcome, reason=str(problem))
            time.sleep(wait_s)
            n_left -= 1
        else:
            return replace(outcome, status=status, url=place.shown_at(comment))


def _wait_s(problem: RefusedError, n_before: int, settings: CommentSettings) -> float | None:
    """Return how long to wait before trying again, in seconds, or None where that is no use."""
    wait_s = settings.wait_s * 2**n_before if problem.wait_s is None else problem.wait_s
    return wait_s if problem.is_passing and wait_s <= settings.max_wait_s else None


def _written(
    place: Place, text: Text, settings: CommentSettings
) -> tuple[CommentStatus, Mapping[str, Any]]:
    """Look for the comment and write it. Doing so again does no harm."""
    for comment in _own(place, text.marker, settings):
        if comment.get("body") == text.body:
            return CommentStatus.UNCHANGED, comment
        try:
            changed = ask(
                place,
                place.update,
                place.comment.format(id=int(comment["id"])),
                content={"body": text.body},
                timeout_s=settings.timeout_s,
            )
        except RefusedError as problem:
            if problem.status not in GONE or problem.is_passing:
                raise
        else:
            return CommentStatus.UPDATED, _comment(place, changed.content)
    made = ask(
        place,
        "POST",
        place.comments,
        content={"body": text.body},
        timeout_s=settings.timeout_s,
    )
    return CommentStatus.CREATED, _comment(place, made.content)


def _own(place: Place, marker: str, settings: CommentSettings) -> Iterator[Mapping[str, Any]]:
    """Yield the comments that begin with the marker and are from the same hand, oldest first."""
    me: str | None = None
    is_known = False
    for page in range(1, settings.max_pages + 1):
        listed = ask(
            place,
            "GET",
            f"{place.comments}?per_page={PER_PAGE}&page={page}&sort=asc&order_by=created_at",
            timeout_s=settings.timeout_s,
        )
        if not isinstance(listed.content, list):
            raise RefusedError(f"{place.to} answers with no list of comments")
        for comment in listed.content:
            if not _begins(comment, marker):
                continue
            if not is_known:
                me, is_known = _me(place, settings), True
            if place.is_own(comment, me):
                yield comment
        if not listed.has_more:
            return


def _begins(comment: object, marker: str) -> bool:
    if not isinstance(comment, dict) or not isinstance(comment.get("id"), int):
        return False
    body = comment.get("body")
    return isinstance(body, str) and body.split("\n", 1)[0].rstrip() == marker


def _me(place: Place, settings: CommentSettings) -> str | None:
    """Return whose the token is, or None where the service does not say."""
    try:
        told = ask(place, "GET", place.me, timeout_s=settings.timeout_s).content
    except RefusedError as problem:
        if problem.is_passing:
            raise
        return None
    name = told.get(place.name_key) if isinstance(told, dict) else None
    return name if isinstance(name, str) else None


def _comment(place: Place, content: object) -> Mapping[str, Any]:
    if not isinstance(content, dict):
        raise RefusedError(f"{place.to} answers with no comment")
    return content
