"""What to do after an optimization."""

from __future__ import annotations

from optimizer.models.optimization_run import OptimizationRun, OptimizationStatus, WantedTests
from optimizer.models.versions import Version
from reports.parts.prompts import quoted, selector

TESTS = "--cases FILE --executor 'COMMAND {prompt_file} {cases_file} {out}'"


def next_steps(run: OptimizationRun) -> tuple[str, ...]:
    """Return the next steps, a sentence each."""
    if run.status is OptimizationStatus.PLANNED:
        return _after_plan(run)
    if run.wanted is not None:
        return _elsewhere(run.wanted)
    made = run.versions[-1:]
    if run.held_out is not None and run.held_out.confirmation.is_licence:
        return tuple(step for one in made for step in _confirmed(one, promoted=run.promoted))
    return (*map(_shown, made), _further(run))


def _further(run: OptimizationRun) -> str:
    if run.status is not OptimizationStatus.FINISHED:
        if run.searched is None and run.status is OptimizationStatus.STOPPED:
            return "Go on with a larger --budget: nothing is paid for twice."
        return "Go on with the same command and --resume: nothing is paid for twice."
    if run.searched is None:
        return f"Have prompts tested: optimizer optimize {quoted(run.prompt_id)} {TESTS}"
    return "Look further: more cases, a larger --budget, another --strategy, --candidate FILE."


def _elsewhere(wanted: WantedTests) -> tuple[str, ...]:
    return (
        f"Run {wanted.folder}/{wanted.prompt_file} on {wanted.folder}/{wanted.cases_file}, "
        f"write the results to {wanted.folder}/{wanted.results_file}.",
        f"Then: optimizer optimize --continue {quoted(wanted.folder)}",
    )


def _after_plan(run: OptimizationRun) -> tuple[str, ...]:
    if run.split is None or not run.split.is_enough:
        return ("Add cases: with too few of them there are drafts only.",)
    if run.warnings:
        return ("See to that first, or leave out --plan to run it as it is.",)
    return ("Leave out --plan to run it.",)


def _confirmed(made: Version, *, promoted: bool) -> tuple[str, ...]:
    if promoted:
        back = f"Take it back: optimizer prompts rollback {quoted(made.prompt_id)} {made.parent}"
        return (back,) if made.parent else ()
    return (f"Put it in force: optimizer prompts promote {selector(made)}", _shown(made))


def _shown(made: Version) -> str:
    return f"See the whole text: optimizer prompts show {selector(made)}"
