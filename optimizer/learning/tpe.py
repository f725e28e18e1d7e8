"""The tree-structured Parzen estimator, by optuna, which is an extra.

References:
    Bergstra et al. (2011), Algorithms for Hyper-Parameter Optimization, NeurIPS.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

from optimizer.learning.parameters import Observation, Parameter, ParameterKind, Suggestion
from optimizer.models.errors import ConfigError


def suggest(
    parameters: Sequence[Parameter], observed: Sequence[Observation], *, n: int, seed: int
) -> tuple[Suggestion, ...]:
    """Return n settings to try next.

    Args:
        parameters: What is searched.
        observed: What was measured; the variances are not looked at.
        n: How many.
        seed: Decides everything random.

    Raises:
        ConfigError: optuna is not installed.
    """
    optuna = _optuna()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    space = {one.name: _distribution(optuna, one) for one in parameters}
    sampler = optuna.samplers.TPESampler(seed=seed, multivariate=True, constant_liar=True)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    for one in observed:
        values = {name: one.parameters[name] for name in space}
        study.add_trial(
            optuna.trial.create_trial(params=values, distributions=space, value=one.value)
        )
    return tuple(
        Suggestion(parameters=dict(study.ask(space).params), method="tpe") for _ in range(n)
    )


def _optuna() -> Any:
    try:
        return importlib.import_module("optuna")
    except ImportError:
        raise ConfigError(
            "acquisition: tpe needs optuna, which is not installed",
            hint="Install prompt-optimizer[tpe].",
        ) from None


def _distribution(optuna: Any, parameter: Parameter) -> Any:
    kinds = optuna.distributions
    match parameter.kind:
        case ParameterKind.CHOICE:
            return kinds.CategoricalDistribution(parameter.choices)
        case ParameterKind.INTEGER:
            return kinds.IntDistribution(int(parameter.low), int(parameter.high), log=parameter.log)
        case _:
            return kinds.FloatDistribution(parameter.low, parameter.high, log=parameter.log)
