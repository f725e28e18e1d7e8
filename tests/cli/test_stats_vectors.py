from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cli.payload import as_json
from cli.values import read_values
from optimizer.pipeline.kernel_call import call_kernel

Case = dict[str, Any]
Found = dict[str, Any] | list[Any]
VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "stat_vectors.json"


def stats(method: str, case: Case | None = None, /, *names: str, **more: Any) -> Any:
    """What `optimizer stats METHOD NAME=VALUE ... --json` prints."""
    given = {name: (case or {})[name] for name in names} | more
    words = [
        f"{name}={value if isinstance(value, str) else json.dumps(value)}"
        for name, value in given.items()
    ]
    values = read_values(words)
    record = json.loads(as_json(call_kernel(method, values.positional, values.named).record))
    assert record.pop("format_version") == 1
    return record


def value(method: str, case: Case | None = None, /, *names: str, **more: Any) -> Any:
    return stats(method, case, *names, **more)["value"]


def values(method: str, case: Case | None = None, /, *names: str, **more: Any) -> Any:
    return stats(method, case, *names, **more)["values"]


def bounds(method: str, *names: str) -> Callable[[Case], Found]:
    def run(case: Case) -> Found:
        found = stats(method, case, *names)
        return [found["low"], found["high"]]

    return run


FIELDS = {
    "p": "p_value",
    "lo": "low",
    "hi": "high",
    "diff": "estimate",
    "mean": "estimate",
    "ratio": "estimate",
    "stat": "statistic",
    "t": "statistic",
    "z": "statistic",
    "Q": "statistic",
    "dof": "df",
    "se": "standard_error",
    "p_one_sided": "p_value",
    "p_binom": "p_binomial",
    "disagree": "estimate",
    "within_var": "estimate",
    "Lambda": "e_value",
    "loss_ship": "loss_second",
    "loss_keep": "loss_first",
}


def fields(method: str, /, *names: str, of: tuple[str, ...] = ("p",), **more: Any) -> Any:
    def run(case: Case) -> Found:
        found = stats(method, case, *names, **more)
        named = FIELDS | ({"stat": "chi2"} if "chi2" in found else {})
        return {name: found[named.get(name, name)] for name in of}

    return run


def arms(method: str, of: tuple[str, ...] = ("p",), *names: str, **more: Any) -> Any:
    return fields(method, "xA", "nA", "xB", "nB", *names, of=of, **more)


def unconditional(case: Case) -> Found:
    barnard, boschloo = stats("barnard", case, "table"), stats("boschloo", case, "table")
    return {
        "barnard_stat": barnard["statistic"],
        "barnard_p": barnard["p_value"],
        "boschloo_p": boschloo["p_value"],
    }


def mcnemar_asymptotic(case: Case) -> Found:
    found = stats("mcnemar-asymptotic", case, "b", "c")
    return {"chi2": found["statistic"] ** 2, "p": found["p_value"]}


def mcnemar_family(case: Case) -> Found:
    return {
        "exact": stats("mcnemar_exact", case, "b", "c")["p_value"],
        "midp": stats("mcnemar_midp", case, "b", "c")["p_value"],
        "p_chi2": stats("mcnemar_asymptotic", case, "b", "c")["p_value"],
        "p_cc": stats("mcnemar_asymptotic", case, "b", "c", continuity=True)["p_value"],
    }


def no_discordance(case: Case) -> Found:
    found = stats("tango", case, "b", "c", "n")
    p_value = stats("mcnemar_midp", case, "b", "c")["p_value"]
    return {"p": p_value, "lo": found["low"], "hi": found["high"]}


def welch(case: Case) -> Found:
    summaries = {
        f"{side}_{name}": case[arm][name]
        for side, arm in (("first", "A"), ("second", "B"))
        for name in ("mean", "sd", "n")
    }
    found = stats("welch_from_stats", **summaries)
    return {name: found[FIELDS[name]] for name in ("diff", "p", "lo", "hi")}


def effects(case: Case) -> Found:
    return {
        "d_z": value("d_z", case, "A", "B"),
        "d_av": value("d_av", case, "A", "B"),
        "hedges_g": value("hedges_g", case, "A", "B"),
    }


def unbalanced(case: Case) -> Found:
    found = stats("cr1", case, "y", "cluster")
    naive = stats("paired_t", differences=case["y"])["standard_error"]
    return {"mean": found["estimate"], "se": found["standard_error"], "naive_se": naive}


