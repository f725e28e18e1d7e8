"""The environment of continuous integration: which commit, branch and pull request is under test.

Each service says it in its own variables; see the tables below. A pull request is told by its own
commit and branch, not by those of the merge that the service tests it with.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from optimizer.models.ci import CiJob
from optimizer.models.names import legible

Environ = Mapping[str, str]

SHA = re.compile(r"[0-9a-fA-F]{7,64}")
NUMBER = re.compile(r"[0-9]+")
MERGE_REF = re.compile(r"refs/(?:pull|remotes/pull)/([0-9]+)/")
HEADS = ("refs/heads/", "refs/remotes/origin/", "origin/")
UNTRUSTED_CHECKOUT = "pull_request_target"
"""Event of GitHub at which the base is checked out unless the workflow says otherwise."""


def ci_job(environ: Environ) -> CiJob | None:
    """Return the job that an environment tells of, or None where it tells of none."""
    for variable, read in SERVICES:
        if environ.get(variable, "").lower() not in ("", "false"):
            return read(environ)
    return None


def github_event(environ: Environ) -> Mapping[str, Any]:
    """Return what GitHub says of the event that started the job; nothing if it cannot be read."""
    try:
        event = json.loads(Path(environ.get("GITHUB_EVENT_PATH", "")).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return event if isinstance(event, dict) else {}


def github_pull_request(environ: Environ, event: Mapping[str, Any]) -> str | None:
    """Return the number of the pull request that a job of GitHub is about."""
    issue = _object(event, "issue")
    found = _object(event, "pull_request").get("number")
    if found is None and "pull_request" in issue:
        found = issue.get("number")
    if found is None:
        of_run = _object(event, "workflow_run").get("pull_requests")
        first = of_run[0] if isinstance(of_run, list) and of_run else None
        found = first.get("number") if isinstance(first, dict) else None
    if found is None and (merge := MERGE_REF.match(environ.get("GITHUB_REF", ""))):
        found = merge[1]
    return _number(str(found))


def _github(environ: Environ) -> CiJob:
    event = github_event(environ)
    pull_request = _object(event, "pull_request")
    triggered_by = _object(event, "workflow_run")
    if environ.get("GITHUB_EVENT_NAME") == UNTRUSTED_CHECKOUT:
        sha, branch = None, None
    elif triggered_by:
        sha = triggered_by.get("head_sha")
        branch = _of_owner(
            triggered_by.get("head_branch"),
            _object(triggered_by, "head_repository"),
            _object(event, "repository"),
        )
    elif pull_request:
        head, base = _object(pull_request, "head"), _object(pull_request, "base")
        sha = head.get("sha")
        repository = _object(head, "repo") or {"owner": _object(head, "user")}
        branch = _of_owner(head.get("ref"), repository, _object(base, "repo"))
    else:
        sha = environ.get("GITHUB_SHA")
        of_branch = environ.get("GITHUB_REF_TYPE", "branch") == "branch"
        branch = environ.get("GITHUB_HEAD_REF") or (
            _branch(environ.get("GITHUB_REF")) if of_branch else None
        )
    run = environ.get("GITHUB_RUN_ID")
    server, name = environ.get("GITHUB_SERVER_URL"), environ.get("GITHUB_REPOSITORY")
    return _job(
        "GitHub Actions",
        sha=sha,
        branch=branch,
        pull_request=github_pull_request(environ, event),
        run=run,
        url=f"{server}/{name}/actions/runs/{run}" if server and name and run else None,
    )


def _gitlab(environ: Environ) -> CiJob:
    branch = environ.get("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME") or environ.get("CI_COMMIT_BRANCH")
    source = environ.get("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH")
    if branch and source and source != environ.get("CI_MERGE_REQUEST_PROJECT_PATH", source):
        branch = f"{source}:{branch}"
    return _job(
        "GitLab",
        sha=environ.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA") or environ.get("CI_COMMIT_SHA"),
        branch=branch,
        pull_request=environ.get("CI_MERGE_REQUEST_IID"),
        run=environ.get("CI_JOB_ID"),
        url=environ.get("CI_JOB_URL"),
    )


def _jenkins(environ: Environ) -> CiJob:
    change = environ.get("CHANGE_ID")
    branch = environ.get("CHANGE_BRANCH") if change else environ.get("BRANCH_NAME")
    if branch and (fork := environ.get("CHANGE_FORK")):
        branch = f"{fork}:{branch}"
    return _job(
        "Jenkins",
        sha=environ.get("GIT_COMMIT"),
        branch=branch or (None if change else _branch(environ.get("GIT_BRANCH"))),
        pull_request=change,
        run=environ.get("BUILD_TAG"),
        url=environ.get("BUILD_URL"),
    )


def _azure(environ: Environ) -> CiJob:
    of_pull_request = "SYSTEM_PULLREQUEST_"
    source = environ.get(f"{of_pull_request}SOURCEBRANCH")
    branch = _branch(source or environ.get("BUILD_SOURCEBRANCH"))
    number = environ.get(f"{of_pull_request}PULLREQUESTNUMBER")
    if branch and environ.get(f"{of_pull_request}ISFORK", "").lower() == "true":
        branch = f"fork:{branch}"
    return _job(
        "Azure Pipelines",
        sha=environ.get(f"{of_pull_request}SOURCECOMMITID") or environ.get("BUILD_SOURCEVERSION"),
        branch=branch,
        pull_request=number or environ.get(f"{of_pull_request}PULLREQUESTID"),
        run=environ.get("BUILD_BUILDID"),
    )


def _circleci(environ: Environ) -> CiJob:
    branch = environ.get("CIRCLE_BRANCH")
    if branch and (owner := environ.get("CIRCLE_PR_USERNAME")):
        branch = f"{owner}:{branch}"
    shown = environ.get("CIRCLE_PULL_REQUEST", "").rpartition("/")[2]
    return _job(
        "CircleCI",
        sha=environ.get("CIRCLE_SHA1"),
        branch=branch,
        pull_request=environ.get("CIRCLE_PR_NUMBER") or shown,
        run=environ.get("CIRCLE_WORKFLOW_JOB_ID") or environ.get("CIRCLE_BUILD_NUM"),
        url=environ.get("CIRCLE_BUILD_URL"),
    )


def _buildkite(environ: Environ) -> CiJob:
    branch = environ.get("BUILDKITE_BRANCH")
    number = _number(environ.get("BUILDKITE_PULL_REQUEST"))
    theirs, ours = environ.get("BUILDKITE_PULL_REQUEST_REPO"), environ.get("BUILDKITE_REPO")
    if number and branch and theirs and ours and _owner(theirs) != _owner(ours):
        prefix = f"{_owner(theirs)}:"
        branch = branch if branch.startswith(prefix) else prefix + branch
    return _job(
        "Buildkite",
        sha=environ.get("BUILDKITE_COMMIT"),
        branch=branch if branch != environ.get("BUILDKITE_TAG") else None,
        pull_request=number,
        run=environ.get("BUILDKITE_JOB_ID") or environ.get("BUILDKITE_BUILD_ID"),
        url=environ.get("BUILDKITE_BUILD_URL"),
    )


def _bitbucket(environ: Environ) -> CiJob:
    return _job(
        "Bitbucket Pipelines",
        sha=environ.get("BITBUCKET_COMMIT"),
        branch=environ.get("BITBUCKET_BRANCH"),
        pull_request=environ.get("BITBUCKET_PR_ID"),
        run=environ.get("BITBUCKET_STEP_UUID") or environ.get("BITBUCKET_BUILD_NUMBER"),
    )


SERVICES: tuple[tuple[str, Callable[[Environ], CiJob]], ...] = (
    ("GITHUB_ACTIONS", _github),
    ("GITLAB_CI", _gitlab),
    ("JENKINS_URL", _jenkins),
    ("TF_BUILD", _azure),
    ("CIRCLECI", _circleci),
    ("BUILDKITE", _buildkite),
    ("BITBUCKET_BUILD_NUMBER", _bitbucket),
)
"""The variable that each service is told by, and what reads its others."""


def _job(
    provider: str,
    *,
    sha: object,
    branch: object,
    pull_request: str | None,
    run: str | None,
    url: str | None = None,
) -> CiJob:
    """Make a record of what is well-formed; the rest is unknown."""
    is_sha = isinstance(sha, str) and SHA.fullmatch(sha)
    return CiJob(
        provider=provider,
        git_sha=str(sha).lower() if is_sha else None,
        branch=legible(branch) if branch and isinstance(branch, str) else None,
        pull_request=_number(pull_request),
        run=legible(run) if run else None,
        url=legible(url) if url else None,
    )


def _branch(ref: str | None) -> str | None:
    """Return the branch that a ref names, or None where it names something else."""
    for start in HEADS:
        if ref and ref.startswith(start):
            return ref.removeprefix(start)
    return None if not ref or ref.startswith("refs/") else ref


def _of_owner(branch: object, repository: Mapping[str, Any], ours: Mapping[str, Any]) -> str | None:
    """Return a branch, with the owner of its repository where that is not ours."""
    if not isinstance(branch, str):
        return None
    if repository.get("full_name") and repository.get("full_name") == ours.get("full_name"):
        return branch
    owner = _object(repository, "owner").get("login") or "fork"
    return f"{owner}:{branch}"


def _owner(address: str) -> str:
    """Return who owns the repository at an address: `ada` of git@github.com:ada/prompts.git."""
    return re.split(r"[/:]", address.removesuffix(".git"))[-2:][0]


def _object(of: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = of.get(name)
    return found if isinstance(found, dict) else {}


def _number(said: str | None) -> str | None:
    return said if said and NUMBER.fullmatch(said) else None
