"""Confirmations of champions: how often one that is no better passes, and what its gain says.

Each case fails or passes with either prompt, all cases alike. The exact figures weigh every
outcome there is by its probability.
"""

from __future__ import annotations

import math
import random
import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from optimizer.models.optimization import Case, CaseResult
from optimizer.prompts.settings import OptimizeSettings
from optimizer.prompts.testing.metering import Forgetful, Meter
from optimizer.prompts.versions.confirming import Occasion, alpha_of, confirm, least_cases
from optimizer.stats.paired_rates import mcnemar_midp, tango

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SETTINGS = OptimizeSettings()
ALPHA, FEWEST = SETTINGS.alpha, least_cases(settings=SETTINGS)
SIZES = (18, 24, 40)
PASSED = "succeeded"
MANUAL = Path(__file__).parents[2] / "docs" / "optimizing.md"


@cache
def bounds(b, c, n):
    """Lower and upper bound of a gain that is promoted; None where it is not."""
    if c <= b or b + c < FEWEST or mcnemar_midp(b, c).p_value >= ALPHA:
        return None
    found = tango(b, c, n, level=1 - ALPHA)
    return found.low, found.high


def chance(b, c, n, broken, fixed):
    ways = math.factorial(n) // math.factorial(b) // math.factorial(c) // math.factorial(n - b - c)
    return ways * broken**b * fixed**c * (1 - broken - fixed) ** (n - b - c)


def promoted(n, broken, fixed):
    """Chance of promotion, and the mean estimate and lower bound of what is promoted."""
    power = estimate = low = 0.0
    for c in range(n + 1):
        for b in range(min(c, n - c + 1)):
            found = bounds(b, c, n)
            if found is not None:
                p = chance(b, c, n, broken, fixed)
                power, estimate = power + p, estimate + p * (c - b) / n
                low += p * found[0]
    return power, estimate / power, low / power


@pytest.mark.parametrize("n", SIZES)
def test_a_champion_that_is_no_better_hardly_ever_passes(n):
    worst = max(promoted(n, flips / 100, flips / 100)[0] for flips in range(2, 51, 2))
    assert worst <= ALPHA


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("gain", [0.3, 0.45, 0.65])
def test_a_promoted_gain_is_told_right_where_the_cases_suffice_to_find_it(n, gain):
    power, estimate, _ = promoted(n, 0.05, gain + 0.05)
    if power >= 0.8:
        assert abs(estimate - gain) <= 0.05


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("gain", [0.1, 0.2, 0.3, 0.45, 0.65])
def test_the_lower_bound_of_a_promoted_gain_is_no_promise_too_much(n, gain):
    assert promoted(n, 0.05, gain + 0.05)[2] <= gain


def test_the_manual_tells_how_likely_a_gain_is_to_be_confirmed():
    page = MANUAL.read_text(encoding="utf-8")
    head = re.search(r"^\| Held out \|.*$", page, re.MULTILINE)[0]
    gains = [int(gain) / 100 for gain in re.findall(r"\+(\d+)", head)]
    rows = re.findall(r"^\| (\d+) \| \d+ \|((?: \d+ % \|)+)$", page, re.MULTILINE)
    assert rows
    for n, told in rows:
        found = [round(100 * promoted(int(n), 0.05, gain + 0.05)[0]) for gain in gains]
        assert found == [int(share) for share in re.findall(r"\d+", told)], n


def test_the_manual_tells_what_each_look_takes():
    rows = re.findall(r"^\| (\d) \| (0\.\d+) \| (\d+) \|$", MANUAL.read_text("utf-8"), re.MULTILINE)
    assert len(rows) == 5
    for look, alpha, n in rows:
        seq = int(look)
        assert float(alpha) == pytest.approx(alpha_of(seq, SETTINGS))
        assert int(n) == least_cases(seq, settings=SETTINGS)


class Chance:
    """Passes each case with the chance of its prompt."""

    fingerprint = "chance"

    def __init__(self, seed, rates):
        self.chance, self.rates = random.Random(seed), rates

    def run(self, prompt, cases, *, replicate):
        yield [
            CaseResult(
                case_id=case.case_id,
                replicate=replicate,
                status=PASSED if self.chance.random() < self.rates[prompt] else "failed",
            )
            for case in cases
        ]


def looked(seed, rates, *, control="old", champion="new", n=18):
    return confirm(
        control=control,
        champion=champion,
        cases=[Case(case_id=f"c{i}", body=f'{{"x":{i}}}') for i in range(n)],
        meter=Meter(Chance(seed, rates), Forgetful(), budget=2 * n),
        occasion=Occasion(optimization_id=str(seed), prompt_id="p", seq=1, looked_at=NOW),
        settings=SETTINGS,
    ).confirmation


def test_of_worlds_without_an_effect_at_most_alpha_promote():
    n_worlds = 200
    n_false = sum(looked(seed, {"old": 0.5, "new": 0.5}).is_better for seed in range(n_worlds))
    assert n_false / n_worlds <= ALPHA


def test_of_worlds_with_a_large_effect_most_promote():
    n_worlds = 50
    n_true = sum(looked(seed, {"old": 0.3, "new": 0.9}).is_better for seed in range(n_worlds))
    assert n_true / n_worlds >= 0.85
