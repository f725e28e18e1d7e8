"""How much bandits lose while they learn, and how often off-policy intervals hold the truth."""

from __future__ import annotations

import csv
from pathlib import Path
from statistics import fmean

import numpy as np
import pytest

from optimizer.learning.counting_bandits import Thompson, Ucb1
from optimizer.learning.linear_bandits import ContextualThompson, LinUcb
from optimizer.learning.paired import paired_gain
from optimizer.learning.reward import PRESETS
from optimizer.models.contrasts import CaseTable
from optimizer.stats.off_policy import doubly_robust, ips, snips

ROUNDS = 10_000
TARGET = 0.02
"""Largest relative regret: what was lost to the oracle, over what the oracle earned."""

LOG = Path(__file__).parents[3] / "shared" / "data" / "bandit" / "obd_random_men.csv"
KERNELS = {"ips": ips, "snips": snips, "doubly robust": doubly_robust}

FIVE, TEN = (0.1, 0.3, 0.5, 0.7, 0.9), tuple(np.linspace(0.05, 0.95, 10))


def bernoulli_regret(bandit, means, seed):
    means, context = np.array(means), np.ones(1)
    drawn = np.random.default_rng((seed, 1)).random((ROUNDS, len(means))) < means
    earned = 0.0
    for row in drawn:
        arm = bandit.choose(context)
        bandit.update(arm, context, float(row[arm]))
        earned += float(means[arm])
    return 1 - earned / (ROUNDS * float(means.max()))


def linear_problem(n_arms, dimension, noise, seed):
    """Contexts and coefficients on the unit sphere; rewards of 1/2 + xθ/2 with normal noise."""
    rng = np.random.default_rng((seed, 2))
    theta, x = rng.normal(size=(n_arms, dimension)), rng.normal(size=(ROUNDS, dimension))
    theta /= np.linalg.norm(theta, axis=1, keepdims=True)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    means = 0.5 + 0.5 * x @ theta.T
    contexts = np.column_stack([np.ones(ROUNDS), x])
    return contexts, means, means + rng.normal(0, noise, means.shape)


def linear_regret(bandit, problem):
    contexts, means, rewards = problem
    earned = 0.0
    for t, context in enumerate(contexts):
        arm = bandit.choose(context)
        bandit.update(arm, context, float(rewards[t, arm]))
        earned += float(means[t, arm])
    return 1 - earned / float(means.max(axis=1).sum())


def repeats(reps):
    return 2 if reps <= 2_000 else 20


@pytest.mark.parametrize(("name", "means"), [("5 arms", FIVE), ("10 arms", TEN)])
def test_thompson_sampling_loses_little(bench, reps, name, means):
    lost = [
        bernoulli_regret(Thompson(len(means), seed=seed), means, seed)
        for seed in range(repeats(reps))
    ]
    bench.hold([bench.exact("B1", f"Thompson, {name}", fmean(lost), 0.0, digit=TARGET)])


def test_ucb1_loses_little_where_arms_are_far_apart(bench, reps):
    lost = [bernoulli_regret(Ucb1(5), FIVE, seed) for seed in range(repeats(reps))]
    bench.hold([bench.exact("B1", "UCB1, 5 arms", fmean(lost), 0.0, digit=TARGET)])


@pytest.mark.parametrize(("n_arms", "dimension"), [(5, 5), (10, 8), (5, 15)])
def test_linear_bandits_lose_little(bench, reps, n_arms, dimension):
    lost = {"LinUCB": [], "contextual Thompson": []}
    for seed in range(repeats(reps)):
        problem = linear_problem(n_arms, dimension, 0.1, seed)
        for name, bandit in (
            ("LinUCB", LinUcb(n_arms, dimension + 1, alpha=2.0)),
            ("contextual Thompson", ContextualThompson(n_arms, dimension + 1, seed=seed)),
        ):
            lost[name].append(linear_regret(bandit, problem))
    what = f"{n_arms} arms, {dimension} features"
    bench.hold(
        [
            bench.exact("B2", f"{name}, {what}", fmean(values), 0.0, digit=TARGET)
            for name, values in lost.items()
        ]
    )


def test_a_bandit_that_never_learns_is_noticed(bench):
    class Blind(Thompson):
        def update(self, arm, context, reward):
            pass

    lost = bernoulli_regret(Blind(5, seed=0), FIVE, 0)
    bench.notice("M20", [bench.exact("B1", "Thompson without updates", lost, 0.0, digit=TARGET)])


