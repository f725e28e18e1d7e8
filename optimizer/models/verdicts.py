"""What a comparison says: one verdict for each metric, and what it rests on."""

from __future__ import annotations

from optimizer.models.case_changes import CaseOutcome
from optimizer.models.cases import Arm
from optimizer.models.dataclass import dataclass
from optimizer.models.terms import GuardMode, GuardStatus, Metric, Scope, Severity, VerdictKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something about the data that a reader of the verdict must know.

    Attributes:
        code: Its name: `few_shared_cases`.
        severity: Whether it forbids a verdict or qualifies it.
        text: The fact, in a sentence with the counts in it.
        metrics: The metrics it touches; empty for all.
    """

    code: str
    severity: Severity
    text: str
    metrics: tuple[Metric, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """A further figure of the same data, for those who ask; no verdict rests on it.

    Attributes:
        name: What it is: `p_better`, `cohens_h`, `odds_ratio`.
        value: The figure.
        low: Lower bound of its interval, or None where it has none.
        high: Upper bound, or None.
        text: What it means, in a few words.
    """

    name: str
    value: float
    text: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What would settle an inconclusive verdict.

    Attributes:
        n_cases: Cases in all, planned with the margin; None where no number would do.
        more_cases: Cases beyond those there are; None as n_cases.
        n_repeats: Repeats of the same cases that would do; None where repeats cannot help.
        text: The same in words.
    """

    n_cases: int | None
    more_cases: int | None
    n_repeats: int | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricVerdict:
    """The verdict on one metric.

    An effect is candidate minus baseline. Of a rate it is the difference (0.05 is 5 percentage
    points); of an amount it is the ratio less one (0.10 is 10 % more).

    Attributes:
        metric: The metric.
        kind: The verdict.
        detail: How it stands to the least effect worth having or to the margin; None where it
            says nothing.
        reason: Why, in words, where no figure says it; None otherwise.
        baseline: Mean of the baseline over the units compared (a quantile for p50 and p95), in
            the unit of the metric; None where unknown.
        candidate: The same of the candidate.
        estimate: The effect, or None where there is none.
        low: Lower bound of its interval; -inf where unbounded.
        high: Upper bound; inf where unbounded.
        level: Level of that interval, 0 to 1.
        low_one_sided: Lower bound at the one-sided level 1 - alpha; with the next, the interval
            of the equivalence test and of the gate.
        high_one_sided: Upper bound likewise.
        p_value: Two-sided, against no effect; None where the method gives none.
        p_adjusted: The same, corrected for several candidates; None where there is one.
        alpha: What the p-value was held against: the part of alpha that this look may spend.
        margin: How much worse still counts as no worse; in the unit of the effect.
        min_effect: The least effect worth having; in the unit of the effect.
        n: Units behind the estimate: cases, or families of cases.
        unit: What they are: `case`, `family`; unpaired, `case` of each arm.
        n_candidate: Units of the candidate, where the arms do not share them; else None.
        n_changed: Units whose value differs between the arms; None unpaired.
        n_fixed: Units that got better.
        n_broken: Units that got worse.
        n_dropped: Shared cases left out for want of a value in one arm.
        method: Name of the test and the interval: `McNemar mid-p, Tango interval`.
        why: Why this method, in a line.
        companions: Further figures.
        need: What would settle it; None unless inconclusive.
    """

    metric: Metric
    kind: VerdictKind
    detail: str | None = None
    reason: str | None = None
    baseline: float | None = None
    candidate: float | None = None
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    level: float = 0.95
    low_one_sided: float | None = None
    high_one_sided: float | None = None
    p_value: float | None = None
    p_adjusted: float | None = None
    alpha: float = 0.05
    margin: float | None = None
    min_effect: float | None = None
    n: int = 0
    unit: str = "case"
    n_candidate: int | None = None
    n_changed: int | None = None
    n_fixed: int | None = None
    n_broken: int | None = None
    n_dropped: int = 0
    method: str = ""
    why: str = ""
    companions: tuple[Companion, ...] = ()
    need: Need | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A candidate against a baseline.

    Attributes:
        baseline: The arm in use.
        candidate: The arm proposed.
        scope: What the cases stand for.
        paired: Whether the same cases were compared.
        n_shared: Cases that both arms completed.
        n_only_baseline: Cases of the baseline alone.
        n_only_candidate: Cases of the candidate alone.
        findings: What the integrity checks found, the gravest first.
        metrics: A verdict each, the primary first.
        newly_failing: Cases that passed more often before, most changed first.
        newly_passing: Cases that pass more often now.
        seed: Decided everything random.
        suite_sha256: Hash over the ids of the shared cases.
        correction: How several candidates were allowed for; None where there is one.
        cases: What became of each shared case, the most telling first; None where nobody asked.
    """

    baseline: Arm
    candidate: Arm
    scope: Scope
    paired: bool
    n_shared: int
    n_only_baseline: int
    n_only_candidate: int
    findings: tuple[Finding, ...]
    metrics: tuple[MetricVerdict, ...]
    newly_failing: tuple[str, ...]
    newly_passing: tuple[str, ...]
    seed: int
    suite_sha256: str
    correction: str | None = None
    cases: tuple[CaseOutcome, ...] | None = None

    @property
    def primary(self) -> MetricVerdict:
        """The verdict that names the comparison."""
        return self.metrics[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonSet:
    """One baseline against one candidate or several.

    Attributes:
        comparisons: One for each candidate, in the order given.
        omnibus_p: Cochran's Q over all arms, on cases run once by each; None where it does not
            apply.
        omnibus_n: Cases behind it.
    """

    comparisons: tuple[Comparison, ...]
    omnibus_p: float | None = None
    omnibus_n: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Guardrail:
    """How much worse a metric may get.

    Attributes:
        metric: The metric.
        margin: How much worse is tolerated, in the unit of the effect; positive.
        mode: Whether a regression must be found to fail, or its absence shown to pass.
    """

    metric: Metric
    margin: float
    mode: GuardMode


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardCheck:
    """One guardrail, judged.

    Attributes:
        guardrail: What was asked.
        status: The answer.
        verdict: The measurement it rests on.
        could_hide: The largest worsening that the data do not rule out, in the unit of the
            effect, positive; None where unbounded or unknown.
        smallest_margin: The smallest margin that `prove` would have passed; None where none.
        text: The reason in a sentence.
    """

    guardrail: Guardrail
    status: GuardStatus
    verdict: MetricVerdict
    could_hide: float | None
    smallest_margin: float | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineGate:
    """Whether a candidate may replace a baseline.

    Attributes:
        status: The worst of the checks.
        checks: Each guardrail, as given.
        comparison: What they rest on.
    """

    status: GuardStatus
    checks: tuple[GuardCheck, ...]
    comparison: Comparison
