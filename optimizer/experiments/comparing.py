"""Candidates against a baseline: integrity, measurement, correction, verdict.

Which method measures follows from the shape of the data:

    the same cases in both arms      in pairs
      families of cases              t with the delete-one-family jackknife
      pass or fail, run once         McNemar mid-p, Tango's score interval
      repeats, scores                Student's t on differences of case means; few changed cases:
                                     permutation of signs
      money, tokens, mean time       Fieller's ratio of means
      quantiles of time              bootstrap of cases
    different cases                  Welch, pooled z with Newcombe, log ratio
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

import numpy as np

from optimizer.experiments.amounts import QUANTILES, paired_amount, paired_quantile
from optimizer.experiments.duplicates import merge_duplicates
from optimizer.experiments.integrity import findings as integrity_findings
from optimizer.experiments.needs import need_of
from optimizer.experiments.pairing import AMOUNT_COLUMNS, Pairs, match, values
from optimizer.experiments.rates import paired_rate, suite_rate
from optimizer.experiments.sensitivity import errors_counted, without_errors
from optimizer.experiments.settings import ComparisonSettings
from optimizer.experiments.several import adjusted, omnibus, simultaneous_alpha
from optimizer.experiments.unpaired import unpaired
from optimizer.experiments.verdict import judge
from optimizer.models.cases import Arm, LoadedArm
from optimizer.models.terms import RATES, Metric, Scope, Severity, VerdictKind
from optimizer.models.verdicts import Comparison, ComparisonSet, Finding, MetricVerdict

METHODS = {
    "exact": "McNemar exact",
    "mid-p": "McNemar mid-p",
    "asymptotic": "McNemar chi-square",
    "paired-t": "paired t",
    "sign-flip": "sign-flip",
    "wilcoxon": "Wilcoxon",
    "z": "pooled z",
    "welch": "Welch",
    "beta-binomial": "beta-binomial",
}
"""Methods that may be asked for in place of the one that fits, by how their verdicts name them."""

BLIND_TO_PAIRS = frozenset({"z", "welch", "beta-binomial"})
"""Those that look away from which cases the arms share."""

DEFAULT_METRICS = (Metric.SUCCESS, Metric.SCORE, Metric.LATENCY, Metric.COST, Metric.TOKENS)


def compare(
    baseline: LoadedArm,
    candidates: Sequence[LoadedArm],
    *,
    settings: ComparisonSettings,
    metrics: Sequence[Metric] | None = None,
    scope: Scope = Scope.CASES,
    families: bool = True,
    method: str | None = None,
    correction: str = "holm",
    alpha: float | None = None,
) -> ComparisonSet:
    """Compare candidates with a baseline.

    Args:
        baseline: The arm in use.
        candidates: The arms proposed, one or several.
        settings: How they are compared.
        metrics: What is compared, the primary first; None: all that was measured.
        scope: What the cases stand for.
        families: Whether cases of one family are taken together.
        method: Overrides the choice of the method for rates.
        correction: How p-values allow for several candidates: `holm` or `bonferroni`.
        alpha: What this look may spend; None: `settings.alpha`.
    """
    merged = merge_duplicates((baseline, *candidates))
    baseline, *candidates = merged.arms
    spend = settings.alpha if alpha is None else alpha
    wanted = tuple(metrics) if metrics else _measured((baseline, *candidates))
    views = [
        _View(baseline, candidate, settings=settings, scope=scope, families=families, method=method)
        for candidate in candidates
    ]
    verdicts = {
        metric: _of_metric(views, metric, settings=settings, alpha=spend, correction=correction)
        for metric in wanted
    }
    labels = Counter(loaded.arm.label for loaded in (baseline, *candidates))
    p, n = omnibus([view.pairs if view.paired else None for view in views])
    return ComparisonSet(
        comparisons=tuple(
            _comparison(
                view,
                tuple(verdicts[metric][place] for metric in wanted),
                findings=merged.findings,
                correction=_named(correction) if len(views) > 1 else None,
                alike=labels[view.arms[1].arm.label] > 1,
            )
            for place, view in enumerate(views)
        ),
        omnibus_p=p,
        omnibus_n=n,
    )


class _View:
    """One candidate beside the baseline, matched and looked over."""

    def __init__(
        self,
        baseline: LoadedArm,
        candidate: LoadedArm,
        *,
        settings: ComparisonSettings,
        scope: Scope,
        families: bool,
        method: str | None,
    ) -> None:
        self.arms = (baseline, candidate)
        self.settings = settings
        self.scope = scope
        self.families = families
        self.method = method
        self.pairs: Pairs = match(baseline.cases, candidate.cases)
        pairable = baseline.arm.pairable and candidate.arm.pairable
        self.paired = pairable and self.pairs.coverage >= settings.min_coverage
        self.findings: tuple[Finding, ...] = integrity_findings(
            baseline.arm, candidate.arm, self.pairs, settings=settings
        )

    def measure(self, metric: Metric, alpha: float) -> MetricVerdict:
        """Measure one metric, and say so where the method asked for does not fit the data."""
        measured = self._measured(metric, alpha)
        asked = self.method is not None and metric in RATES and measured.method != ""
        if not asked or measured.method.startswith(METHODS[str(self.method)]):
            return measured
        return replace(measured, why=f"{self.method} does not fit: {measured.why}")

    def _measured(self, metric: Metric, alpha: float) -> MetricVerdict:
        if not self.paired or self.method in BLIND_TO_PAIRS:
            found = unpaired(
                metric, self.arms, settings=self.settings, alpha=alpha, method=self.method
            )
            why = f"{self.method} was asked for: it does not see which cases the arms share"
            return replace(found, why=why) if self.paired else found
        if self.scope is Scope.SUITE and metric in RATES:
            return suite_rate(self.pairs, metric, alpha=alpha)
        if metric in RATES:
            return paired_rate(
                self.pairs,
                metric,
                settings=self.settings,
                alpha=alpha,
                families=self.families,
                method=self.method,
            )
        found = self._amount(metric, alpha)
        if self.scope is Scope.SUITE:
            return replace(found, why=f"{found.why}; scope suite is for rates alone")
        return found

    def _amount(self, metric: Metric, alpha: float) -> MetricVerdict:
        """Measure an amount over the shared cases."""
        if metric in QUANTILES:
            return paired_quantile(
                self.pairs,
                metric,
                self.arms,
                settings=self.settings,
                alpha=alpha,
                families=self.families,
            )
        return paired_amount(
            self.pairs, metric, settings=self.settings, alpha=alpha, families=self.families
        )

    def forbids(self, metric: Metric) -> Finding | None:
        """Return the finding that forbids a verdict on a metric, or None."""
        return next(
            (
                finding
                for finding in self.findings
                if finding.severity is Severity.INVALID
                and (not finding.metrics or metric in finding.metrics)
            ),
            None,
        )


def _of_metric(
    views: Sequence[_View],
    metric: Metric,
    *,
    settings: ComparisonSettings,
    alpha: float,
    correction: str,
) -> list[MetricVerdict]:
    """Return the verdicts of all candidates on one metric."""
    if len(views) == 1:
        measured = [views[0].measure(metric, alpha)]
    else:
        pairs = [view.pairs if view.paired else None for view in views]
        narrower, _ = simultaneous_alpha(pairs, metric, settings=settings, alpha=alpha)
        raw = [view.measure(metric, narrower) for view in views]
        measured = adjusted(raw, alpha=alpha, correction=correction)
    return [_judged(view, one) for view, one in zip(views, measured, strict=True)]


def _judged(view: _View, measured: MetricVerdict) -> MetricVerdict:
    forbidden = view.forbids(measured.metric)
    if forbidden is not None:
        return MetricVerdict(
            metric=measured.metric,
            kind=VerdictKind.INVALID,
            reason=forbidden.text,
            baseline=measured.baseline,
            candidate=measured.candidate,
            n=measured.n,
        )
    settings = view.settings
    if measured.metric is Metric.SUCCESS and view.paired:
        more = without_errors(view.pairs)
        measured = replace(measured, companions=(*measured.companions, *more))
    judged = judge(
        measured,
        margin=settings.margins.of(measured.metric),
        min_effect=settings.min_effect,
        min_changed=settings.min_changed,
    )
    if judged.kind is not VerdictKind.INCONCLUSIVE or not view.paired or judged.low is None:
        return judged
    need = need_of(judged, view.pairs, settings=settings, families=view.families)
    return replace(judged, need=need)


def _comparison(
    view: _View,
    verdicts: tuple[MetricVerdict, ...],
    *,
    findings: tuple[Finding, ...],
    correction: str | None,
    alike: bool,
) -> Comparison:
    pairs = view.pairs
    before, now = (arm.arm for arm in view.arms)
    failing, passing = _flipped(view)
    return Comparison(
        baseline=before,
        candidate=_with_run(now) if alike else now,
        scope=view.scope,
        paired=view.paired,
        n_shared=pairs.n,
        n_only_baseline=pairs.n_only_baseline,
        n_only_candidate=pairs.n_only_candidate,
        findings=_touching(
            (*view.findings, *findings, *errors_counted(view.arms)),
            [verdict.metric for verdict in verdicts],
        ),
        metrics=verdicts,
        newly_failing=failing,
        newly_passing=passing,
        seed=view.settings.seed,
        suite_sha256=sha256("\n".join(pairs.case_id.tolist()).encode()).hexdigest(),
        correction=correction,
    )


def _touching(found: Sequence[Finding], metrics: Sequence[Metric]) -> tuple[Finding, ...]:
    """Return the findings that touch a metric that was compared."""
    return tuple(one for one in found if not one.metrics or set(one.metrics) & set(metrics))


def _with_run(arm: Arm) -> Arm:
    """Return an arm with its run in its label: another arm is called like it."""
    return replace(arm, label=f"{arm.label} ({arm.run_ids[-1]})")


def _flipped(view: _View) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the shared cases that pass less often than before, and those that pass more."""
    if not view.paired:
        return (), ()
    first = values(view.pairs.baseline, Metric.SUCCESS)[view.pairs.at_baseline]
    second = values(view.pairs.candidate, Metric.SUCCESS)[view.pairs.at_candidate]
    d = second - first
    order = np.argsort(-np.abs(d), kind="stable")
    cases = view.pairs.case_id
    d = d[order]
    return tuple(cases[order[d < 0]].tolist()), tuple(cases[order[d > 0]].tolist())


def _measured(arms: Sequence[LoadedArm]) -> tuple[Metric, ...]:
    """Return the metrics that every arm knows: the pass rate always, the score if it is more."""
    known = [
        metric
        for metric in DEFAULT_METRICS
        if metric is Metric.SUCCESS or all(_knows(arm, metric) for arm in arms)
    ]
    if Metric.SCORE in known and all(map(_score_is_success, arms)):
        known.remove(Metric.SCORE)
    return tuple(known)


def _knows(arm: LoadedArm, metric: Metric) -> bool:
    if metric is Metric.SCORE:
        return bool((arm.cases.n_scored > arm.cases.n_errors).any())
    return bool(np.isfinite(getattr(arm.cases, AMOUNT_COLUMNS[metric])).any())


def _score_is_success(arm: LoadedArm) -> bool:
    """Say whether the score says nothing but passed or failed."""
    scores, rates = values(arm.cases, Metric.SCORE), values(arm.cases, Metric.SUCCESS)
    return bool(np.allclose(scores, rates, equal_nan=True))


def _named(correction: str) -> str:
    return f"{correction.capitalize()} p-values, simultaneous intervals"
