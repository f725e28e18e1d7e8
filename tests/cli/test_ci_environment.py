from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cli.ci.environment import ci_job
from optimizer.models.ci import CiJob

SHA = "a" * 40
MERGE = "b" * 40
OURS = {"full_name": "ada/prompts", "owner": {"login": "ada"}}
THEIRS = {"full_name": "eve/prompts", "owner": {"login": "eve"}}


def pull_request(head: dict[str, Any]) -> dict[str, Any]:
    return {"pull_request": {"number": 12, "head": head, "base": {"ref": "main", "repo": OURS}}}


@pytest.fixture
def github(tmp_path: Path) -> Callable[..., CiJob]:
    def job(event: Any = None, **variables: str) -> CiJob:
        path = tmp_path / "event.json"
        path.write_text(event if isinstance(event, str) else json.dumps(event or {}))
        found = ci_job(
            {
                "GITHUB_ACTIONS": "true",
                "GITHUB_EVENT_PATH": str(path),
                "GITHUB_SHA": MERGE,
                "GITHUB_REPOSITORY": "ada/prompts",
                "GITHUB_SERVER_URL": "https://github.com",
                "GITHUB_RUN_ID": "77",
                **variables,
            }
        )
        assert found is not None
        return found

    return job


def test_no_service_is_no_job() -> None:
    assert ci_job({}) is None
    assert ci_job({"CI": "true", "GITHUB_ACTIONS": "false", "GITHUB_SHA": SHA}) is None


def test_a_push_to_github_tells_commit_and_branch(github: Callable[..., CiJob]) -> None:
    found = github(GITHUB_REF="refs/heads/feature/x", GITHUB_REF_TYPE="branch")
    assert (found.git_sha, found.branch, found.pull_request) == (MERGE, "feature/x", None)
    assert found.url == "https://github.com/ada/prompts/actions/runs/77"


def test_a_tag_is_no_branch(github: Callable[..., CiJob]) -> None:
    assert github(GITHUB_REF="refs/tags/v1", GITHUB_REF_TYPE="tag").branch is None


def test_a_pull_request_is_told_by_its_head_not_by_the_merge(github: Callable[..., CiJob]) -> None:
    event = pull_request({"sha": SHA, "ref": "feature/x", "repo": OURS})
    found = github(event, GITHUB_REF="refs/pull/12/merge", GITHUB_HEAD_REF="feature/x")
    assert (found.git_sha, found.branch, found.pull_request) == (SHA, "feature/x", "12")


@pytest.mark.parametrize("repo", [THEIRS, None])
def test_the_main_branch_of_a_fork_is_not_our_main(
    github: Callable[..., CiJob], repo: dict[str, Any] | None
) -> None:
    head = {"sha": SHA, "ref": "main", "repo": repo, "user": {"login": "eve"}}
    assert github(pull_request(head), GITHUB_HEAD_REF="main").branch == "eve:main"


def test_at_pull_request_target_the_commit_is_unknown(github: Callable[..., CiJob]) -> None:
    event = pull_request({"sha": SHA, "ref": "x", "repo": OURS})
    found = github(event, GITHUB_EVENT_NAME="pull_request_target", GITHUB_REF="refs/heads/main")
    assert (found.git_sha, found.branch, found.pull_request) == (None, None, "12")


def test_a_workflow_run_is_told_by_the_run_that_triggered_it(github: Callable[..., CiJob]) -> None:
    of_run = {"head_sha": SHA, "head_branch": "main", "head_repository": THEIRS}
    event = {"workflow_run": {**of_run, "pull_requests": [{"number": 5}]}, "repository": OURS}
    found = github(event, GITHUB_REF="refs/heads/main")
    assert (found.git_sha, found.branch, found.pull_request) == (SHA, "eve:main", "5")


