"""What a reader must know of an Inspect AI log: how its run ended, and how it was scored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from executor_bridge.formats.inspect_log.files import Log
from executor_bridge.formats.inspect_log.header import KNOWN_VERSION
from executor_bridge.formats.inspect_log.samples import TIME_LIMITS, Sample
from executor_bridge.formats.inspect_log.scores import unreadable
from executor_bridge.json_text import shown
from executor_bridge.judging import UNJUDGED
from executor_bridge.outcomes import short_name
from optimizer.models.tasks import Score

ENDED = "success"
SHOWN_NAMES = 5


def of_the_run(log: Log) -> Iterator[str]:
    """Yield what is to be known of a run and of what is left of it."""
    header = log.header
    if header.version > KNOWN_VERSION:
        yield (
            f"inspect log version {header.version} is newer than known ({KNOWN_VERSION}): "
            "what is understood was read"
        )
    if log.is_crashed:
        yield "the log has no end, its run crashed or went on: what its journal holds was read"
    elif header.status != ENDED:
        why = f" ({shown(header.error.message)})" if header.error else ""
        yield f"the run did not end as planned: its status is {shown(header.status)}{why}"
    promised = header.promised()
    if promised is not None and log.n_found < promised:
        yield f"the log speaks of {promised} samples and holds {log.n_found}"
    if log.n_invalidated:
        yield f"{_samples(log.n_invalidated)} declared void: left out"
    if log.is_unopened:
        yield (
            "tokens stand only in the samples of this old log, which are too large to be opened: "
            "`inspect log convert` writes it anew"
        )
    if header.uses_cache():
        yield "answers may be from Inspect's cache; the log does not say which, nor their latency"
    if header.grades_by_the_system() and not any(one.role_usage for one in log.samples):
        yield "a model graded without a role of its own: its tokens and cost count as the system's"


def of_scores(
    samples: Sequence[Sample],
    mains: Sequence[Score | None],
    scorer: str | None,
    mark: float | None,
) -> Iterator[str]:
    """Yield what is to be known of how samples were scored.

    Args:
        samples: The samples.
        mains: The main score of each.
        scorer: Its name, or None.
        mark: The score from which on a sample passes, None where nothing is judged.
    """
    if mark is None and any(one.failure() is None for one in samples):
        yield UNJUDGED
    if mark is not None:
        n = sum(one.is_unscored(score) for one, score in zip(samples, mains, strict=True))
        if n:
            by = short_name(scorer or "anybody")
            yield f"{_samples(n)} not scored by {by}: cancelled, neither passed nor failed"
    ended = Counter(one.ended_by() for one in samples if one.failure() is None)
    for kind, n in sorted((kind, n) for kind, n in ended.items() if kind):
        if kind not in TIME_LIMITS:
            yield f"{_samples(n)} ended by a {short_name(kind)} limit and scored as it stood"
    n = sum(any(said.history for said in one.said().values()) for one in samples)
    if n:
        yield f"{_samples(n)} scored anew by somebody after the run: the last score is taken"
    odd = [found for one in samples for found in unreadable(one.said())]
    if odd:
        texts = (
            "1 score is a text that stands"
            if len(odd) == 1
            else f"{len(odd)} scores are texts that stand"
        )
        name, value = odd[0]
        yield f"{texts} for no number, the first {short_name(name)}: {shown(value)}"


def _samples(n: int) -> str:
    return "1 sample was" if n == 1 else f"{n} samples were"
