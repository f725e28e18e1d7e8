from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]

BAD = "List the names, etc. in order to help.  \n\n\n\nUse {{ text }} only.\n"
FIXED = "List the names, etc. to help.\n\nUse {{ text }} only.\n"
DIFY = """\
app:
  mode: completion
kind: app
model_config:
  # what it says first
  pre_prompt: |
    List the names, etc. in order to help.
    Keep their order.
version: 0.1.5
"""


def lines(out: str) -> list[str]:
    return [line for line in out.splitlines() if ": P" in line]


def test_a_clean_prompt_is_no_problem(optimizer: Run, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("Summarize {{ text }} in one sentence.\n")
    result = optimizer("lint", "a.md")
    assert (result.code, result.out) == (0, "No problems in 1 prompt in 1 file.\n")


def test_findings_stand_at_their_lines_and_a_warning_fails(optimizer: Run, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(BAD)
    result = optimizer("lint", "a.md")
    assert result.code == 1
    assert lines(result.out) == [
        'a.md:1:17: P020 warning: "etc" is vague; it occurs once.',
        'a.md:1:22: P023 info: "in order to" says no more than "to". [*]',
        "a.md:1:39: P030 info: Spaces at the end of the line. [*]",
        "a.md:2:1: P031 info: 3 blank lines in a row. [*]",
    ]


def test_what_fails_is_for_the_settings_to_say(optimizer: Run, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(BAD)
    assert optimizer("lint", "a.md", "--set", "lint.fail_on=critical").code == 0
    assert optimizer("lint", "a.md", "--ignore", "P02").code == 0
    assert optimizer("lint", "a.md", "--ignore", "P02", "--set", "lint.fail_on=info").code == 1
    settings = tmp_path / "settings.toml"
    settings.write_text('[lint]\nfail_on = "critical"\nseverity = { P023 = "critical" }\n')
    assert optimizer("lint", "a.md", "--config", settings).code == 1


def test_fixes_that_are_safe_are_done_in_the_file(optimizer: Run, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(BAD)
    result = optimizer("lint", "a.md", "--fix")
    assert (tmp_path / "a.md").read_text() == FIXED
    assert "Fixed 3 problems." in result.out
    assert lines(result.out) == ['a.md:1:17: P020 warning: "etc" is vague; it occurs once.']


def test_line_ends_and_a_mark_are_reported_and_mended(optimizer: Run, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"\xef\xbb\xbfSummarize this:\r\nRead {{ x }}.\r\nGo on.\n")
    result = optimizer("lint", "a.md")
    assert [line.split()[1] for line in lines(result.out)] == ["P033", "P032"]
    assert optimizer("lint", "a.md", "--fix").code == 0
    assert (tmp_path / "a.md").read_bytes() == b"Summarize this:\r\nRead {{ x }}.\r\nGo on.\r\n"


def test_a_prompt_inside_a_file_is_fixed_and_all_else_stays(optimizer: Run, tmp_path: Path) -> None:
    (tmp_path / "app.yml").write_text(DIFY)
    found = lines(optimizer("lint", "app.yml").out)
    assert found[0].startswith('app.yml:7:21: P020 warning: "etc" is vague; it occurs once.')
    assert found[0].endswith("(/model_config/pre_prompt)")
    assert optimizer("lint", "app.yml", "--fix").code == 1
    assert (tmp_path / "app.yml").read_text() == DIFY.replace("in order to", "to")


def test_a_diff_changes_nothing(optimizer: Run, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(BAD)
    result = optimizer("lint", "a.md", "--diff")
    assert result.code == 1
    assert "-List the names, etc. in order to help." in result.out
    assert "+List the names, etc. to help." in result.out
    assert (tmp_path / "a.md").read_text() == BAD


def test_standard_input_comes_out_fixed_and_nothing_else(optimizer: Run) -> None:
    assert optimizer("lint", "-", "--fix", stdin=BAD).out == FIXED
    assert optimizer("lint", "-", "--fix", stdin=FIXED).out == FIXED
    assert "-:1:17: P020" in optimizer("lint", "-", stdin=BAD).out


@pytest.mark.parametrize(
    "comment",
    [
        "{# lint: ignore P020 #}",
        "<!-- lint: ignore P020, P023 -->",
        "<!-- lint: ignore -->",
        "<!-- lint: ignore-file P020 -->",
        "{# lint: ignore-file #}",
    ],
)
def test_a_comment_in_the_prompt_ignores(optimizer: Run, tmp_path: Path, comment: str) -> None:
    (tmp_path / "a.md").write_text(f"{comment}\nList the names, etc. of {{{{ text }}}}.\n")
    result = optimizer("lint", "a.md")
    assert result.code == 0
    assert "1 ignored by comments" in result.out


def test_a_comment_before_a_prompt_ignores_in_all_of_it(optimizer: Run, tmp_path: Path) -> None:
    text = DIFY.replace("# what it says first", "# lint: ignore P020")
    (tmp_path / "app.yml").write_text(text)
    assert optimizer("lint", "app.yml").code == 0


def test_a_comment_further_up_ignores_nothing(optimizer: Run, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("{# lint: ignore P020 #}\n\nList the names, etc. of {{ x }}.\n")
    assert optimizer("lint", "a.md").code == 1


def test_known_findings_are_not_reported_wherever_they_move(optimizer: Run, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(BAD)
    assert optimizer("lint", "a.md", "--write-baseline", "known.json").code == 0
    (tmp_path / "a.md").write_text("Read on.\n" + BAD)
    result = optimizer("lint", "a.md", "--baseline", "known.json")
    assert (result.code, lines(result.out)) == (0, [])
    assert "4 known before" in result.out
    (tmp_path / "a.md").write_text(BAD + "Maybe add the dates.\n")
    result = optimizer("lint", "a.md", "--set", "lint.baseline=known.json")
    assert [line.split()[1] for line in lines(result.out)] == ["P020"]


def test_folders_are_gone_through_and_hidden_files_are_not(optimizer: Run, tmp_path: Path) -> None:
    for name in ("p/a.md", "p/deep/b.j2", "p/.hidden/c.md", "p/notes.csv", "p/README.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("List the names, etc. of {{ x }}.\n")
    result = optimizer("lint", "p", "p/a.md")
    assert [line.partition(":")[0] for line in lines(result.out)] == ["p/a.md", "p/deep/b.j2"]
    assert "skipped: p/README.md: is left out of a folder by its name" in result.err


def test_the_settings_say_which_files_of_a_folder_hold_prompts(
    optimizer: Run, tmp_path: Path
) -> None:
    (tmp_path / "p").mkdir()
    for name in ("p/a.md", "p/b.prompts"):
        (tmp_path / name).write_text("List the names, etc. of {{ x }}.\n")
    result = optimizer("lint", "p", "--set", 'extract.suffixes=[".prompts"]')
    assert "in 1 file" in result.out


def test_rules_may_be_off_in_some_files_and_variables_declared(
    optimizer: Run, tmp_path: Path
) -> None:
    (tmp_path / "settings.toml").write_text(
        '[lint]\nper_file_ignores = { "old/*" = ["P02"] }\ndeclared = { "a.md" = ["text"] }\n'
    )
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "b.md").write_text("List the names, etc. of {{ x }}.\n")
    (tmp_path / "a.md").write_text("List the names of {{ txt }}.\n")
    result = optimizer("lint", "a.md", "old", "--config", "settings.toml")
    [line] = lines(result.out)
    assert line.startswith('a.md:1:19: P001 critical: Declared variable "text" is not in the text')


def test_what_cannot_be_read_is_said_and_exits_two(optimizer: Run, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"\xff\xfe\x00")
    result = optimizer("lint", "a.md", "gone.md")
    assert result.code == 2
    assert "gone.md: cannot be read: No such file or directory" in result.err
    assert "a.md" in result.err


@pytest.mark.parametrize("option", ["--select", "--ignore"])
def test_a_rule_that_is_none_is_named(optimizer: Run, tmp_path: Path, option: str) -> None:
    (tmp_path / "a.md").write_text(BAD)
    result = optimizer("lint", "a.md", option, "P999")
    assert result.code == 2
    assert "'P999', expected a rule's id" in result.err


def test_a_rule_is_explained_and_all_are_listed(optimizer: Run) -> None:
    assert optimizer("lint", "--rule", "P020").out.startswith("P020 vague-term: ")
    assert optimizer("lint", "--rule", "vague-term").out == optimizer("lint", "--rule", "P020").out
    assert "32 rules" in optimizer("lint", "--rule", "all").out
    assert optimizer("lint", "--rule", "nonsense").code == 2


def test_machines_read_json(optimizer: Run, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(BAD)
    found = optimizer("lint", "a.md", "--json").json
    assert found["n_prompts"] == 1
    assert [placed["finding"]["rule_id"] for placed in found["findings"]] == [
        "P020",
        "P023",
        "P030",
        "P031",
    ]
    assert optimizer("lint", "a.md", "--output-format", "json").json == found


def test_a_secret_is_never_printed(optimizer: Run, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("List the buckets with AKIAABCDEFGHIJKLMNOP.\n")
    for kind in ("text", "json", "sarif", "github"):
        result = optimizer("lint", "a.md", "--output-format", kind)
        assert result.code == 1
        assert "AKIAABCDEF" not in result.out + result.err


def test_scores_come_with_their_sums_and_a_caveat(optimizer: Run, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(BAD)
    result = optimizer("lint", "a.md", "--scores")
    assert "no evidence that it works better" in " ".join(result.out.split())
    [scores] = optimizer("lint", "a.md", "--scores", "--json").json["items"]
    assert 0 <= scores["overall"] <= 100
    assert len(scores["explanation"]) == 5


def test_statistics_count_by_rule(optimizer: Run, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(BAD)
    assert "vague-term" in optimizer("lint", "a.md", "--statistics").out


def test_sarif_of_a_run_points_at_rules_and_places(optimizer: Run, tmp_path: Path) -> None:
    (tmp_path / "a b.md").write_text(BAD)
    log = json.loads(optimizer("lint", "a b.md", "--output-format", "sarif").out)
    [run] = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        [location] = result["locations"]
        assert location["physicalLocation"]["artifactLocation"]["uri"] == "a%20b.md"


def test_a_file_that_was_named_and_holds_no_prompt_is_said(optimizer: Run, tmp_path: Path) -> None:
    (tmp_path / "chat.json").write_text('{"messages": [{"role"')
    done = optimizer("lint", "chat.json")
    assert "chat.json: no prompt was found in it" in done.err
    assert "no prompt" not in optimizer("lint", ".").err


@pytest.mark.parametrize("content", [b'{"a', b"[]", b"{}", b"\xff", b'{"findings": 1}'])
def test_a_baseline_that_is_none_is_said(optimizer: Run, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.md").write_text("Say what the text in {x} is about, in one word.\n")
    (tmp_path / "known").write_bytes(content)
    done = optimizer("lint", "a.md", "--baseline", "known")
    assert done.code == 2
    assert done.err.startswith("error: known: ")
    assert "expected a baseline" in done.err
