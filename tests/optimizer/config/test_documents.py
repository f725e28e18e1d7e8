from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from optimizer.config.documents import MOVED, NAMES, NO_USE, translate
from optimizer.config.layers import Layer
from optimizer.config.load import Loaded, load
from optimizer.config.tree import DEFAULTS
from optimizer.models.errors import ConfigError
from optimizer.strategies import STRATEGIES

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "docs" / "decision_engine.yaml"
SEED = ROOT.parent / "shared" / "seeds" / "001_f20e3b229ec120d1.txt"
LATER = {"reinforcement_feedback", "pareto_optimization", "adaptive_parameters"}
"""Strategies of the file that a checkout may be without; nothing else may be left out of it."""

OF_THE_PLAN: dict[str, dict[str, Any]] = {
    "model_selection": {
        "quality_weight": 0.4,
        "cost_weight": 0.4,
        "latency_weight": 0.2,
        "min_quality": 0.7,
        "max_cost": 1.0,
        "max_latency_ms": 5000,
        "num_fallbacks": 2,
        "use_pareto": True,
        "allowed_providers": [],
        "forbidden_providers": [],
    },
    "caching": {
        "enable_semantic": True,
        "similarity_threshold": 0.85,
        "enable_exact": True,
        "enable_embedding": False,
        "default_ttl": 3600,
        "max_cache_size": 10_000,
    },
    "batching": {
        "min_batch_size": 5,
        "max_batch_size": 20,
        "max_wait_ms": 100,
        "enable_priority": True,
        "group_by_similarity": True,
    },
    "rate_limiting": {},
    "prompt_optimization": {
        "enable_template_optimization": True,
        "enable_parameter_tuning": True,
        "enable_compression": True,
        "target_compression": 0.3,
        "min_quality": 0.8,
    },
}
"""The strategies of the implementation plan, with the names of its settings."""

REGISTERED = {strategy.name for strategy in STRATEGIES}


def of_registered(text: str) -> tuple[dict[str, Any], list[str]]:
    """The file with what belongs to strategies that are registered, and the names left out."""
    content = yaml.safe_load(text)
    names = {name: NAMES.get(name, name) for name in content["strategies"]}
    left_out = [name for name, ours in names.items() if ours not in REGISTERED]
    for name in left_out:
        del content["strategies"][name]
    own = {field for strategy in STRATEGIES for field in strategy.settings_type.model_fields}
    if "on_drift" not in own:
        config = content["strategies"]["threshold_based"]["config"]
        del config["drift"]
        config["responses"] = {"on_threshold_violation": "rollback"}
    return content, left_out


def loaded(folder: Path, content: object) -> Loaded:
    path = folder / "decision_engine.yaml"
    path.write_text(yaml.safe_dump(content) if not isinstance(content, str) else content)
    return load(start=folder, environ={}, files=[path])


def appendix() -> str:
    text = SEED.read_text(encoding="utf-8")
    return text.split("# decision_engine.yaml", 1)[1].split("```", 1)[0]


def files() -> Iterator[Any]:
    yield pytest.param(lambda: EXAMPLE.read_text(encoding="utf-8"), id="example")
    absent = pytest.mark.skipif(not SEED.exists(), reason="the documents are not on this machine")
    yield pytest.param(appendix, marks=absent, id="document")


@pytest.mark.parametrize("text", files())
def test_the_file_of_the_documents_loads_and_says_the_defaults(tmp_path: Path, text: Any) -> None:
    content, left_out = of_registered(text())
    assert not left_out or set(NAMES.values()) | {"adaptive_parameters"} | REGISTERED > REGISTERED
    found = loaded(tmp_path, content)
    strategies = found.config.strategies
    for name, section in content["strategies"].items():
        entry = getattr(strategies, NAMES.get(name, name))
        assert (entry.enabled, entry.priority) == (True, section["priority"])
    assert found.config.safety == DEFAULTS.safety
    assert found.config.validation == DEFAULTS.validation
    assert found.config.engine == DEFAULTS.engine
    assert strategies.threshold_based == DEFAULTS.strategies.threshold_based  # type: ignore[attr-defined]
    ab = strategies.ab_testing  # type: ignore[attr-defined]
    assert (ab.max_duration_days, ab.allocation.value) == (7, "thompson")
    for key in ("metrics_port", "enable_prometheus", "log_level", "max_concurrent_decisions"):
        assert any(key in warning for warning in found.warnings)
    assert all("no use" in warning for warning in found.warnings)


