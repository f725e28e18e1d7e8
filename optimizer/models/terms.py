"""The words that verdicts and experiments are told in: enumerations, and nothing to build.

Kept apart from the records, which take longer to make than a decision has time for.
"""

from __future__ import annotations

from enum import StrEnum


class Metric(StrEnum):
    """What is compared."""

    SUCCESS = "success"
    SCORE = "score"
    LATENCY = "latency"
    LATENCY_P50 = "latency_p50"
    LATENCY_P95 = "latency_p95"
    COST = "cost"
    TOKENS = "tokens"


RATES = frozenset({Metric.SUCCESS, Metric.SCORE})
"""Metrics from 0 to 1, compared by their difference, where more is better.

The others are amounts: compared by their ratio, and less is better.
"""


class Scope(StrEnum):
    """What the cases stand for."""

    CASES = "cases"
    """A sample of future inputs."""

    SUITE = "suite"
    """Themselves: only the noise between runs is random."""


class VerdictKind(StrEnum):
    """What became of one metric; the first that holds, in this order."""

    INVALID = "invalid"
    IMPROVED = "improved"
    REGRESSED = "regressed"
    EQUIVALENT = "equivalent"
    NO_WORSE = "no worse"
    INCONCLUSIVE = "inconclusive"


class Severity(StrEnum):
    """What a finding does to a verdict."""

    INVALID = "invalid"
    CAVEAT = "caveat"


class GuardMode(StrEnum):
    """What a guardrail asks for."""

    DETECT = "detect"
    """Fail where a regression is found."""

    PROVE = "prove"
    """Pass where the data show that it is no worse than the margin."""


class GuardStatus(StrEnum):
    """What a guardrail says."""

    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    INVALID = "invalid"


class ExperimentStatus(StrEnum):
    """Where an experiment stands."""

    DRAFT = "draft"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    ARCHIVED = "archived"


class Looks(StrEnum):
    """How the false-alarm rate is kept although the data are looked at more than once."""

    OBF = "obf"
    """Group-sequential, spending as O'Brien and Fleming do: little early, most at the end."""

    POCOCK = "pocock"
    """Group-sequential, spending about evenly: easier to stop early, harder at the end."""

    OPEN = "open"
    """Anytime: an e-value and a confidence sequence, with no planned end."""


class BanditAlgorithm(StrEnum):
    """How a bandit chooses its arms."""

    LIN_UCB = "lin_ucb"
    THOMPSON_SAMPLING = "thompson_sampling"
    CONTEXTUAL_THOMPSON = "contextual_thompson"
    EPSILON_GREEDY = "epsilon_greedy"
    BOLTZMANN = "boltzmann"
    UCB1 = "ucb1"


class AllocationPolicy(StrEnum):
    """How the tests of the next batch are shared between the arms."""

    FIXED = "fixed"
    EPSILON_GREEDY = "epsilon_greedy"
    UCB = "ucb"
    THOMPSON = "thompson"
