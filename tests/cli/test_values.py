from __future__ import annotations

import io
import math
import sys
from pathlib import Path

import pytest

from cli.values import read_values
from optimizer.models.errors import ConfigError


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "runs.csv"
    path.write_text("case,score_a,passed,note\nc1,0.5,true,\nc2,1e-3,False,later\n", "utf-8")
    return path


def one(word: str) -> object:
    values = read_values([word])
    return values.positional[0] if values.positional else next(iter(values.named.values()))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("6", 6),
        ("0.95", 0.95),
        (".5", 0.5),
        ("-1e-3", -0.001),
        ("inf", math.inf),
        ("true", True),
        ("False", False),
        ("null", None),
        ("exact", "exact"),
        ("", ""),
        ("[0.1, 0.2]", [0.1, 0.2]),
        ("[[3,1],[1,3]]", [[3, 1], [1, 3]]),
        ("0.1,0.2", [0.1, 0.2]),
        ('"6"', "6"),
        ("a,b", "a,b"),
        ("a=b", "a=b"),
    ],
)
def test_a_value_is_what_it_looks_like(text: str, value: object) -> None:
    assert one(f"name={text}") == value


def test_values_without_a_name_keep_their_order() -> None:
    values = read_values(["6", "level=0.9", "[1, 2]"])
    assert values.positional == (6, [1, 2])
    assert values.named == {"level": 0.9}


def test_a_name_is_given_once() -> None:
    with pytest.raises(ConfigError, match="b: given twice"):
        read_values(["b=1", "b=2"])


def test_a_column_is_numbers_truth_values_or_texts(table: Path) -> None:
    assert one(f"first=@{table}:score_a") == [0.5, 0.001]
    assert one(f"@{table}:passed") == [True, False]
    assert one(f"families=@{table}:case") == ["c1", "c2"]


def test_an_empty_cell_is_no_number(table: Path) -> None:
    assert one(f"@{table}:note") == [None, "later"]


def test_names_that_look_like_numbers_stay_names_among_names(tmp_path: Path) -> None:
    path = tmp_path / "families.csv"
    path.write_text("family,score\n01,0.5\nb,0.25\nc,n/a\n", "utf-8")
    assert one(f"@{path}:family") == ["01", "b", "c"]
    assert one(f"@{path}:score") == [0.5, 0.25, "n/a"]


def test_an_unknown_column_names_those_that_are_there(table: Path) -> None:
    with pytest.raises(ConfigError, match="'score_b': not there, expected one of case, score_a"):
        one(f"@{table}:score_b")


def test_a_table_may_be_separated_by_tabs_and_begin_with_a_mark(tmp_path: Path) -> None:
    path = tmp_path / "runs.tsv"
    path.write_bytes("\ufeffa\tb\n1\t2\n".encode())
    assert one(f"@{path}:a") == [1.0]


def test_a_key_leads_into_json(tmp_path: Path) -> None:
    path = tmp_path / "data.json"
    path.write_text('{"arms": {"A": [1, 2]}, "rows": [{"s": 3}, {"s": 4}]}', "utf-8")
    assert one(f"@{path}:arms.A") == [1, 2]
    assert one(f"@{path}:rows.s") == [3, 4]
    with pytest.raises(ConfigError, match="key 'B': not there, found A"):
        one(f"@{path}:arms.B")
    with pytest.raises(ConfigError, match="key 'x': not there, found a list"):
        one(f"@{path}:arms.A.x")


def test_a_key_of_json_lines_is_a_column(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text('{"s": 1}\n\n{"s": 2}\n', "utf-8")
    assert one(f"@{path}:s") == [1, 2]
    assert one(f"@{path}") == [{"s": 1}, {"s": 2}]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("data.json", '{"a": ', "line 1, column 7"),
        ("data.jsonl", '{"a": 1}\n{', "data.jsonl:2: line 1, column 2"),
        ("data.json", "[" * 100_000, "nested too deeply"),
        ("data.txt", "1", "expected one that ends in .csv, .tsv, .json, .jsonl"),
        ("empty.csv", "", "expected one of no columns"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=message):
        one(f"@{tmp_path / name}:a")


def test_a_file_that_is_not_there_or_no_text_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        one(f"@{tmp_path / 'none.csv'}:a")
    (tmp_path / "bad.csv").write_bytes(b"a\n\xff\n")
    with pytest.raises(ConfigError, match="byte 2 is not UTF-8"):
        one(f"@{tmp_path / 'bad.csv'}:a")


def test_an_object_gives_values_and_the_words_come_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "data.json"
    path.write_text('{"b": 6, "c": 16}', "utf-8")
    assert read_values(["c=5"], str(path)).named == {"b": 6, "c": 5}
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"k": 1}')))
    assert read_values([], "-").named == {"k": 1}


def test_a_list_is_no_object_of_values(tmp_path: Path) -> None:
    path = tmp_path / "data.json"
    path.write_text("[6, 16]", "utf-8")
    with pytest.raises(ConfigError, match="found a list, expected an object"):
        read_values([], str(path))
