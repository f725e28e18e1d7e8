"""The head of an Inspect AI log: what was run, with what, and what became of the run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct, field

from executor_bridge.outcomes import variant_of
from optimizer.models.tasks import Variant

KNOWN_VERSION = 2
GRADED_BY_MODEL = "model_graded"
"""How the names of Inspect's own scorers begin that ask a model."""

GRADERS = ("grader", "judge", "scorer", "evaluator")
"""How the names of roles begin whose models grade and are not part of the system."""

PROMPTS = ("template", "prompt")
"""Parameters of solvers that are texts for the model."""

IDLE = frozenset({"max_connections", "adaptive_connections"})
"""Settings of generation that change nothing of what is asked."""

NO_MODEL = "none"


class Dataset(Struct):
    """The data set of a task."""

    name: str | None = None
    location: str | None = None
    samples: int | None = None
    sample_ids: list[Any] | None = None
    shuffled: bool | None = None


class Revision(Struct):
    """The commit that was run."""

    commit: str | None = None
    dirty: bool | None = None


class Named(Struct):
    """A scorer."""

    name: str


class Headline(Struct):
    """The score that sums a log up."""

    scorer: str | None = None
    score: str | None = None


class Spec(Struct):
    """What was run."""

    task: str
    model: str = NO_MODEL
    eval_id: str = ""
    run_id: str = ""
    task_id: str = ""
    created: str | None = None
    task_version: int | str | None = None
    task_args: dict[str, Any] | None = None
    task_args_passed: dict[str, Any] | None = None
    solver: str | None = None
    dataset: Dataset = field(default_factory=Dataset)
    model_generate_config: dict[str, Any] | None = None
    model_args: dict[str, Any] | None = None
    model_roles: dict[str, Any] | None = None
    config: dict[str, Any] | None = None
    revision: Revision | None = None
    packages: dict[str, Any] | None = None
    scorers: list[Named] | None = None
    tags: list[str] | None = None
    metadata: dict[str, Any] | None = None


class Step(Struct):
    """One solver."""

    solver: str
    params: dict[str, Any] | None = None
    params_passed: dict[str, Any] | None = None


class Plan(Struct):
    """The solvers and how they generate."""

    steps: list[Step] = []
    config: dict[str, Any] | None = None


class Results(Struct):
    """What was counted at the end."""

    total_samples: int | None = None
    completed_samples: int | None = None
    scores: list[Named] | None = None
    scorer: Named | None = None
    headline: Headline | None = None


class Stats(Struct):
    """When it ran."""

    started_at: str | None = None
    completed_at: str | None = None
    model_usage: dict[str, Any] | None = None


class Failure(Struct):
    """An error."""

    message: str