@pytest.mark.parametrize("event", ["", "[]", "null", "{", '{"pull_request": 3}', "[" * 100_000])
def test_an_event_that_cannot_be_read_leaves_the_variables(
    github: Callable[..., CiJob], event: str
) -> None:
    found = github(event, GITHUB_REF="refs/pull/9/merge", GITHUB_HEAD_REF="x")
    assert (found.branch, found.pull_request) == ("x", "9")


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        pytest.param(
            {"GITLAB_CI": "true", "CI_COMMIT_SHA": SHA, "CI_COMMIT_BRANCH": "main"},
            (SHA, "main", None),
            id="gitlab-branch",
        ),
        pytest.param(
            {
                "GITLAB_CI": "true",
                "CI_COMMIT_SHA": MERGE,
                "CI_MERGE_REQUEST_IID": "3",
                "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": SHA,
                "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "x",
                "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH": "ada/prompts",
                "CI_MERGE_REQUEST_PROJECT_PATH": "ada/prompts",
            },
            (SHA, "x", "3"),
            id="gitlab-merged-results",
        ),
        pytest.param(
            {
                "GITLAB_CI": "true",
                "CI_COMMIT_SHA": SHA,
                "CI_MERGE_REQUEST_IID": "3",
                "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "main",
                "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH": "eve/prompts",
                "CI_MERGE_REQUEST_PROJECT_PATH": "ada/prompts",
            },
            (SHA, "eve/prompts:main", "3"),
            id="gitlab-fork",
        ),
        pytest.param(
            {"JENKINS_URL": "http://ci", "GIT_COMMIT": SHA, "GIT_BRANCH": "origin/main"},
            (SHA, "main", None),
            id="jenkins",
        ),
        pytest.param(
            {
                "JENKINS_URL": "http://ci",
                "GIT_COMMIT": SHA,
                "BRANCH_NAME": "PR-4",
                "CHANGE_ID": "4",
                "CHANGE_BRANCH": "main",
                "CHANGE_FORK": "eve",
            },
            (SHA, "eve:main", "4"),
            id="jenkins-fork",
        ),
        pytest.param(
            {
                "TF_BUILD": "True",
                "BUILD_SOURCEVERSION": SHA,
                "BUILD_SOURCEBRANCH": "refs/heads/a/b",
            },
            (SHA, "a/b", None),
            id="azure",
        ),
        pytest.param(
            {
                "TF_BUILD": "True",
                "BUILD_SOURCEVERSION": MERGE,
                "BUILD_SOURCEBRANCH": "refs/pull/6/merge",
                "SYSTEM_PULLREQUEST_SOURCEBRANCH": "refs/heads/x",
                "SYSTEM_PULLREQUEST_SOURCECOMMITID": SHA,
                "SYSTEM_PULLREQUEST_PULLREQUESTID": "600",
                "SYSTEM_PULLREQUEST_PULLREQUESTNUMBER": "6",
                "SYSTEM_PULLREQUEST_ISFORK": "False",
            },
            (SHA, "x", "6"),
            id="azure-pull-request",
        ),
        pytest.param(
            {
                "CIRCLECI": "true",
                "CIRCLE_SHA1": SHA,
                "CIRCLE_BRANCH": "x",
                "CIRCLE_PULL_REQUEST": "https://github.com/ada/prompts/pull/8",
            },
            (SHA, "x", "8"),
            id="circleci",
        ),
        pytest.param(
            {
                "BUILDKITE": "true",
                "BUILDKITE_COMMIT": "HEAD",
                "BUILDKITE_BRANCH": "main",
                "BUILDKITE_PULL_REQUEST": "false",
            },
            (None, "main", None),
            id="buildkite-head",
        ),
        pytest.param(
            {
                "BUILDKITE": "true",
                "BUILDKITE_COMMIT": SHA,
                "BUILDKITE_BRANCH": "main",
                "BUILDKITE_PULL_REQUEST": "2",
                "BUILDKITE_PULL_REQUEST_REPO": "https://github.com/eve/prompts.git",
                "BUILDKITE_REPO": "git@github.com:ada/prompts.git",
            },
            (SHA, "eve:main", "2"),
            id="buildkite-fork",
        ),
        pytest.param(
            {
                "BITBUCKET_BUILD_NUMBER": "1",
                "BITBUCKET_COMMIT": SHA,
                "BITBUCKET_BRANCH": "x",
                "BITBUCKET_PR_ID": "5",
            },
            (SHA, "x", "5"),
            id="bitbucket",
        ),
    ],
)
def test_every_service_is_understood(
    environ: dict[str, str], expected: tuple[str | None, ...]
) -> None:
    found = ci_job(environ)
    assert found is not None
    assert (found.git_sha, found.branch, found.pull_request) == expected


