from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from optimizer.stats.changes import adwin
from optimizer.stats.distances import chi2_homogeneity, jensen_shannon, psi
from optimizer.stats.flakiness import flake_rate, pass_at_k, pass_hat_k, within_variance
from optimizer.stats.mean_power import paired_t_n, welch_t_n
from optimizer.stats.outliers import iqr_fences, mahalanobis, modified_z, z_scores
from optimizer.stats.power import (
    clustered_n,
    paired_noninferiority_n,
    paired_rates_n,
    paired_rates_power,
)
from optimizer.stats.sample_ratio import sample_ratio

Values = dict[str, Any]


def flaking(inputs: Values) -> Values:
    passes, repeats = [sum(y) for y in inputs["y"]], [len(y) for y in inputs["y"]]
    return {
        "disagree": flake_rate(passes, repeats).estimate,
        "within_var": within_variance(passes, repeats).estimate,
    }


def passing(inputs: Values) -> Values:
    return {"pass_at_k": pass_at_k(**inputs), "pass_hat_k": pass_hat_k(**inputs)}


def planning_mcnemar(inputs: Values) -> Values:
    n = paired_rates_n(inputs["psi"], inputs["delta"])
    power = paired_rates_power(math.ceil(n), inputs["psi"], inputs["delta"])
    return {"n": n, "n_ceil": math.ceil(n), "exact_power_midp": power}


def planning_noninferiority(inputs: Values) -> Values:
    options = {"alpha": inputs["alpha_one_sided"], "power": inputs["power"]}
    n = [paired_noninferiority_n(psi, inputs["margin"], **options) for psi in inputs["psi"]]
    return {"n_ceil": [math.ceil(value) for value in n]}


def sharing(inputs: Values) -> Values:
    found = sample_ratio(inputs["counts"], ratio=inputs.get("ratio"))
    return {"chi2": found.chi2, "p": found.p_value, "p_binom": found.p_binomial}


def comparing_categories(inputs: Values) -> Values:
    found = chi2_homogeneity(inputs["table"])
    return {"chi2": found.statistic, "dof": found.df, "p": found.p_value}


def watching(inputs: Values) -> Values:
    alarms = adwin(inputs["stream"], delta=inputs["delta"])
    return {"index": alarms[0], "final_width": len(inputs["stream"]) - 1 - alarms[-1]}


def standing_out(inputs: Values) -> Values:
    fences = iqr_fences(inputs["x"])
    return {
        "modified_z": modified_z(inputs["x"])[inputs["index"]],
        "fence_lo": fences.low,
        "fence_hi": fences.high,
        "z": z_scores(inputs["x"])[inputs["index"]],
    }


def standing_apart(inputs: Values) -> Values:
    found = mahalanobis(np.column_stack([inputs["latency"], inputs["cost"]]))
    return {"d": found.distances[inputs["index"]], "p": found.p_values[inputs["index"]]}


FAMILY: dict[str, Callable[[Values], Values]] = {
    "flake_rate": flaking,
    "pass_at_1_n10_c3": passing,
    "n_paired_t": lambda inputs: {"n": paired_t_n(inputs["d_z"])},
    "n_welch_t": lambda inputs: {"n": welch_t_n(inputs["d"])},
    "n_mcnemar_psi0.2_d0.05": planning_mcnemar,
    "n_mcnemar_psi0.2_d0.1": planning_mcnemar,
    "n_mcnemar_psi0.3_d0.1": planning_mcnemar,
    "n_noninferiority_paired": planning_noninferiority,
    "n_clustered": lambda inputs: {"n": clustered_n(inputs["n"], inputs["m"], inputs["icc"])},
    "srm_two_arms": sharing,
    "srm_three_arms": sharing,
    "drift_psi": lambda inputs: {"psi": psi(inputs["ref"], inputs["cur"])},
    "drift_js": lambda inputs: {"js": jensen_shannon(inputs["p"], inputs["q"])},
    "drift_chi2_categories": comparing_categories,
    "drift_adwin": watching,
    "anomaly_mad_iqr_z": standing_out,
    "anomaly_mahalanobis": standing_apart,
}


@pytest.mark.parametrize("name", FAMILY)
def test_kernels_reproduce_the_published_case(name: str, vectors: dict[str, Values]) -> None:
    case = vectors[name]
    found = FAMILY[name](case["inputs"])
    for key, expected in case["expected"].items():
        assert found[key] == pytest.approx(expected, abs=case["tolerance"], rel=0), key
