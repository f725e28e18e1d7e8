"""Where a comment goes: a pull request of GitHub or a merge request of GitLab.

Both are told by the environment of the job. What a person could have forgotten is refused; what
the job cannot have, such as a token in a pull request from a fork, is a reason to leave it out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, urlsplit

from cli.ci.environment import NUMBER, github_event, github_pull_request
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import ConfigError

Environ = Mapping[str, str]

PER_PAGE = 100
REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


class Target(StrEnum):
    """Which service a comment is written to."""

    GITHUB = "github"
    GITLAB = "gitlab"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A pull request whose comments can be read and written.

    Attributes:
        to: Name of the service.
        name: The pull request, or None where the job is about none.
        token: What the service knows the job by, or None.
        wanted: The variable that a token is looked for in.
        permit: What the token must be allowed to.
        headers: What is sent with every request.
        comments: Address of the comments.
        comment: Address of one, with `{id}` in it.
        update: How it is changed.
        me: Address that tells whose the token is.
        author: Key of a comment under which its author stands.
        name_key: Key of an author under which the name stands.
        page: Address at which a comment is shown, with `{id}` in it, where the service
            does not say.
    """

    to: str
    name: str | None
    token: str | None = field(repr=False)
    wanted: str
    permit: str
    headers: Mapping[str, str] = field(repr=False)
    comments: str
    comment: str
    update: str
    me: str
    author: str
    name_key: str
    page: str | None = None

    def is_own(self, comment: Mapping[str, Any], me: str | None) -> bool:
        """Say whether a comment is from the one whose token it is.

        The token of a job of GitHub does not tell whose it is; its comments are those of a robot.
        """
        author = comment.get(self.author)
        if not isinstance(author, dict):
            return False
        return author.get(self.name_key) == me if me else author.get("type") == "Bot"

    def shown_at(self, comment: Mapping[str, Any]) -> str | None:
        """Return where a comment is shown, or None where that is not known."""
        said = comment.get("html_url")
        if isinstance(said, str):
            return said
        return self.page.format(id=comment.get("id")) if self.page else None


def place_of(to: Target | None, environ: Environ, pull_request: str | None) -> Place:
    """Return the pull request that a job is about.

    Args:
        to: The service, or None for the one that runs the job.
        environ: The environment.
        pull_request: Its number as it was said, empty for none; None where nothing was said.

    Raises:
        ConfigError: It does not run where comments can be written, or an address is unsafe.
    """
    if to is None:
        on_github = bool(environ.get("GITHUB_ACTIONS"))
        if not on_github and not environ.get("GITLAB_CI"):
            raise ConfigError(
                "comment: this is no job of GitHub or GitLab, expected one",
                hint="Say which with --to.",
            )
        to = Target.GITHUB if on_github else Target.GITLAB
    if pull_request and not NUMBER.fullmatch(pull_request):
        raise ConfigError(f"--pull-request {pull_request!r}: expected a number")
    return (_github if to is Target.GITHUB else _gitlab)(environ, pull_request)


def _github(environ: Environ, number: str | None) -> Place:
    repository = environ.get("GITHUB_REPOSITORY", "")
    if not REPOSITORY.fullmatch(repository):
        raise ConfigError(f"GITHUB_REPOSITORY: {repository!r}, expected OWNER/NAME")
    api = _address("GITHUB_API_URL", environ.get("GITHUB_API_URL") or "https://api.github.com")
    if number is None:
        number = github_pull_request(environ, github_event(environ))
    token = environ.get("GITHUB_TOKEN") or environ.get("GH_TOKEN")
    issues = f"{api}/repos/{repository}/issues"
    return Place(
        to="GitHub",
        name=f"{repository}#{number}" if number else None,
        token=_secret("GITHUB_TOKEN", token),
        wanted="GITHUB_TOKEN",
        permit="pull-requests: write",
        headers={
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
            "Authorization": f"Bearer {(token or '').strip()}",
        },
        comments=f"{issues}/{number}/comments",
        comment=f"{issues}/comments/{{id}}",
        update="PATCH",
        me=f"{api}/user",
        author="user",
        name_key="login",
    )


def _gitlab(environ: Environ, number: str | None) -> Place:
    project = environ.get("CI_MERGE_REQUEST_PROJECT_ID") or environ.get("CI_PROJECT_ID")
    if not project:
        raise ConfigError("CI_PROJECT_ID: is not set, expected the number or path of a project")
    api = _address("CI_API_V4_URL", environ.get("CI_API_V4_URL") or "https://gitlab.com/api/v4")
    number = environ.get("CI_MERGE_REQUEST_IID") if number is None else number
    token = environ.get("GITLAB_TOKEN")
    notes = f"{api}/projects/{quote(project, safe='')}/merge_requests/{number}/notes"
    shown = environ.get("CI_MERGE_REQUEST_PROJECT_URL") or environ.get("CI_PROJECT_URL")
    path = environ.get("CI_MERGE_REQUEST_PROJECT_PATH") or environ.get("CI_PROJECT_PATH")
    return Place(
        to="GitLab",
        name=f"{path or project}!{number}" if number else None,
        token=_secret("GITLAB_TOKEN", token),
        wanted="GITLAB_TOKEN",
        permit="api",
        headers={"PRIVATE-TOKEN": (token or "").strip()},
        comments=notes,
        comment=f"{notes}/{{id}}",
        update="PUT",
        me=f"{api}/user",
        author="author",
        name_key="username",
        page=f"{shown}/-/merge_requests/{number}#note_{{id}}" if shown else None,
    )


def _secret(name: str, token: str | None) -> str | None:
    """Return a token that can be sent, or None where there is none.

    Raises:
        ConfigError: It cannot be a token; what it is stays unsaid.
    """
    bare = (token or "").strip()
    if not (bare.isascii() and bare.isprintable()) or " " in bare:
        raise ConfigError(f"{name}: holds characters that no token has")
    return bare or None


def _address(name: str, said: str) -> str:
    """Return the address of an API, where a token may be sent to it.

    Raises:
        ConfigError: It may not.
    """
    try:
        parts = urlsplit(said)
        _ = parts.port
    except ValueError as error:
        raise ConfigError(f"{name}: {said!r} is no address: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise ConfigError(f"{name}: {said!r}, expected an address as https://api.github.com")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ConfigError(f"{name}: {said!r} would send the token readable to all, expected https")
    return said.rstrip("/")


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
