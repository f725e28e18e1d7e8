"""The published scores of the prompts of files."""

from __future__ import annotations

from collections.abc import Iterable

from optimizer.models.errors import FormatError
from optimizer.models.extract_settings import ExtractSettings
from optimizer.models.linting import PromptScores
from optimizer.models.sites import PromptSite
from optimizer.pipeline.named_files import DEFAULTS, NamedFile
from optimizer.promptcheck.parts import explanation
from optimizer.promptcheck.reading import read
from optimizer.promptcheck.scores import score
from optimizer.prompts.extract import find_sites


def scored(
    files: Iterable[NamedFile], unreadable: list[str], *, extract: ExtractSettings = DEFAULTS
) -> tuple[PromptScores, ...]:
    """Return the published scores of the prompts of files.

    Args:
        files: The files.
        unreadable: Is told what could not be read, and why.
        extract: How large a prompt may be.
    """
    found = []
    for file in files:
        try:
            sites = find_sites(file.path, file.content, settings=extract).sites
        except FormatError as error:
            unreadable.append(str(error))
            continue
        found += [_scores(site) for site in sites]
    return tuple(found)


def _scores(site: PromptSite) -> PromptScores:
    scores = score(read(site.text))
    return PromptScores(
        prompt_id=site.prompt_id,
        overall=scores.overall,
        clarity=scores.clarity,
        efficiency=scores.efficiency,
        explanation=tuple(explanation(part) for part in scores.parts),
    )
