from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from optimizer.history import queries
from optimizer.history.audit import first_broken
from optimizer.history.queries.optimizing import confirmations, prompt_versions
from optimizer.history.store import History, open_history, temporary_history
from optimizer.models.errors import HistoryError, SelectionError, TransitionError
from optimizer.models.sites import PromptSite
from optimizer.models.tasks import text_sha256
from optimizer.models.versions import Confirmation, Lineage, Version, VersionState
from optimizer.pipeline.doctor import examine
from optimizer.pipeline.lifecycle import Who
from optimizer.pipeline.prompt_texts import Made
from optimizer.pipeline.prompt_versions import promote, record_made, register, roll_back
from optimizer.pipeline.select_prompt import select_version
from optimizer.prompts.extract import PatchRefused, find_sites
from optimizer.scoring_rules import ScoringRules

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ANN = Who(actor="ann", why="", at=NOW)
RULES = ScoringRules()
OLD, NEW = "Sort {mail}.\n", "Sort {mail}. Answer with one word.\n"
ID = "prompts/triage.md"


class Folder:
    """The files below a folder, as the command line reads and writes them."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, path: str) -> bytes:
        return (self.root / path).read_bytes()

    def write(self, path: str, old: bytes, new: bytes) -> None:
        assert self.read(path) == old
        (self.root / path).write_bytes(new)


@pytest.fixture
def history() -> Iterator[History]:
    with temporary_history(NOW) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    put(tmp_path, OLD.encode())
    return Folder(tmp_path)


def put(root: Path, content: bytes) -> None:
    path = root / ID
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)


def site(content: bytes) -> PromptSite:
    return find_sites(ID, content).sites[0]


def found(history: History, text: str = OLD) -> Version:
    return register(history, site(text.encode()), ANN, rules=RULES)


def look(champion: str = NEW, control: str = OLD, verdict: str = "improved") -> Confirmation:
    return Confirmation(
        optimization_id="o1",
        prompt_id=ID,
        holdout_sha256="h",
        seq=1,
        champion_sha256=text_sha256(champion),
        control_sha256=text_sha256(control),
        alpha=0.05,
        verdict=verdict,
        n=18,
        n_control_passed=9,
        n_champion_passed=17,
        n_tests=18,
        p_value=0.008,
        estimate=0.44,
        low=0.18,
        high=0.66,
        method="McNemar mid-p, Tango score interval",
        reason="better than the prompt in use",
        looked_at=NOW,
    )


def made(text: str = NEW, confirmation: Confirmation | None = None) -> Made:
    lineage = Lineage(
        strategy="auto",
        engine="own",
        proposer="rules",
        seed=7,
        n_spent=210,
        budget=300,
        train_ids=("c1",),
        validation_ids=("c2",),
        holdout_ids=("c3",),
        source_case_ids=("c1",),
        cassette_sha256="f" * 64,
    )
    return Made(text=text, lineage=lineage, optimization_id="o1", confirmation=confirmation)


def confirmed(history: History) -> Version:
    found(history)
    return record_made(history, ID, made(confirmation=look()), ANN, rules=RULES)


def states(history: History) -> dict[str, str]:
    return {one.version: str(one.state) for one in prompt_versions(history, prompt_id=ID)}


def test_what_is_found_first_is_the_baseline(history: History) -> None:
    first = found(history)
    assert (first.version, first.state, first.parent) == ("1.0.0", "baseline", None)
    assert found(history) == first
    assert len(prompt_versions(history)) == 1


def test_a_version_is_read_back_as_it_was_stored(history: History) -> None:
    stored = confirmed(history)
    assert prompt_versions(history, prompt_id=ID)[-1] == stored
    assert stored.lineage.cassette_sha256 == "f" * 64
    assert stored.text == NEW


def test_an_edit_outside_is_in_use_and_unverified(history: History) -> None:
    found(history)
    edited = found(history, "Sort {mail} well.\n")
    assert (edited.version, edited.state, edited.parent) == ("1.0.1", "baseline", "1.0.0")
    assert edited.lineage.why == "edited outside, unverified"
    assert states(history) == {"1.0.0": "retired", "1.0.1": "baseline"}


def test_an_edit_outside_that_loses_a_variable_is_a_major_version(history: History) -> None:
    found(history)
    assert found(history, "Sort it.\n").version == "2.0.0"


def test_an_edit_back_names_the_version_whose_text_it_is(history: History) -> None:
    found(history)
    found(history, "Sort {mail} well.\n")
    assert found(history).lineage.why == "edited outside, unverified: the text of 1.0.0"
    assert states(history)["1.0.2"] == "baseline"


def test_a_confirmed_version_that_somebody_put_into_the_file_is_in_force(history: History) -> None:
    confirmed(history)
    assert found(history, NEW).state is VersionState.IN_FORCE
    assert states(history) == {"1.0.0": "retired", "2.0.0": "in_force"}


def test_a_confirmed_champion_is_raised_by_its_lower_bound(history: History) -> None:
    assert confirmed(history).version == "2.0.0"  # 18 points at least
    assert confirmations(history, prompt_id=ID, holdout_sha256="h") == [look()]


def test_what_an_optimization_made_is_stored_once(history: History) -> None:
    assert confirmed(history) == record_made(
        history, ID, made(confirmation=look()), ANN, rules=RULES
    )
    assert len(confirmations(history)) == 1


def test_drafts_and_refused_champions_are_patches(history: History) -> None:
    found(history)
    draft = record_made(history, ID, made("Sort {mail} fast.\n"), ANN, rules=RULES)
    refused = record_made(
        history, ID, made(confirmation=look(verdict="inconclusive")), ANN, rules=RULES
    )
    assert (draft.version, draft.state) == ("1.0.1", "draft")
    assert (refused.version, refused.state) == ("1.0.2", "refused")
    assert states(history)["1.0.0"] == "baseline"


def test_promoting_writes_the_file_and_retires_the_one_before(
    history: History, folder: Folder
) -> None:
    confirmed(history)
    moved = promote(history, "2.0.0", ANN, files=folder)
    assert folder.read(ID) == NEW.encode()
    assert states(history) == {"1.0.0": "retired", "2.0.0": "in_force"}
    assert (moved.path, moved.retired) == (ID, "1.0.0")


def test_recording_only_leaves_the_file(history: History, folder: Folder) -> None:
    confirmed(history)
    moved = promote(history, f"{ID}@2.0.0", ANN, files=None)
    assert folder.read(ID) == OLD.encode()
    assert moved.path is None
    assert states(history)["2.0.0"] == "in_force"


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("baseline", "in use already"),
        ("draft", "unverified draft"),
        ("refused", "held-out tests refused it"),
        ("in_force", "in use already"),
        ("retired", "it is retired"),
    ],
)
def test_nothing_but_a_confirmed_version_is_promoted(
    history: History, folder: Folder, state: str, said: str
) -> None:
    number = "2.0.0"
    if state in ("baseline", "retired"):
        confirmed(history)
        number = "1.0.0"
        if state == "retired":
            promote(history, "2.0.0", ANN, files=folder)
    elif state == "in_force":
        confirmed(history)
        promote(history, "2.0.0", ANN, files=folder)
    else:
        found(history)
        refusal = look(verdict="inconclusive") if state == "refused" else None
        number = record_made(history, ID, made(confirmation=refusal), ANN, rules=RULES).version
    before, content = states(history), folder.read(ID)
    with pytest.raises(TransitionError, match=said):
        promote(history, number, ANN, files=folder)
    assert states(history) == before
    assert folder.read(ID) == content


def test_a_version_held_against_another_prompt_is_not_promoted(
    history: History, folder: Folder
) -> None:
    confirmed(history)
    found(history, "Sort {mail} well.\n")
    with pytest.raises(TransitionError, match=r"held against another prompt than 1\.0\.1"):
        promote(history, "2.0.0", ANN, files=folder)


def test_a_file_that_was_changed_meanwhile_is_not_overwritten(
    history: History, folder: Folder
) -> None:
    confirmed(history)
    put(folder.root, b"Somebody else's {mail} work.\n")
    with pytest.raises(PatchRefused, match="changed meanwhile"):
        promote(history, "2.0.0", ANN, files=folder)
    assert folder.read(ID) == b"Somebody else's {mail} work.\n"
    assert states(history) == {"1.0.0": "baseline", "2.0.0": "confirmed"}


def test_a_file_that_cannot_be_written_promotes_nothing(history: History, folder: Folder) -> None:
    class Full(Folder):
        def write(self, path: str, old: bytes, new: bytes) -> None:
            raise OSError("no space left")

    confirmed(history)
    with pytest.raises(OSError, match="no space"):
        promote(history, "2.0.0", ANN, files=Full(folder.root))
    assert states(history) == {"1.0.0": "baseline", "2.0.0": "confirmed"}


@pytest.mark.parametrize(
    "content",
    [
        b"Sort {mail}.\n",
        b"\xef\xbb\xbfSort {mail}.\r\nBriefly.\r\n",
        b"Sort {mail}.",
        "Sort {mail}.\n\u202eabc \u00e9\n\n\n".encode(),
    ],
)
def test_rolling_back_restores_the_file_byte_for_byte(
    history: History, folder: Folder, content: bytes
) -> None:
    put(folder.root, content)
    old = register(history, site(content), ANN, rules=RULES)
    confirmation = look(control=old.text)
    version = record_made(history, ID, made(confirmation=confirmation), ANN, rules=RULES)
    promote(history, version.version, ANN, files=folder)
    assert folder.read(ID) != content
    moved = roll_back(history, ID, "1.0.0", ANN, files=folder)
    assert folder.read(ID) == content
    assert moved.version.prompt_sha256 == old.prompt_sha256
    assert (moved.version.state, moved.version.bump) == ("in_force", "patch")
    assert moved.version.why_bump == "rollback to 1.0.0"
    assert states(history)[version.version] == "retired"


def test_a_rollback_is_a_new_patch_of_the_version_in_use(history: History, folder: Folder) -> None:
    confirmed(history)
    promote(history, "2.0.0", ANN, files=folder)
    assert roll_back(history, ID, "1.0.0", ANN, files=folder).version.version == "2.0.1"
    assert states(history) == {"1.0.0": "retired", "2.0.0": "retired", "2.0.1": "in_force"}


@pytest.mark.parametrize("verdict", [None, "improved", "inconclusive"])
def test_a_rollback_goes_to_nothing_that_was_never_in_use(
    history: History, folder: Folder, verdict: str | None
) -> None:
    found(history)
    confirmation = look(verdict=verdict) if verdict else None
    version = record_made(history, ID, made(confirmation=confirmation), ANN, rules=RULES)
    with pytest.raises(TransitionError, match="never in use"):
        roll_back(history, ID, version.version, ANN, files=folder)


def test_a_rollback_to_the_text_in_use_is_refused(history: History, folder: Folder) -> None:
    found(history)
    with pytest.raises(TransitionError, match="in use already"):
        roll_back(history, ID, "1.0.0", ANN, files=folder)


def test_every_step_has_its_line_in_the_audit_log(history: History, folder: Folder) -> None:
    confirmed(history)
    promote(history, "2.0.0", ANN, files=folder)
    roll_back(history, ID, "1.0.0", replace(ANN, why="users complain"), files=folder)
    entries = queries.audit(history, subject=ID)
    assert [one.action for one in entries] == [
        "prompt.recorded",
        "prompt.recorded",
        "prompt.looked",
        "prompt.moved",
        "prompt.moved",
        "prompt.moved",
        "prompt.moved",
        "prompt.recorded",
    ]
    assert "rollback to 1.0.0: users complain" in entries[-2].detail
    assert first_broken(queries.audit(history)) is None


@pytest.mark.parametrize(
    ("selector", "number"), [(ID, "1.0.0"), (f"{ID}@2.0.0", "2.0.0"), ("2.0.0", "2.0.0")]
)
def test_a_version_is_found_by_what_a_user_calls_it(
    history: History, selector: str, number: str
) -> None:
    confirmed(history)
    assert select_version(history, selector).version == number


def test_a_number_alone_is_not_enough_where_several_prompts_are_stored(history: History) -> None:
    found(history)
    other = replace(site(b"Other\n"), prompt_id="b@2.md")
    register(history, other, ANN, rules=RULES)
    with pytest.raises(SelectionError, match="2 prompts are stored"):
        select_version(history, "1.0.0")
    assert select_version(history, "1.0.0", prompt_id=ID).prompt_id == ID
    assert select_version(history, "b@2.md").prompt_id == "b@2.md"
    assert select_version(history, "b@2.md@1.0.0").prompt_id == "b@2.md"


@pytest.mark.parametrize("selector", ["nowhere.md", f"{ID}@9.9.9", "9.9.9", "nowhere.md@1.0.0"])
def test_a_version_that_is_not_there_is_named(history: History, selector: str) -> None:
    found(history)
    with pytest.raises(SelectionError):
        select_version(history, selector)


def test_another_text_under_the_hash_of_a_version_is_not_taken_for_it(history: History) -> None:
    found(history)
    history.connection.execute("UPDATE prompts SET text = 'other'")
    with pytest.raises(HistoryError, match="its text is not what was stored"):
        prompt_versions(history)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("UPDATE prompt_versions SET body = '{'", "cannot be decoded"),
        ("UPDATE prompt_versions SET state = 'loved'", "cannot be decoded"),
        ("UPDATE prompt_versions SET state = 'in_force'", "2 versions of prompt"),
        ("DELETE FROM prompts", "its text is not stored"),
        ("DELETE FROM prompt_versions WHERE version = '1.0.0'", "made of a version that is not"),
        ("INSERT INTO prompt_versions FROM prompt_versions", "is found 2 times"),
        ("UPDATE confirmations SET body = 'x'", "held-out tests of optimization o1"),
    ],
)
def test_doctor_names_what_is_damaged(tmp_path: Path, damage: str, said: str) -> None:
    store = tmp_path / "history.duckdb"
    with open_history(store, lock_timeout_s=1, now=NOW) as history:
        confirmed(history)
    assert all(one.ok for one in examine(store, lock_timeout_s=1))
    with open_history(store, lock_timeout_s=1, now=NOW) as history:
        history.connection.execute(damage)
    bad = [one.text for one in examine(store, lock_timeout_s=1) if not one.ok]
    assert said in " ".join(bad)
