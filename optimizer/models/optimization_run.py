"""An optimization from beginning to end: what was asked, done, found and concluded."""

from __future__ import annotations

from enum import StrEnum

from optimizer.models.dataclass import dataclass
from optimizer.models.optimization import Draft, Searched, Split
from optimizer.models.versions import HeldOut, Piece, Version


class OptimizationStatus(StrEnum):
    """Where an optimization stands."""

    PLANNED = "planned"
    """Nothing was run."""

    RUNNING = "running"
    """Under way, or cut short: running it again goes on."""

    WAITING = "waiting"
    """Waits for tests that are run elsewhere."""

    FINISHED = "finished"
    """Came to its end."""

    STOPPED = "stopped"
    """Could not go on; what was found is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelUse:
    """What a language model that proposes was asked.

    Attributes:
        model: Its name.
        n_answers: Answers, those known from before among them.
        tokens: Tokens of all of them, or None where the service does not say.
        cost_usd: Their price, or None where no price is set.
    """

    model: str
    n_answers: int
    tokens: int | None
    cost_usd: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedTests:
    """Tests that somebody else is to run.

    Attributes:
        folder: Where everything is.
        prompt_file: The prompt to run.
        cases_file: The cases to run it on.
        results_file: Where the results are expected.
        n: How many tests.
        step: How often something was wanted, counted from 1.
    """

    folder: str
    prompt_file: str
    cases_file: str
    results_file: str
    n: int
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterCount:
    """Failures that say the same: what, and how many train cases.

    Attributes:
        signature: What they say.
        n: Train cases that fail so.
    """

    signature: str
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewriting:
    """What a text changes in the prompt that the optimization began with.

    Attributes:
        sha256: Hash of the text.
        pieces: What was kept, removed and added, in order.
    """

    sha256: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimizationRun:
    """An optimization, as far as it came.

    Attributes:
        optimization_id: Its name; the same question has the same.
        prompt_id: The prompt.
        workflow_id: The workflow it is part of, or None.
        status: Where it stands.
        strategy: The one followed.
        why_strategy: Why, in a sentence.
        engine: own or gepa; None where nothing was searched.
        seed: Decided everything random.
        budget: Tests that may be run.
        n_spent: Tests paid for, in this session and before.
        n_executed: Tests run in this session.
        n_recalled: Results that were known, in this session.
        split: Which cases are for what; None where there are too few.
        n_cases: Cases in the file.
        plan: Lines of the plan: what, and how many tests.
        warnings: What the plan warns of.
        noise: How much the prompt's own results vary from one run to the next, in a sentence;
            None where it was not measured.
        flaky_ids: Cases that passed once and failed once with the same prompt.
        original: The prompt it began with.
        n_control: Validation tests of that prompt, and with the next, its pass rate.
        n_control_passed: Those that passed.
        clusters: What its failures have in common, most frequent first.
        searched: What the search found; None where nothing was searched.
        drafts: Untested drafts, where there was nobody to test them.
        questions: What a person should settle before a rewrite.
        held_out: The confirmation, or None where there was none.
        why_not_confirmed: Why there was none, or None.
        versions: Versions that came of it.
        promoted: Whether the version was put in force.
        cost_usd: Known price of the tests, or None.
        n_priced: Tests whose price is known.
        model_use: Of the language model that proposed, or None.
        wanted: Tests that somebody else is to run, or None.
        stopped: Why it ended or waits, in a sentence.
        is_for_tokens: Whether a shorter prompt was looked for that passes as many cases, rather
            than one that passes more.
        rewritings: What the champion or the drafts change.
    """

    optimization_id: str
    prompt_id: str
    workflow_id: str | None
    status: OptimizationStatus
    strategy: str
    why_strategy: str
    engine: str | None
    seed: int
    budget: int
    n_spent: int
    n_executed: int
    n_recalled: int
    split: Split | None
    n_cases: int
    plan: tuple[tuple[str, int], ...]
    warnings: tuple[str, ...]
    noise: str | None
    flaky_ids: tuple[str, ...]
    original: str
    n_control: int
    n_control_passed: int
    clusters: tuple[ClusterCount, ...]
    searched: Searched | None
    drafts: tuple[Draft, ...]
    questions: tuple[str, ...]
    held_out: HeldOut | None
    why_not_confirmed: str | None
    versions: tuple[Version, ...]
    promoted: bool
    cost_usd: float | None
    n_priced: int
    model_use: ModelUse | None
    wanted: WantedTests | None
    stopped: str
    is_for_tokens: bool = False
    rewritings: tuple[Rewriting, ...] = ()