def largest_of_several(case: Case) -> Found:
    def critical(k: int, df: str) -> float:
        rows = [[1.0 if i == j else case["rho"] for j in range(k)] for i in range(k)]
        return float(value("max_t_critical", case, "alpha", correlation=rows, df=df))

    return {
        "inf": [critical(k, "inf") for k in case["K"]],
        "df60": [critical(k, "60") for k in case["K"]],
    }


def case_means(case: Case) -> Found:
    means = {arm: [sum(row) / len(row) for row in case[arm]] for arm in "AB"}
    found = stats("paired_t", **means)
    of = ("diff", "se", "df", "t", "p", "lo", "hi")
    return {name: found[FIELDS.get(name, name)] for name in of}


def kish(case: Case) -> Found:
    effect = value("design_effect", case, "m", "icc")
    return {
        "deff": effect,
        "n_eff": case["n"] / effect,
        "kish_neff": value("kish", case, "weights"),
    }


def flaking(case: Case) -> Found:
    counted = {"passes": [sum(y) for y in case["y"]], "repeats": [len(y) for y in case["y"]]}
    return {
        "disagree": stats("flake_rate", **counted)["estimate"],
        "within_var": stats("within_variance", **counted)["estimate"],
    }


def passing(case: Case) -> Found:
    return {name: value(name, case, "n", "c", "k") for name in ("pass_at_k", "pass_hat_k")}


def ratio_of_means(case: Case) -> Found:
    found = stats("ratio_of_means", case, "numA", "denA", "numB", "denB")
    return {
        "control": found["first"],
        "treatment": found["second"],
        "p": found["difference"]["p_value"],
        "rel": found["relative"]["estimate"],
    }


def asymptotic(case: Case) -> Found:
    a, b = case["xA"] / case["nA"], case["xB"] / case["nB"]
    variances = {"first_var": a * (1 - a), "second_var": b * (1 - b)}
    names = ("nA", "nB", "alpha", "tuning")
    found = stats("two_sample_sequence", case, *names, first_mean=a, second_mean=b, **variances)
    return {"lo": found["low"], "hi": found["high"], "p": found["p_value"]}


def rates(case: Case) -> Found:
    found = [
        stats("rate_sequence", case, "alpha", "t_opt", successes=k, n=n) for k, n in case["k_n"]
    ]
    return {"ci": [[rate["low"], rate["high"]] for rate in found]}


def running(method: str, *names: str, **more: Any) -> Callable[[Case], Found]:
    def run(case: Case) -> Found:
        unit = [(d + 1) / 2 for d in case["d"]]
        found = stats(method, case, *names, differences=unit, low=0, high=1, **more)
        return {
            "lo": [found["low"][n - 1] for n in case["n"]],
            "hi": [found["high"][n - 1] for n in case["n"]],
        }

    return run


def sequential_mcnemar(case: Case) -> Found:
    found = [stats("sequential_mcnemar", case, "prior", b=b, c=c) for b, c in case["cases"]]
    return {"E": [one["e_value"] for one in found]}


def constants(case: Case) -> Found:
    return {
        "pocock": value("pocock_constant", case, "K"),
        "obf": value("obf_constant", case, "K"),
    }


def adjusted(case: Case) -> Found:
    methods = {
        "holm": "holm",
        "bh": "benjamini_hochberg",
        "bonferroni": "bonferroni",
        "by": "benjamini_yekutieli",
    }
    return {name: values(method, case, "p") for name, method in methods.items()}


def planning_mcnemar(case: Case) -> Found:
    n = value("paired_rates_n", case, "psi", "delta")
    power = value("paired_rates_power", case, "psi", "delta", n=math.ceil(n))
    return {"n": n, "n_ceil": math.ceil(n), "exact_power_midp": power}


def planning_noninferiority(case: Case) -> Found:
    more = {"alpha": case["alpha_one_sided"]}
    found = [
        value("paired_noninferiority_n", case, "margin", "power", psi=psi, **more)
        for psi in case["psi"]
    ]
    return {"n_ceil": [math.ceil(n) for n in found]}


def watching(case: Case) -> Found:
    alarms = values("adwin", case, "stream", "delta")
    return {"index": alarms[0], "final_width": len(case["stream"]) - 1 - alarms[-1]}


def standing_out(case: Case) -> Found:
    fences = stats("iqr_fences", case, "x")
    return {
        "modified_z": values("modified_z", case, "x")[case["index"]],
        "fence_lo": fences["low"],
        "fence_hi": fences["high"],
        "z": values("z_scores", case, "x")[case["index"]],
    }


