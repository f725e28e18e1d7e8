from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.commenting.text import comment_text, fitted

MARKER = "<!-- optimizer:Prompt/gate -->"
TOKEN = "ghs_0123456789secret"
ROBOT = {"login": "github-actions[bot]", "type": "Bot"}
AT_ONCE = ("--set", "comment.wait_s=0")


@pytest.fixture
def event(tmp_path: Path) -> Path:
    path = tmp_path / "event.json"
    path.write_text(json.dumps({"pull_request": {"number": 12}}))
    return path


@pytest.fixture
def comment(
    optimizer: Callable[..., Any], tmp_path: Path, forge: Any, event: Path
) -> Callable[..., Any]:
    """Run the command as a job of GitHub does, on a report of one line."""
    (tmp_path / "gate.md").write_text("# PASSED\n", encoding="utf-8")

    def run(*args: str | Path, **env: str) -> Any:
        job = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_REPOSITORY": "ada/prompts",
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_API_URL": forge.url,
            "GITHUB_WORKFLOW": "Prompt",
            "GITHUB_JOB": "gate",
            "GITHUB_TOKEN": TOKEN,
        }
        said = {name: value for name, value in (job | env).items() if value}
        done = optimizer("comment", *(args or ("gate.md",)), **said)
        assert TOKEN not in done.out + done.err
        return done

    return run


def gitlab(forge: Any) -> dict[str, str]:
    forge.kind, forge.whose = "gitlab", {TOKEN: "robot"}
    return {
        "GITHUB_ACTIONS": "",
        "GITHUB_WORKFLOW": "",
        "GITHUB_JOB": "",
        "GITLAB_CI": "true",
        "CI_API_V4_URL": f"{forge.url}/api/v4",
        "CI_PROJECT_ID": "7",
        "CI_PROJECT_PATH": "ada/prompts",
        "CI_PROJECT_URL": "https://gitlab.test/ada/prompts",
        "CI_MERGE_REQUEST_IID": "12",
        "CI_JOB_NAME": "gate",
        "GITLAB_TOKEN": TOKEN,
    }


def test_the_first_time_writes_and_the_second_updates(
    comment: Callable[..., Any], forge: Any, tmp_path: Path
) -> None:
    first = comment()
    assert (first.code, forge.bodies) == (0, [f"{MARKER}\n# PASSED"])
    assert first.out.startswith("GitHub ada/prompts#12: the comment was written.")
    assert "https://github.test/ada/prompts/pull/12#issuecomment-1" in first.out
    (tmp_path / "gate.md").write_text("# FAILED\n")
    assert "brought up to date" in comment().out
    assert forge.bodies == [f"{MARKER}\n# FAILED"]
    assert forge.methods() == ["POST", "PATCH"]


def test_a_comment_that_says_so_already_is_left_alone(
    comment: Callable[..., Any], forge: Any
) -> None:
    comment()
    assert comment("gate.md", "--json").json["status"] == "unchanged"
    assert forge.methods() == ["POST"]


def test_its_comment_is_found_behind_hundreds_of_others(
    comment: Callable[..., Any], forge: Any
) -> None:
    for n in range(250):
        forge.add(f"me too {n}")
    mine = forge.add(f"{MARKER}\nold", ROBOT)
    assert comment().code == 0
    assert forge.bodies[mine - 1] == f"{MARKER}\n# PASSED"
    assert len(forge.bodies) == 251


@pytest.mark.parametrize(
    "body",
    [
        f"> {MARKER}\n> # PASSED",
        f"Look:\n{MARKER}",
        f"{MARKER}\npasted as it is, by a person",
        "<!-- optimizer:Prompt/gate-2 -->\nof another job",
        f"{MARKER} and more",
        "",
    ],
)
def test_the_comments_of_others_stay_as_they_are(
    comment: Callable[..., Any], forge: Any, body: str
) -> None:
    forge.add(body)
    assert comment().code == 0
    assert forge.bodies == [body, f"{MARKER}\n# PASSED"]


def test_a_token_of_a_person_updates_what_that_person_wrote(
    comment: Callable[..., Any], forge: Any
) -> None:
    forge.whose = {TOKEN: "ada"}
    forge.add(f"{MARKER}\nby a robot", ROBOT)
    comment()
    comment()
    assert forge.bodies == [f"{MARKER}\nby a robot", f"{MARKER}\n# PASSED"]


