from __future__ import annotations

import json
import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.config.load import Loaded, load
from optimizer.config.tree import DEFAULTS
from optimizer.models.errors import ConfigError


def loaded(
    folder: Path, toml: str = "", environ: Mapping[str, str] | None = None, *overrides: str
) -> Loaded:
    (folder / "optimizer.toml").write_text(toml)
    return load(start=folder, environ=environ or {}, overrides=overrides)


def test_nothing_given_is_the_defaults(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    result = load(start=tmp_path, environ={})
    assert result.config == DEFAULTS
    assert set(result.origins.values()) == {"default"}
    assert result.files == ()


values = st.none() | st.integers(min_value=1, max_value=1000)


@given(values, values, values, values)
def test_the_highest_layer_wins(
    tmp_path_factory: pytest.TempPathFactory,
    in_file: int | None,
    in_environ: int | None,
    first_flag: int | None,
    second_flag: int | None,
) -> None:
    folder = tmp_path_factory.mktemp("layers")
    result = loaded(
        folder,
        "" if in_file is None else f"[ingest]\nmax_faults = {in_file}",
        {} if in_environ is None else {"OPTIMIZER_INGEST__MAX_FAULTS": str(in_environ)},
        *(f"ingest.max_faults={n}" for n in (first_flag, second_flag) if n is not None),
    )
    ladder = [
        (DEFAULTS.ingest.max_faults, "default"),
        (in_file, f"{folder / 'optimizer.toml'}:2"),
        (in_environ, "OPTIMIZER_INGEST__MAX_FAULTS"),
        (first_flag, "--set"),
        (second_flag, "--set"),
    ]
    value, origin = [(value, origin) for value, origin in ladder if value is not None][-1]
    assert result.config.ingest.max_faults == value
    assert result.origins["ingest.max_faults"] == origin


def test_layers_that_set_different_keys_add_up(tmp_path: Path) -> None:
    result = loaded(
        tmp_path,
        "[ingest]\nmax_faults = 5\n[scoring]\nmin_success_rate = 0.5",
        {"OPTIMIZER_INGEST__REDACT": "false"},
        "ingest.trust_statistics=true",
    )
    assert result.config.ingest.max_faults == 5
    assert result.config.ingest.redact is False
    assert result.config.ingest.trust_statistics is True
    assert result.config.scoring.min_success_rate == 0.5


def test_a_section_given_as_a_json_table_adds_to_the_lower_layers(tmp_path: Path) -> None:
    result = loaded(tmp_path, "[ingest]\nmax_faults = 5", {}, 'ingest={"redact": false}')
    assert (result.config.ingest.max_faults, result.config.ingest.redact) == (5, False)


def test_a_list_replaces_the_lower_list(tmp_path: Path) -> None:
    result = loaded(
        tmp_path,
        '[ingest]\nredact_patterns = ["a", "b"]',
        {"OPTIMIZER_INGEST__REDACT_PATTERNS": '["c"]'},
    )
    assert result.config.ingest.redact_patterns == ("c",)


def test_an_empty_section_leaves_lower_layers_and_origins_alone(tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text("[ingest]\nmax_faults = 5")
    (tmp_path / "two.yaml").write_text("ingest:\nscoring: {}\n")
    result = load(start=tmp_path, environ={}, files=[Path("one.toml"), Path("two.yaml")])
    assert result.config.ingest.max_faults == 5
    assert result.origins["ingest.redact"] == "default"
    assert result.files == (tmp_path / "one.toml", tmp_path / "two.yaml")


def test_a_later_file_wins_and_named_files_stop_the_search(tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text("[ingest]\nmax_faults = 1")
    (tmp_path / "two.toml").write_text("[ingest]\nmax_faults = 2")
    (tmp_path / "optimizer.toml").write_text("[ingest]\nredact = false")
    result = load(start=tmp_path, environ={}, files=[Path("one.toml"), tmp_path / "two.toml"])
    assert result.config.ingest.max_faults == 2
    assert result.config.ingest.redact is True


def test_variables_may_be_lower_case(tmp_path: Path) -> None:
    result = loaded(tmp_path, "", {"optimizer_ingest__max_faults": "7"})
    assert result.config.ingest.max_faults == 7
    assert result.origins["ingest.max_faults"] == "optimizer_ingest__max_faults"


def test_variables_without_a_section_are_not_settings(tmp_path: Path) -> None:
    environ = {"OPTIMIZER_STORE": "h.duckdb", "OPTIMIZER_LOG": "debug", "OPTIMIZER_X": "1"}
    assert loaded(tmp_path, "", environ).config == DEFAULTS


@pytest.mark.parametrize("text", ["3", "true", "1.50", "[1]", "null", "NaN"])
def test_a_text_setting_takes_what_looks_like_json_as_written(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(f'assume_timezone: "{text}", must be')):
        loaded(tmp_path, "", {}, f"ingest.assume_timezone={text}", "ingest.max_faults=3")


def test_a_flag_keeps_further_equals_signs(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match='assume_timezone: "a=b", must be'):
        loaded(tmp_path, "", {}, "ingest.assume_timezone=a=b")


def test_every_key_has_an_origin(tmp_path: Path) -> None:
    origins = loaded(tmp_path).origins
    assert "ingest.failure_patterns" in origins
    assert "scoring.min_success_rate" in origins
    assert "ingest" not in origins


def test_the_hash_is_of_the_values_not_of_their_origin(tmp_path: Path) -> None:
    by_file = loaded(tmp_path, "[scoring]\nmin_success_rate = 1")
    by_flag = loaded(tmp_path, "", {}, "scoring.min_success_rate=1.0")
    assert by_file.sha256 == by_flag.sha256 != loaded(tmp_path).sha256


def test_the_hash_is_of_the_canonical_json(tmp_path: Path) -> None:
    result = loaded(tmp_path)
    text = json.dumps(result.config.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    assert result.sha256 == sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("flag", ["ingest.redact", "=1", ".redact=1", "ingest.=1", "a..b=1", ""])
def test_a_malformed_flag_is_refused(tmp_path: Path, flag: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, "", {}, flag, "no")
    first, second = str(caught.value).splitlines()
    assert first == f'--set: "{flag}", expected section.key=value'
    assert second == '--set: "no", expected section.key=value'


@pytest.mark.parametrize("name", ["OPTIMIZER_INGEST__", "OPTIMIZER___REDACT"])
def test_a_variable_with_an_empty_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=f"^{name}: a name is empty, expected OPTIMIZER_SECTION"):
        loaded(tmp_path, "", {name: "1"})
