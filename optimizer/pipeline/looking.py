"""An experiment at one moment: what has run, what a look says, whether it should end."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import replace
from statistics import NormalDist

from optimizer.analysis.arms import content_of, load_arm
from optimizer.experiments.allocation import next_batch, split
from optimizer.experiments.anytime import at_any_time
from optimizer.experiments.comparing import compare
from optimizer.experiments.guardrails import guard
from optimizer.experiments.held_out import held_out
from optimizer.experiments.ledger import Entitlement, entitlement, is_claim
from optimizer.experiments.pairing import match
from optimizer.experiments.settings import ComparisonSettings
from optimizer.experiments.states import ENDED
from optimizer.experiments.stopping import chance, stop
from optimizer.experiments.verdict import gain_of
from optimizer.history import queries
from optimizer.models.cases import LoadedArm
from optimizer.models.dataclass import dataclass
from optimizer.models.experiments import (
    ArmProgress,
    CandidateReport,
    ExperimentArm,
    ExperimentDesign,
    ExperimentReport,
    Look,
    LookKey,
    Standing,
)
from optimizer.models.terms import ExperimentStatus, GuardStatus, Looks, Metric, VerdictKind
from optimizer.models.verdicts import Comparison, GuardCheck, MetricVerdict
from optimizer.pipeline.ledgers import alpha_of, ledger_of
from optimizer.pipeline.moments import Moment

LEAST_P = 1e-300
"""A p-value below it counts as this: its z is 37."""

SHOWN = 3
"""How many runs that are gone a sentence names."""

QUANTILES = (Metric.LATENCY_P50, Metric.LATENCY_P95)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facing:
    """A candidate beside the baseline.

    Attributes:
        arm: The candidate, as planned.
        baseline: The baseline's cases.
        candidate: The candidate's.
        n: Cases that a comparison rests on.
        ledger: Looks that share a false-alarm rate with the next, oldest first.
    """

    arm: ExperimentArm
    baseline: LoadedArm
    candidate: LoadedArm
    n: int
    ledger: tuple[Look, ...]


def evaluate(at: Moment, *, final: bool = False) -> ExperimentReport:
    """Return how an experiment stands; a look that is made is in it, and stored by nobody yet.

    Args:
        at: The experiment and its runs.
        final: Whether no look will follow, for a reason that is not in the data.
    """
    design = at.design
    progress = tuple(_progress(at, arm) for arm in design.arms)
    baseline = _loaded(at, progress[0])
    candidates: list[CandidateReport] = []
    looks = list(at.looks)
    for one in progress[1:]:
        candidate = _candidate(at, baseline, one, seq=len(looks) + 1, final=final or at.over)
        if candidate.standing is Standing.NEW and candidate.look is not None:
            looks.append(candidate.look)
        candidates.append(candidate)
    has_ended = at.experiment.status in ENDED
    allocation = design.allocation
    total = at.config.experiments.batch
    return ExperimentReport(
        experiment=at.experiment,
        progress=progress,
        candidates=tuple(candidates),
        looks=tuple(looks),
        stop=None if has_ended else stop(design, candidates, days=at.days),
        split=split(allocation, progress, threshold=at.config.comparison.split_p),
        next_batch=() if has_ended else next_batch(allocation, progress, total=total),
        notes=_notes(at, progress),
    )


def _progress(at: Moment, arm: ExperimentArm) -> ArmProgress:
    """Return what has been run of an arm: by its id, or its label where none is known yet."""
    named = [run for run in at.runs if arm.variant_id in (None, run.variant_id)]
    runs = [run for run in named if arm.variant_id is not None or run.variant == arm.label]
    ids = {run.variant_id for run in runs}
    known = replace(arm, variant_id=next(iter(ids))) if len(ids) == 1 else arm
    return ArmProgress(
        arm=known,
        run_ids=tuple(run.run_id for run in runs),
        n_tasks=sum(run.n_tasks for run in runs),
        n_succeeded=sum(run.n_succeeded for run in runs),
        n_completed=sum(run.n_completed for run in runs),
    )


def _loaded(at: Moment, progress: ArmProgress) -> LoadedArm | None:
    """Return an arm with its cases, or None where nothing of it has run."""
    arm = progress.arm
    if arm.variant_id is None or not progress.run_ids:
        return None
    wanted = {guardrail.metric for guardrail in at.design.guardrails}
    loaded = load_arm(
        at.history,
        selector=arm.label,
        run_ids=progress.run_ids,
        variant_id=arm.variant_id,
        latencies=bool(wanted.union(_metrics(at.design)) & set(QUANTILES)),
    )
    return held_out(loaded, at.seen) if at.seen else loaded


def _candidate(
    at: Moment,
    baseline: LoadedArm | None,
    progress: ArmProgress,
    *,
    seq: int,
    final: bool,
) -> CandidateReport:
    """Return how one candidate stands."""
    arm = progress.arm
    own = [
        look
        for look in at.looks
        if look.candidate == arm.label and arm.variant_id in (None, look.key.candidate_id)
    ]
    last = own[-1] if own else None
    text = _lost(at, last) if last is not None else None
    if text is not None:
        return CandidateReport(arm=arm, n=0, standing=Standing.INVALID, text=text, look=last)
    candidate = _loaded(at, progress)
    if baseline is None or candidate is None:
        text = _nothing_ran(at, arm, of_baseline=candidate is not None)
        return CandidateReport(arm=arm, n=0, standing=Standing.WAITING, text=text, look=last)
    n = _cases_of(baseline, candidate, at.config.comparison)
    if at.experiment.status is not ExperimentStatus.RUNNING or not at.look:
        text = f"{n} of {at.design.n_max} planned cases have run"
        return CandidateReport(arm=arm, n=n, standing=Standing.WAITING, text=text, look=last)
    ledger = ledger_of(at, baseline, candidate)
    allowed = entitlement(
        at.design,
        ledger,
        n=n,
        data_sha256=_data_sha256(baseline.arm.content_sha256, candidate.arm.content_sha256),
        alpha=alpha_of(at, ledger, baseline),
        final=final,
    )
    facing = _Facing(arm=arm, baseline=baseline, candidate=candidate, n=n, ledger=tuple(ledger))
    return _looked(at, facing, allowed, seq=seq)


def _lost(at: Moment, look: Look) -> str | None:
    """Return why a look no longer counts: its runs are gone, or others have their place."""
    gone = [run_id for run_id in look.run_ids if run_id not in at.stored]
    if gone:
        named = ", ".join(gone[:SHOWN])
        return f"of the runs last looked at, {len(gone)} no longer stored: {named}"
    runs = queries.arms(at.history, look.run_ids)
    baseline, candidate = (
        content_of([run for run in runs if run.variant_id == variant_id])
        for variant_id in (look.key.baseline_id, look.key.candidate_id)
    )
    if _data_sha256(baseline, candidate) == look.data_sha256:
        return None
    return "of the runs last looked at, one was replaced since: plan a new one on fresh cases"


def _looked(at: Moment, facing: _Facing, allowed: Entitlement, *, seq: int) -> CandidateReport:
    """Look at the data where that is a look, or was one."""
    plain = CandidateReport(
        arm=facing.arm,
        n=facing.n,
        standing=allowed.standing,
        text=allowed.text,
        look=allowed.known,
    )
    if allowed.standing not in (Standing.NEW, Standing.KNOWN):
        return plain
    is_new = allowed.standing is Standing.NEW
    alpha = allowed.alpha_k if allowed.known is None or is_new else allowed.known.alpha_k
    found = _compared(at, facing, alpha)
    verdict = found.primary
    if verdict.kind is VerdictKind.INVALID:
        text = verdict.reason or "the data forbid a verdict"
        return replace(plain, standing=Standing.INVALID, text=text, comparison=found)
    if is_new and verdict.low is None:
        text = verdict.reason or "nothing was measured"
        return replace(plain, standing=Standing.WAITING, text=text, comparison=found)
    guards = _guards(at, facing)
    look = allowed.known
    if is_new:
        look = replace(_look(at, facing, allowed, found, seq=seq), broken=_broken(guards))
    return replace(
        plain,
        look=look,
        comparison=found,
        conditional_power=_chance(at.design, look),
        guards=guards,
    )


def _compared(at: Moment, facing: _Facing, alpha: float) -> Comparison:
    """Compare at what the look may spend."""
    settings = at.config.comparison
    made = compare(
        facing.baseline,
        [facing.candidate],
        settings=settings,
        metrics=_metrics(at.design),
        alpha=alpha,
    )
    (found,) = made.comparisons
    if at.design.looks is not Looks.OPEN:
        return found
    return at_any_time(
        found,
        facing.baseline,
        facing.candidate,
        facing.ledger,
        settings=settings,
        alpha=alpha,
    )


def _guards(at: Moment, facing: _Facing) -> tuple[GuardCheck, ...]:
    """Judge the guardrails, each at the plain alpha."""
    guardrails = at.design.guardrails
    if not guardrails:
        return ()
    metrics = tuple(dict.fromkeys(guardrail.metric for guardrail in guardrails))
    made = compare(
        facing.baseline, [facing.candidate], settings=at.config.comparison, metrics=metrics
    )
    return guard(made.comparisons[0], guardrails).checks


def _chance(design: ExperimentDesign, look: Look | None) -> float | None:
    """Return the chance of a result to come; None where there is one, or none is known."""
    if look is None or is_claim(look):
        return None
    return chance(design, look, alpha=design.alpha_each)


def _broken(guards: Sequence[GuardCheck]) -> tuple[Metric, ...]:
    return tuple(one.guardrail.metric for one in guards if one.status is GuardStatus.FAILED)


def _look(
    at: Moment, facing: _Facing, allowed: Entitlement, found: Comparison, *, seq: int
) -> Look:
    verdict, ledger = found.primary, facing.ledger
    p = verdict.p_value
    p = None if p is None or math.isnan(p) else p
    return Look(
        experiment_id=at.design.experiment_id,
        seq=seq,
        key=LookKey(
            suite_sha256=ledger[0].key.suite_sha256 if ledger else found.suite_sha256,
            metric=at.design.primary,
            baseline_id=found.baseline.variant_id,
            candidate_id=found.candidate.variant_id,
        ),
        candidate=facing.arm.label,
        looked_at=at.now,
        n=facing.n,
        n_max=allowed.n_max,
        fraction=allowed.fraction,
        z_bound=allowed.z_bound,
        alpha_k=allowed.alpha_k,
        alpha_spent=allowed.alpha_spent,
        z=_z(verdict, p),
        p_value=p,
        verdict=verdict.kind,
        estimate=verdict.estimate,
        low=verdict.low,
        high=verdict.high,
        broken=(),
        data_sha256=_data_sha256(found.baseline.content_sha256, found.candidate.content_sha256),
        run_ids=tuple(sorted({*found.baseline.run_ids, *found.candidate.run_ids})),
    )


def _z(verdict: MetricVerdict, p: float | None) -> float | None:
    """Return the z of a two-sided p-value, positive where the candidate is better."""
    gain = gain_of(verdict)
    if p is None or gain is None:
        return None
    size = -NormalDist().inv_cdf(max(p, LEAST_P) / 2)
    return math.copysign(size, gain.estimate)


def _cases_of(baseline: LoadedArm, candidate: LoadedArm, settings: ComparisonSettings) -> int:
    """Return how many cases a comparison rests on: those shared, or those of the smaller arm."""
    pairs = match(baseline.cases, candidate.cases)
    pairable = baseline.arm.pairable and candidate.arm.pairable
    if pairable and pairs.coverage >= settings.min_coverage:
        return pairs.n
    return pairs.n + min(pairs.n_only_baseline, pairs.n_only_candidate)


def _data_sha256(baseline: str, candidate: str) -> str:
    """Return a hash over the contents of both arms, each given by its own."""
    return hashlib.sha256(f"{baseline} {candidate}".encode()).hexdigest()


def _metrics(design: ExperimentDesign) -> tuple[Metric, ...]:
    return tuple(dict.fromkeys((design.primary, *design.secondary)))


def _nothing_ran(at: Moment, arm: ExperimentArm, *, of_baseline: bool) -> str:
    """Say that nothing has run of a candidate, or of the baseline."""
    labelled = {run.variant_id for run in at.runs if run.variant == arm.label}
    if arm.variant_id is None and len(labelled) > 1:
        return f"{len(labelled)} variants are called so; plan with an id"
    since = "" if at.design.include_existing else " since the start"
    return f"nothing of {at.design.baseline.label if of_baseline else 'it'} has run{since}"


def _notes(at: Moment, progress: Sequence[ArmProgress]) -> tuple[str, ...]:
    """Return what a reader should know of the runs."""
    notes = []
    for one in progress:
        arm = one.arm
        others = {
            run.run_id
            for run in at.runs
            if run.variant == arm.label and arm.variant_id not in (None, run.variant_id)
        }
        if others:
            text = f"{len(others)} runs called {arm.label} are left out: their prompt, model or "
            notes.append(f"{text}parameters are others than when it was planned")
    if at.seen:
        notes.append(f"{len(at.seen)} cases that the search has seen do not count")
    return tuple(notes)
