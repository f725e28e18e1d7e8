"""The same work done by this program, timed from inside.

    python benchmarks/ours.py ingest FOLDER DATABASE blob|reference
    python benchmarks/ours.py read FILE
    python benchmarks/ours.py evidence DATABASE WORKFLOW
    python benchmarks/ours.py built DATABASE WORKFLOW
    python benchmarks/ours.py verdict CASES
    python benchmarks/ours.py redact honest|hostile
    python benchmarks/ours.py check CHARACTERS
    python benchmarks/ours.py suggest TRIALS
    python benchmarks/ours.py bandit ALGORITHM ROUNDS

All print seconds, `built` percentiles in ms as JSON; imports are not counted, as they are not in
the reference.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from prompts import prose_prompts

from executor_bridge import expand, read
from optimizer.analysis.evidence import evidence
from optimizer.analysis.scope import Scope
from optimizer.analysis.settings import EvidenceSettings
from optimizer.config.tree import DEFAULTS
from optimizer.experiments.comparing import compare
from optimizer.experiments.settings import ComparisonSettings
from optimizer.history.settings import RawPolicy, StoreSettings
from optimizer.history.store import read_history
from optimizer.learning.bandits import Exploration, bandit
from optimizer.learning.bayes_opt import Search
from optimizer.learning.parameters import Observation, Parameter, ParameterKind
from optimizer.models.cases import Arm, CaseColumns, LoadedArm
from optimizer.models.ingest import FileStatus, IngestSettings
from optimizer.models.redaction import redact
from optimizer.models.terms import BanditAlgorithm, Metric
from optimizer.pipeline.asking import enabled
from optimizer.pipeline.decide import How, decide_on
from optimizer.pipeline.ingest import IngestJob
from optimizer.pipeline.ingest import ingest as ingest_files
from optimizer.pipeline.review import Rules
from optimizer.promptcheck import analyze
from optimizer.promptcheck.lint.linter import lint
from optimizer.scoring_rules import ScoringRules
from optimizer.strategies.reinforcement_feedback import ReinforcementFeedbackSettings

ROUNDS = 1000
"""Decisions of which the slowest hundredth tells."""


def ingest(folder: str, database: str, raw: str) -> None:
    """Store every file of a folder."""
    settings = IngestSettings()
    job = IngestJob(
        store=Path(database),
        settings=StoreSettings(raw=RawPolicy(raw)),
        replace=False,
        keep_going=False,
        actor="benchmark",
        now=datetime.now(UTC),
    )
    start = time.perf_counter()
    outcomes = list(ingest_files(expand([folder]), lambda path: read(path, settings), job))
    seconds = time.perf_counter() - start
    if any(outcome.status is not FileStatus.STORED for outcome in outcomes):
        sys.exit("not every file was stored")
    print(seconds)


def read_one(path: str) -> None:
    """Read every task of a file and keep none."""
    start = time.perf_counter()
    reading = read(path, IngestSettings())
    n_tasks = sum(1 for run in reading.runs for _ in run.tasks)
    if n_tasks == 0:
        sys.exit("nothing was read")
    print(time.perf_counter() - start)


def one_evidence(database: str, workflow: str) -> None:
    """Build the evidence for one workflow."""
    with read_history(Path(database), lock_timeout_s=1) as history:
        start = time.perf_counter()
        evidence(
            history,
            workflow_ids=[workflow],
            variant=None,
            as_of=None,
            scope=Scope(settings=EvidenceSettings(), rules=ScoringRules(), slow_ms=5000.0),
        )
        print(time.perf_counter() - start)


def built(database: str, workflow: str) -> None:
    """Decide on one workflow again and again, from evidence and studies that are there."""
    with read_history(Path(database), lock_timeout_s=1) as history:
        (found,) = evidence(
            history,
            workflow_ids=[workflow],
            variant=None,
            as_of=None,
            scope=Scope(settings=DEFAULTS.evidence, rules=ScoringRules(), slow_ms=5000.0),
        )
    strategies = enabled(DEFAULTS)
    asked: dict[str, Any] = {"how": How(rules=Rules.of(DEFAULTS)), "now": datetime.now(UTC)}
    first = decide_on(found, strategies, {}, **asked)
    stored = {(one.workflow_id, one.strategy, one.key_sha256): one.body for one in first.studies}
    gc.disable()  # as the command line does
    whole: list[float] = []
    each: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        start = time.perf_counter()
        made = decide_on(found, strategies, stored, **asked)
        whole.append(1000 * (time.perf_counter() - start))
        for name, elapsed_ms in made.elapsed_ms.items():
            each.setdefault(name, []).append(elapsed_ms)
    p99 = {name: float(np.percentile(taken, 99)) for name, taken in each.items()}
    total = {"mean": np.mean(whole), "p99": np.percentile(whole, 99)}
    print(json.dumps({**total, "strategies": p99}))


def verdict(n_cases: str) -> None:
    """Compare two made-up arms on every metric."""
    arms = [made_up(label, int(n_cases), seed) for seed, label in enumerate("ab")]
    start = time.perf_counter()
    compare(arms[0], arms[1:], settings=ComparisonSettings(), metrics=list(Metric))
    print(time.perf_counter() - start)


def made_up(label: str, n: int, seed: int) -> LoadedArm:
    """Return an arm of cases run once each."""
    rng = np.random.default_rng(seed)
    ones, zeros = np.ones(n, np.int64), np.zeros(n, np.int64)
    passed = (rng.random(n) < 0.8).astype(np.int64)
    latency, cost = rng.lognormal(6, 0.5, n), rng.lognormal(-7, 0.5, n)
    cases = CaseColumns(
        case_id=np.array([f"case-{i:06}" for i in range(n)], object),
        n=ones,
        n_passed=passed,
        n_errors=zeros,
        n_cached=zeros,
        n_unfinished=zeros,
        n_scored=ones,
        score=rng.random(n),
        score_variance=np.full(n, np.nan),
        n_latency=ones,
        latency_ms=latency,
        n_cost=ones,
        cost_usd=cost,
        n_tokens=ones,
        tokens=1e6 * cost,
        family=np.full(n, "", object),
        first_at=zeros,
    )
    now = datetime.now(UTC)
    arm = Arm(
        selector=label,
        label=label,
        workflow_id="w",
        run_ids=(label,),
        variant_id=label,
        prompt_sha256=label,
        provider=None,
        model=None,
        parameters=None,
        pairable=True,
        content_sha256=label,
        n_tasks=n,
        n_completed=n,
        n_succeeded=int(passed.sum()),
        n_errors=0,
        started_at=now,
        ended_at=now,
    )
    return LoadedArm(arm=arm, cases=cases, latencies=latency)


def redaction(kind: str) -> None:
    """Look for secrets in a text of a megabyte."""
    unit = {"honest": b'{"outputs": {"answer": "positive, I think"}},', "hostile": b"eyJ"}[kind]
    text = (unit * 1_000_000)[:1_000_000]
    start = time.perf_counter()
    redact(text)
    print(time.perf_counter() - start)


def prompt_check(n_characters: str) -> None:
    """Check a long prompt."""
    text = ("The quick brown fox maybe writes something. " * 10_000)[: int(n_characters)]
    start = time.perf_counter()
    analyze(text, prompt_id="p", analyzed_at=datetime.now(UTC))
    print(time.perf_counter() - start)


def lint_prompts(n: str) -> None:
    """Lint long prompts of prose."""
    prompts = prose_prompts(int(n))
    gc.disable()
    lint(prompts[0])
    start = time.process_time()
    for prompt in prompts:
        lint(prompt)
    print(time.process_time() - start)


def suggestion(n_trials: str) -> None:
    """Suggest the next setting of three parameters after some trials."""
    parameters = (
        Parameter(name="temperature", low=0, high=2),
        Parameter(name="top_p", low=0.7, high=1),
        Parameter(name="max_tokens", kind=ParameterKind.INTEGER, low=256, high=8192, log=True),
    )
    rng = np.random.default_rng(0)
    observed = [
        Observation(
            parameters={one.name: one.at(float(rng.random())) for one in parameters},
            value=float(rng.normal(0.8, 0.05)),
            variance=0.05**2,
            n=50,
        )
        for _ in range(int(n_trials))
    ]
    search = Search(parameters=parameters).tell(*observed)
    search.ask(1)
    start = time.perf_counter()
    search.ask(1)
    print(time.perf_counter() - start)


def bandit_rounds(algorithm: str, n_rounds: str) -> None:
    """Choose and learn, round by round, among ten arms in contexts of sixteen features."""
    n_arms, dimension, n = 10, 16, int(n_rounds)
    rng = np.random.default_rng(0)
    contexts = np.column_stack([np.ones(n), rng.normal(size=(n, dimension - 1))])
    rewards = (rng.random((n, n_arms)) < np.linspace(0.2, 0.8, n_arms)).astype(np.float64)
    own = ReinforcementFeedbackSettings()
    how = Exploration(
        alpha=own.alpha,
        c=own.ucb_c,
        epsilon=own.exploration_rate,
        temperature=own.temperature,
        prior_variance=own.prior_variance,
        learning_rate=own.learning_rate,
    )
    one = bandit(BanditAlgorithm(algorithm), n_arms=n_arms, dimension=dimension, how=how, seed=0)
    start = time.perf_counter()
    for context, row in zip(contexts, rewards, strict=True):
        arm = one.choose(context)
        one.update(arm, context, float(row[arm]))
    print(time.perf_counter() - start)


if __name__ == "__main__":
    {
        "ingest": ingest,
        "read": read_one,
        "evidence": one_evidence,
        "built": built,
        "verdict": verdict,
        "redact": redaction,
        "check": prompt_check,
        "lint": lint_prompts,
        "suggest": suggestion,
        "bandit": bandit_rounds,
    }[sys.argv[1]](*sys.argv[2:])
