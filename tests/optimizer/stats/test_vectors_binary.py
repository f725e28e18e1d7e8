from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from optimizer.stats import bayes, effect_sizes, intervals, paired_rates, two_rates

Case = dict[str, Any]


def bounds(found: Any) -> list[float]:
    return [found.low, found.high]


def arms(case: Case) -> tuple[int, int, int, int]:
    return case["xA"], case["nA"], case["xB"], case["nB"]


def wilson(case: Case) -> list[float]:
    return bounds(intervals.wilson(case["k"], case["n"], level=case["conf"]))


def clopper_pearson(case: Case) -> list[float]:
    return bounds(intervals.clopper_pearson(case["k"], case["n"], level=case["conf"]))


def newcombe(case: Case) -> list[float]:
    first, second = (
        intervals.wilson(case[f"x{arm}"], case[f"n{arm}"], level=case["conf"]) for arm in "AB"
    )
    return bounds(intervals.newcombe(first, second))


def unpooled(case: Case) -> dict[str, float]:
    found = two_rates.unpooled_z(*arms(case))
    return {"p": found.p_value, "lo": found.low, "hi": found.high}


def pearson(case: Case) -> dict[str, float]:
    found = two_rates.pearson_chi2(case["table"])
    return {"stat": found.statistic, "p": found.p_value}


def unconditional(case: Case) -> dict[str, float]:
    barnard, boschloo = two_rates.barnard(case["table"]), two_rates.boschloo(case["table"])
    return {
        "barnard_stat": barnard.statistic,
        "barnard_p": barnard.p_value,
        "boschloo_p": boschloo.p_value,
    }


def mcnemar_asymptotic(case: Case) -> dict[str, float]:
    found = paired_rates.mcnemar_asymptotic(case["b"], case["c"])
    return {"chi2": found.statistic**2, "p": found.p_value}


def mcnemar_family(case: Case) -> dict[str, float]:
    b, c = case["b"], case["c"]
    return {
        "exact": paired_rates.mcnemar_exact(b, c).p_value,
        "midp": paired_rates.mcnemar_midp(b, c).p_value,
        "p_chi2": paired_rates.mcnemar_asymptotic(b, c).p_value,
        "p_cc": paired_rates.mcnemar_asymptotic(b, c, continuity=True).p_value,
    }


def no_discordance(case: Case) -> dict[str, float]:
    found = paired_rates.tango(case["b"], case["c"], case["n"])
    p_value = paired_rates.mcnemar_midp(case["b"], case["c"]).p_value
    return {"p": p_value, "lo": found.low, "hi": found.high}


def tango_test(case: Case) -> dict[str, float]:
    found = paired_rates.tango_test(case["b"], case["c"], case["n"], margin=case["margin"])
    return {"z": found.statistic, "p_one_sided": found.p_value}


def effects(case: Case) -> dict[str, float]:
    first, second = case["A"], case["B"]
    differences = [b - a for a, b in zip(first, second, strict=True)]
    return {
        "d_z": effect_sizes.d_z(differences),
        "d_av": effect_sizes.d_av(first, second),
        "hedges_g": effect_sizes.hedges_g(first, second),
    }


def beta_binomial(case: Case) -> dict[str, float]:
    return {"p": bayes.beta_binomial(*arms(case), prior=tuple(case["prior"])).p_better}


def paired_bayes(case: Case) -> dict[str, float]:
    found = bayes.paired_dirichlet(case["b"], case["c"], case["n"], prior=case["prior"])
    return {
        "p_better": found.p_better,
        "loss_ship": found.loss_second,
        "loss_keep": found.loss_first,
    }


def cochran(case: Case) -> dict[str, float]:
    found = paired_rates.cochran_q(case["y"])
    return {"Q": found.statistic, "p": found.p_value}


KERNELS: dict[str, Callable[[Case], list[float] | dict[str, float]]] = {
    "wilson_17_20": wilson,
    "wilson_0_10": wilson,
    "wilson_172_200": wilson,
    "clopper_pearson_13_16": clopper_pearson,
    "clopper_pearson_0_10": clopper_pearson,
    "jeffreys_85_100": lambda case: bounds(
        bayes.jeffreys(case["k"], case["n"], level=case["conf"], prior=tuple(case["prior"]))
    ),
    "two_prop_z_pooled_cc": lambda case: {
        "p": two_rates.pooled_z(*arms(case), continuity=True).p_value
    },
    "two_prop_z_unpooled": unpooled,
    "newcombe_indep_56_70_48_80": newcombe,
    "indep_ci_agresti-caffo": lambda case: bounds(two_rates.agresti_caffo(*arms(case))),
    "indep_ci_miettinen_nurminen": lambda case: bounds(two_rates.miettinen_nurminen(*arms(case))),
    "pearson_chi2_uncorrected": pearson,
    "barnard_boschloo": unconditional,
    "mcnemar_exact_6_16": lambda case: {
        "p": paired_rates.mcnemar_exact(case["b"], case["c"]).p_value
    },
    "mcnemar_midp_6_16": lambda case: {
        "p": paired_rates.mcnemar_midp(case["b"], case["c"]).p_value
    },
    "mcnemar_asymptotic_6_16": mcnemar_asymptotic,
    "tango_ci_6_16_161": lambda case: bounds(
        paired_rates.tango(case["b"], case["c"], case["n"], level=case["conf"])
    ),
    "newcombe_paired_ci_6_16_161": lambda case: bounds(
        paired_rates.newcombe_paired(
            case["both"], case["b"], case["c"], case["neither"], level=case["conf"]
        )
    ),
    "bonett_price_ci_6_16_161": lambda case: bounds(
        paired_rates.bonett_price(case["b"], case["c"], case["n"], level=case["conf"])
    ),
    "wald_paired_ci_6_16_161": lambda case: bounds(
        paired_rates.wald_paired(case["b"], case["c"], case["n"], level=case["conf"])
    ),
    "mcnemar_bentur_7_1": mcnemar_family,
    "mcnemar_no_discordance": no_discordance,
    "tango_ni_9_6_150": tango_test,
    "effect_sizes": effects,
    "cohens_h": lambda case: {"h": effect_sizes.cohens_h(case["pA"], case["pB"])},
    "beta_binomial_p_b_beats_a": beta_binomial,
    "paired_bayes_6_16_161": paired_bayes,
    "cochran_q": cochran,
}


@pytest.mark.parametrize("name", KERNELS)
def test_binary_kernels_give_the_published_numbers(name: str, vectors: dict[str, Case]) -> None:
    case = vectors[name]
    expected = pytest.approx(case["expected"], abs=case["tolerance"], rel=0)
    assert KERNELS[name](case["inputs"]) == expected
