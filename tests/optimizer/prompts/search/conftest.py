from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

import pytest

from optimizer.models.optimization import Case, CaseResult, Draft, Shown, Split
from optimizer.prompts.ports import Ask, ExecutorError, Proposer
from optimizer.prompts.search.base import SearchTask
from optimizer.prompts.search.settings import SearchSettings
from optimizer.prompts.testing.metering import Forgetful, Meter

RULES = ("alpha", "beta", "gamma", "delta", "epsilon")
SEED_PROMPT = "Answer {question}."


def make_case(case_id: str, *, scenario: str = "normal", **body: object) -> Case:
    return Case(
        case_id=case_id,
        body=json.dumps({"id": case_id, **body}, sort_keys=True),
        scenario=scenario,
    )


def make_shown(
    case: Case, status: str = "failed", message: str | None = None, **more: object
) -> Shown:
    result = CaseResult(
        case_id=case.case_id, replicate=0, status=status, error_message=message, **more
    )
    return Shown(case=case, result=result)


@dataclass
class RuleTests:
    """A case passes where the prompt has its word; a share of tests is decided by chance."""

    noise: float = 0.1
    dies_after: int | None = None
    broken: Callable[[int], bool] = lambda n: False
    n_run: int = 0
    seen: list[tuple[str, str]] = field(default_factory=list)
    fingerprint: str = "rules"

    def run(
        self, prompt: str, cases: Sequence[Case], *, replicate: int
    ) -> Iterator[Sequence[CaseResult]]:
        for case in cases:
            if self.dies_after is not None and self.n_run >= self.dies_after:
                raise ExecutorError("executor: killed, expected exit 0")
            self.n_run += 1
            self.seen.append((prompt, case.case_id))
            yield [self._result(prompt, case, replicate)]

    def _result(self, prompt: str, case: Case, replicate: int) -> CaseResult:
        if self.broken(self.n_run):
            return CaseResult(
                case_id=case.case_id, replicate=replicate, status="error", infrastructure=True
            )
        need = json.loads(case.body)["need"]
        digest = blake2b(f"{prompt}|{case.case_id}|{replicate}".encode(), digest_size=4).digest()
        chance = int.from_bytes(digest) / 2**32
        passed = (need in prompt) != (chance < self.noise)
        return CaseResult(
            case_id=case.case_id,
            replicate=replicate,
            status="succeeded" if passed else "failed",
            error_message=None if passed else f"the {need} of case 12 was not found",
        )


@dataclass
class Curing:
    """Adds the word that a failure calls for, or one of no use."""

    name: str = "curing"
    skill: float = 0.6
    asks: list[Ask] = field(default_factory=list)

    def propose(self, ask: Ask) -> Sequence[Draft]:
        self.asks.append(ask)
        chance = random.Random(ask.seed)
        word = f"noise{chance.randrange(50)}"
        if ask.cluster and chance.random() < self.skill:
            word = next(word for word in RULES if word in ask.cluster.signature)
        return [Draft(text=f"{ask.prompt} {word}", proposer=self.name, why=f"adds {word}")]


def cases_of(part: str, n: int) -> tuple[Case, ...]:
    return tuple(make_case(f"{part}{i}", need=RULES[i % len(RULES)]) for i in range(n))


def make_task(
    *,
    executor: RuleTests | None = None,
    memory: Forgetful | None = None,
    budget: int = 150,
    n_train: int = 12,
    n_validation: int = 12,
    proposers: Sequence[Proposer] | None = None,
    guard: Callable[[Draft, str], str | None] = lambda draft, parent: None,
    **more: object,
) -> SearchTask:
    meter = Meter(executor or RuleTests(), memory or Forgetful(), budget=budget)
    split = Split(
        train=cases_of("t", n_train),
        validation=cases_of("v", n_validation),
        holdout=cases_of("h", 12),
        reason="",
    )
    return SearchTask(
        seed_prompt=SEED_PROMPT,
        split=split,
        proposers=tuple([Curing()] if proposers is None else proposers),
        guard=guard,
        meter=meter,
        **{"settings": SearchSettings(), **more},
    )


@pytest.fixture(scope="session")
def case() -> Callable[..., Case]:
    return make_case


@pytest.fixture(scope="session")
def shown() -> Callable[..., Shown]:
    return make_shown


@pytest.fixture(scope="session")
def task() -> Callable[..., SearchTask]:
    return make_task


@pytest.fixture(scope="session")
def rule_tests() -> type[RuleTests]:
    return RuleTests


@pytest.fixture(scope="session")
def curing() -> type[Curing]:
    return Curing
