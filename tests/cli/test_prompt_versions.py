from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from optimizer.history.store import open_history
from optimizer.models.contract import PromptVersion
from optimizer.models.tasks import text_sha256
from optimizer.models.versions import Confirmation, Lineage
from optimizer.pipeline.lifecycle import Who
from optimizer.pipeline.prompt_texts import Made
from optimizer.pipeline.prompt_versions import record_made
from optimizer.scoring_rules import ScoringRules

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ID = "prompts/triage.md"
OLD = "Sort the \x1b[31mmail\x1b[0m.\r\n\r\n{mail}\r\n"
NEW = "Sort the mail by its kind.\n\n{mail}\n"

Run = Callable[..., Any]


@pytest.fixture
def optimizer(optimizer: Run, tmp_path: Path) -> Run:
    put(tmp_path, OLD)
    assert optimizer("prompts", "record", ID).code == 0
    return optimizer


def put(folder: Path, text: str) -> None:
    path = folder / ID
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text.encode())


def file(folder: Path) -> str:
    return (folder / ID).read_bytes().decode()


def champion(folder: Path, *, verdict: str | None = "improved") -> str:
    with open_history(
        folder / ".optimizer" / "history.duckdb", lock_timeout_s=1, now=NOW
    ) as history:
        look = Confirmation(
            optimization_id="o1",
            prompt_id=ID,
            holdout_sha256="h",
            seq=1,
            champion_sha256=text_sha256(NEW),
            control_sha256=text_sha256(OLD.replace("\r\n", "\n")),
            alpha=0.05,
            verdict=verdict or "",
            n=18,
            n_control_passed=9,
            n_champion_passed=17,
            n_tests=18,
            p_value=0.008,
            estimate=8 / 18,
            low=0.12,
            high=0.66,
            method="McNemar mid-p, Tango score interval",
            reason="8 cases got better, 0 worse",
            looked_at=NOW,
        )
        made = Made(
            text=NEW,
            lineage=Lineage(strategy="structure_focus", engine="own", seed=1, rules=("R06",)),
            optimization_id="o1",
            confirmation=look if verdict else None,
        )
        who = Who(actor="ann", why="", at=NOW)
        return record_made(history, ID, made, who, rules=ScoringRules()).version


def test_a_prompt_goes_from_its_file_to_a_promoted_version_and_back(
    optimizer: Run, tmp_path: Path
) -> None:
    assert champion(tmp_path) == "1.1.0"
    shown = optimizer("prompts", "show", f"{ID}@1.1.0")
    assert shown.out.startswith(
        "1.1.0 passes 44.4 pp [+12.0, +66.0] more of 18 held-out cases than 1.0.0"
    )
    promoted = optimizer("prompts", "promote", "1.1.0", "--by", "ann", "--why", "agreed")
    assert promoted.out.startswith(f"{ID}: 1.1.0 is in force in place of 1.0.0.")
    assert file(tmp_path) == NEW.replace("\n", "\r\n")
    back = optimizer("prompts", "rollback", ID, "1.0.0", "--why", "users complain")
    assert back.code == 0
    assert file(tmp_path) == OLD
    logged = optimizer("prompts", "log", ID).out
    assert logged.startswith(f"{ID}: 3 versions, 1.1.1 in use.")
    assert "rollback to 1.0.0" in logged
    assert optimizer("audit", "verify").code == 0
    assert optimizer("doctor").code == 0


def test_control_characters_of_a_prompt_do_not_reach_the_terminal(
    optimizer: Run, tmp_path: Path
) -> None:
    champion(tmp_path)
    for args in (("show", ID), ("diff", "1.0.0", "1.1.0")):
        out = optimizer("prompts", *args).out
        assert "\x1b" not in out
        assert "\\x1b[31m" in out


def test_the_differences_are_told_word_by_word(optimizer: Run, tmp_path: Path) -> None:
    champion(tmp_path)
    shown = optimizer("prompts", "diff", "1.0.0", "1.1.0")
    assert shown.out.startswith("1.1.0 adds ")
    assert "by its kind" in shown.out
    pieces = optimizer("prompts", "diff", "1.0.0", "1.1.0", "--json").json["pieces"]
    after = "".join(one["text"] for one in pieces if one["kind"] != "removed")
    assert after == NEW


