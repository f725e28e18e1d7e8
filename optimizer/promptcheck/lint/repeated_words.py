"""Info: sequences of words that occur again (published)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import FixSafety, LintRulePage
from optimizer.promptcheck.findings import quoted
from optimizer.promptcheck.lint.base import Found, LintRule, Subject
from optimizer.promptcheck.reading import Reading, Sentence

_Trigram = tuple[str, str, str]


def _repeated(subject: Subject) -> Iterator[Found]:
    counts = Counter(_trigrams(subject.reading))
    n_repeated = sum(n > 1 for n in counts.values())
    if n_repeated > subject.settings.max_repeated_trigrams:
        trigram, start = _first_again(subject.reading)
        yield Found(
            message=f"{n_repeated} sequences of three words occur again; "
            f"the first is {quoted(' '.join(trigram))}.",
            suggestion="Say it once, unless the repetition is meant to stress it.",
            start=start,
        )


def _trigrams(reading: Reading) -> Iterator[_Trigram]:
    """Yield each sequence of three words within one sentence."""
    for sentence in reading.sentences:
        yield from _of(sentence)


def _of(sentence: Sentence) -> Iterator[_Trigram]:
    words = sentence.words
    return zip(words, words[1:], words[2:], strict=False)


def _first_again(reading: Reading) -> tuple[_Trigram, int]:
    """Return the first sequence that occurs again, and where it does."""
    seen: set[_Trigram] = set()
    for sentence in reading.sentences:
        for n, trigram in enumerate(_of(sentence)):
            if trigram in seen:
                return trigram, sentence.word_start(n)
            seen.add(trigram)
    raise LookupError("no sequence of words occurs again")


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
