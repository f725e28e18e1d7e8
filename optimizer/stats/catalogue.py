"""Every kernel by name, grouped by what it answers; a kernel is imported when it is found."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

KERNELS: dict[str, dict[str, str]] = {
    "One rate or mean": {
        "wilson": "intervals.wilson",
        "clopper_pearson": "intervals.clopper_pearson",
        "jeffreys": "bayes.jeffreys",
        "mean_interval": "intervals.mean_interval",
        "prediction_interval": "intervals.prediction_interval",
    },
    "Two rates, same cases": {
        "mcnemar_midp": "paired_rates.mcnemar_midp",
        "mcnemar_exact": "paired_rates.mcnemar_exact",
        "mcnemar_asymptotic": "paired_rates.mcnemar_asymptotic",
        "tango": "paired_rates.tango",
        "tango_test": "paired_rates.tango_test",
        "newcombe_paired": "paired_rates.newcombe_paired",
        "bonett_price": "paired_rates.bonett_price",
        "wald_paired": "paired_rates.wald_paired",
        "discordant_odds_ratio": "paired_rates.discordant_odds_ratio",
        "paired_dirichlet": "bayes.paired_dirichlet",
        "cochran_q": "paired_rates.cochran_q",
    },
    "Two rates, independent": {
        "pooled_z": "two_rates.pooled_z",
        "unpooled_z": "two_rates.unpooled_z",
        "newcombe": "two_rates.newcombe_counts",
        "agresti_caffo": "two_rates.agresti_caffo",
        "miettinen_nurminen": "two_rates.miettinen_nurminen",
        "miettinen_nurminen_test": "two_rates.miettinen_nurminen_test",
        "farrington_manning": "two_rates.farrington_manning",
        "pearson_chi2": "two_rates.pearson_chi2",
        "fisher": "two_rates.fisher",
        "barnard": "two_rates.barnard",
        "boschloo": "two_rates.boschloo",
        "beta_binomial": "bayes.beta_binomial",
        "posterior_best": "bayes.posterior_best",
    },
    "Means": {
        "paired_t": "means.paired_t",
        "paired_t_from_stats": "means.paired_t_from_stats",
        "pseudo_case": "means.pseudo_case",
        "fixed_suite_z": "means.fixed_suite_z",
        "welch": "means.welch",
        "welch_from_stats": "means.welch_from_stats",
        "student_pooled": "means.student_pooled",
        "yuen": "means.yuen",
        "cuped": "means.cuped",
        "tost_paired": "equivalence.tost_paired",
    },
    "Signs, ranks and resampling": {
        "sign_flip": "ranks.sign_flip",
        "wilcoxon": "ranks.wilcoxon",
        "mann_whitney": "ranks.mann_whitney",
        "bootstrap_percentile": "bootstrap.bootstrap_percentile",
        "bootstrap_bca": "bootstrap.bootstrap_bca",
    },
    "Families of cases": {
        "cr1": "clusters.cr1",
        "cv3": "clusters.cv3",
        "clustered_mcnemar": "clusters.clustered_mcnemar",
        "intraclass_correlation": "clusters.intraclass_correlation",
        "design_effect": "clusters.design_effect",
        "kish": "clusters.kish",
    },
    "Ratios": {
        "fieller": "ratios.fieller",
        "fieller_from_moments": "ratios.fieller_from_moments",
        "fieller_test": "ratios.fieller_test",
        "geometric_ratio": "ratios.geometric_ratio",
        "geometric_ratio_test": "ratios.geometric_ratio_test",
        "log_delta": "ratios.log_delta",
        "log_delta_from_stats": "ratios.log_delta_from_stats",
        "ratio_of_means": "ratios.ratio_of_means",
    },
    "Quantiles": {
        "quantile_interval": "tails.quantile_interval",
        "quantile_ratio": "tails.quantile_ratio",
    },
    "Sizes of effects": {
        "cohens_h": "effect_sizes.cohens_h",
        "d_z": "effect_sizes.d_z",
        "d_av": "effect_sizes.d_av",
        "hedges_g": "effect_sizes.hedges_g",
        "hedges_j": "effect_sizes.hedges_j",
        "cliffs_delta": "effect_sizes.cliffs_delta",
        "odds_ratio": "effect_sizes.odds_ratio",
    },
    "Several comparisons": {
        "holm": "multiplicity.holm",
        "hochberg": "multiplicity.hochberg",
        "bonferroni": "multiplicity.bonferroni",
        "benjamini_hochberg": "multiplicity.benjamini_hochberg",
        "benjamini_yekutieli": "multiplicity.benjamini_yekutieli",
        "e_bh": "multiplicity.e_bh",
        "max_t_critical": "multiplicity.max_t_critical",
        "simultaneous": "multiplicity.simultaneous",
        "dunnett": "multiplicity.dunnett",
    },
    "Looks, planned": {
        "spent": "spending.spent",
        "spending_bounds": "spending.spending_bounds",
        "next_bound": "spending.next_bound",
        "pocock_constant": "spending.pocock_constant",
        "obf_constant": "spending.obf_constant",
        "conditional_power": "spending.conditional_power",
        "crossing_probabilities": "group_sequential.crossing_probabilities",
    },
    "Looks, at any time": {
        "sequential_mcnemar": "e_values.sequential_mcnemar",
        "msprt": "e_values.msprt",
        "e_value_p": "e_values.e_value_p",
        "betting_sequence": "betting.betting_sequence",
        "empirical_bernstein": "sequences.empirical_bernstein",
        "asymptotic_sequence": "sequences.asymptotic_sequence",
        "two_sample_sequence": "sequences.two_sample_sequence",
        "rate_sequence": "sequences.rate_sequence",
        "normal_mixture_bound": "sequences.normal_mixture_bound",
        "quantile_ab": "sequences.quantile_ab",
    },
    "Power and sample size": {
        "paired_rates_n": "power.paired_rates_n",
        "paired_rates_power": "power.paired_rates_power",
        "paired_rates_detectable": "power.paired_rates_detectable",
        "paired_noninferiority_n": "power.paired_noninferiority_n",
        "discordance_limit": "power.discordance_limit",
        "two_rates_n": "power.two_rates_n",
        "paired_t_n": "mean_power.paired_t_n",
        "welch_t_n": "mean_power.welch_t_n",
        "variance_limit": "mean_power.variance_limit",
        "mean_noninferiority_n": "power.mean_noninferiority_n",
        "cost_ratio_n": "mean_power.cost_ratio_n",
        "repeats_n": "mean_power.repeats_n",
        "repeats_floor": "mean_power.repeats_floor",
        "best_repeats": "mean_power.best_repeats",
        "variance_beyond_noise": "mean_power.variance_beyond_noise",
        "clustered_n": "power.clustered_n",
    },
    "Repeats and flakiness": {
        "flake_rate": "flakiness.flake_rate",
        "within_variance": "flakiness.within_variance",
        "variance_share": "flakiness.variance_share",
        "pass_at_k": "flakiness.pass_at_k",
        "pass_hat_k": "flakiness.pass_hat_k",
    },
    "Sharing out cases": {
        "sample_ratio": "sample_ratio.sample_ratio",
        "fixed": "allocation.fixed",
        "epsilon_greedy": "allocation.epsilon_greedy",
        "ucb1": "allocation.ucb1",
        "thompson": "allocation.thompson",
        "apportion": "allocation.apportion",
        "jain": "fairness.jain",
        "max_min_shares": "fairness.max_min_shares",
    },
    "Policies, from what another logged": {
        "ips": "off_policy.ips",
        "snips": "off_policy.snips",
        "doubly_robust": "off_policy.doubly_robust",
        "doubly_robust_difference": "off_policy.doubly_robust_difference",
    },
    "Several objectives": {
        "non_dominated": "fronts.non_dominated",
        "dominators": "fronts.dominators",
        "hypervolume": "fronts.hypervolume",
        "front_membership": "fronts.front_membership",
        "weighted_gain": "gains.weighted_gain",
        "weighted_gain_from_stats": "gains.weighted_gain_from_stats",
    },
    "Drift and outliers": {
        "p_chart": "control_limits.p_chart",
        "x_bar_chart": "control_limits.x_bar_chart",
        "psi": "distances.psi",
        "psi_threshold": "distances.psi_threshold",
        "jensen_shannon": "distances.jensen_shannon",
        "chi2_homogeneity": "distances.chi2_homogeneity",
        "kolmogorov_smirnov": "distances.kolmogorov_smirnov",
        "adwin": "changes.adwin",
        "page_hinkley": "changes.page_hinkley",
        "cusum": "changes.cusum",
        "steps": "steps.steps",
        "standard_scores": "steps.standard_scores",
        "modified_z": "outliers.modified_z",
        "iqr_fences": "outliers.iqr_fences",
        "z_scores": "outliers.z_scores",
        "mahalanobis": "outliers.mahalanobis",
        "history_distances": "spikes.history_distances",
        "history_factor": "spikes.history_factor",
        "fast_mcd": "robust_covariance.fast_mcd",
        "mcd_distances": "robust_covariance.mcd_distances",
    },
}
"""Family -> name -> where it is below `optimizer.stats`."""


def places() -> dict[str, str]:
    """Return where each kernel is, by its name."""
    return {name: place for family in KERNELS.values() for name, place in family.items()}


def kernel(name: str) -> Callable[..., Any]:
    """Return the function of a kernel.

    Raises:
        KeyError: There is no kernel of that name.
    """
    module, _, function = places()[name].partition(".")
    found: Callable[..., Any] = getattr(import_module(f"optimizer.stats.{module}"), function)
    return found