@pytest.mark.parametrize(("verdict", "said"), [(None, "unverified draft"), ("equivalent", "8 cas")])
def test_what_is_not_confirmed_is_not_promoted(
    optimizer: Run, tmp_path: Path, verdict: str | None, said: str
) -> None:
    version = champion(tmp_path, verdict=verdict)
    assert version == "1.0.1"
    result = optimizer("prompts", "promote", version)
    assert result.code == 2
    assert said in result.err
    assert "hint: Confirm a prompt on held-out cases" in result.err
    assert file(tmp_path) == OLD


def test_a_file_that_was_edited_meanwhile_is_left_alone(optimizer: Run, tmp_path: Path) -> None:
    champion(tmp_path)
    put(tmp_path, "Mine. {mail}")
    result = optimizer("prompts", "promote", "1.1.0")
    assert result.code == 2
    assert "changed meanwhile" in result.err
    assert file(tmp_path) == "Mine. {mail}"
    assert optimizer("prompts", "show", ID, "--json").json["version"]["version"] == "1.0.0"


def test_recording_only_leaves_the_file_alone(optimizer: Run, tmp_path: Path) -> None:
    champion(tmp_path)
    assert optimizer("prompts", "promote", "1.1.0", "--record-only").code == 0
    assert file(tmp_path) == OLD


def test_the_rights_of_a_file_stay(optimizer: Run, tmp_path: Path) -> None:
    champion(tmp_path)
    (tmp_path / ID).chmod(0o640)
    assert optimizer("prompts", "promote", "1.1.0").code == 0
    assert (tmp_path / ID).stat().st_mode & 0o777 == 0o640


def test_a_file_that_is_gone_promotes_nothing(optimizer: Run, tmp_path: Path) -> None:
    champion(tmp_path)
    (tmp_path / ID).unlink()
    result = optimizer("prompts", "promote", "1.1.0")
    assert result.code == 2
    assert f"{ID}: cannot be read" in result.err


def test_a_version_is_exported_as_text_or_as_the_published_record(
    optimizer: Run, tmp_path: Path
) -> None:
    champion(tmp_path)
    assert optimizer("prompts", "export", f"{ID}@1.1.0").out == NEW
    assert optimizer("prompts", "export", "1.1.0", "-o", "new.md").out == ""
    assert (tmp_path / "new.md").read_bytes() == NEW.encode()
    record = optimizer("prompts", "export", "1.1.0", "--json").json
    assert record.pop("format_version") == 1
    published = PromptVersion.model_validate(record)
    assert published.parent_version == "1.0.0"
    assert published.prompt.variables == ["mail"]
    result = published.optimization_result
    assert result is not None
    assert result.strategy == "structure_focus"
    assert result.improvement_score == pytest.approx(100 * 8 / 18)
    assert result.confidence == pytest.approx(1 - 0.008 / 2)
    assert result.metadata["verified"] is True


def test_a_draft_is_exported_without_a_gain(optimizer: Run, tmp_path: Path) -> None:
    version = champion(tmp_path, verdict=None)
    record = optimizer("prompts", "export", version, "--json").json
    assert record["optimization_result"]["improvement_score"] == 0
    assert record["optimization_result"]["confidence"] == 0
    assert record["optimization_result"]["metadata"]["verified"] is False


def test_prompts_are_named_by_their_place_in_the_project(optimizer: Run, tmp_path: Path) -> None:
    inner = tmp_path / "prompts" / "deeper.md"
    inner.write_text("Go deeper.")
    assert optimizer("prompts", "record", inner).code == 0
    listed = optimizer("prompts", "list")
    assert listed.out.startswith("2 prompts, 2 versions.")
    ids = {
        one["prompt_id"] for one in json.loads(optimizer("prompts", "list", "--json").out)["items"]
    }
    assert ids == {ID, "prompts/deeper.md"}


def test_an_empty_history_has_no_prompts(optimizer: Run, tmp_path: Path) -> None:
    with open_history(tmp_path / "new.duckdb", lock_timeout_s=1, now=NOW):
        pass
    result = optimizer("prompts", "list", "--store", "new.duckdb")
    assert result.out.startswith("No prompt is stored.")
    assert optimizer("prompts", "log", "--store", "new.duckdb").code == 2
