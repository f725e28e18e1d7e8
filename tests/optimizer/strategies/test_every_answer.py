from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec
import numpy as np
import pytest

from optimizer.analysis.contrasts import contrasts
from optimizer.config.schema import schema_of
from optimizer.models.contrasts import CaseTable
from optimizer.models.evidence import Evidence
from optimizer.models.proposals import EXPLORATORY, Answer
from optimizer.models.requests import Requests
from optimizer.models.summaries import WindowSummary
from optimizer.pipeline.studies import with_studies
from optimizer.strategies import STRATEGIES, Strategy

Window = Callable[..., WindowSummary]
Make = Callable[..., Evidence]
Traffic = Callable[..., Requests]

N = 240
LEVEL = 0.95
DIGITS = 8
"""Of a float: sums may differ in the last ones with the order of rows."""

every_strategy = pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda s: s.name)

FIGURES: Mapping[str, tuple[tuple[float, float, float], ...]] = {
    "another passes more": ((0.6, 0.01, 100.0), (0.9, 0.01, 100.0)),
    "another is cheaper": ((0.95, 0.04, 100.0), (0.95, 0.01, 100.0)),
    "another is faster": ((0.95, 0.01, 900.0), (0.95, 0.01, 200.0)),
    "everything fails": ((0.05, 0.01, 100.0), (0.99, 0.01, 100.0)),
    "slow and dear": ((0.95, 0.9, 9000.0), (0.94, 0.02, 400.0), (0.5, 0.001, 50.0)),
    "five to choose from": tuple(
        (0.7 + 0.05 * i, 0.05 - 0.008 * i, 500.0 - 80 * i) for i in range(5)
    ),
}
"""For each variant its pass rate, price in USD and time in ms; the first is in use."""

every_occasion = pytest.mark.parametrize("occasion", FIGURES)


def ask(strategy: type[Strategy], evidence: Evidence) -> Answer:
    made = strategy(strategy.settings_type())
    return made.propose(with_studies([made], evidence, {})[0])


