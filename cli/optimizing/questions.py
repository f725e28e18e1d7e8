"""The question of an optimization: the prompt, its tests, the user's own drafts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from optimizer.models.errors import SelectionError
from optimizer.models.names import legible

if TYPE_CHECKING:
    from cli.optimizing.wish import Wish
    from cli.session import Session
    from optimizer.models.optimization import Draft
    from optimizer.models.optimization_question import OptimizationQuestion
    from optimizer.models.sites import PromptSite
    from optimizer.pipeline.optimizing_tools import Rules

PLACE = "#"
"""Separates a file from the prompt in it."""

MOST_NAMED = 10
"""Prompts that an error names."""

PLAIN_SUFFIX = ".txt"
"""How a file ends that holds a prompt and nothing else."""


def question_of(wish: Wish, here: Session, rules: Rules) -> OptimizationQuestion:
    """Return what is asked.

    Raises:
        FormatError: The prompt's file or the cases cannot be read.
        SelectionError: The file holds no prompt, or more than one and none is named.
    """
    from optimizer.models.contract import OptimizationStrategy
    from optimizer.models.optimization_question import OptimizationQuestion
    from optimizer.prompts.runner.cases import read_cases

    return OptimizationQuestion(
        site=site_of(wish.prompt, here),
        cases=read_cases(Path(wish.cases)) if wish.cases else (),
        workflow_id=wish.workflow,
        strategy=OptimizationStrategy(wish.strategy),
        engine=wish.engine,
        seed=rules.optimize.seed,
        holdout=rules.optimize.holdout,
        replicates=rules.optimize.replicates,
        drafts=tuple(_own_drafts(wish.candidates)),
    )


def site_of(prompt: str, here: Session) -> PromptSite:
    """Return the prompt that is meant.

    Raises:
        FormatError: The file cannot be read.
        SelectionError: It holds no prompt, or more than one and none is named.
    """
    from cli.reading.prompt_files import project_files
    from optimizer.pipeline.prompt_files import find_prompts

    root = project_files(here).root
    whole = Path(prompt)
    file, _, place = (prompt, "", "") if whole.exists() else prompt.partition(PLACE)
    found = find_prompts([Path(file)], root=root, settings=here.loaded.config.extract)
    sites = [one for one in found.sites if not place or one.pointer == place]
    if len(sites) == 1:
        return sites[0]
    if not sites and not place:
        reasons = "; ".join(one.reason for one in found.skipped) or "no prompt"
        raise SelectionError(f"{file}: {reasons}, expected a prompt")
    names = [f"{one.path}{PLACE}{one.pointer}".removesuffix(PLACE) for one in found.sites]
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    raise SelectionError(
        f"{prompt}: {len(sites)} prompts are meant, expected one",
        hint=f"Name one of {', '.join(names[:MOST_NAMED])}{more}." if names else None,
    )


def suffix_of(site: PromptSite) -> str:
    """Return how a file with nothing but the prompt ends: as its own, where that holds no more."""
    return PLAIN_SUFFIX if site.pointer else Path(site.path).suffix or PLAIN_SUFFIX


def _own_drafts(candidates: str) -> list[Draft]:
    from cli.reading.results import read_prompt
    from optimizer.models.optimization import Draft

    paths = [Path(name) for name in candidates.split(os.pathsep) if name]
    return [
        Draft(text=read_prompt(path) or "", proposer="user", why=f"written in {legible(str(path))}")
        for path in paths
    ]