def standing_apart(case: Case) -> Found:
    rows = [list(row) for row in zip(case["latency"], case["cost"], strict=True)]
    found = stats("mahalanobis", rows=rows)
    return {"d": found["distances"][case["index"]], "p": found["p_values"][case["index"]]}


def one(name: str, method: str, *names: str) -> Callable[[Case], Found]:
    return lambda case: {name: value(method, case, *names)}


def several(name: str, method: str, /, *names: str, **more: Any) -> Callable[[Case], Found]:
    return lambda case: {name: values(method, case, *names, **more)}


def wilcoxon(zero_method: str, method: str) -> Any:
    more = {"zero_method": zero_method, "method": method}
    return fields("wilcoxon", "d", of=("stat", "p"), **more)


power_spending = several("z", "spending_bounds", "info", "alpha", "rho", spending="power")
paired_interval = ("both", "b", "c", "neither", "conf")

COMMANDS: dict[str, Callable[[Case], Found]] = {
    "wilson_17_20": bounds("wilson", "k", "n", "conf"),
    "wilson_0_10": bounds("wilson", "k", "n", "conf"),
    "wilson_172_200": bounds("wilson", "k", "n", "conf"),
    "clopper_pearson_13_16": bounds("clopper_pearson", "k", "n", "conf"),
    "clopper_pearson_0_10": bounds("clopper_pearson", "k", "n", "conf"),
    "jeffreys_85_100": bounds("jeffreys", "k", "n", "prior", "conf"),
    "two_prop_z_pooled_cc": arms("pooled_z", continuity=True),
    "two_prop_z_unpooled": arms("unpooled_z", ("p", "lo", "hi")),
    "newcombe_indep_56_70_48_80": bounds("newcombe", "xA", "nA", "xB", "nB", "conf"),
    "indep_ci_agresti-caffo": bounds("agresti_caffo", "xA", "nA", "xB", "nB"),
    "indep_ci_miettinen_nurminen": bounds("miettinen_nurminen", "xA", "nA", "xB", "nB"),
    "pearson_chi2_uncorrected": fields("pearson_chi2", "table", of=("stat", "p")),
    "barnard_boschloo": unconditional,
    "mcnemar_exact_6_16": fields("mcnemar_exact", "b", "c"),
    "mcnemar_midp_6_16": fields("mcnemar_midp", "b", "c"),
    "mcnemar_asymptotic_6_16": mcnemar_asymptotic,
    "tango_ci_6_16_161": bounds("tango", "b", "c", "n", "conf"),
    "newcombe_paired_ci_6_16_161": bounds("newcombe_paired", *paired_interval),
    "bonett_price_ci_6_16_161": bounds("bonett_price", "b", "c", "n", "conf"),
    "wald_paired_ci_6_16_161": bounds("wald_paired", "b", "c", "n", "conf"),
    "mcnemar_bentur_7_1": mcnemar_family,
    "mcnemar_no_discordance": no_discordance,
    "tango_ni_9_6_150": fields("tango_test", "b", "c", "n", "margin", of=("z", "p_one_sided")),
    "welch_from_stats": welch,
    "wilcoxon_pratt": wilcoxon("pratt", "approx"),
    "wilcoxon_zsplit": wilcoxon("zsplit", "approx"),
    "wilcoxon_exact_n10": wilcoxon("zsplit", "exact"),
    "sign_flip_exact_n10": fields("sign_flip", "d"),
    "yuen_trimmed_latency": fields("yuen", "A", "B", "trim", of=("t", "p")),
    "effect_sizes": effects,
    "cohens_h": one("h", "cohens_h", "pA", "pB"),
    "paired_bootstrap_percentile": fields("bootstrap_percentile", "A", "B", of=("lo", "hi")),
    "paired_bootstrap_bca": fields("bootstrap_bca", "A", "B", of=("lo", "hi")),
    "cluster_se_families": fields(
        "cr1", "d", "family", of=("mean", "se", "df", "t", "p", "lo", "hi")
    ),
    "cluster_se_unbalanced": unbalanced,
    "max_t_equicorrelated": largest_of_several,
    "paired_repeats_case_level": case_means,
    "icc_anova_unbalanced": fields(
        "intraclass_correlation", "y", "cluster", of=("n0", "msb", "msw", "icc")
    ),
    "kish_design_effect": kish,
    "flake_rate": flaking,
    "pass_at_1_n10_c3": passing,
    "fieller_paired_latency": fields("fieller", "A", "B", of=("ratio", "lo", "hi")),
    "fieller_paired_cost": fields("fieller", "A", "B", of=("ratio", "lo", "hi")),
    "geo_ratio_latency": fields("geometric_ratio", "A", "B", of=("ratio", "lo", "hi", "p")),
    "ratio_of_means_teatasting": ratio_of_means,
    "cuped": fields("cuped", "yA", "yB", "xA", "xB", of=("theta", "diff", "p", "lo", "hi")),
    "quantile_ab_sequential": fields("quantile_ab", "a", "b", "quantile", "t_opt"),
    "asymp_cs_gbstats_tuning500": asymptotic,
    "asymp_cs_gbstats_tuning5000": asymptotic,
    "normal_mixture_boundary": several("u", "normal_mixture_bound", "v", "alpha", "v_opt"),
    "sub_bernoulli_cs": rates,
    "betting_cs_bounded": running("betting_sequence", "alpha", "grid"),
    "betting_cs_wor": running("betting_sequence", "alpha", "grid", "N", intersect=True),
    "empirical_bernstein_cs": running("empirical_bernstein", "alpha"),
    "seq_mcnemar_e": sequential_mcnemar,
    "msprt_normal": fields("msprt", "x", "sigma", "tau", of=("Lambda", "p")),
    "lan_demets_obf_3": several("z", "spending_bounds", "info", "alpha"),
    "power_spending_K5": power_spending,
    "power_spending_K3": power_spending,
    "power_spending_uneq": power_spending,
    "pocock_obf_constants_K3": constants,
    "pocock_obf_constants_K5": constants,
    "e_bh": several("reject", "e_bh", "e", "alpha"),
    "beta_binomial_p_b_beats_a": lambda case: {
        "p": stats("beta_binomial", case, "xA", "nA", "xB", "nB", "prior")["p_better"]
    },
    "paired_bayes_6_16_161": fields(
        "paired_dirichlet", "b", "c", "n", "prior", of=("p_better", "loss_ship", "loss_keep")
    ),
    "adjusted_p": adjusted,
    "dunnett": several("p", "dunnett", "control", "groups"),
    "tost_paired": fields("tost_paired", "A", "B", "margin", of=("p", "p_lower", "p_upper")),
    "gate_cost_plus10": fields("geometric_ratio_test", "A", "B", "limit", of=("p", "upper")),
    "n_paired_t": one("n", "paired_t_n", "d_z"),
    "n_welch_t": one("n", "welch_t_n", "d"),
    "n_mcnemar_psi0.2_d0.05": planning_mcnemar,
    "n_mcnemar_psi0.2_d0.1": planning_mcnemar,
    "n_mcnemar_psi0.3_d0.1": planning_mcnemar,
    "n_noninferiority_paired": planning_noninferiority,
    "n_clustered": one("n", "clustered_n", "n", "m", "icc"),
    "srm_two_arms": fields("sample_ratio", "counts", of=("chi2", "p", "p_binom")),
    "srm_three_arms": fields("sample_ratio", "counts", "ratio", of=("chi2", "p")),
    "drift_psi": one("psi", "psi", "ref", "cur"),
    "drift_js": one("js", "jensen_shannon", "p", "q"),
    "drift_chi2_categories": lambda case: {
        "chi2": stats("chi2_homogeneity", case, "table")["statistic"],
        "dof": stats("chi2_homogeneity", case, "table")["df"],
        "p": stats("chi2_homogeneity", case, "table")["p_value"],
    },
    "drift_adwin": watching,
    "anomaly_mad_iqr_z": standing_out,
    "anomaly_mahalanobis": standing_apart,
    "cochran_q": fields("cochran_q", "y", of=("Q", "p")),
}


@pytest.fixture(scope="session")
def published() -> dict[str, Case]:
    if not VECTORS.exists():
        pytest.skip("the numeric cases are not beside the project")
    return {case["name"]: case for case in json.loads(VECTORS.read_text("utf-8"))}


def test_every_published_case_is_run(published: dict[str, Case]) -> None:
    assert set(COMMANDS) == set(published)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_command_gives_the_published_numbers(name: str, published: dict[str, Case]) -> None:
    case = published[name]
    found, expected = COMMANDS[name](case["inputs"]), case["expected"]
    if isinstance(expected, list):
        expected, found = {"bounds": expected}, {"bounds": found}
    assert isinstance(found, dict)
    assert found.keys() == expected.keys()
    for key, number in expected.items():
        near = pytest.approx(np.asarray(number, dtype=float), rel=0, abs=case["tolerance"])
        assert np.asarray(found[key], dtype=float) == near, key
