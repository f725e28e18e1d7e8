"""Looking while the cases come in: planned looks, and looks at any time."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from functools import cache

import numpy as np
import pytest

from optimizer.experiments import ledger
from optimizer.models.experiments import Allocation, ExperimentArm, ExperimentDesign, Look, LookKey
from optimizer.models.terms import AllocationPolicy, Looks, Metric, VerdictKind
from optimizer.stats.bayes import paired_dirichlet
from optimizer.stats.e_values import sequential_mcnemar
from optimizer.stats.means import paired_t
from optimizer.stats.sequences import asymptotic_sequence

N_MAX = 200
FIVE = (40, 80, 120, 160, 200)
EVERY_TEN = tuple(range(20, N_MAX + 1, 10))
EVERY_CASE = tuple(range(20, N_MAX + 1))
"""From 20 cases on: fewer are not looked at by an asymptotic method."""

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
KEY = LookKey(suite_sha256="suite", metric=Metric.SUCCESS, baseline_id="old", candidate_id="new")
DESIGN = ExperimentDesign(
    experiment_id="e1",
    workflow_id="wf",
    baseline=ExperimentArm(label="old", variant_id="old"),
    candidates=(ExperimentArm(label="new", variant_id="new"),),
    primary=Metric.SUCCESS,
    secondary=(),
    guardrails=(),
    alpha=0.05,
    power=0.8,
    min_effect=None,
    n_max=N_MAX,
    n_max_reason="as stated",
    min_cases=20,
    max_duration_days=None,
    early_stopping=True,
    looks=Looks.OBF,
    futility=0.0,
    allocation=Allocation(
        policy=AllocationPolicy.FIXED,
        weights=(1.0, 1.0),
        max_traffic=1.0,
        epsilon=0.1,
        exploration=1.4,
    ),
)


def entitled(looks):
    """The z boundary of each look, as the ledger grants it to whoever looks."""
    ledger_so_far = []
    for seq, n in enumerate(looks, start=1):
        data = f"{n} cases"
        allowed = ledger.entitlement(DESIGN, ledger_so_far, n=n, data_sha256=data, alpha=0.05)
        entered = Look(
            experiment_id=DESIGN.experiment_id,
            seq=seq,
            key=KEY,
            candidate="new",
            looked_at=NOON,
            n=n,
            n_max=allowed.n_max,
            fraction=allowed.fraction,
            z_bound=allowed.z_bound,
            alpha_k=allowed.alpha_k,
            alpha_spent=allowed.alpha_spent,
            z=None,
            p_value=None,
            verdict=VerdictKind.INCONCLUSIVE,
            estimate=None,
            low=None,
            high=None,
            broken=(),
            data_sha256=data,
            run_ids=(),
        )
        ledger_so_far.append(entered)
    return ledger_so_far


def bounds(looks):
    return np.array([look.z_bound for look in entitled(looks)])


def at(counts, looks):
    """Running counts at the looks."""
    return counts[:, np.array(looks) - 1]


def mcnemar_z(b, c, looks):
    flips = at(b + c, looks)
    return np.divide(at(c - b, looks), np.sqrt(flips), out=np.zeros(flips.shape), where=flips > 0)


def planned(b, c, looks):
    """At how many cases planned looks found a difference; infinity where none did."""
    crossed = np.abs(mcnemar_z(b, c, looks)) >= bounds(looks)
    return first_of(crossed, looks)


def first_of(crossed, looks):
    return np.where(crossed.any(axis=1), np.array(looks)[crossed.argmax(axis=1)], np.inf)


def by_asymptotic_sequence(b, c, *, optimum):
    """At how many cases the interval first left 0 out, looking at every case."""
    return np.array([_left_zero(x, y, optimum) for x, y in zip(b, c, strict=True)])


def _left_zero(b, c, optimum):
    for n in EVERY_CASE:
        better, worse = int(c[n - 1]), int(b[n - 1])
        mean = (better - worse) / n
        sd = math.sqrt((better + worse - n * mean**2) / (n - 1))
        interval = asymptotic_sequence(mean, sd, n, alpha=0.05, optimum=optimum)
        if interval.low > 0 or interval.high < 0:
            return n
    return np.inf


def by_e_value(b, c):
    """At how many cases the e-value first reached 1 / alpha, looking at every case."""
    known = cache(lambda x, y: sequential_mcnemar(x, y).e_value >= 20)
    crossed = np.vectorize(known, otypes=[bool])(b, c)
    return first_of(crossed, range(1, b.shape[1] + 1))


def t_p_values(b, c, looks):
    """Student's paired t at each look: the kernel's formula, over all suites at once."""
    from scipy.special import stdtr  # noqa: PLC0415 - as elsewhere

    n = np.array(looks)
    mean = at(c - b, looks) / n
    variance = (at(b + c, looks) - n * mean**2) / (n - 1)
    error = np.sqrt(variance / n)
    t = np.divide(mean, error, out=np.zeros(mean.shape), where=error > 0)
    return 2 * stdtr(n - 1, -np.abs(t))


def false_alarms(bench, suites, reps, midp):
    """Of five planned looks where nothing changed: by z, and by the p-value of `compare`."""
    b, c = suites(30).flips(reps, N_MAX, broken=0.1, fixed=0.1)
    by_z = np.isfinite(planned(b, c, FIVE))
    alphas = [look.alpha_k for look in entitled(FIVE)]
    by_p = (midp(at(b, FIVE), at(c, FIVE)) < np.array(alphas)).any(axis=1)
    return [
        bench.rate("S3", "5 looks, ledger, McNemar z", by_z, 0.048, at_most=0.05),
        bench.between("S3", "5 looks, ledger, mid-p", by_p, 0.0, 0.05),
    ]


def test_planned_looks_share_one_alpha(bench, suites, reps, midp):
    assert bounds(FIVE) == pytest.approx([4.8769, 3.3569, 2.6803, 2.2898, 2.0310], abs=5e-4)
    bench.hold(false_alarms(bench, suites, reps, midp))


def test_looks_at_every_case_keep_the_level(bench, suites, reps):
    b, c = suites(31).flips(reps, N_MAX, broken=0.1, fixed=0.1)
    sequence = np.isfinite(by_asymptotic_sequence(b, c, optimum=100))
    e = np.isfinite(by_e_value(b, c))
    bench.hold(
        [
            bench.rate("S3", "every case, AsympCS", sequence, 0.020, at_most=0.05),
            bench.rate("S3", "every case, sequential McNemar", e, 0.021, at_most=0.05),
        ]
    )


def test_tests_made_for_one_look_are_told_apart(bench, suites, reps, midp):
    b, c = suites(32).flips(reps, N_MAX, broken=0.1, fixed=0.1)
    _agrees_with_kernel(b, c)

    def alarms(p_values):
        return (p_values < 0.05).any(axis=1)

    better = _p_better(at(b, EVERY_TEN), at(c, EVERY_TEN))
    sure = np.maximum(better, 1 - better)
    bench.hold(
        [
            bench.rate("S3-", "19 looks, paired t", alarms(t_p_values(b, c, EVERY_TEN)), 0.226),
            bench.rate("S3-", "every case, paired t", alarms(t_p_values(b, c, EVERY_CASE)), 0.272),
            bench.rate("S3-", "5 looks, paired t", alarms(t_p_values(b, c, FIVE)), 0.141),
            bench.rate(
                "S3-", "19 looks, mid-p", alarms(midp(at(b, EVERY_TEN), at(c, EVERY_TEN))), 0.192
            ),
            bench.rate("S3-", "19 looks, P(better) > .975", (sure > 0.975).any(axis=1), 0.233),
            bench.rate("S3-", "19 looks, P(better) > .95", (sure > 0.95).any(axis=1), 0.421),
        ]
    )


def _agrees_with_kernel(b, c):
    p = t_p_values(b, c, FIVE)
    for i in range(0, len(b), len(b) // 20):
        for place, n in enumerate(FIVE):
            d = np.zeros(n)
            worse, better = b[i, n - 1], c[i, n - 1]
            d[:worse], d[worse : worse + better] = -1, 1
            assert p[i, place] == pytest.approx(paired_t(d).p_value)


def _p_better(b, c):
    from scipy.special import betainc  # noqa: PLC0415 - as elsewhere

    for worse, better in ((0, 3), (5, 11), (14, 6)):
        known = paired_dirichlet(worse, better, 100).p_better
        assert 1 - betainc(better + 0.5, worse + 0.5, 0.5) == pytest.approx(known)
    return 1 - betainc(c + 0.5, b + 0.5, 0.5)


def test_a_real_gain_is_found_early(bench, suites, reps, midp):
    b, c = suites(33).flips(reps, N_MAX, broken=0.06, fixed=0.16)
    fixed = midp(b[:, -1], c[:, -1]) < 0.05
    figures = [bench.rate("S3p", "+10 pp, fixed n, mid-p: power", fixed, 0.876)]
    for name, stopped, power, n in (
        ("5 looks, OBF", planned(b, c, FIVE), 0.866, 156),
        ("every case, AsympCS", by_asymptotic_sequence(b, c, optimum=100), 0.638, 143),
        ("every case, sequential McNemar", by_e_value(b, c), 0.623, 143),
    ):
        figures += [
            bench.rate("S3p", f"+10 pp, {name}: power", np.isfinite(stopped), power),
            bench.mean("S3p", f"+10 pp, {name}: mean n", np.minimum(stopped, N_MAX), n, digit=0.5),
        ]
    bench.hold(figures)


def test_sequences_tuned_for_other_sizes_are_told_apart(bench, suites, reps):
    b, c = suites(34).flips(min(reps, 10_000), N_MAX, broken=0.06, fixed=0.16)
    log = -2 * math.log(0.05)
    tuned_to_one = log + math.log1p(log)  # rho = 1
    bench.hold(
        [
            bench.rate("S3p-", f"+10 pp, AsympCS tuned to {name}: power", found, published)
            for name, optimum, published in (("5000", 5_000, 0.025), ("rho 1", tuned_to_one, 0.51))
            for found in (np.isfinite(by_asymptotic_sequence(b, c, optimum=optimum)),)
        ]
    )


def test_the_e_value_finds_a_great_gain_within_a_hundred_cases(bench, suites, reps):
    b, c = suites(35).flips(min(reps, 5_000), 300, broken=0.05, fixed=0.20)
    stopped = by_e_value(b, c)
    n = np.minimum(stopped, 300)
    median = bench.exact(
        "S3d", "+15 pp, sequential McNemar: median n", float(np.median(n)), 80, digit=4, reps=len(n)
    )
    bench.hold(
        [
            bench.rate(
                "S3d", "+15 pp, sequential McNemar: power", np.isfinite(stopped), 0.994, of=5_000
            ),
            bench.mean("S3d", "+15 pp, sequential McNemar: mean n", n, 93, of=5_000, digit=0.5),
            median,
        ]
    )


def test_testing_again_after_an_inconclusive_look_spends_from_one_alpha(bench, suites, reps):
    b, c = suites(36).flips(reps, N_MAX, broken=0.075, fixed=0.075)
    retests = (100, 120, 140, 160, 180, 200)
    twice = (t_p_values(b, c, retests[:2]) < 0.05).any(axis=1)
    often = (t_p_values(b, c, retests) < 0.05).any(axis=1)
    shared = np.isfinite(planned(b, c, (100, 200)))
    bench.hold(
        [
            bench.rate("S3b", "100, then 200 cases, ledger", shared, 0.0486, at_most=0.05),
            bench.rate("S3b-", "100, then 120 cases, t twice", twice, 0.067),
            bench.rate("S3b-", "100, then five times 20, t each time", often, 0.121),
        ]
    )


def test_the_bench_notices_looks_past_the_ledger(bench, suites, midp, monkeypatch):
    entitlement = ledger.entitlement

    def as_if_first_and_last(design, earlier, *, n, data_sha256, alpha):
        return entitlement(design, (), n=n, data_sha256=data_sha256, alpha=alpha, final=True)

    monkeypatch.setattr(ledger, "entitlement", as_if_first_and_last)
    bench.notice("(d)", false_alarms(bench, suites, 2_000, midp))
