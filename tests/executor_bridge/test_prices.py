from __future__ import annotations

import json
from datetime import date

import pytest
import yaml
from genai_prices import Usage as Theirs
from genai_prices import calc_price

from executor_bridge.price_tables import GenaiPrices, Usage, UserPrices
from optimizer.models.errors import FormatError

TABLE = {
    "date": date(2026, 11, 1),
    "models": {
        "m": {"input": 2.0, "output": 10.0, "cached_input": 0.5},
        "p/m": {"input": 4.0, "output": 20.0},
    },
}


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "prices.yaml"
    path.write_text(yaml.safe_dump(TABLE))
    return path


def run_with(native, *, cost=None, tokens_in=1000, tokens_out=100, run=None, **metadata):
    told = {"tokens_in": tokens_in, "tokens_out": tokens_out, **metadata}
    result = native.result(cost=cost)
    return native.run(native.task(test_result=result, metadata=told), metadata=run or {})


def cost(native, content, table):
    (row,) = native.rows(content, price=True, prices=table)
    return row.cost_usd, row.origin and row.origin.cost_source


def test_a_cost_is_derived_and_marked_with_the_date_of_the_table(native, table):
    content = run_with(native, model="m")
    assert cost(native, content, table) == (
        pytest.approx((1000 * 2 + 100 * 10) / 1e6),
        "prices.yaml of 2026-11-01",
    )
    (warning,) = native.header(content, price=True, prices=table).warnings
    assert warning == "cost of 1 task derived from tokens by prices.yaml of 2026-11-01"


def test_nothing_is_derived_unless_asked_for(native):
    (row,) = native.rows(run_with(native, model="m"))
    assert (row.cost_usd, row.origin) == (None, None)


def test_the_price_of_a_provider_goes_before_that_of_the_model(native, table):
    content = run_with(native, model="m", provider="p")
    assert cost(native, content, table)[0] == pytest.approx((1000 * 4 + 100 * 20) / 1e6)


def test_tokens_from_the_providers_cache_have_their_own_price(native, table):
    content = run_with(native, model="m", origin={"tokens_cached": 400})
    assert cost(native, content, table)[0] == pytest.approx((600 * 2 + 400 * 0.5 + 1000) / 1e6)


def test_a_recorded_cost_is_never_touched(native, table):
    assert cost(native, run_with(native, cost=0.25, model="m"), table) == (0.25, None)
    assert cost(native, run_with(native, cost=0.0, model="m"), table) == (0.0, None)


def test_an_answer_from_the_runners_cache_is_not_priced(native, table):
    assert cost(native, run_with(native, model="m", cached=True), table) == (None, None)


def test_an_unknown_model_has_no_price_and_is_named(native, table):
    content = run_with(native, model="other")
    assert cost(native, content, table) == (None, None)
    (warning,) = native.header(content, price=True, prices=table).warnings
    assert warning == "cost of 1 task unknown: no price for other"


def test_without_a_model_or_tokens_there_is_no_price(native, table):
    content = run_with(native)
    assert cost(native, content, table) == (None, None)
    (warning,) = native.header(content, price=True, prices=table).warnings
    assert warning == "cost of 1 task unknown: no model, or no tokens in and out"
    assert cost(native, run_with(native, model="m", tokens_in=None), table) == (None, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("models: {}", "date: expected"),
        ("date: 2026-01-01\nmodels: {m: {input: -1, output: 1}}", "models.m.input: found -1"),
        ("date: 2026-01-01\nmodels: {m: {input: 1}}", "models.m.output: expected"),
        ("date: 2026-01-01\nmodels: {m: {input: .inf, output: 1}}", "models.m.input: found inf"),
        ("date: 2026-01-01\nmodel: {}", "model: found {}"),
        ("[", "line 2: found no YAML or JSON, expected a price table"),
        ("", "file: found None"),
    ],
)
def test_a_damaged_price_table_names_the_field(tmp_path, text, expected):
    path = tmp_path / "prices.yaml"
    path.write_text(text)
    with pytest.raises(FormatError) as error:
        UserPrices(path)
    assert expected in str(error.value)


def test_a_missing_price_table_is_refused(tmp_path):
    with pytest.raises(FormatError, match="no such file or directory, expected a price table"):
        UserPrices(tmp_path / "nowhere.yaml")


def test_a_price_table_may_be_json(tmp_path):
    path = tmp_path / "prices.json"
    path.write_text(json.dumps(TABLE, default=str))
    assert UserPrices(path).source(date(2020, 1, 1)) == "prices.json of 2026-11-01"


class TestPackage:
    @pytest.fixture
    def package(self):
        return GenaiPrices()

    def test_flat_prices_give_what_the_package_itself_gives(self, package):
        usage = Usage(tokens_in=1000, tokens_out=100, tokens_cached=200)
        ours = package.cost_usd("gpt-4o-mini", "openai", date(2025, 1, 1), usage)
        theirs = calc_price(
            Theirs(input_tokens=1000, output_tokens=100, cache_read_tokens=200),
            model_ref="gpt-4o-mini",
            provider_id="openai",
        )
        assert ours == pytest.approx(float(theirs.total_price))

    def test_prices_that_rise_with_length_are_asked_for_each_call(self, package):
        for n in (100_000, 300_000):
            ours = package.cost_usd(
                "gemini-2.5-pro",
                "google",
                date(2025, 10, 1),
                Usage(tokens_in=n, tokens_out=100),
            )
            theirs = calc_price(
                Theirs(input_tokens=n, output_tokens=100),
                model_ref="gemini-2.5-pro",
                provider_id="google",
            )
            assert ours == pytest.approx(float(theirs.total_price))

    def test_an_unknown_model_or_provider_has_no_price(self, package):
        usage = Usage(tokens_in=1, tokens_out=1)
        assert package.cost_usd("no-such-model", None, date(2025, 1, 1), usage) is None
        assert package.cost_usd("gpt-4o-mini", "local", date(2025, 1, 1), usage) is None

    def test_the_source_names_the_version_and_the_day(self, package):
        assert package.source(date(2025, 1, 1)).endswith(", prices of 2025-01-01")


def test_a_table_with_other_prices_of_the_same_name_and_date_makes_another_run(native, table):
    content = run_with(native, model="m")
    first = native.header(content, price=True, prices=table).content_sha256
    models = {"m": {"input": 3.0, "output": 10.0}}
    table.write_text(yaml.safe_dump({**TABLE, "models": models}))
    assert native.header(content, price=True, prices=table).content_sha256 != first
