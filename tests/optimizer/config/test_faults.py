from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import Field

from optimizer.config.layers import flags, merge
from optimizer.config.load import load, validated
from optimizer.models.errors import ConfigError
from optimizer.models.settings import Settings


def error(
    folder: Path, toml: str = "", environ: Mapping[str, str] | None = None, *overrides: str
) -> ConfigError:
    (folder / "optimizer.toml").write_text(toml)
    with pytest.raises(ConfigError) as caught:
        load(start=folder, environ=environ or {}, overrides=overrides)
    return caught.value


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("scoring.min_success_rate = 1.5", "1.5, must be less than or equal to 1"),
        ("scoring.min_success_rate = nan", "NaN, must be less than or equal to 1"),
        ("ingest.redact = 'perhaps'", '"perhaps", must be a valid boolean'),
        ("ingest.max_faults = 'many'", '"many", must be a valid integer'),
        (
            "ingest.assume_timezone = ''",
            '"", must be refuse or a time zone such as UTC or Europe/Berlin',
        ),
        ("ingest.redact_patterns = 'x'", '"x", must be a list'),
        ("ingest = 3", "3, must be a section of settings"),
        ("store.raw = 'all'", "\"all\", must be 'blob', 'reference' or 'none'"),
        ("store.raw = 1979-05-27", "\"1979-05-27\", must be 'blob', 'reference' or 'none'"),
        ("ingest.redact = { x = 1 }", "a table, must be a valid boolean"),
        ("scoring.max_cost_per_request = inf", "must be a finite number"),
        ("ingest.max_faults = true", "must be a finite number"),
    ],
)
def test_a_value_that_is_not_allowed_is_named(tmp_path: Path, setting: str, expected: str) -> None:
    key = setting.partition(" = ")[0]
    assert str(error(tmp_path, setting)) == f"optimizer.toml:1: {key}: {expected}"


def test_all_faults_are_listed_each_with_its_origin(tmp_path: Path) -> None:
    found = error(
        tmp_path,
        "[ingest]\nredact = 7\nmax_fault = 3\n",
        {"OPTIMIZER_SCORING__MIN_SUCCESS_RATE": "80"},
        "store.excerpt_chars=0",
    )
    assert str(found).splitlines() == [
        "optimizer.toml:2: ingest.redact: 7, must be a valid boolean",
        "optimizer.toml:3: ingest.max_fault: unknown key",
        "--set: store.excerpt_chars: 0, must be greater than or equal to 1",
        "OPTIMIZER_SCORING__MIN_SUCCESS_RATE: scoring.min_success_rate: "
        "80, must be less than or equal to 1",
    ]
    assert found.hint == "Did you mean max_faults?"


def test_a_file_elsewhere_is_named_in_full(tmp_path: Path) -> None:
    (tmp_path / "optimizer.toml").write_text("[ingest]\nmax_faults = 0")
    (tmp_path / "below").mkdir()
    with pytest.raises(ConfigError) as caught:
        load(start=tmp_path / "below", environ={})
    assert str(caught.value).startswith(f"{tmp_path / 'optimizer.toml'}:2: ingest.max_faults: 0")


def test_a_fault_of_several_keys_names_all_their_places(tmp_path: Path) -> None:
    found = error(tmp_path, "[store]\npayloads = 'none'", {"OPTIMIZER_STORE__RAW": "blob"})
    assert str(found).startswith("optimizer.toml:1, OPTIMIZER_STORE__RAW: store: payloads = none")


def test_a_place_is_named_once(tmp_path: Path) -> None:
    found = error(tmp_path, "", {}, "store.payloads=none", "store.raw=blob")
    assert str(found).startswith("--set: store: payloads = none")


def test_a_fault_inside_a_list_names_the_item_and_its_line(tmp_path: Path) -> None:
    item = "[[ingest.failure_patterns]]\nreason = 'a'\nkind = 'api'\npattern = '{}'\n"
    found = error(tmp_path, item.format("ok") + item.format("["))
    assert str(found).startswith(
        'optimizer.toml:8: ingest.failure_patterns[1].pattern: "[", not a regular expression: '
    )