def test_the_example_is_the_file_of_the_document() -> None:
    if not SEED.exists():
        pytest.skip("the documents are not on this machine")
    assert yaml.safe_load(EXAMPLE.read_text(encoding="utf-8")) == yaml.safe_load(appendix())


def config(folder: Path, *overrides: str) -> Loaded:
    return load(start=folder, environ={}, overrides=overrides)


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("safety.min_time_between_changes=5m", 300.0),
        ("safety.min_time_between_changes=90s", 90.0),
        ("safety.min_time_between_changes=1.5h", 5400.0),
        ("safety.min_time_between_changes=2d", 172800.0),
        ("safety.min_time_between_changes_s=2m", 120.0),
        ("safety.min_time_between_changes_s=12", 12.0),
    ],
)
def test_times_are_read_with_their_unit(tmp_path: Path, said: str, value: float) -> None:
    assert config(tmp_path, said).config.safety.min_time_between_changes_s == value


def test_a_time_becomes_the_unit_of_its_setting(tmp_path: Path) -> None:
    found = config(
        tmp_path,
        "strategies.ab_testing.max_duration=36h",
        "engine.strategy_timeout_ms=2s",
        "strategies.threshold_based.max_latency_p95=5s",
    ).config
    assert found.strategies.ab_testing.max_duration_days == 1.5  # type: ignore[attr-defined]
    assert found.engine.strategy_timeout_ms == 2000
    assert found.strategies.threshold_based.max_latency_p95 == 5000  # type: ignore[attr-defined]


def test_a_number_without_a_unit_is_not_guessed(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"min_time_between_changes: unknown key") as error:
        config(tmp_path, "safety.min_time_between_changes=5")
    assert error.value.hint == "Did you mean min_time_between_changes_s?"


def test_a_text_that_is_no_time_is_refused_as_such(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="5 parsecs"):
        config(tmp_path, "safety.min_time_between_changes_s=5 parsecs")


@pytest.mark.parametrize(
    "allocation",
    ["{type: ThompsonSampling}", "thompson_sampling", "{type: thompson}", "ThompsonSampling"],
)
def test_a_choice_is_known_by_all_its_names(tmp_path: Path, allocation: str) -> None:
    text = f"strategies:\n  ab_testing:\n    config:\n      allocation_strategy: {allocation}\n"
    found = loaded(tmp_path, text).config.strategies.ab_testing  # type: ignore[attr-defined]
    assert found.allocation == "thompson"


def test_a_setting_of_no_use_is_named_with_its_line(tmp_path: Path) -> None:
    found = loaded(tmp_path, "monitoring:\n  metrics_port: 9090\n")
    assert found.warnings == (
        "decision_engine.yaml:2: monitoring.metrics_port: no use: nothing listens on a port",
    )


def test_a_prior_that_is_not_what_is_done_anyway_is_named(tmp_path: Path) -> None:
    key = "strategies.ab_testing.allocation_strategy.prior_alpha"
    assert config(tmp_path, f"{key}=1").warnings == ()
    assert "Beta(1, 1)" in config(tmp_path, f"{key}=3").warnings[0]


def test_a_bad_value_is_reported_where_it_was_written(tmp_path: Path) -> None:
    text = "strategies:\n  ab_testing:\n    config:\n      alpha: 2\n"
    with pytest.raises(ConfigError, match=r"decision_engine.yaml:4: strategies.ab_testing.alpha"):
        loaded(tmp_path, text)


