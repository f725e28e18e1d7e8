"""The engine `gepa`, an extra: reflective evolution on a Pareto front of the validation cases.

It searches by gepa's own loop, over our tests and our proposers, and six things that gepa 0.1.4
does by itself are kept from it:

* its cache mixes up train and validation cases: off, our meter remembers instead and tells it
  what was really run;
* its budget is overdrawn by up to a whole validation: the meter refuses the first test too many,
  which ends the search with what was found;
* it hides a proposer that is down, and goes on paying for tests: failures in a row are counted
  here and end the search;
* it resumes whatever lies in its folder, a pickle: it is given none, and a search is resumed by
  running it again over the tests that were kept;
* it takes prompts out of replies by the outermost fences: our proposers read their own replies,
  and every draft passes the guard;
* its best score is the one that chance favoured: what is reported are the validation cases that
  a prompt passed, by which it was selected; only held-out tests confirm it.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

from pydantic import Field

from optimizer.models.errors import ConfigError
from optimizer.models.optimization import Candidate, Case, CaseResult, Draft, Searched, Shown
from optimizer.models.settings import Settings
from optimizer.prompts.ports import BudgetExhausted, ProposerError
from optimizer.prompts.search.base import Progress, SearchTask
from optimizer.prompts.search.gepa_drafts import PROMPT, Drafts
from optimizer.prompts.search.settings import Objective
from optimizer.prompts.search.trials import Trials


class GepaSettings(Settings):
    """What the engine `gepa` does within a round."""

    minibatch: Annotated[int, Field(ge=1)] = 3
    """Train cases that a round looks at, and that a draft must do better on than its parent."""

    max_idle_rounds: Annotated[int, Field(ge=1)] = 60
    """Rounds in a row without a new test after which the search ends."""

    max_proposer_failures: Annotated[int, Field(ge=1)] = 3
    """Times in a row that proposers may fail before the search ends."""


class GepaEngine:
    """Searches with gepa."""

    name: ClassVar[str] = "gepa"

    def __init__(self, settings: GepaSettings | None = None) -> None:
        self._settings = settings or GepaSettings()

    def search(self, task: SearchTask) -> Searched:
        """Return every prompt that was scored on validation, the best first.

        Raises:
            ConfigError: gepa is not installed, or tokens are the objective.
            ExecutorError: As the executor raises it.
        """
        gepa = _gepa()
        if task.settings.objective is not Objective.PASS_RATE:
            raise ConfigError(
                "engine gepa: looks for a higher pass rate only",
                hint="Search for fewer tokens with '--engine own'.",
            )
        adapter = _Adapter(task, self._settings, gepa.EvaluationBatch)
        try:
            gepa.optimize(
                seed_candidate={PROMPT: task.seed_prompt},
                trainset=list(task.split.train),
                valset=list(task.split.validation),
                adapter=adapter,
                custom_candidate_proposer=adapter.drafts.propose,
                reflection_minibatch_size=self._settings.minibatch,
                stop_callbacks=adapter.is_over,
                logger=_Silence(),
                run_dir=None,
                cache_evaluation=False,
                track_best_outputs=False,
                seed=task.seed,
                raise_on_exception=True,
            )
        except BudgetExhausted:
            adapter.stopped = "the next tests would cost more than is left of the budget"
        except ProposerError as error:
            adapter.stopped = f"nothing more could be proposed: {error}"
            adapter.is_cut_short = True
        return adapter.searched()


class _Silence:
    """Where gepa writes its log: it holds whole prompts."""

    def log(self, message: str) -> None:
        """Drop a message."""


class _Adapter:
    """What gepa knows of us: runs cases and shows failures; the record of scores is ours."""

    propose_new_texts = None

    def __init__(self, task: SearchTask, settings: GepaSettings, batch: type[Any]) -> None:
        self._task = task
        self._settings = settings
        self._batch = batch
        self._trials = Trials(task.meter, task.settings, reserve=task.reserve)
        self._validation = frozenset(case.case_id for case in task.split.validation)
        self._scored: dict[str, Candidate] = {}
        self._n_idle = 0
        self._n_spent = 0
        self.drafts = Drafts(task, max_failures=settings.max_proposer_failures)
        self.stopped = ""
        self.is_cut_short = False

    def evaluate(
        self, batch: Sequence[Case], candidate: Mapping[str, str], capture_traces: bool = False
    ) -> Any:
        """Run cases with a prompt; a minibatch may hold a case twice, and it is run once.

        Raises:
            BudgetExhausted: They would cost more than is left.
            ProposerError: Proposers have failed too often in a row.
        """
        self.drafts.require_proposers()
        prompt, before = candidate[PROMPT], self._task.meter.n_spent
        once = list({case.case_id: case for case in batch}.values())
        self._trials.run(prompt, once)
        told = {case.case_id: result for case, result in self._trials.results(prompt, once)}
        if self._validation.issuperset(case.case_id for case in batch):
            self._record(prompt, list(told.values()))
        return self._batch(
            outputs=[told.get(case.case_id) for case in batch],
            scores=_scores(batch, told),
            trajectories=[(case, told.get(case.case_id)) for case in once],
            num_metric_calls=self._task.meter.n_spent - before,
        )

    def make_reflective_dataset(
        self, candidate: Mapping[str, str], eval_batch: Any, components_to_update: Sequence[str]
    ) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Return the cases that a proposer may see, with what became of them."""
        shown = [
            {"shown": Shown(case=case, result=result)}
            for case, result in eval_batch.trajectories
            if result is not None
        ]
        return {component: shown for component in components_to_update}

    def is_over(self, state: object) -> bool:
        """Tell whether nothing new was tested for too long: what is known costs nothing."""
        spent = self._task.meter.n_spent
        self._n_idle = 0 if spent > self._n_spent else self._n_idle + 1
        self._n_spent = spent
        if self._n_idle <= self._settings.max_idle_rounds:
            return False
        self.stopped = f"nothing new to test in {self._settings.max_idle_rounds} rounds"
        return True

    def searched(self) -> Searched:
        """Return what was found; the earlier of two that pass as many cases is the better."""
        found = list(self._scored.values()) or [_candidate(self._task.seed_prompt, None, ())]
        return Searched(
            candidates=tuple(sorted(found, key=lambda one: -one.pass_rate)),
            refused=tuple(self.drafts.refused),
            n_rounds=self.drafts.n_rounds,
            stopped=self.stopped,
            is_cut_short=self.is_cut_short,
        )

    def _record(self, prompt: str, results: Sequence[CaseResult]) -> None:
        self._scored[prompt] = _candidate(prompt, self.drafts.origins.get(prompt), results)
        if self._task.watch is None:
            return
        best = max(self._scored.values(), key=lambda one: one.pass_rate)
        self._task.watch(
            Progress(
                round=self.drafts.n_rounds,
                n_spent=self._task.meter.n_spent,
                budget=self._task.meter.budget,
                best_passed=best.n_passed,
                best_n=best.n,
                event=f"{self._scored[prompt].n_passed} of {len(results)} validation cases pass",
            )
        )


def _candidate(
    text: str, origin: tuple[Draft, str] | None, results: Sequence[CaseResult]
) -> Candidate:
    draft, parent = origin or (None, None)
    return Candidate(
        text=text,
        draft=draft,
        parent_sha256=parent,
        n=len(results),
        n_passed=sum(result.passed for result in results),
    )


def _scores(batch: Sequence[Case], told: Mapping[str, CaseResult]) -> list[float]:
    """Return a score for each case, as gepa wants: a test that tells nothing counts as the mean."""
    passed = [told[case.case_id].passed for case in batch if case.case_id in told]
    mean = sum(passed) / len(passed) if passed else 0.0
    return [float(told[case.case_id].passed) if case.case_id in told else mean for case in batch]


def _gepa() -> Any:
    try:
        return importlib.import_module("gepa")
    except ImportError as error:
        raise ConfigError(
            "engine gepa: gepa is not installed",
            hint="Install prompt-optimizer[gepa], or search with '--engine own'.",
        ) from error
