"""Info: sequences of words that occur again (published)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import FixSafety, LintRulePage
from optimizer.promptcheck.findings import quoted
from optimizer.promptcheck.lint.base import Found, LintRule, Subject
from optimizer.promptcheck.reading import Reading
from optimizer.promptcheck.templates import MASK

_Trigram = tuple[str, ...]


def _repeated(subject: Subject) -> Iterator[Found]:
    reading = subject.reading
    counts = Counter(_trigrams(reading))
    repeated = {trigram for trigram, n in counts.items() if n > 1 and MASK not in trigram}
    if len(repeated) > subject.settings.max_repeated_trigrams:
        trigram, start = _first_again(reading, repeated)
        yield Found(
            message=f"{len(repeated)} sequences of three words occur again; "
            f"the first is {quoted(' '.join(trigram))}.",
            suggestion="Say it once, unless the repetition is meant to stress it.",
            start=start,
        )


def _trigrams(reading: Reading) -> Iterator[_Trigram]:
    """Return each sequence of three words; one that crosses sentences holds a mask."""
    stream = reading.stream
    return zip(stream, stream[1:], stream[2:], strict=False)


def _first_again(reading: Reading, repeated: set[_Trigram]) -> tuple[_Trigram, int]:
    """Return the first sequence that occurs again, and where it does."""
    seen: set[_Trigram] = set()
    for index, trigram in enumerate(_trigrams(reading)):
        if trigram in seen:
            return trigram, _start(reading, index)
        if trigram in repeated:
            seen.add(trigram)
    raise LookupError("no sequence of words occurs again")


def _start(reading: Reading, index: int) -> int:
    """Return the offset of a word of the stream."""
    before = reading.stream[:index]
    n_since = next((n for n, word in enumerate(reversed(before)) if word is MASK), len(before))
    return reading.sentence(before.count(MASK), ()).word_start(n_since)


RULE = LintRule(
    page=LintRulePage(
        rule_id="P022",
        name="repeated-words",
        severity=IssueSeverity.INFO,
        what="More than `max_repeated_trigrams` sequences of three words that occur again.",
        why="They cost tokens twice.",
        bad=(
            "Give the name of the oldest author first.\n"
            "Then give the name of the oldest author as it is signed."
        ),
        good="Give the name of the oldest author first, as it is signed.",
        fix=FixSafety.NONE,
        evidence=(
            "Tokens only. Repeating a whole prompt even helps models that do not reason (arXiv "
            "2512.14982)."
        ),
    ),
    check=_repeated,
)
