"""Tune temperature, top_p and the like by what other settings of them gave.

Asks: has a setting of the parameters, with the same prompt and model, done better on the same
cases than the one in use, and if not, which settings are worth a trial?

Proposes: the change to a setting whose gain is at least `min_improvement` and, allowing for how
many were compared, above 0 beyond doubt; else the next trials, with the cases they take: those of
a design that fills the space first, then those that a Gaussian process fitted to the gains
expects most of. A gain is the difference in quality less the relative changes of cost and
latency, weighted as `optimization_mode` says. Where the trace tells task types and no setting is
better over all requests, one may be for those of a type: then the change is for that type alone.

Stays silent when no parameter that may be tuned was recorded, when there are too few tests, when
less than `update_interval` lies between the last change and the newest run, when no change was
made and the scoring rules are content before that time is over, and when the process gives no
setting a fair chance of a gain that matters.

Does not look at other prompts or models, nor at figures that are the same for every case: those
are totals spread over the cases, not measurements.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any, ClassVar

from optimizer.learning.parameters import Acquisition, ParameterKind, SearchStrategy
from optimizer.learning.settings import OptimizationMode, ParameterConfig
from optimizer.learning.trials import as_values, variants
from optimizer.learning.tuning import Idea, Measured, Terms, Tuning, tune
from optimizer.models.evidence import Evidence
from optimizer.models.proposals import Answer, Change, DecisionType, Effect, Fact, Proposal
from optimizer.models.rules import Outcome
from optimizer.models.settings import Field, Settings
from optimizer.models.summaries import WindowSummary
from optimizer.models.switching import switch

BY_NAME = "no prompt was recorded: variants of one name before '@' are taken to share it"

UNTRIED = "a trial has no measured effect before its tests have run"

ROUNDING = 1e-9
"""Width below which an interval is none."""

SECONDS_PER_HOUR = 3600

SPREAD = "where the figures of all cases are the same, they are no measurement of an effect"


class AdaptiveParametersSettings(Settings):
    """Settings of the `adaptive_parameters` strategy."""

    parameters: tuple[ParameterConfig, ...] = (
        ParameterConfig.default(name="temperature", range=(0.0, 2.0), priority=3),
        ParameterConfig.default(name="top_p", range=(0.7, 1.0), priority=2),
        ParameterConfig.default(
            name="max_tokens", range=(256.0, 8192.0), kind=ParameterKind.INTEGER, log=True
        ),
    )
    """What may be tuned, as far as runs record it."""

    optimization_mode: OptimizationMode = OptimizationMode.BALANCED
    """`maximize_quality`, `minimize_cost`, `minimize_latency` or `balanced`."""

    search_strategy: SearchStrategy = SearchStrategy.LATIN_HYPERCUBE
    """How the first trials are chosen: `grid`, `random`, `latin_hypercube` or `sobol`."""

    acquisition: Acquisition = Acquisition.UPPER_CONFIDENCE_BOUND
    """How the others are: `upper_confidence_bound`, `expected_improvement` or `tpe`."""

    min_improvement: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """Smallest gain worth a change: 0.05 is 5 more of 100 cases passed at the same price."""

    update_interval: Annotated[float, Field(ge=0)] = 3600.0
    """Time between a change and the next, in s, by the times of runs."""

    quality_weight: Annotated[float, Field(ge=0)] = 0.5
    """How much quality counts where the mode is `balanced`."""

    cost_weight: Annotated[float, Field(ge=0)] = 0.3
    """How much cost counts there."""

    latency_weight: Annotated[float, Field(ge=0)] = 0.2
    """How much latency counts there."""

    alpha: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    """Family-wise false-alarm rate over all settings that are compared, two-sided."""

    power: Annotated[float, Field(gt=0.5, lt=1)] = 0.8
    """Chance of finding the smallest gain that matters with the cases a trial is planned for."""

    min_tests: Annotated[int, Field(ge=2)] = 30
    """Fewest cases that a setting shares with the one in use to be compared."""

    min_sample_size: Annotated[int, Field(ge=2)] = 100
    """Fewest cases a trial is planned with."""

    min_trials: Annotated[int, Field(ge=2)] = 8
    """Settings measured before a process is fitted to them."""

    trials_per_proposal: Annotated[int, Field(ge=1)] = 4
    """Most trials in one proposal."""

    max_trials: Annotated[int, Field(ge=2)] = 100
    """Settings after which the search ends."""

    max_parameters: Annotated[int, Field(ge=1, le=20)] = 20
    """Most parameters tuned at once."""

    max_facts: Annotated[int, Field(ge=0)] = 10
    """Most measured settings named in a proposal, the best first."""

    task_presets: Mapping[str, Mapping[str, float]] = {
        "classification": {"temperature": 0.0},
        "extraction": {"temperature": 0.0},
        "code": {"temperature": 0.2, "top_p": 0.95},
        "summarization": {"temperature": 0.3},
        "chat": {"temperature": 0.7},
        "creative": {"temperature": 1.0, "top_p": 0.95},
    }
    """Setting that is tried first where requests are of a type: it decides nothing by itself."""

    min_chance: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """Smallest probability of a gain that matters for which a trial is worth it."""

    beta: Annotated[float, Field(gt=0)] = 2.0
    """Standard deviations above the mean in the upper confidence bound."""


class AdaptiveParameters:
    """The `adaptive_parameters` strategy."""

    name: ClassVar[str] = "adaptive_parameters"
    priority: ClassVar[int] = 70
    settings_type: ClassVar[type[Settings]] = AdaptiveParametersSettings
    study_type: ClassVar[type[Any]] = Tuning

    def __init__(self, settings: AdaptiveParametersSettings) -> None:
        self.settings = settings
        ranked = sorted(settings.parameters, key=lambda one: -one.priority)
        self._tunable = ranked[: settings.max_parameters]
        self._parameters = tuple(one.parameter() for one in self._tunable)

    def study(self, evidence: Evidence) -> Tuning | None:
        """Measure the settings that ran, and choose those to try next."""
        if evidence.current is None:
            return None
        terms = self._terms(evidence)
        return tune(evidence.cases, evidence.requests, evidence.current, evidence.others, terms)

    def propose(self, evidence: Evidence) -> Answer:
        """Propose the best setting that is better beyond doubt, or the trials to find one."""
        current = evidence.current
        if current is None or current.n_completed == 0:
            return Answer(silence="no completed task")
        if self.name in evidence.studies:
            tuning: Tuning | None = evidence.studies[self.name]
        else:
            tuning = self.study(evidence)
        silence = self._too_little(current, tuning) or self._too_early(evidence, current)
        if tuning is None or silence:
            return Answer(silence=silence)
        windows = {window.variant_id: window for window in evidence.others}
        better = [one for one in tuning.measured if self._is_better(one)]
        if better and better[0].variant_id in windows:
            target = windows[better[0].variant_id]
            return Answer(proposals=(self._change(evidence, current, target, better[0], tuning),))
        typed = self._by_type(current, windows, tuning)
        if typed:
            return Answer(proposals=typed)
        silence = self._nothing_to_try(current, tuning)
        if silence:
            return Answer(silence=silence)
        return Answer(proposals=(self._trials(evidence, current, tuning),))

    def _terms(self, evidence: Evidence) -> Terms:
        settings = self.settings
        types = evidence.requests.task_types if evidence.requests else ()
        return Terms(
            parameters=self._parameters,
            in_use={p.name: p.current_value for p in self._tunable if p.current_value is not None},
            presets=tuple(settings.task_presets[t] for t in types if t in settings.task_presets),
            weights=self._weights(),
            design=settings.search_strategy,
            acquisition=settings.acquisition,
            beta=settings.beta,
            min_improvement=settings.min_improvement,
            alpha=settings.alpha,
            power=settings.power,
            min_tests=settings.min_tests,
            min_sample_size=settings.min_sample_size,
            min_trials=settings.min_trials,
            n_ideas=settings.trials_per_proposal,
            seed=evidence.seed,
        )

    def _weights(self) -> Mapping[str, float]:
        match self.settings.optimization_mode:
            case OptimizationMode.MAXIMIZE_QUALITY:
                return {"quality": 1.0}
            case OptimizationMode.MINIMIZE_COST:
                return {"cost": 1.0}
            case OptimizationMode.MINIMIZE_LATENCY:
                return {"latency": 1.0}
            case _:
                return {
                    "quality": self.settings.quality_weight,
                    "cost": self.settings.cost_weight,
                    "latency": self.settings.latency_weight,
                }

    def _too_little(self, current: WindowSummary, tuning: Tuning | None) -> str | None:
        """Say what is missing to tune by, or None where nothing is."""
        if current.n_completed < self.settings.min_tests:
            return f"not enough data: {current.n_completed} of {self.settings.min_tests} tests"
        if tuning is None:
            names = ", ".join(one.name for one in self.settings.parameters)
            return f"no parameter that may be tuned was recorded ({names})"
        if not tuning.aims:
            mode = self.settings.optimization_mode
            return f"no test by test figures of what {mode} looks at"
        return None

    def _too_early(self, evidence: Evidence, current: WindowSummary) -> str | None:
        """Say why the time for tuning has not come, or None where it has."""
        changed = [one.applied_at for one in evidence.decisions if one.applied_at is not None]
        newest = max(window.last_started_at for window in (current, *evidence.others))
        interval = timedelta(seconds=self.settings.update_interval)
        since = newest - max(changed, default=current.first_started_at)
        if changed:
            if since < interval:
                return f"the last change is {_hours(since)} old, {_hours(interval)} are due"
            return None
        if since > interval or _is_suboptimal(evidence):
            return None
        return (
            f"no scoring rule fires on {current.n_completed} tests, "
            f"and runs span {_hours(since)} of {_hours(interval)}"
        )

    def _is_better(self, one: Measured) -> bool:
        return one.low > 0 and one.gain >= self.settings.min_improvement

    def _nothing_to_try(self, current: WindowSummary, tuning: Tuning) -> str | None:
        """Say why no trial is worth it, or None where one is."""
        n = len(tuning.measured)
        if n >= self.settings.max_trials:
            return f"none of {n} settings is better by {self.settings.min_improvement:g}"
        if not tuning.ideas:
            return f"no setting is left to try beside {n} that ran"
        worth = [one for one in tuning.ideas if self._is_worth(one)]
        if not worth:
            best = max(one.chance or 0.0 for one in tuning.ideas)
            return (
                f"no setting of {n} is better, and none to try has more than {best:.2g} chance "
                f"to be by {self.settings.min_improvement:g}"
            )
        room = None if current.success_low is None else 1 - current.success_low
        is_quality_alone = set(tuning.aims) == {"quality"}
        if is_quality_alone and room is not None and room < self.settings.min_improvement:
            return (
                f"{current.n_succeeded} of {current.n_completed} tests passed: no room for a "
                f"gain of {self.settings.min_improvement:g}"
            )
        return None

    def _is_worth(self, one: Idea) -> bool:
        return one.chance is None or one.chance >= self.settings.min_chance

    def _change(
        self,
        evidence: Evidence,
        current: WindowSummary,
        target: WindowSummary,
        best: Measured,
        tuning: Tuning,
    ) -> Proposal:
        contrast = evidence.contrast(target.variant_id)
        found = contrast.effects if contrast else ()
        effects = tuple(effect for effect in found if _has_spread(effect))
        return Proposal(
            strategy=self.name,
            type=DecisionType.PARAMETER_ADJUSTMENT,
            changes=switch(current, target),
            effects=effects,
            effects_note=None if effects and len(effects) == len(found) else SPREAD,
            confidence=_confidence(best, tuning.n_compared),
            rationale=(
                f"{target.variant} gains {best.gain:.3g} ({best.low:.3g} to {best.high:.3g}, the "
                f"best of {tuning.n_compared} compared) over {current.variant} on {best.n} shared "
                f"cases, by {_named(tuning.aims)}; {_counts(current, target)}."
            ),
            unless=(
                f"its gain were below {self.settings.min_improvement:g}, or its interval reached 0"
            ),
            facts=self._facts(evidence, tuning),
            notes=_notes(tuning),
        )

    def _by_type(
        self, current: WindowSummary, windows: Mapping[str, WindowSummary], tuning: Tuning
    ) -> tuple[Proposal, ...]:
        """Propose the settings that are better for the requests of one type alone."""
        best = {
            name: next((one for one in found if self._is_better(one)), None)
            for name, found in tuning.by_type.items()
        }
        return tuple(
            self._typed(name, current, windows[one.variant_id], one, tuning.n_compared)
            for name, one in sorted(best.items())
            if one is not None and one.variant_id in windows
        )

    def _typed(
        self,
        task_type: str,
        current: WindowSummary,
        target: WindowSummary,
        best: Measured,
        n_compared: int,
    ) -> Proposal:
        parts = (one for one in switch(current, target) if one.setting.startswith("parameters."))
        return Proposal(
            strategy=self.name,
            type=DecisionType.PARAMETER_ADJUSTMENT,
            changes=tuple(
                replace(one, setting=f"task_types.{task_type}.{one.setting}") for one in parts
            ),
            effects=best.effects,
            effects_note=f"over the requests of type {task_type} alone",
            confidence=_confidence(best, n_compared),
            rationale=(
                f"Among requests of type {task_type}, {target.variant} gains {best.gain:.3g} "
                f"({best.low:.3g} to {best.high:.3g}, {n_compared} comparisons allowed for) over "
                f"{current.variant} on {best.n} shared cases; over all requests no setting is "
                "better beyond doubt."
            ),
            unless=(
                f"its gain there were below {self.settings.min_improvement:g}, or its interval "
                "reached 0"
            ),
        )

    def _trials(self, evidence: Evidence, current: WindowSummary, tuning: Tuning) -> Proposal:
        worth = [one for one in tuning.ideas if self._is_worth(one)]
        settings = [
            {f"parameters.{name}": value for name, value in one.values.items()} for one in worth
        ]
        cases = tuning.cases or self.settings.min_sample_size
        trials = variants(current.variant, settings, cases=cases)
        return Proposal(
            strategy=self.name,
            type=DecisionType.RUN_TRIALS,
            changes=(Change(setting="trials", old=None, new=as_values(trials)),),
            effects=(),
            effects_note=UNTRIED,
            confidence=None,
            rationale=(
                f"{current.variant} passed {current.n_succeeded} of {current.n_completed} tests; "
                f"{_known(tuning)}. {len(trials)} settings of {' and '.join(tuning.tuned)} are "
                f"worth a trial ({_method(worth[0])}), {cases} cases each, to find a gain of "
                f"{self.settings.min_improvement:g} by {_named(tuning.aims)} with power "
                f"{self.settings.power:.0%}."
            ),
            unless="a setting that ran were better beyond doubt, or none had a fair chance to be",
            facts=self._facts(evidence, tuning),
            notes=(*_notes(tuning), *_too_few(cases, current)),
        )

    def _facts(self, evidence: Evidence, tuning: Tuning) -> tuple[Fact, ...]:
        names = {window.variant_id: window.variant for window in evidence.others}
        return tuple(
            Fact(
                name=f"gain of {names.get(one.variant_id, one.variant_id)}",
                n=one.n,
                estimate=one.gain,
                low=one.low,
                high=one.high,
                level=one.level,
                threshold=self.settings.min_improvement,
            )
            for one in tuning.measured[: self.settings.max_facts]
        )


def _is_suboptimal(evidence: Evidence) -> bool:
    """Return whether a scoring rule fires beyond doubt."""
    checks = evidence.explanation.checks if evidence.explanation else ()
    return any(one.outcome is Outcome.FIRED and one.settled is not False for one in checks)


def _confidence(best: Measured, n_compared: int) -> float:
    """Return how sure a gain is, the best of several allowed for (Bonferroni)."""
    return max(1 - n_compared * (1 - best.p_better), 0.0)


def _has_spread(effect: Effect) -> bool:
    return effect.high - effect.low > ROUNDING


def _counts(current: WindowSummary, target: WindowSummary) -> str:
    before, after = (f"{w.n_succeeded} of {w.n_completed}" for w in (current, target))
    return f"{after} tests passed, {before} before"


def _known(tuning: Tuning) -> str:
    n = len(tuning.measured)
    if not n:
        return "no other setting of its parameters ran on its cases"
    best = tuning.measured[0]
    return (
        f"the best of {n} other settings gains {best.gain:.3g} ({best.low:.3g} to "
        f"{best.high:.3g}) on {best.n} shared cases"
    )


def _named(aims: Mapping[str, float]) -> str:
    heaviest_first = sorted(aims.items(), key=lambda pair: (-pair[1], pair[0]))
    return " + ".join(f"{weight:.3g} {aim}" for aim, weight in heaviest_first)


def _method(idea: Idea) -> str:
    named = idea.method.replace("_", " ")
    if idea.chance is None:
        return named
    return f"{named}, the first with a chance of {idea.chance:.2g}"


def _notes(tuning: Tuning) -> tuple[str, ...]:
    by_name = (BY_NAME,) if tuning.same_by_name else ()
    outside = (f"{name} stays: its value is outside its range" for name in tuning.outside)
    return (*by_name, *outside)


def _too_few(cases: int, current: WindowSummary) -> tuple[str, ...]:
    if cases <= current.n_cases:
        return ()
    return (f"{current.variant} ran {current.n_cases} cases: a trial takes more, or repeats",)


def _hours(span: timedelta) -> str:
    return f"{span.total_seconds() / SECONDS_PER_HOUR:.3g} h"