MAIN = {"GITLAB_CI": "true", "CI_COMMIT_SHA": SHA, "CI_COMMIT_BRANCH": "main"}


def test_ingest_fills_what_a_file_leaves_out(
    optimizer: Callable[..., Any], run_file: Callable[..., Path]
) -> None:
    assert optimizer("ingest", run_file(), **MAIN).code == 0
    shown = optimizer("show", "branch:main", "--json").json
    assert (shown["total"]["branch"], shown["total"]["git_sha"]) == ("main", SHA)


def test_what_a_file_says_stands(
    optimizer: Callable[..., Any], run_file: Callable[..., Path]
) -> None:
    other = run_file(metadata={"prompt_variant": "v1", "branch": "feature"})
    assert optimizer("ingest", other, **MAIN).code == 0
    assert optimizer("show", "branch:feature", "--json").json["total"]["git_sha"] is None
    assert optimizer("show", "branch:main").code == 2


def test_a_run_of_another_commit_gets_no_branch(
    optimizer: Callable[..., Any], run_file: Callable[..., Path]
) -> None:
    older = run_file(metadata={"prompt_variant": "v1", "git_sha": "c" * 40})
    assert optimizer("ingest", older, **MAIN).code == 0
    assert optimizer("show", "branch:main").code == 2


def test_a_short_name_of_the_same_commit_agrees(
    optimizer: Callable[..., Any], run_file: Callable[..., Path]
) -> None:
    same = run_file(metadata={"prompt_variant": "v1", "git_sha": SHA[:8]})
    assert optimizer("ingest", same, **MAIN).code == 0
    assert optimizer("show", "branch:main", "--json").json["total"]["git_sha"] == SHA[:8]


@pytest.mark.parametrize("off", [("--no-ci",), ("--set", "ingest.ci=false")])
def test_the_environment_can_be_left_out(
    optimizer: Callable[..., Any], run_file: Callable[..., Path], off: tuple[str, ...]
) -> None:
    assert optimizer("ingest", run_file(), *off, **MAIN).code == 0
    assert optimizer("show", "branch:main").code == 2


def test_the_same_file_changes_nothing_wherever_it_is_ingested_again(
    optimizer: Callable[..., Any], run_file: Callable[..., Path]
) -> None:
    file = run_file()
    assert "1 run" in optimizer("ingest", file, **MAIN).out
    for environ in ({}, MAIN, {**MAIN, "CI_COMMIT_BRANCH": "other"}):
        again = optimizer("ingest", file, "--json", **environ).json
        assert [one["status"] for one in again["items"]] == ["unchanged"]
    assert optimizer("show", "branch:main").code == 0


def test_a_run_records_that_the_environment_told_it(
    optimizer: Callable[..., Any], run_file: Callable[..., Path], tmp_path: Path
) -> None:
    optimizer("ingest", run_file(), **MAIN, CI_JOB_ID="9")
    with duckdb.connect(str(tmp_path / ".optimizer" / "history.duckdb")) as history:
        ((metadata,),) = history.execute("SELECT metadata FROM runs").fetchall()
    assert json.loads(metadata)["ci"] == {
        "provider": "GitLab",
        "git_sha": SHA,
        "branch": "main",
        "run": "9",
        "filled": ["branch", "git_sha"],
    }