def values(rewards, logged, target, arm, policy):
    """The three values; the model is the mean of each arm in the other half of the rounds."""
    half = np.arange(len(arm)) % 2
    predicted = np.zeros((len(arm), len(policy)))
    for part in (0, 1):
        other = half != part
        n = np.bincount(arm[other], minlength=len(policy))
        total = np.bincount(arm[other], weights=rewards[other], minlength=len(policy))
        means = (total + rewards[other].mean()) / (n + 1)
        predicted[half == part] = means
    model = (predicted[np.arange(len(arm)), arm], predicted @ policy)
    return {
        "ips": ips(rewards, logged, target),
        "snips": snips(rewards, logged, target),
        "doubly robust": doubly_robust(rewards, logged, target, *model),
    }


@pytest.mark.parametrize("n", [300, 2_000])
def test_off_policy_intervals_hold_the_truth(bench, reps, n):
    rng = np.random.default_rng(n)
    chances, rates = np.array([0.5, 0.3, 0.15, 0.05]), np.array([0.2, 0.1, 0.3, 0.4])
    policy = np.array([0.1, 0.1, 0.4, 0.4])
    truth, held = float(policy @ rates), {name: [] for name in KERNELS}
    for _ in range(min(reps, 4_000) // 2):
        arm = rng.choice(4, n, p=chances)
        rewards = (rng.random(n) < rates[arm]).astype(float)
        for name, found in values(rewards, chances[arm], policy[arm], arm, policy).items():
            held[name].append(found.low <= truth <= found.high)
    bench.hold(
        [bench.between("B3", f"{name}, n={n}", hits, 0.93, 1.0) for name, hits in held.items()]
    )


@pytest.mark.parametrize("kind", ["one item", "a mix of items"])
def test_values_on_a_real_uniform_log_hold_the_truth(bench, reps, kind):
    if not LOG.exists():
        pytest.skip("the shared log is not beside this checkout")
    with LOG.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    item = np.array([int(row["item_id"]) for row in rows])
    clicks = np.array([float(row["click"]) for row in rows])
    n_items = item.max() + 1
    rates = np.bincount(item, weights=clicks) / np.bincount(item)
    rng, held = np.random.default_rng(7), {name: [] for name in KERNELS}
    for _ in range(min(reps, 4_000) // 5):
        rows_drawn = rng.integers(0, len(item), len(item) // 2)
        policy = (
            np.eye(n_items)[rng.integers(n_items)]
            if kind == "one item"
            else rng.dirichlet(np.full(n_items, 0.3))
        )
        arm = item[rows_drawn]
        # a resample of the log is drawn from its own shares of items, not from 1/34 exactly
        logged = (np.bincount(item) / len(item))[arm]
        found = values(clicks[rows_drawn], logged, policy[arm], arm, policy)
        for name, one in found.items():
            held[name].append(one.low <= float(policy @ rates) <= one.high)
    bench.hold(
        [bench.between("B4", f"{name}, {kind}", hits, 0.93, 1.0) for name, hits in held.items()]
    )


def alike(rng, n, k):
    """Cases under k variants that are as good and as fast as each other."""
    chance = 1 / (1 + np.exp(-rng.normal(1, 2, n)))
    latency = np.exp(rng.normal(6, 0.5, (k, n)) + rng.normal(0, 0.5, n))
    unknown = np.full(k * n, np.nan)
    return CaseTable(
        variants=tuple(f"v{i}" for i in range(k)),
        variant=np.repeat(np.arange(k), n),
        case=np.tile(np.arange(n), k),
        n=np.ones(k * n),
        passed=(rng.random((k, n)) < chance).astype(float).ravel(),
        score=unknown,
        latency_ms=latency.ravel(),
        cost_usd=unknown,
        tokens=unknown,
    )


@pytest.mark.parametrize(("n", "k"), [(30, 4), (100, 2), (400, 4)])
def test_equal_variants_are_seldom_switched_to(bench, reps, n, k):
    rng, switched, held = np.random.default_rng((n, k)), [], []
    for _ in range(min(reps, 10_000) // 10):
        table = alike(rng, n, k)
        gains = [
            paired_gain(
                table,
                "v0",
                f"v{place}",
                weights=PRESETS["seed"],
                min_cases=30,
                level=1 - 0.05 / (k - 1),
            )
            for place in range(1, k)
        ]
        switched.append(any(gain.settles(0.8) for gain in gains))
        held.append(all(gain.low <= 0 <= gain.high for gain in gains))
    what = f"{k} variants, {n} cases"
    bench.hold(
        [
            bench.between("B5", f"a switch among {what}", switched, 0.0, 0.025),
            bench.between("B5", f"gains hold 0, {what}", held, 0.95, 1.0),
        ]
    )
