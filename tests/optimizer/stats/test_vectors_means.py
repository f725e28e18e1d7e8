from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optimizer.stats.bootstrap import bootstrap_bca, bootstrap_percentile
from optimizer.stats.clusters import cr1, design_effect, intraclass_correlation, kish
from optimizer.stats.equivalence import tost_paired
from optimizer.stats.means import cuped, paired_t, welch_from_stats, yuen
from optimizer.stats.multiplicity import (
    benjamini_hochberg,
    benjamini_yekutieli,
    bonferroni,
    dunnett,
    e_bh,
    holm,
    max_t_critical,
)
from optimizer.stats.ranks import sign_flip, wilcoxon
from optimizer.stats.ratios import fieller, geometric_ratio, geometric_ratio_test, ratio_of_means

Inputs = dict[str, Any]


def _interval(found: Any) -> Inputs:
    return {"lo": found.low, "hi": found.high}


def _differences(of: Inputs) -> Any:
    return np.array(of["B"]) - np.array(of["A"])


def _welch(of: Inputs) -> Inputs:
    a, b = of["A"], of["B"]
    found = welch_from_stats(a["mean"], a["sd"], a["n"], b["mean"], b["sd"], b["n"])
    return {"diff": found.estimate, "p": found.p_value, **_interval(found)}


def _wilcoxon(zero_method: Any, method: Any) -> Any:
    def run(of: Inputs) -> Inputs:
        found = wilcoxon(of["d"], zero_method=zero_method, method=method)
        return {"stat": found.statistic, "p": found.p_value}

    return run


def _yuen(of: Inputs) -> Inputs:
    found = yuen(of["A"], of["B"], trim=of["trim"])
    return {"t": found.statistic, "p": found.p_value}


def _families(of: Inputs) -> Inputs:
    found = cr1(of["d"], of["family"])
    return {
        "mean": found.estimate,
        "se": found.standard_error,
        "df": found.df,
        "t": found.statistic,
        "p": found.p_value,
        **_interval(found),
    }


def _unbalanced(of: Inputs) -> Inputs:
    found = cr1(of["y"], of["cluster"])
    naive = paired_t(of["y"]).standard_error
    return {"mean": found.estimate, "se": found.standard_error, "naive_se": naive}


def _max_t(of: Inputs) -> Inputs:
    def critical(k: int, df: float) -> float:
        r = np.full((k, k), of["rho"]) + (1 - of["rho"]) * np.eye(k)
        return max_t_critical(r, df, alpha=of["alpha"])

    return {
        "inf": [critical(k, float("inf")) for k in of["K"]],
        "df60": [critical(k, 60) for k in of["K"]],
    }


def _repeats(of: Inputs) -> Inputs:
    found = paired_t(_differences(of).mean(axis=1))
    return {
        "diff": found.estimate,
        "se": found.standard_error,
        "df": found.df,
        "t": found.statistic,
        "p": found.p_value,
        **_interval(found),
    }


def _icc(of: Inputs) -> Inputs:
    found = intraclass_correlation(of["y"], of["cluster"])
    return {"n0": found.n0, "msb": found.msb, "msw": found.msw, "icc": found.icc}


def _kish(of: Inputs) -> Inputs:
    deff = design_effect(of["m"], of["icc"])
    return {"deff": deff, "n_eff": of["n"] / deff, "kish_neff": kish(of["weights"])}


def _fieller(of: Inputs) -> Inputs:
    found = fieller(of["A"], of["B"])
    return {"ratio": found.estimate, **_interval(found)}


def _geometric(of: Inputs) -> Inputs:
    found = geometric_ratio(of["A"], of["B"])
    return {"ratio": found.estimate, "p": found.p_value, **_interval(found)}


def _ratio_of_means(of: Inputs) -> Inputs:
    found = ratio_of_means(of["numA"], of["denA"], of["numB"], of["denB"])
    return {
        "control": found.first,
        "treatment": found.second,
        "p": found.difference.p_value,
        "rel": found.relative.estimate,
    }


def _cuped(of: Inputs) -> Inputs:
    found = cuped(of["yA"], of["yB"], of["xA"], of["xB"])
    return {
        "theta": found.theta,
        "diff": found.estimate,
        "p": found.p_value,
        **_interval(found),
    }


def _adjusted(of: Inputs) -> Inputs:
    return {
        "holm": holm(of["p"]),
        "bh": benjamini_hochberg(of["p"]),
        "bonferroni": bonferroni(of["p"]),
        "by": benjamini_yekutieli(of["p"]),
    }


def _tost(of: Inputs) -> Inputs:
    found = tost_paired(_differences(of), margin=of["margin"])
    return {"p": found.p_value, "p_lower": found.p_lower, "p_upper": found.p_upper}


def _gate(of: Inputs) -> Inputs:
    found = geometric_ratio_test(of["A"], of["B"], limit=of["limit"])
    return {"p": found.p_value, "upper": found.upper}


CASES = {
    "welch_from_stats": _welch,
    "wilcoxon_pratt": _wilcoxon("pratt", "approx"),
    "wilcoxon_zsplit": _wilcoxon("zsplit", "approx"),
    "wilcoxon_exact_n10": _wilcoxon("zsplit", "exact"),
    "sign_flip_exact_n10": lambda of: {"p": sign_flip(of["d"]).p_value},
    "yuen_trimmed_latency": _yuen,
    "paired_bootstrap_percentile": lambda of: _interval(bootstrap_percentile(of["A"], of["B"])),
    "paired_bootstrap_bca": lambda of: _interval(bootstrap_bca(of["A"], of["B"])),
    "cluster_se_families": _families,
    "cluster_se_unbalanced": _unbalanced,
    "max_t_equicorrelated": _max_t,
    "paired_repeats_case_level": _repeats,
    "icc_anova_unbalanced": _icc,
    "kish_design_effect": _kish,
    "fieller_paired_latency": _fieller,
    "fieller_paired_cost": _fieller,
    "geo_ratio_latency": _geometric,
    "ratio_of_means_teatasting": _ratio_of_means,
    "cuped": _cuped,
    "e_bh": lambda of: {"reject": e_bh(of["e"], alpha=of["alpha"])},
    "adjusted_p": _adjusted,
    "dunnett": lambda of: {"p": dunnett(of["control"], of["groups"])},
    "tost_paired": _tost,
    "gate_cost_plus10": _gate,
}


@pytest.mark.parametrize("name", CASES)
def test_the_kernel_gives_the_published_numbers(name: str, vectors: Inputs) -> None:
    case = vectors[name]
    found = CASES[name](case["inputs"])
    assert found.keys() == case["expected"].keys()
    for key, expected in case["expected"].items():
        assert found[key] == pytest.approx(expected, rel=0, abs=case["tolerance"]), key
