from __future__ import annotations

import os
from pathlib import Path

import pytest

from executor_bridge import expand, found
from optimizer.models.errors import FormatError


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    for name in (
        "b.json",
        "a.jsonl",
        "deep/er/c.json.gz",
        "deep/d.json.zst",
        "deep/e.jsonl.gz",
        "deep/f.jsonl.zst",
        "deep/notes.txt",
        ".hidden/g.json",
        "deep/.h.json",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)


def test_a_folder_stands_for_the_result_files_below_it():
    below = ["deep/d.json.zst", "deep/e.jsonl.gz", "deep/f.jsonl.zst", "deep/er/c.json.gz"]
    assert expand(["deep"]) == below
    assert expand(["."]) == ["./a.jsonl", "./b.json", *[f"./{path}" for path in below]]


def test_files_of_other_kinds_in_a_folder_may_be_something_else():
    for name in ("t.csv", "t.tsv.gz", "t.parquet", "t.yaml", "t.xml.zst", "t.eval", "t.py"):
        (Path("empty") / name).touch()
    sought = {file.path: file.may_be_other for file in found(["empty", "b.json"])}
    assert sought.pop("b.json") is False
    assert sought == {
        f"empty/t.{kind}": True for kind in ("csv", "eval", "parquet", "tsv.gz", "xml.zst", "yaml")
    }


def test_a_file_that_is_named_as_well_as_found_is_meant():
    (Path("empty") / "t.csv").touch()
    for asked in (["empty", "empty/t.csv"], ["empty/t.csv", "empty"], ["empty/*.csv"]):
        assert [file.may_be_other for file in found(asked)] == [False]


def test_a_file_stands_for_itself_whatever_its_name():
    assert expand(["deep/notes.txt", "b.json", "-"]) == ["deep/notes.txt", "b.json", "-"]


def test_a_pattern_is_expanded():
    assert expand(["*.json*"]) == ["a.jsonl", "b.json"]
    assert expand(["**/*.zst"]) == ["deep/d.json.zst", "deep/f.jsonl.zst"]
    assert expand(["d*p"]) == expand(["deep"])


def test_a_file_with_a_pattern_for_a_name_stands_for_itself():
    Path("[x].json").touch()
    assert expand(["[x].json"]) == ["[x].json"]


def test_each_file_comes_once():
    assert expand(["b.json", "*.json", "b.json"]) == ["b.json"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("nowhere.json", "no such file or folder"),
        ("*.csv", "a pattern that matches no result file"),
        ("empty", "a folder with no result file"),
    ],
)
def test_nothing_found_is_refused(asked, found):
    with pytest.raises(FormatError) as caught:
        expand(["b.json", asked])
    assert str(caught.value).startswith(f"{asked}: path: found {found}, expected files named")


def test_a_pipe_or_a_device_in_a_folder_is_left_out(tmp_path):
    odd = tmp_path / "odd"
    odd.mkdir()
    os.mkfifo(odd / "pipe.json")
    (odd / "zero.json").symlink_to("/dev/zero")
    (odd / "run.json").write_text("{}")
    assert expand([str(odd)]) == [str(odd / "run.json")]
