from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.history import engines, queries
from optimizer.history.engines import require_spark, with_colons
from optimizer.history.store import History, temporary_history
from optimizer.models.errors import ConfigError

NAMES = [one.name[:-4] for one in resources.files(queries).iterdir() if one.name.endswith(".sql")]


def test_only_parameters_outside_of_strings_and_comments_get_a_colon() -> None:
    text = "-- $a\nSELECT '$b', 'it''s $c', \"at\" FROM x WHERE y = $d -- and $e\nLIMIT $f"
    assert with_colons(text) == text.replace("$d", ":d").replace("$f", ":f")


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_a_query_is_changed_but_the_marker(name: str) -> None:
    text = queries.text(name)
    assert re.sub(r"(?<![\w:]):(?=[a-z])", "$", with_colons(text)) == text


@given(st.text(alphabet="abc '$-\n\"", max_size=40))
def test_as_many_characters_come_out_as_went_in(text: str) -> None:
    assert len(with_colons(text)) == len(text)


def test_a_missing_package_is_told_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="pyspark is not installed") as raised:
        require_spark()
    assert raised.value.hint == "Run: pip install 'prompt-optimizer[spark]'"


def test_a_history_is_asked_of_its_engine() -> None:
    class Counting:
        def __init__(self, history: History) -> None:
            self.asked: list[str] = []
            self.ask_history: Callable[..., object] = history.engine.ask

        def ask(self, text: str, params: object) -> object:
            self.asked.append(text)
            return self.ask_history(text, params)

    with temporary_history(datetime(2026, 1, 1, tzinfo=UTC)) as inner:
        engine = Counting(inner)
        history = History(inner.connection, engine=engine)  # type: ignore[arg-type]
        assert queries.workflows(history) == []
    assert engine.asked == [queries.text("workflows")]