def test_a_comment_that_may_not_be_changed_is_written_anew(
    comment: Callable[..., Any], forge: Any
) -> None:
    forge.protected.add(forge.add(f"{MARKER}\nby another robot", ROBOT))
    assert comment().code == 0
    assert forge.bodies == [f"{MARKER}\nby another robot", f"{MARKER}\n# PASSED"]


def test_comments_with_their_own_markers_stand_side_by_side(
    comment: Callable[..., Any], forge: Any
) -> None:
    comment("gate.md", "--marker", "support")
    comment("gate.md", "--marker", "sentiment")
    comment("gate.md", "--marker", "support")
    assert [body.split("\n")[0] for body in forge.bodies] == [
        "<!-- optimizer:support -->",
        "<!-- optimizer:sentiment -->",
    ]


@pytest.mark.parametrize("marker", ["", "a b", "a-->b", "a--b", "<x>", "a\nb", "x" * 201])
def test_a_marker_that_would_break_the_comment_is_misuse(
    comment: Callable[..., Any], forge: Any, marker: str
) -> None:
    assert comment("gate.md", "--marker", marker).code == 2
    assert forge.asked == []


def test_a_name_of_a_job_in_any_script_makes_a_marker(
    comment: Callable[..., Any], forge: Any
) -> None:
    assert comment(GITHUB_WORKFLOW="プロンプト --> <b>", GITHUB_JOB="gate 1").code == 0
    assert forge.bodies[0].split("\n")[0] == "<!-- optimizer:プロンプト-b-/gate-1 -->"


def test_a_long_report_is_cut_where_the_server_would_refuse_it(
    comment: Callable[..., Any], forge: Any, tmp_path: Path
) -> None:
    rows = "".join(f"| case {n} | " + "é" * 60 + " |\n" for n in range(2000))
    fenced = f"# FAILED\n\n<details><summary>Cases</summary>\n\n```\n{rows}```\n\n</details>\n"
    (tmp_path / "gate.md").write_text(fenced, encoding="utf-8")
    told = comment("gate.md", "--json")
    assert told.code == 0
    (body,) = forge.bodies
    assert 65_000 < len(body) <= 65_536
    assert body.endswith(
        "```\n\n</details>\n\n*Cut here for its length; the files of the job have the rest.*"
    )
    assert told.json["n_cut"] > 0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"GITHUB_TOKEN": ""}, "GITHUB_TOKEN is not set"),
        ({"GITHUB_TOKEN": "wrong"}, "does not accept the token (401)"),
        ({"GITHUB_EVENT_PATH": "nowhere"}, "this job is about no pull request"),
        ({"GITHUB_REPOSITORY": "ada/other"}, "knows no ada/other#12"),
    ],
)
def test_what_the_job_cannot_have_leaves_the_comment_out_with_a_note(
    comment: Callable[..., Any], forge: Any, change: dict[str, str], reason: str
) -> None:
    done = comment(**change)
    assert (done.code, forge.bodies) == (0, [])
    assert reason in done.err
    assert comment("gate.md", "--require", **change).code == 1


def test_a_fork_may_not_write_and_that_is_no_failure(
    comment: Callable[..., Any], forge: Any
) -> None:
    forge.may_write = False
    done = comment()
    assert done.code == 0
    assert done.err == (
        "no comment was written: the token may not write here (403): it needs "
        "'pull-requests: write', which a pull request from a fork does not get\n"
    )


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (429, {"Retry-After": "0"}),
        (403, {"Retry-After": "0"}),
        (403, {"X-RateLimit-Remaining": "0"}),
        (500, {}),
        (502, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}),
        (503, {}),
    ],
)
def test_a_server_that_is_busy_is_asked_again(
    comment: Callable[..., Any], forge: Any, status: int, headers: dict[str, str]
) -> None:
    forge.answers = [(status, headers, b"busy")] * 2
    assert comment("gate.md", *AT_ONCE).code == 0
    assert forge.bodies == [f"{MARKER}\n# PASSED"]


