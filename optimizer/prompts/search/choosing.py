"""Which strategy fits: what fails, how sure that is, and what the published rule would say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum

from optimizer.models.contract import OptimizationStrategy, PromptAnalysis
from optimizer.models.dataclass import dataclass
from optimizer.models.execution import TestExecutionReport
from optimizer.models.optimization import Diagnosis
from optimizer.models.rules import StrategyChoice
from optimizer.prompts.search.diagnosis import is_of_form
from optimizer.prompts.search.settings import ChoosingSettings
from optimizer.scoring_rules.choice import choose
from optimizer.scoring_rules.settings import ScoringSettings
from optimizer.stats.intervals import Interval, wilson

FEW_SHOT = "few_shot"
"""Examples from train cases: what is left for wrong answers where no model is at hand."""

CLARITY = OptimizationStrategy.CLARITY_FOCUS.value
EFFICIENCY = OptimizationStrategy.EFFICIENCY_FOCUS.value
STRUCTURE = OptimizationStrategy.STRUCTURE_FOCUS.value


class Answer(StrEnum):
    """What data say to a question."""

    YES = "yes"
    NO = "no"
    INSUFFICIENT = "insufficient_data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What a choice rests on.

    Attributes:
        diagnosis: Failures of the prompt in use.
        report: Figures of the same tests, or None where nobody measured them.
        analysis: Static analysis, for the published answer; None: that is not asked.
        n_vague: Findings of the linter that say something is vague.
        has_model: Whether a model may be asked for drafts.
        baseline_tokens: Median tokens per request of earlier versions, or None.
    """

    diagnosis: Diagnosis
    report: TestExecutionReport | None = None
    analysis: PromptAnalysis | None = None
    n_vague: int = 0
    has_model: bool = False
    baseline_tokens: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A strategy and why.

    Attributes:
        strategy: Its name, or None where there is nothing to do or too little is known.
        why: The facts that decided, in a sentence.
        is_sure: Whether an interval settles it.
        published: What the published rule answers by static scores and timeouts, with the rival
            causes of those; where it is another strategy, the runner-up. None: it was not asked.
    """

    strategy: str | None
    why: str
    is_sure: bool
    published: StrategyChoice | None = None


def choose_strategy(grounds: Grounds, settings: ChoosingSettings, rules: ScoringSettings) -> Choice:
    """Choose a strategy by what fails, not by how the prompt reads."""
    choice = _by_failures(grounds, settings, rules)
    if grounds.analysis is None:
        return choice
    return replace(choice, published=choose(rules, grounds.analysis, grounds.report))


def is_at_least(interval: Interval, bound: float) -> Answer:
    """Tell whether a rate is at least a bound, as far as its interval settles it."""
    if interval.low >= bound:
        return Answer.YES
    return Answer.NO if interval.high < bound else Answer.INSUFFICIENT


def _by_failures(grounds: Grounds, settings: ChoosingSettings, rules: ScoringSettings) -> Choice:
    diagnosis = grounds.diagnosis
    n, n_failed = diagnosis.n, diagnosis.n - diagnosis.n_passed
    if n < settings.min_tests:
        why = f"not enough data: {n} of {settings.min_tests} tests"
        return Choice(strategy=None, why=why, is_sure=False)
    rate = wilson(diagnosis.n_passed, n, level=settings.level)
    passes = is_at_least(rate, rules.min_success_rate)
    if passes is Answer.YES or not n_failed:
        costs = list(_too_much(grounds, rules))
        if costs:
            why = f"{diagnosis.n_passed} of {n} tests pass, but {'; '.join(costs)}"
            return Choice(strategy=EFFICIENCY, why=why, is_sure=passes is Answer.YES)
    if not n_failed:
        return Choice(strategy=None, why=f"all {n} tests pass: nothing fails", is_sure=True)
    return _by_kind(grounds, settings, n_failed)


def _by_kind(grounds: Grounds, settings: ChoosingSettings, n_failed: int) -> Choice:
    """Choose by what the failures are about."""
    clusters = grounds.diagnosis.clusters
    n_form = sum(len(cluster.failures) for cluster in clusters if is_of_form(cluster))
    share = wilson(n_form, n_failed, level=settings.level)
    leads = is_at_least(share, settings.leading_share)
    said = f"{n_form} of {n_failed} failures are of the answer's form"
    first = f'the most frequent says "{clusters[0].signature}"'
    if leads is Answer.YES:
        return Choice(strategy=STRUCTURE, why=f"{said}; {first}", is_sure=True)
    if leads is Answer.INSUFFICIENT and 0 < n_form < n_failed:
        if grounds.has_model:
            why = f"{said}, too few failures to tell which kind leads: both are tried; {first}"
            return Choice(strategy=OptimizationStrategy.HYBRID.value, why=why, is_sure=False)
        said += ", too few failures to tell which kind leads"
    sure = leads is not Answer.INSUFFICIENT
    if n_form > n_failed - n_form:
        return Choice(strategy=STRUCTURE, why=f"{said}; {first}", is_sure=sure)
    said = f"{n_failed - n_form} of {n_failed} failures are of what the answer says; {first}"
    return _by_content(grounds, said, sure=sure)


def _by_content(grounds: Grounds, said: str, *, sure: bool) -> Choice:
    """Choose for wrong or missing content."""
    if grounds.n_vague:
        why = f"{said}; the linter finds {grounds.n_vague} vague instructions"
        return Choice(strategy=CLARITY, why=why, is_sure=sure)
    if grounds.has_model:
        guided = OptimizationStrategy.LLM_GUIDED.value
        return Choice(strategy=guided, why=f"{said}; a model is asked to cure them", is_sure=sure)
    why = f"{said}; without a model, examples of good answers are what is left to try"
    return Choice(strategy=FEW_SHOT, why=why, is_sure=sure)


def _too_much(grounds: Grounds, rules: ScoringSettings) -> Iterator[str]:
    """Yield what is above its threshold."""
    report = grounds.report
    if report is None:
        return
    if report.avg_response_time_ms > rules.max_acceptable_latency_ms:
        mean, most = report.avg_response_time_ms, rules.max_acceptable_latency_ms
        yield f"a call takes {mean:.0f} ms on average, at most {most:.0f} are accepted"
    if report.cost_per_request > rules.max_cost_per_request:
        mean, most = report.cost_per_request, rules.max_cost_per_request
        yield f"a call costs {mean:.3g} USD on average, at most {most:g} are accepted"
    baseline = grounds.baseline_tokens
    if baseline and report.avg_tokens_per_request > baseline:
        mean = report.avg_tokens_per_request
        yield f"a request takes {mean:.0f} tokens, earlier versions {baseline:.0f}"
