"""Cases run once by both arms: every outcome there is, weighted by its probability."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest

from optimizer.models.terms import GuardStatus, VerdictKind
from optimizer.stats.paired_rates import (
    bonett_price,
    mcnemar_asymptotic,
    mcnemar_exact,
    mcnemar_midp,
    tango,
    tango_test,
    wald_paired,
)
from optimizer.stats.power import paired_rates_n, paired_rates_power

SIZES = (20, 50, 100, 200)
DISCORDANCES = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""True differences looked at, over the discordance."""

REAL_DISCORDANCE, MARGIN = 0.15, 0.05
NEGLIGIBLE = 1e-11
SIMULATED = 20_000
"""Repetitions behind the published figures of the gate; here they have no chance in them."""


PLANS = ((0.1, 0.05), (0.15, 0.05), (0.2, 0.05), (0.2, 0.1), (0.3, 0.1))
"""Discordance and difference."""


def outcomes(n, discordance, difference):
    """Counts of broken and fixed cases with the probability of each pair of counts."""
    from scipy.special import gammaln, xlogy  # noqa: PLC0415 - as elsewhere

    broken, fixed = (discordance - difference) / 2, (discordance + difference) / 2
    b, c = (grid.ravel() for grid in np.meshgrid(np.arange(n + 1), np.arange(n + 1)))
    b, c = b[b + c <= n], c[b + c <= n]
    rest = n - b - c
    ways = gammaln(n + 1) - gammaln(b + 1) - gammaln(c + 1) - gammaln(rest + 1)
    chance = np.exp(
        ways + xlogy(b, max(broken, 0.0)) + xlogy(c, fixed) + xlogy(rest, 1 - discordance)
    )
    likely = chance > NEGLIGIBLE
    return b[likely].tolist(), c[likely].tolist(), chance[likely]


def chance_of(n, discordance, difference, happens):
    """Probability that something happens, a function of the cases broken and fixed."""
    b, c, chance = outcomes(n, discordance, difference)
    return float(chance @ np.array([happens(x, y) for x, y in zip(b, c, strict=True)], float))


def largest_size(test):
    known = cache(lambda b, c: test(b, c).p_value < 0.05)
    return max(chance_of(n, psi, 0.0, known) for n in SIZES for psi in DISCORDANCES)


def coverages(interval):
    found = []
    for n in SIZES:
        known = cache(lambda b, c, n=n: interval(b, c, n))
        for psi in DISCORDANCES:
            for share in SHARES:
                difference = psi * share

                def covers(b, c, known=known, difference=difference):
                    found = known(b, c)
                    return found.low - 1e-12 <= difference <= found.high + 1e-12

                found.append(chance_of(n, psi, difference, covers))
    return found


def test_mcnemar_mid_p_keeps_its_level_everywhere(bench):
    bench.hold(
        [
            bench.exact("E1", "size of mid-p, largest", largest_size(mcnemar_midp), 0.0494),
            bench.exact(
                "E1-", "size of chi-square, largest", largest_size(mcnemar_asymptotic), 0.0536
            ),
            bench.exact("E1-", "size of exact test, largest", largest_size(mcnemar_exact), 0.0395),
            bench.exact(
                "E1-",
                "size of corrected chi-square, largest",
                largest_size(lambda b, c: mcnemar_asymptotic(b, c, continuity=True)),
                0.0388,
            ),
        ]
    )


def test_tango_covers_where_wald_does_not(bench):
    by_tango = coverages(tango)
    assert np.mean(by_tango) >= 0.945
    bench.hold(
        [
            bench.exact("E1", "coverage of Tango, least", min(by_tango), 0.933),
            bench.exact(
                "E1-", "coverage of Bonett-Price, least", min(coverages(bonett_price)), 0.928
            ),
            bench.exact("E1-", "coverage of Wald, least", min(coverages(wald_paired)), 0.332),
        ]
    )