def test_what_a_list_item_lacks_or_has_too_much_is_named(tmp_path: Path) -> None:
    found = error(tmp_path, "[[ingest.failure_patterns]]\nreason = 'a'\nkind = 'api'\npatern = 'x'")
    assert str(found).splitlines() == [
        "optimizer.toml:1: ingest.failure_patterns[0].pattern: missing",
        "optimizer.toml:4: ingest.failure_patterns[0].patern: unknown key",
    ]
    assert found.hint == "Did you mean pattern?"


def test_an_unknown_key_of_a_flag_or_a_variable_is_refused(tmp_path: Path) -> None:
    found = error(tmp_path, "", {"OPTIMIZER_INGEST__REDAKT": "0"}, "scorin.min_confidence=1")
    assert str(found).splitlines() == [
        "OPTIMIZER_INGEST__REDAKT: ingest.redakt: unknown key",
        "--set: scorin: unknown key",
    ]
    assert found.hint == "Did you mean ingest.redact, scoring?"


@pytest.mark.parametrize(
    ("setting", "hint"),
    [
        ("scoring.min_sucess_rate = 1", "Did you mean min_success_rate?"),
        ("ingst = {}", "Did you mean ingest?"),
        ("min_success_rate = 1", "Did you mean scoring.min_success_rate?"),
        ("ingest.excerpt_chars = 1", "Did you mean store.excerpt_chars?"),
    ],
)
def test_an_unknown_key_comes_with_a_suggestion(tmp_path: Path, setting: str, hint: str) -> None:
    assert error(tmp_path, setting).hint == hint


@pytest.mark.parametrize(
    ("setting", "hint"),
    [
        ("zzz = 1", "Use one of the sections: ingest, "),
        ("store.zzz = 1", "Use one of the keys of store: raw, "),
    ],
)
def test_an_unknown_key_like_no_other_comes_with_what_there_is(
    tmp_path: Path, setting: str, hint: str
) -> None:
    assert (error(tmp_path, setting).hint or "").startswith(hint)


def test_a_bad_value_alone_has_no_hint(tmp_path: Path) -> None:
    assert error(tmp_path, "ingest.max_faults = 0").hint is None


def test_a_number_too_long_to_read_is_refused(tmp_path: Path) -> None:
    line = str(error(tmp_path, f"ingest.max_faults = {'9' * 5000}"))
    assert line.startswith("optimizer.toml: exceeds the limit")


def test_a_long_value_is_shortened(tmp_path: Path) -> None:
    line = str(error(tmp_path, f"ingest.redact = '{'x' * 500}'"))
    assert len(line) < 130
    assert "..., must be a valid boolean" in line


class Inner(Settings):
    """Inner settings."""

    weights: Mapping[str, Annotated[float, Field(ge=0)]] = {"a": 1.0}
    """Weights."""

    limit: int | list[int] = 3
    """Limit."""


class Tree(Settings):
    """A tree with what the real one does not have."""

    inner: Inner = Inner()


def given(*overrides: str) -> Tree:
    return validated(Tree, merge(flags(overrides), frozenset({("inner",)})))


def test_open_tables_are_merged_among_layers_and_replaced_by_an_empty_one() -> None:
    assert given("inner.weights.b=2", "inner.weights.c=3").inner.weights == {"b": 2, "c": 3}
    assert given("inner.weights.b=2", "inner.weights={}").inner.weights == {}


def test_a_fault_of_an_open_table_names_its_key() -> None:
    with pytest.raises(ConfigError, match=r"^--set: inner\.weights\.b: -1, must be greater than"):
        given("inner.weights.b=-1")


def test_the_options_of_a_union_are_not_part_of_the_key() -> None:
    with pytest.raises(ConfigError) as caught:
        given('inner.limit="x"')
    assert str(caught.value).splitlines() == [
        '--set: inner.limit: "x", must be a valid integer',
        '--set: inner.limit: "x", must be a list',
    ]


def test_a_later_value_replaces_an_earlier_table() -> None:
    with pytest.raises(ConfigError, match=r"^--set: inner\.weights: 3, must be a table$"):
        given("inner.weights.b=1", "inner.weights=3")