def test_a_typo_is_refused_with_a_suggestion(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="max_cost_incraese: unknown key") as error:
        loaded(tmp_path, "safety:\n  max_cost_incraese: 0.1\n")
    assert error.value.hint == "Did you mean max_cost_increase?"


@pytest.mark.parametrize("name", sorted(OF_THE_PLAN.keys() & REGISTERED))
def test_settings_of_the_plan_are_read_or_named_as_of_no_use(tmp_path: Path, name: str) -> None:
    said = OF_THE_PLAN[name]
    found = loaded(tmp_path, {"strategies": {name: {"config": said}}})
    entry = getattr(found.config.strategies, name).model_dump(mode="json")
    for key, value in said.items():
        assert entry.get(key) == value or any(key in warning for warning in found.warnings)


def test_nothing_leaves_a_table_that_the_documents_do_not_know(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"ingest\.typo"):
        config(tmp_path, "ingest.typo.max_faults=3")


def test_our_own_names_come_through_as_they_are() -> None:
    layer = Layer(
        origin="f", label="f", values={"store": {"raw": "none"}}, lines={("store", "raw"): 2}
    )
    assert translate(layer).layer == layer


def test_no_key_is_both_moved_and_of_no_use_unless_its_place_may_be_missing() -> None:
    for key in MOVED.keys() & NO_USE.keys():
        assert key == "engine.enable_auto_rollback"


def test_criteria_of_the_documents_are_ours(tmp_path: Path) -> None:
    found = loaded(
        tmp_path,
        "decision:\n  criteria:\n    min_confidence: 0.7\n    max_risk_level: High\n"
        "    significance_level: 0.01\n    objectives: {quality: 0.6, cost: 0.2, latency: 0.2}\n",
    ).config
    assert (found.safety.min_confidence, found.safety.max_risk_level) == (0.7, "high")
    assert found.decision.criteria.significance_level == 0.01
    assert found.decision.criteria.objectives.quality_weight == 0.6


def test_the_coordinator_of_the_documents_is_the_engine(tmp_path: Path) -> None:
    found = loaded(
        tmp_path,
        "coordinator:\n  max_parallel_strategies: 5\n  strategy_timeout_ms: 50\n"
        "  enable_caching: true\n  cache_ttl_seconds: 300\n  max_history_size: 20\n"
        "  fail_fast: true\n",
    )
    assert (found.config.engine.strategy_timeout_ms, found.config.engine.fail_fast) == (50, True)
    assert found.config.evidence.max_decisions == 20
    assert len(found.warnings) == 3


def test_weights_must_be_one_together(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        config(tmp_path, "decision.criteria.objectives.quality_weight=0.9")
    assert str(error.value) == (
        "--set: decision.criteria.objectives.quality_weight and "
        "decision.criteria.objectives.cost_weight and "
        "decision.criteria.objectives.latency_weight: 1.4 together, expected 1 (within 0.1)"
    )
    config(tmp_path, "decision.criteria.objectives.quality_weight=0.6")


def test_two_names_of_one_setting_with_different_values_are_both_named(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(
        "strategies:\n  pareto:\n    priority: 5\n  pareto_optimization:\n    priority: 6\n"
    )
    says = "pareto.priority and strategies.pareto_optimization.priority: 5 and 6 for one setting"
    with pytest.raises(ConfigError, match=says):
        load(start=tmp_path, environ={}, files=[path])


@pytest.mark.parametrize("said", ["soon", "-5m", "5 parsecs"])
def test_what_is_no_length_of_time_is_named_as_such(tmp_path: Path, said: str) -> None:
    (tmp_path / "house.yaml").write_text(f"safety:\n  min_time_between_changes: {said}\n")
    with pytest.raises(ConfigError) as error:
        load(start=tmp_path, environ={}, files=[tmp_path / "house.yaml"])
    assert f"min_time_between_changes: '{said}', expected a length of time" in str(error.value)
