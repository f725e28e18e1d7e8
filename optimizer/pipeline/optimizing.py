"""Optimizing a prompt against the user's own tests: from the question to a confirmed version.

    split -> plan -> preflight -> diagnose -> choose -> search -> confirm -> version -> promote

Every step is decided by the question, the results of tests and the answers of the model that
proposes. So an optimization that was cut short, or that waits for tests that run elsewhere, is
simply run again: what it knows by then it is not asked for a second time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from optimizer.history.optimizing import record_optimization, stored_optimization
from optimizer.history.queries.optimizing import confirmations, prompt_versions
from optimizer.history.store import History
from optimizer.models.contract import OptimizationStrategy
from optimizer.models.optimization import (
    Candidate,
    Diagnosis,
    Refusal,
    Searched,
    Shown,
    Split,
)
from optimizer.models.optimization_question import OptimizationQuestion
from optimizer.models.optimization_run import (
    OptimizationRun,
    OptimizationStatus,
)
from optimizer.models.sites import PromptSite
from optimizer.models.versions import Confirmation, HeldOut, Lineage
from optimizer.pipeline.drafting import drafted
from optimizer.pipeline.grounds import grounds_of, why_of
from optimizer.pipeline.held_out_runs import record_held_out
from optimizer.pipeline.linted import named_lint
from optimizer.pipeline.optimization_facts import (
    blank,
    cluster_counts,
    much_noise,
    noise_of,
    plan_for,
    plan_lines,
    rewritings_of,
    too_few_held_out,
    unknown_use,
)
from optimizer.pipeline.optimizing_tools import Rules, Tools
from optimizer.pipeline.prompt_texts import Made
from optimizer.pipeline.prompt_versions import promote, record_made, register
from optimizer.pipeline.proposing import FEW_SHOT, is_cosmetic, panel_of
from optimizer.prompts.ports import BudgetExhausted
from optimizer.prompts.search.base import SearchTask
from optimizer.prompts.search.choosing import choose_strategy
from optimizer.prompts.search.diagnosis import diagnose
from optimizer.prompts.search.guards import guards
from optimizer.prompts.search.settings import (
    Objective,
)
from optimizer.prompts.search.splitting import split
from optimizer.prompts.testing.asking import Waits, Wanted
from optimizer.prompts.testing.metering import Meter
from optimizer.prompts.testing.preflight import Preflight, preflight
from optimizer.prompts.testing.remembering import HistoryMemory
from optimizer.prompts.testing.tallying import Tally
from optimizer.prompts.versions.confirming import (
    Occasion,
    confirm,
    next_look,
    sharing,
    why_not,
)

NONE_BETTER = "no prompt that was tested passes more validation cases than the one in use"
NONE_SHORTER = "no shorter prompt that was tested passes as many validation cases as the one in use"
"""Why no held-out test is spent."""


def optimize(
    question: OptimizationQuestion, tools: Tools, rules: Rules, *, promote_it: bool = False
) -> OptimizationRun:
    """Look for a better prompt, confirm it, and make it a version.

    Args:
        question: Which prompt, against which tests.
        tools: What it works with.
        rules: Settings.
        promote_it: Whether a confirmed version is put in force at once.

    Raises:
        ExecutorError: The tests cannot be run, or not be trusted; what was paid for is kept.
        ProposerError: Nobody can be asked, and there is nothing else to do.
    """
    with tools.open_history() as history:
        in_use = register(
            history,
            question.site,
            tools.who_now,
            rules=rules.thresholds,
            workflow_id=question.workflow_id,
            lint=named_lint(question.site),
        )
    known_ids = frozenset(in_use.lineage.source_case_ids)
    parts = split(question.cases, settings=rules.optimize, known_ids=known_ids)
    if tools.executor is None or not parts.is_enough:
        return drafted(question, tools, rules, parts)
    return _Optimization(question, tools, rules, parts, promote_it=promote_it).run()


def is_under_way(question: OptimizationQuestion, tools: Tools) -> bool:
    """Say whether an optimization of the same question was begun and did not come to its end."""
    fingerprint = tools.executor.fingerprint if tools.executor else ""
    with tools.open_history() as history:
        found = stored_optimization(history, question.identity(fingerprint, tools.model_name))
    return found is not None and found.status is not OptimizationStatus.FINISHED


def planned(question: OptimizationQuestion, rules: Rules, *, whole_suite: bool) -> OptimizationRun:
    """Return what an optimization would take; nothing is run and nothing is stored."""
    parts = split(question.cases, settings=rules.optimize)
    plan = plan_for(parts, rules, whole_suite=whole_suite)
    warnings = plan.warnings if parts.is_enough else (parts.reason,)
    run = blank(question, rules, "")
    return replace(
        run,
        status=OptimizationStatus.PLANNED,
        split=parts,
        plan=plan_lines(plan),
        warnings=(*warnings, *too_few_held_out(parts, rules)),
        stopped="nothing was run",
    )


class _Optimization:
    """One optimization on its way."""

    def __init__(
        self,
        question: OptimizationQuestion,
        tools: Tools,
        rules: Rules,
        parts: Split,
        *,
        promote_it: bool,
    ) -> None:
        assert tools.executor is not None
        self._question, self._tools, self._rules, self._parts = question, tools, rules, parts
        self._promote = promote_it
        self._executor = Tally(tools.executor)
        self.optimization_id = question.identity(self._executor.fingerprint, tools.model_name)
        self._plan = plan_for(parts, rules, whole_suite=tools.whole_suite)
        self._meter = Meter(
            self._executor,
            HistoryMemory(tools.open_history, optimization_id=self.optimization_id, now=tools.now),
            budget=rules.optimize.budget,
            suite=question.cases if tools.whole_suite else (),
        )
        run = blank(question, rules, self.optimization_id)
        self._run = replace(
            run,
            split=parts,
            plan=plan_lines(self._plan),
            warnings=(*self._plan.warnings, *too_few_held_out(parts, rules)),
            engine=tools.engine.name,
        )

    def run(self) -> OptimizationRun:
        """Take every step, or say what is missing for the next."""
        with self._tools.open_history() as history:
            done = stored_optimization(history, self.optimization_id)
            if done is not None and not _is_final(done, self._rules.optimize.budget):
                done = None
            if done is None:
                record_optimization(history, self._run, at=self._tools.now())
        if done is not None:
            known = replace(done, n_executed=0, n_recalled=done.n_spent, n_priced=0, cost_usd=None)
            return self._promoted(replace(known, stopped=f"{done.stopped} (known before)"))
        try:
            self._steps()
        except Wanted as wanted:
            self._end(OptimizationStatus.WAITING, f"{len(wanted.cases)} tests are wanted")
            raise Waits(self._run, wanted) from wanted
        except BudgetExhausted:
            needed = self._plan.n_needed
            self._end(
                OptimizationStatus.STOPPED,
                f"the budget of {self._rules.optimize.budget} tests ended before the search, "
                f"which begins from {needed} on",
            )
        return self._run

    def _steps(self) -> None:
        flight = self._preflight()
        shown = _shown(self._parts, flight)
        diagnosis = diagnose(shown)
        strategy, why = self._strategy(diagnosis, flight)
        self._run = replace(
            self._run, strategy=strategy, why_strategy=why, clusters=cluster_counts(diagnosis)
        )
        searched = self._search(strategy, flight)
        self._run = replace(self._run, searched=searched, stopped=searched.stopped)
        self._conclude(strategy, searched)

    def _preflight(self) -> Preflight:
        """Run the prompt in use, some of it twice, and a senseless one."""
        flight = preflight(
            self._question.site.text,
            (*self._parts.train, *self._parts.validation),
            self._meter,
            settings=self._rules.runner,
            max_infrastructure_rate=self._rules.optimize.max_infrastructure_rate,
            seed=self._question.seed,
        )
        scored = {case.case_id for case in self._parts.validation}
        control = [one for one in flight.control if one.case_id in scored]
        told = [one for one in control if not one.infrastructure]
        self._run = replace(
            self._run,
            warnings=(
                *self._run.warnings,
                *unknown_use(flight),
                *much_noise(flight, self._rules.runner.noisy_rate),
            ),
            noise=noise_of(flight),
            flaky_ids=flight.flaky,
            n_control=len(told),
            n_control_passed=sum(one.passed for one in told),
        )
        return flight

    def _strategy(self, diagnosis: Diagnosis, flight: Preflight) -> tuple[str, str]:
        """Return the strategy to follow, and why."""
        asked = self._question.strategy
        if asked is not OptimizationStrategy.AUTO:
            return asked.value, "asked for"
        grounds = grounds_of(
            self._question,
            diagnosis,
            flight.control,
            has_model=self._tools.model is not None,
            now=self._tools.now(),
        )
        choice = choose_strategy(grounds, self._rules.choosing, self._rules.scoring)
        return choice.strategy or FEW_SHOT, why_of(choice)

    def _search(self, strategy: str, flight: Preflight) -> Searched:
        refused: list[Refusal] = []
        panel = panel_of(
            strategy,
            self._tools.model,
            refused=refused,
            transforms=self._rules.transforms,
            few_shot=self._rules.few_shot,
        )
        self._objective = panel.objective
        guard = guards(
            self._question.site.text,
            settings=self._rules.optimize,
            train=self._parts.train,
            refused=refused,
        )
        task = SearchTask(
            seed_prompt=self._question.site.text,
            split=self._parts,
            proposers=panel.proposers,
            guard=guard,
            meter=self._meter,
            drafts=self._question.drafts,
            settings=self._rules.search.model_copy(update={"objective": panel.objective}),
            seed=self._question.seed,
            reserve=self._plan.n_reserved,
            flaky_ids=frozenset(flight.flaky),
            watch=self._tools.watch,
        )
        return self._tools.engine.search(task)

    def _conclude(self, strategy: str, searched: Searched) -> None:
        """Confirm the champion, and make it a version."""
        champion = self._champion(searched)
        self._run = replace(
            self._run,
            is_for_tokens=self._objective is Objective.TOKENS,
            rewritings=rewritings_of(self._question, (champion.text,)),
        )
        with self._tools.open_history() as history:
            earlier = self._earlier(history)
        look = _look_at(champion, self._question.site, earlier)
        if look is not None and look.optimization_id != self.optimization_id:
            self._recall(look)
            self._end(OptimizationStatus.FINISHED, searched.stopped)
            self._run = self._promoted(self._run)
            return
        # A look of this very optimization is taken again: its tests are known, and counted.
        obstacle = None if look else self._obstacle(champion, searched, earlier)
        if obstacle is not None:
            self._run = replace(self._run, why_not_confirmed=obstacle)
            cut = searched.is_cut_short
            status = OptimizationStatus.STOPPED if cut else OptimizationStatus.FINISHED
            self._end(status, searched.stopped)
            return
        held_out = confirm(
            control=self._question.site.text,
            champion=champion.text,
            cases=self._parts.holdout,
            meter=self._meter,
            occasion=Occasion(
                optimization_id=self.optimization_id,
                prompt_id=self._question.site.prompt_id,
                seq=look.seq if look else next_look(earlier),
                looked_at=self._tools.now(),
            ),
            settings=self._rules.optimize,
            comparison=self._rules.comparison,
            objective=self._objective,
        )
        self._keep(champion, held_out, strategy)
        self._end(OptimizationStatus.FINISHED, searched.stopped)
        self._run = self._promoted(self._run)

    def _champion(self, searched: Searched) -> Candidate:
        """Return the best; of those that pass equally many cases, the shortest."""
        if self._objective is Objective.TOKENS:
            return searched.champion
        return min(searched.candidates, key=lambda one: (-one.pass_rate, len(one.text)))

    def _recall(self, look: Confirmation) -> None:
        """Take what another optimization found of the same champion for what it is."""
        with self._tools.open_history() as history:
            known = prompt_versions(history, prompt_id=look.prompt_id)
        made = [one for one in known if one.confirmation == look]
        self._run = replace(
            self._run,
            held_out=HeldOut(confirmation=look, control=(), champion=()),
            versions=tuple(made[-1:]),
        )

    def _obstacle(
        self, champion: Candidate, searched: Searched, earlier: Sequence[Confirmation]
    ) -> str | None:
        """Say why no held-out test is spent, or None where one is."""
        control = next(one for one in searched.candidates if one.draft is None)
        if not control.n:
            return f"no prompt was scored: {searched.stopped}"
        if champion.draft is None:
            return NONE_SHORTER if self._objective is Objective.TOKENS else NONE_BETTER
        if self._objective is Objective.PASS_RATE and champion.pass_rate <= control.pass_rate:
            return NONE_BETTER
        return why_not(
            self._question.site.text,
            champion.text,
            self._parts.holdout,
            earlier,
            settings=self._rules.optimize,
            comparison=self._rules.comparison,
            objective=self._objective,
        )

    def _earlier(self, history: History) -> list[Confirmation]:
        looks = confirmations(history, prompt_id=self._question.site.prompt_id)
        return sharing(looks, self._parts.holdout)

    def _keep(self, champion: Candidate, held_out: HeldOut, strategy: str) -> None:
        """Store the held-out runs, the look and the version."""
        question, tools, rules = self._question, self._tools, self._rules
        with tools.open_history() as history:
            found = record_held_out(
                history,
                held_out,
                control=question.site.text,
                champion=champion.text,
                cases=self._parts.holdout,
                workflow_id=question.workflow_id or question.site.prompt_id,
                settings=rules.store,
                actor=tools.who.actor,
                now=tools.now(),
            )
            made = Made(
                text=champion.text,
                lineage=self._lineage(champion, strategy),
                optimization_id=self.optimization_id,
                confirmation=found,
                cosmetic=is_cosmetic(champion.draft),
                lint_before=named_lint(question.site),
                lint_after=named_lint(replace(question.site, text=champion.text)),
            )
            version = record_made(
                history, question.site.prompt_id, made, tools.who_now, rules=rules.thresholds
            )
        held_out = replace(held_out, confirmation=found)
        self._run = replace(self._run, held_out=held_out, versions=(version,))

    def _lineage(self, champion: Candidate, strategy: str) -> Lineage:
        draft = champion.draft
        use = self._tools.model_use()
        return Lineage(
            strategy=strategy,
            why_strategy=self._run.why_strategy,
            engine=self._tools.engine.name,
            proposer=draft.proposer if draft else None,
            why=draft.why if draft else None,
            rules=draft.rules if draft else (),
            seed=self._question.seed,
            n_spent=self._meter.n_spent,
            budget=self._meter.budget,
            train_ids=tuple(case.case_id for case in self._parts.train),
            validation_ids=tuple(case.case_id for case in self._parts.validation),
            holdout_ids=tuple(case.case_id for case in self._parts.holdout),
            source_case_ids=draft.source_case_ids if draft else (),
            llm_model=use.model if use else None,
            cassette_sha256=self._tools.cassette_sha256(),
        )

    def _promoted(self, run: OptimizationRun) -> OptimizationRun:
        """Put a confirmed version in force, where that was asked for."""
        better = run.held_out is not None and run.held_out.confirmation.is_licence
        if not (self._promote and better and run.versions) or run.promoted:
            return run
        made = run.versions[-1]
        with self._tools.open_history() as history:
            moved = promote(
                history,
                made.version,
                self._tools.who_now,
                files=self._tools.files,
                prompt_id=made.prompt_id,
            )
            run = replace(run, promoted=True, versions=(moved.version,))
            record_optimization(history, run, at=self._tools.now())
        return run

    def _end(self, status: OptimizationStatus, why: str) -> None:
        """Store where it stands."""
        self._run = replace(
            self._run,
            status=status,
            stopped=why,
            n_spent=self._meter.n_spent,
            n_executed=self._meter.n_executed,
            n_recalled=self._meter.n_recalled,
            cost_usd=self._executor.cost_usd,
            n_priced=self._executor.n_priced,
            model_use=self._tools.model_use(),
        )
        with self._tools.open_history() as history:
            record_optimization(history, self._run, at=self._tools.now())


def _look_at(
    champion: Candidate, site: PromptSite, looks: Sequence[Confirmation]
) -> Confirmation | None:
    """Return the look that there was at a champion beside the same control, or None."""
    wanted = (champion.sha256, site.sha256)
    return next((one for one in looks if (one.champion_sha256, one.control_sha256) == wanted), None)


def _is_final(run: OptimizationRun, budget: int) -> bool:
    return run.status is OptimizationStatus.FINISHED and run.budget >= budget


def _shown(parts: Split, flight: Preflight) -> list[Shown]:
    results = {one.case_id: one for one in flight.control}
    return [Shown(case=case, result=results[case.case_id]) for case in parts.train]