def test_a_server_that_fails_after_writing_gets_no_second_comment(
    comment: Callable[..., Any], forge: Any
) -> None:
    truth = forge.answer

    def failing(method: str, *rest: Any) -> Any:
        answer = truth(method, *rest)
        return (500, {}, b"") if method == "POST" else answer

    forge.answer = failing
    assert comment("gate.md", *AT_ONCE).code == 0
    assert forge.bodies == [f"{MARKER}\n# PASSED"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_that_stays_busy_is_given_up(
    comment: Callable[..., Any], forge: Any, status: int
) -> None:
    forge.answers = [(status, {}, b'{"message": "later\\u001b[2J"}')] * 9
    done = comment("gate.md", *AT_ONCE)
    assert (done.code, len(forge.asked)) == (0, 3)
    assert str(status) in done.err
    assert "\x1b" not in done.err


def test_it_does_not_wait_longer_than_allowed(comment: Callable[..., Any], forge: Any) -> None:
    forge.answers = [(429, {"Retry-After": "3600"}, b"")]
    done = comment()
    assert (done.code, len(forge.asked)) == (0, 1)
    assert "limits the rate (429)" in done.err


def test_an_answer_that_does_not_come_is_given_up(comment: Callable[..., Any], forge: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        short = ("--set", "comment.timeout_s=0.2", "--set", "comment.retries=0")
        done = comment("gate.md", *short, GITHUB_API_URL=url)
    assert done.code == 0
    assert "GitHub does not answer: " in done.err


def test_a_server_that_is_not_there_is_given_up(comment: Callable[..., Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    done = comment("gate.md", *AT_ONCE, GITHUB_API_URL=url)
    assert done.code == 0
    assert "GitHub does not answer: " in done.err


def test_a_redirect_on_the_same_server_is_followed_with_the_method(
    comment: Callable[..., Any], forge: Any
) -> None:
    moved = "/repos/ada/prompts/issues/12/comments?per_page=100&page=1"
    forge.answers = [(301, {"Location": moved}, b"")]
    assert comment(GITHUB_REPOSITORY="ada/prompts").code == 0
    assert forge.bodies == [f"{MARKER}\n# PASSED"]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_the_token_does_not_follow_a_redirect_to_another_host(
    comment: Callable[..., Any], forge: Any, status: int
) -> None:
    elsewhere = forge.url.replace("127.0.0.1", "localhost")
    forge.answers = [(status, {"Location": f"{elsewhere}/repos"}, b"")]
    done = comment()
    assert (done.code, len(forge.asked)) == (0, 1)
    assert "redirects to http://localhost" in done.err


def test_redirects_without_end_are_given_up(comment: Callable[..., Any], forge: Any) -> None:
    forge.answers = [(302, {"Location": "/again"}, b"")] * 9
    assert "redirects without end" in comment().err


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"a": 1}', b"[" * 100_000, b"\xff"])
def test_an_answer_that_is_no_list_of_comments_is_given_up(
    comment: Callable[..., Any], forge: Any, body: bytes
) -> None:
    forge.answers = [(200, {}, body)]
    done = comment()
    assert (done.code, forge.bodies) == (0, [])
    assert "no comment was written: GitHub answers with" in done.err


def test_comments_without_the_usual_fields_are_passed_over(
    comment: Callable[..., Any], forge: Any
) -> None:
    forge.comments += [
        {"id": 1, "body": None, "user": None},
        {"id": "x", "body": MARKER},
        {"id": 3, "body": f"{MARKER}\n", "user": None},
    ]
    assert comment().code == 0
    assert forge.methods() == ["POST"]


def test_a_server_that_repeats_the_token_does_not_get_it_printed(
    comment: Callable[..., Any], forge: Any
) -> None:
    forge.answers = [(400, {}, json.dumps({"message": f"bad {TOKEN}"}).encode())]
    assert "GitHub answers 400: bad ***" in comment().err


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("http://api.github.com", "would send the token readable to all, expected https"),
        ("http://127.0.0.1.evil.test", "would send the token readable"),
        ("ftp://api.github.com", "expected an address"),
        ("https://", "expected an address"),
        ("https://user@api.github.com", "expected an address"),
        ("https://api.github.com:port", "is no address"),
    ],
)
def test_an_address_that_a_token_must_not_go_to_is_misuse(
    comment: Callable[..., Any], url: str, found: str
) -> None:
    done = comment(GITHUB_API_URL=url)
    assert done.code == 2
    assert found in done.err


def test_the_api_of_an_own_server_is_used_below_its_path(
    comment: Callable[..., Any], forge: Any
) -> None:
    assert comment(GITHUB_API_URL=f"{forge.url}/api/v3/").code == 0
    assert forge.asked[-1] == ("POST", "/api/v3/repos/ada/prompts/issues/12/comments")


@pytest.mark.parametrize(
    "change",
    [
        {"GITHUB_ACTIONS": ""},
        {"GITHUB_REPOSITORY": "ada/prompts/../.."},
        {"GITHUB_REPOSITORY": ""},
        {"GITHUB_TOKEN": "two\nlines"},
    ],
)
def test_what_a_person_has_set_wrong_is_misuse(
    comment: Callable[..., Any], forge: Any, change: dict[str, str]
) -> None:
    done = comment(**change)
    assert (done.code, forge.asked) == (2, [])
    assert done.err.startswith("error: ")


@pytest.mark.parametrize("content", [None, b"", b"  \n", b"\xff"])
def test_a_file_that_is_not_a_report_is_misuse(
    comment: Callable[..., Any], forge: Any, tmp_path: Path, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "bad.md").write_bytes(content)
    assert (comment("bad.md").code, forge.asked) == (2, [])


def test_a_dry_run_sends_nothing(comment: Callable[..., Any], forge: Any) -> None:
    done = comment("gate.md", "--dry-run", GITHUB_TOKEN="")
    assert (done.code, forge.asked) == (0, [])
    assert "GitHub ada/prompts#12: this comment would be written." in done.out
    assert done.out.endswith(f"\n{MARKER}\n# PASSED\n")


def test_any_other_service_can_say_where_it_goes(comment: Callable[..., Any], forge: Any) -> None:
    elsewhere = {"GITHUB_ACTIONS": "", "GITHUB_EVENT_PATH": "", "JENKINS_URL": "http://ci"}
    done = comment("gate.md", "--to", "github", "--pull-request", "12", **elsewhere)
    assert done.code == 0
    assert forge.bodies == [f"{MARKER}\n# PASSED"]


@pytest.mark.parametrize(("said", "code"), [("", 0), ("abc", 2), ("0x1", 2), ("-1", 2)])
def test_a_number_that_is_empty_is_none_and_other_words_are_misuse(
    comment: Callable[..., Any], forge: Any, said: str, code: int
) -> None:
    assert comment("gate.md", f"--pull-request={said}").code == code
    assert forge.asked == []


def test_a_merge_request_has_its_note_updated_in_place(
    comment: Callable[..., Any], forge: Any, tmp_path: Path
) -> None:
    job = gitlab(forge)
    forge.add("<!-- optimizer:gate -->\npasted", {"username": "eve"})
    first = comment(**job)
    assert "https://gitlab.test/ada/prompts/-/merge_requests/12#note_2" in first.out
    (tmp_path / "gate.md").write_text("# FAILED\n")
    assert "brought up to date" in comment(**job).out
    assert forge.bodies[1:] == ["<!-- optimizer:gate -->\n# FAILED"]
    assert forge.methods() == ["POST", "PUT"]


def test_a_job_of_gitlab_without_a_token_says_which_variable_is_missing(
    comment: Callable[..., Any], forge: Any
) -> None:
    done = comment(**(gitlab(forge) | {"GITLAB_TOKEN": ""}))
    assert done.code == 0
    assert "GITLAB_TOKEN is not set" in done.err


LINES = st.lists(
    st.sampled_from(["text", "```", "````", "~~~", "<details>", "</details>", "", "| a | b |"])
)


@given(LINES, st.integers(min_value=70, max_value=400))
def test_a_cut_text_fits_and_leaves_nothing_open(lines: list[str], room: int) -> None:
    text = "\n".join(lines * 5)
    kept = fitted(text, room)
    if len(text) <= room:
        assert kept == text
    else:
        assert kept.endswith("the rest.*")
        fence, n_open = "", 0
        for line in kept.split("\n"):
            bare = line.strip()
            if fence:
                fence = "" if bare.startswith(fence) and not bare.strip(fence[0]) else fence
            elif bare.startswith(("```", "~~~")):
                fence = bare
            else:
                n_open = max(0, n_open + (bare == "<details>") - (bare == "</details>"))
        assert (fence, n_open) == ("", 0)
        assert len(kept) <= room


@given(st.text(min_size=1), st.integers(min_value=1000, max_value=2000))
def test_a_comment_is_never_longer_than_allowed(said: str, most: int) -> None:
    text = comment_text(said * 100, "key", max_chars=most)
    assert len(text.body) <= most
    assert text.body.startswith("<!-- optimizer:key -->\n")