def test_mid_p_and_tango_contradict_each_other_ten_times_only():
    found, contradicted = 0, []
    for m in range(1, 400):
        for b in range(m // 2 + 1):
            low = mcnemar_midp(b, m - b).p_value < 0.05
            if low != (mcnemar_asymptotic(b, m - b).p_value < 0.05):
                contradicted.append((b, m - b, low))
            found += low
    assert found > 0
    assert len(contradicted) == 10
    assert not any(by_midp for _, _, by_midp in contradicted)
    assert (0, 4, False) in contradicted
    assert all((tango(b, c, 400).low > 0) for b, c, _ in contradicted)


@pytest.mark.parametrize(
    ("n", "difference", "published"),
    [
        (
            100,
            0.0,
            {
                "no worse": 0.324,
                "inconclusive": 0.629,
                "improved": 0.023,
                "regressed": 0.023,
                "equivalent": 0.001,
            },
        ),
        (400, 0.0, {"equivalent": 0.636, "no worse": 0.158, "inconclusive": 0.158}),
        (100, 0.10, {"improved": 0.770, "no worse": 0.224}),
        (100, -0.05, {"inconclusive": 0.712, "regressed": 0.239}),
    ],
)
def test_verdicts_are_as_frequent_as_they_must_be(bench, decide, n, difference, published):
    figures = []
    for name, share in published.items():
        kind = VerdictKind(name)
        measured = chance_of(
            n, REAL_DISCORDANCE, difference, lambda b, c, kind=kind: decide(b, c, n).kind is kind
        )
        what = f"verdict, n={n} {difference:+.2f}: {name}"
        figures.append(bench.exact("V", what, measured, share, digit=0.001))
    bench.hold(figures)


@pytest.mark.parametrize(
    ("n", "harmful", "detected", "estimated", "harmless"),
    [
        (50, 0.045, 0.88, 0.50, 0.22),
        (100, 0.048, 0.76, 0.45, 0.35),
        (200, 0.049, 0.56, 0.46, 0.56),
        pytest.param(400, 0.049, 0.26, 0.47, 0.82, marks=pytest.mark.slow),
    ],
)
def test_the_gate_proves_and_detects_as_often_as_it_must(
    bench, decide, n, harmful, detected, estimated, harmless
):
    def chance(difference, happens):
        return chance_of(n, REAL_DISCORDANCE, difference, happens)

    def proven(b, c):
        return decide(b, c, n).prove is GuardStatus.PASSED

    def undetected(b, c):
        return decide(b, c, n).detect is GuardStatus.PASSED

    bench.hold(
        [
            bench.exact(
                "S5", f"n={n}, -5 pp: prove passes", chance(-0.05, proven), harmful, of=SIMULATED
            ),
            bench.exact(
                "S5-",
                f"n={n}, -5 pp: detect passes",
                chance(-0.05, undetected),
                detected,
                digit=0.005,
                of=SIMULATED,
            ),
            bench.exact(
                "S5-",
                f"n={n}, -5 pp: estimate above margin",
                chance(-0.05, lambda b, c: (c - b) / n > -MARGIN),
                estimated,
                digit=0.005,
                of=SIMULATED,
            ),
            bench.exact(
                "S5",
                f"n={n}, equal: prove passes",
                chance(0.0, proven),
                harmless,
                digit=0.005,
                of=SIMULATED,
            ),
        ]
    )


def test_score_test_at_the_margin_keeps_its_level_on_large_suites(bench):
    passes = chance_of(
        800,
        REAL_DISCORDANCE,
        -0.05,
        lambda b, c: tango_test(b, c, 800, margin=MARGIN).p_value < 0.05,
    )
    bench.hold([bench.exact("S5", "n=800, -5 pp: Tango passes", passes, 0.053, of=SIMULATED)])


def test_planned_pairs_reach_their_power(bench):
    figures = []
    for discordance, difference in PLANS:
        n = math.ceil(paired_rates_n(discordance, difference))
        found = cache(lambda b, c: mcnemar_midp(b, c).p_value < 0.05)
        power = chance_of(n, discordance, difference, found)
        assert power == pytest.approx(paired_rates_power(n, discordance, difference), abs=1e-6)
        what = f"Connor, flips {discordance}, +{difference}: power at {n}"
        figures.append(bench.exact("S8", what, power, 0.8065, digit=0.004))
    bench.hold(figures)