class Header(Struct):
    """A log without its samples."""

    eval: Spec
    version: int = KNOWN_VERSION
    status: str = "started"
    plan: Plan | None = None
    results: Results | None = None
    stats: Stats | None = None
    error: Failure | None = None
    invalidated: bool = False
    tags: list[str] | None = None
    metadata: dict[str, Any] | None = None

    def promised(self) -> int | None:
        """Return how many samples the log should hold, None where it does not say."""
        counted = self.results or Results()
        total = max(counted.total_samples or 0, counted.completed_samples or 0)
        if total:
            return total
        config, dataset = self.eval.config or {}, self.eval.dataset
        n = dataset.samples if dataset.sample_ids is None else len(dataset.sample_ids)
        limit, epochs = config.get("limit"), config.get("epochs")
        if n is not None and isinstance(limit, int):
            n = min(n, limit)
        return n and n * (epochs if isinstance(epochs, int) else 1)

    def run_id(self, sha256: str) -> str:
        """Return the name of one task with one model: `eval_id`, which old logs do not have."""
        both = [part for part in (self.eval.run_id, self.eval.task_id) if part]
        if len(both) < 2:  # noqa: PLR2004 - only both together are one task with one model
            both.append(sha256[:16])
        return self.eval.eval_id or "-".join(both)

    def scorers(self) -> Iterator[str]:
        """Yield the names that may be that of the main score, the best first."""
        results = self.results or Results()
        headline = results.headline or Headline()
        if headline.scorer and headline.score and headline.score != headline.scorer:
            yield f"{headline.scorer}.{headline.score}"
        yield from (name for name in (headline.scorer, headline.score) if name)
        if results.scorer is not None:
            yield results.scorer.name
        for one in (*(self.eval.scorers or ()), *(results.scores or ())):
            yield one.name

    def uses_cache(self) -> bool:
        """Tell whether answers may come from Inspect's cache."""
        return bool(self._generation().get("cache"))

    def grades_by_the_system(self) -> bool:
        """Tell whether one of Inspect's own scorers asked a model that has no role of its own."""
        names = (name.rpartition("/")[2] for name in self.scorers())
        has_role = any(role.startswith(GRADERS) for role in self.eval.model_roles or ())
        return not has_role and any(name.startswith(GRADED_BY_MODEL) for name in names)

    def variant(self) -> Variant:
        """Return what was executed: prompts, model, and all parameters that shape the answers."""
        provider, model = self._served()
        return variant_of(
            self.label(),
            prompt="\n\n".join(self._prompts()) or None,
            provider=provider,
            model=model,
            parameters=self._parameters(),
        )

    def label(self) -> str:
        """Return a name for what was executed: arguments of the task and solver, else the model."""
        passed = self.eval.task_args_passed
        args = self.eval.task_args or {} if passed is None else passed
        said = [f"{name}={value}" for name, value in args.items()]
        if len(args) == 1:
            said = [value if isinstance(value, str) else said[0] for value in args.values()]
        if self.eval.solver:
            said.append(self.eval.solver)
        return " ".join(said) or self._served()[1] or self.eval.task

    def _served(self) -> tuple[str | None, str | None]:
        """Return who serves the model, and its name; Inspect writes `none/none` for none."""
        provider, slash, model = self.eval.model.partition("/")
        if NO_MODEL in (model, self.eval.model):
            return None, None
        return (provider, model) if slash else (None, provider)

    def _generation(self) -> dict[str, Any]:
        """Return how the model generated: the settings of the task over those of the model."""
        plan = self.plan or Plan()
        both = {**(self.eval.model_generate_config or {}), **(plan.config or {})}
        return {name: value for name, value in both.items() if name not in IDLE}

    def _prompts(self) -> Iterator[str]:
        """Yield the texts of solvers and of the settings that go to the model."""
        system = self._generation().get("system_message")
        if isinstance(system, str):
            yield system
        for step in (self.plan or Plan()).steps:
            for name, value in (step.params or {}).items():
                if _is_prompt(name, value):
                    yield value

    def _parameters(self) -> dict[str, Any]:
        """Return what shaped the answers beside prompts and model."""
        generation = self._generation()
        said = {k: v for k, v in generation.items() if k != "system_message" and v is not None}
        roles = self.eval.model_roles or {}
        config = self.eval.config or {}
        groups = {
            "task_args": self.eval.task_args,
            "model_args": self.eval.model_args,
            "model_roles": {k: v for k, v in roles.items() if not k.startswith(GRADERS)},
            "limits": {k: v for k, v in config.items() if k.endswith("_limit") and v is not None},
            "solvers": [_plain(step) for step in (self.plan or Plan()).steps],
        }
        return said | {name: group for name, group in groups.items() if group}


def _is_prompt(name: str, value: object) -> bool:
    """Tell whether a parameter is a text for the model, rather than the name of a file."""
    return name in PROMPTS and isinstance(value, str) and len(value.split()) > 1


def _plain(step: Step) -> dict[str, Any]:
    """Return a solver and what was passed to it, prompts left out."""
    passed = step.params if step.params_passed is None else step.params_passed
    kept = {name: v for name, v in (passed or {}).items() if not _is_prompt(name, v)}
    return {step.solver: kept}