@pytest.fixture
def occasions(evidence: Make, window: Window, traffic: Traffic) -> Callable[[str], Evidence]:
    def made(name: str) -> Evidence:
        figures = FIGURES[name]
        rng = np.random.default_rng(7)
        rows = [_rows(place, rng, *one) for place, one in enumerate(figures)]
        columns = {key: np.concatenate([row[key] for row in rows]) for key in rows[0]}
        names = tuple(f"id-v{place + 1}" for place in range(len(figures)))
        cases = CaseTable(variants=names, **columns)
        windows = [_window(window, f"v{place + 1}", place, row) for place, row in enumerate(rows)]
        requests = traffic([place % 20 for place in range(N)])
        together = dataclasses.replace(
            requests,
            at_s=np.repeat(np.arange(N // 2) * 2.0, 2),
            ok=rows[0]["passed"],
            latency_ms=rows[0]["latency_ms"],
            cost_usd=rows[0]["cost_usd"],
        )
        return dataclasses.replace(
            evidence(*windows),
            cases=cases,
            contrasts=contrasts(cases, names[0], level=LEVEL),
            requests=together,
        )

    return made


def _rows(
    place: int, rng: np.random.Generator, rate: float, cost: float, latency: float
) -> dict[str, Any]:
    passed = (rng.random(N) < rate).astype(np.float64)
    return {
        "variant": np.full(N, place, dtype=np.int64),
        "case": np.arange(N, dtype=np.int64),
        "n": np.ones(N),
        "passed": passed,
        "score": np.full(N, np.nan),
        "latency_ms": latency * rng.lognormal(0, 0.1, N),
        "cost_usd": cost * rng.lognormal(0, 0.1, N),
        "tokens": 50 * rng.lognormal(0, 0.1, N),
    }


def _window(window: Window, label: str, place: int, row: dict[str, Any]) -> WindowSummary:
    cost, latency = row["cost_usd"], row["latency_ms"]
    return window(
        label,
        int(row["passed"].sum()),
        N,
        model=f"m{place}",
        provider=f"p{place % 2}",
        parameters=json.dumps({"temperature": 0.2 * place}),
        n_slow=int((latency > 5000).sum()),
        latency_mean_ms=float(latency.mean()),
        latency_sd_ms=float(latency.std(ddof=1)),
        latency_p50_ms=float(np.median(latency)),
        latency_p95_ms=float(np.quantile(latency, 0.95)),
        latency_p99_ms=float(np.quantile(latency, 0.99)),
        n_cost=N,
        cost_mean_usd=float(cost.mean()),
        cost_sd_usd=float(cost.std(ddof=1)),
        cost_total_usd=float(cost.sum()),
    )


def shuffled(found: Evidence) -> Evidence:
    """The same with the rows of the case table in another order, and those of equal times."""
    rng = np.random.default_rng(11)
    assert found.cases is not None
    assert found.requests is not None
    order = rng.permutation(len(found.cases.case))
    pairs = np.arange(N).reshape(-1, 2)
    swapped = np.where(rng.random(len(pairs))[:, None] < 0.5, pairs[:, ::-1], pairs).ravel()
    return dataclasses.replace(
        found, cases=_permuted(found.cases, order), requests=_permuted(found.requests, swapped)
    )


def _permuted(record: Any, order: Any) -> Any:
    columns = {
        field.name: value[order]
        for field in dataclasses.fields(record)
        if isinstance(value := getattr(record, field.name), np.ndarray) and len(value) == len(order)
    }
    return dataclasses.replace(record, **columns)


def rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    return value


@every_strategy
@every_occasion
def test_the_order_of_rows_that_have_none_decides_nothing(
    strategy: type[Strategy], occasions: Callable[[str], Evidence], occasion: str
) -> None:
    found = occasions(occasion)
    plain = msgspec.to_builtins(ask(strategy, found))
    assert rounded(msgspec.to_builtins(ask(strategy, shuffled(found)))) == rounded(plain)


@every_strategy
@every_occasion
def test_one_seed_gives_one_answer(
    strategy: type[Strategy], occasions: Callable[[str], Evidence], occasion: str
) -> None:
    assert ask(strategy, occasions(occasion)) == ask(strategy, occasions(occasion))


@every_strategy
@every_occasion
def test_every_number_of_an_answer_says_how_sure_it_is(
    strategy: type[Strategy], occasions: Callable[[str], Evidence], occasion: str
) -> None:
    answer = ask(strategy, occasions(occasion))
    assert bool(answer.proposals) == (answer.silence is None)
    for proposal in answer.proposals:
        assert proposal.strategy == strategy.name
        assert proposal.confidence is None or 0 <= proposal.confidence <= 1
        assert proposal.effects or proposal.effects_note
        assert proposal.unless
        assert proposal.changes or proposal.type in EXPLORATORY or proposal.notes
        for effect in proposal.effects:
            assert effect.low <= effect.estimate <= effect.high, effect
            assert np.isfinite([effect.low, effect.high]).all()
            assert effect.n > 0
            assert 0 < effect.level < 1
            assert effect.estimator
        for fact in proposal.facts:
            assert fact.n >= 0
            assert (fact.low is None) == (fact.high is None)
            assert fact.low is None or fact.high is None or fact.low <= fact.high, fact
            assert fact.level is None or 0 < fact.level < 1
        for change in proposal.changes:
            assert change.old != change.new
            json.dumps(msgspec.to_builtins(change))


@every_occasion
def test_somebody_has_something_to_say_on_every_occasion(
    occasions: Callable[[str], Evidence], occasion: str
) -> None:
    found = occasions(occasion)
    assert any(ask(strategy, found).proposals for strategy in STRATEGIES)


def numbers(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for part in node.get("anyOf", (node,)):
        if part.get("type") in {"number", "integer"}:
            yield part


@every_strategy
def test_every_number_that_can_be_set_has_bounds(strategy: type[Strategy]) -> None:
    bounds = {"minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "enum", "const"}
    properties = schema_of(strategy.settings_type).root["properties"]
    for name, node in properties.items():
        for part in numbers(node):
            assert bounds & part.keys(), f"{strategy.name}.{name} may be any number"
