import math

import numpy as np
import pytest

from optimizer.stats.betting import betting_sequence
from optimizer.stats.e_values import msprt, sequential_mcnemar
from optimizer.stats.sequences import (
    empirical_bernstein,
    normal_mixture_bound,
    quantile_ab,
    rate_sequence,
    two_sample_sequence,
)
from optimizer.stats.spending import obf_constant, pocock_constant, spending_bounds


def unit_scale(differences):
    return (np.array(differences) + 1) / 2


def bounds_at(sequence, looks):
    found = [sequence.at(n) for n in looks]
    return {"lo": [interval.low for interval in found], "hi": [interval.high for interval in found]}


def quantile(q):
    given = {"q": q["quantile"], "t_opt": q["t_opt"]}
    return {"p": quantile_ab(q["a"], q["b"], **given).p_value}


def two_rates(q):
    a, b = q["xA"] / q["nA"], q["xB"] / q["nB"]
    found = two_sample_sequence(
        a, a * (1 - a), q["nA"], b, b * (1 - b), q["nB"], alpha=q["alpha"], tuning=q["tuning"]
    )
    return {"lo": found.low, "hi": found.high, "p": found.p_value}


def rates(q):
    given = {"alpha": q["alpha"], "optimum": q["t_opt"]}
    found = [rate_sequence(k, n, **given) for k, n in q["k_n"]]
    return {"ci": [[interval.low, interval.high] for interval in found]}


def betting(q):
    population = q.get("N")
    sequence = betting_sequence(
        unit_scale(q["d"]),
        alpha=q["alpha"],
        low=0,
        high=1,
        population=population,
        grid=q["grid"],
        intersect=population is not None,
    )
    return bounds_at(sequence, q["n"])


def bernstein(q):
    sequence = empirical_bernstein(unit_scale(q["d"]), alpha=q["alpha"], low=0, high=1)
    return bounds_at(sequence, q["n"])


def mcnemar(q):
    return {"E": [sequential_mcnemar(b, c, prior=tuple(q["prior"])).e_value for b, c in q["cases"]]}


def mixture_ratio(q):
    found = msprt(q["x"], sigma=q["sigma"], tau=q["tau"])
    return {"Lambda": found.e_value, "p": found.p_value}


def spent_by_power(q):
    given = {"alpha": q["alpha"], "spending": "power", "rho": q["rho"]}
    return {"z": spending_bounds(q["info"], **given)}


def constants(q):
    return {"pocock": pocock_constant(q["K"]), "obf": obf_constant(q["K"])}


OURS = {
    "quantile_ab_sequential": quantile,
    "asymp_cs_gbstats_tuning500": two_rates,
    "asymp_cs_gbstats_tuning5000": two_rates,
    "normal_mixture_boundary": lambda q: {"u": normal_mixture_bound(**q).tolist()},
    "sub_bernoulli_cs": rates,
    "betting_cs_bounded": betting,
    "betting_cs_wor": betting,
    "empirical_bernstein_cs": bernstein,
    "seq_mcnemar_e": mcnemar,
    "msprt_normal": mixture_ratio,
    "lan_demets_obf_3": lambda q: {"z": spending_bounds(q["info"], alpha=q["alpha"])},
    "power_spending_K5": spent_by_power,
    "power_spending_K3": spent_by_power,
    "power_spending_uneq": spent_by_power,
    "pocock_obf_constants_K3": constants,
    "pocock_obf_constants_K5": constants,
}


@pytest.mark.parametrize("name", OURS)
def test_kernel_gives_the_published_numbers(name, vectors):
    case = vectors[name]
    found = OURS[name](case["inputs"])
    assert found.keys() == case["expected"].keys()
    for key, expected in case["expected"].items():
        error = np.max(np.abs(np.asarray(found[key]) - np.asarray(expected)))
        assert math.isfinite(error)
        assert error <= case["tolerance"]
