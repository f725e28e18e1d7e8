from __future__ import annotations

from pathlib import Path

import pytest

TABLE = "case_id,success\na,true\nb,false\n"


@pytest.fixture
def folder(tmp_path):
    found = tmp_path / "in"
    found.mkdir()
    (found / "settings.yaml").write_text("a: 1\n")
    (found / "sales.csv").write_text("day,sum\nmonday,3\n")
    (found / "blank.xml").write_text("\n")
    return found


def test_what_is_no_result_is_left_out_of_a_folder_with_one_line(optimizer, folder):
    (folder / "table.csv").write_text(TABLE)
    done = optimizer("ingest", "in", "--store", "s.duckdb")
    assert done.code == 0
    assert done.out.startswith("stored 1 run (2 tasks) from 1 file; 3 left out.")
    names = ", ".join(
        str(Path("in") / name) for name in ("blank.xml", "sales.csv", "settings.yaml")
    )
    assert done.err == f"left out, as no format is recognized: {names}\n"


def test_a_folder_of_which_everything_is_left_out_is_no_success(optimizer, folder):
    assert optimizer("ingest", "in", "--store", "s.duckdb").code == 2


def test_what_is_no_result_is_refused_when_it_is_named(optimizer, folder):
    (folder / "table.csv").write_text(TABLE)
    done = optimizer("ingest", "-k", "in", "in/sales.csv", "--store", "s.duckdb")
    assert done.code == 2
    assert done.out.startswith("stored 1 run (2 tasks) from 1 file; 2 left out; 1 rejected.")


def test_a_damaged_result_in_a_folder_is_not_left_out(optimizer, folder):
    (folder / "table.csv").write_text("case_id,success\na,perhaps\n")
    done = optimizer("ingest", "-k", "in", "--store", "s.duckdb")
    assert done.code == 2
    assert "line 2: success: found 'perhaps'" in done.out


@pytest.mark.parametrize(
    "command", [("ingest", "--store", "s.duckdb"), ("lake", "publish", "--lake", "l")]
)
def test_files_behind_a_bad_one_are_not_passed_over_in_silence(optimizer, folder, command):
    (folder / "a.json").write_text('{"task_results": 3}')
    (folder / "b.csv").write_text(TABLE)
    done = optimizer(*command, "in/a.json", "in/b.csv", "in/sales.csv")
    assert done.code == 2
    assert done.out.startswith("1 rejected; 2 files behind it not reached.")
    assert "Add --keep-going" in done.out
    again = optimizer(*command, "-k", "in/a.json", "in/b.csv", "in/sales.csv")
    assert "(2 tasks) from 1 file; 2 rejected." in again.out
    assert "--keep-going" not in again.out
