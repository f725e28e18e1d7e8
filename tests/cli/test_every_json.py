"""What every command prints with `--json`; the fixture `optimizer` holds it against its schema."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator
from typer.main import get_command

from cli.app import app
from cli.payloads import PAYLOADS, Payload
from cli.schemas.by_command import schema
from optimizer.strategies import STRATEGIES

Run = Callable[..., Any]
Write = Callable[..., Path]
ROOT = Path(__file__).parents[2]

WITHOUT_JSON = {
    "completion": "its output is a script for a shell",
    "convert": "its output is the native JSON of the runs",
    "demo": "it is for people to watch",
    "init": "it writes one file, and says which",
}
PUBLIC_MODELS = {
    "OptimizationChange",
    "OptimizationResult",
    "Prompt",
    "PromptAnalysis",
    "PromptIssue",
    "PromptSuggestion",
}
"""Their fields are those of the published models."""

QUIET = " ".join(
    f"--set=strategies.{one.name}.enabled=false"
    for one in STRATEGIES
    if one.name != "threshold_based"
)
PROMPT = "Sort the mail.\n\n{mail}\n"
BETTER = "Answer with one word, the kind of the mail.\n\n{mail}\n"
TESTS = """
import hashlib, json, sys
content = open(sys.argv[1], "rb").read()
tasks = [
    {"task_id": case["case_id"], "task_status": "succeeded" if b"one word" in content else "failed"}
    for case in json.load(open(sys.argv[2]))
]
run = {"task_results": tasks, "metadata": {"prompt_sha256": hashlib.sha256(content).hexdigest()}}
json.dump(run, open(sys.argv[3], "w"))
"""
COMMAND = shlex.quote(f"{sys.executable} tests.py {{prompt_file}} {{cases_file}} {{out}}")
TESTED = f"--cases cases.jsonl --candidate better.md --executor {COMMAND}"

STORIES = {
    "runs": f"""
        ingest samples more/
        ingest samples
        ingest feedback said.jsonl
        ingest missing.json --keep-going [2]
        runs
        show latest
        analyze samples/sentiment-clear.json
        analyze both.jsonl
        status
        report -w sentiment
        compare samples/sentiment-vague.json samples/sentiment-clear.json
        gate samples/sentiment-clear.json -o gate.md [1]
        comment gate.md --to github
        gate samples/sentiment-clear.json -b samples/sentiment-vague.json -g success:5pp
        power --detect 5pp --discordance 0.15
        power --from-history sentiment
        flaky -w sentiment
        feedback
        windows -w sentiment --every 1d --agg avg,p95,count --fill zero
        drift -w sentiment
        drift --series series.csv
        anomalies -w sentiment
        anomalies --series series.csv
        models
        frontier -w sentiment
        baseline set sentiment:vague
        baseline show
        baseline clear
        budget status
        doctor
        audit
        audit verify
        store export --parquet out
        store migrate
        decide --all --jobs 1
        decide -w sentiment {QUIET}
    """,
    "decisions": f"""
        ingest old.json new.json
        decide -w wf {QUIET}
        explain latest
        explain decision.json
        approve latest --by ann
        rollout start latest --at 2026-03-10 --emit commands.json
        rollout status
        ingest newer.json
        rollout advance --at 2026-03-12
        outcome latest
        rollback latest --patch back.json
    """,
    "a decision applied": f"""
        ingest old.json new.json
        decide -w wf {QUIET}
        approve latest --by ann
        apply latest --emit commands.json --patch patch.json
        rollback -w wf --to-initial
    """,
    "a decision rejected": f"""
        ingest old.json new.json
        decide -w wf {QUIET}
        reject latest --by ann --why no
    """,
    "experiments": """
        ingest samples
        experiment plan e1 -w sentiment -a vague -b clear --cases 60 --include-existing
        experiment start e1
        experiment pause e1
        experiment resume e1
        experiment report e1
        experiment status e1
        experiment conclude e1
        experiment archive e1
        experiment status
        experiment plan e2 -w sentiment -a vague -b few_shot --cases 60
        experiment cancel e2
    """,
    "prompts": f"""
        prompts extract triage.md risky.md
        prompts record triage.md
        optimize triage.md {TESTED} --plan
        optimize triage.md {TESTED} --budget 150
        prompts list
        prompts show triage.md@2.0.0
        prompts diff 1.0.0 2.0.0
        prompts log triage.md
        prompts promote 2.0.0
        prompts rollback triage.md 1.0.0
        prompts export triage.md@2.0.0
    """,
    "lakes": """
        lake publish samples --lake lake
        lake query runs --param limit=1 --lake lake
        lake query --sql 'SELECT list(run_id), max(started_at), 1.5 FROM runs' --lake lake
        lake status --lake lake
        lake compact --lake lake
        ingest more/
        lake publish --from-store --lake lake
    """,
    "replays": """
        replay caching asked.csv
        replay limits asked.csv --requests-per-minute 20
        replay batching asked.csv
        replay caching asked.csv --ttl 1h --threshold 0.9
    """,
    "pages": """
        config show
        formats
        formats native
        strategies
        strategies threshold_based
        stats
        stats tango
        stats tango b=6 c=16 n=161
        stats mcnemar_exact b=6 c=16
        lint risky.md triage.md [1]
        lint risky.md --statistics [1]
        lint risky.md --scores
        lint --rule all
        lint risky.md --write-baseline known.json
        lint risky.md --baseline known.json
        lint risky.md --fix [1]
        schema
        schema compare
        schema experiment plan
    """,
}

REFUSED = {
    "analyze": "missing.json",
    "compare": "missing.json samples/sentiment-clear.json",
    "comment": "missing.md",
    "config show": "--config missing.toml",
    "doctor": "--config missing.toml",
    "drift": "--series triage.md",
    "anomalies": "--series triage.md",
    "explain": "missing.json",
    "formats": "parchment",
    "gate": "samples/sentiment-clear.json --require-baseline",
    "ingest": "missing.json",
    "lake publish": "missing.json --lake lake",
    "lake compact": "--lake missing",
    "lake query": "runs --lake missing",
    "lake status": "--lake missing",
    "lint": "triage.md --select P999",
    "optimize": "missing.md",
    "power": "--detect far",
    "prompts extract": "missing.md",
    "replay batching": "missing.csv",
    "replay caching": "triage.md",
    "replay limits": "missing.csv",
    "schema": "compair",
    "stats": "tangoo b=1",
    "strategies": "thresholds",
}
"""What each command refuses; the others a history that is none."""


def steps(story: str) -> Iterator[tuple[list[str], int]]:
    for line in filter(None, map(str.strip, STORIES[story].splitlines())):
        words = shlex.split(line)
        code = int(words.pop().strip("[]")) if words[-1].startswith("[") else 0
        yield words, code


def command_of(words: list[str]) -> str:
    two = " ".join(words[:2])
    return two if two in PAYLOADS else words[0]


def commands(with_json: bool) -> set[str]:
    group: Any = get_command(app)
    found = {
        f"{name} {inner}".strip(): one
        for name, command in group.commands.items()
        for inner, one in getattr(command, "commands", {"": command}).items()
    }
    return {
        name
        for name, command in found.items()
        if any("--json" in parameter.opts for parameter in command.params) == with_json
    }


def undescribed(whole: dict[str, Any]) -> Iterator[str]:
    answers = [one for one in whole["anyOf"] if "analysis" not in one["properties"]]
    records = dict(enumerate(answers)) | whole["$defs"]
    for name in records.keys() - PUBLIC_MODELS:
        for field, node in records[name].get("properties", {}).items():
            if not node.keys() & {"description", "$ref"}:
                yield f"{name}.{field}"


@pytest.fixture
def folder(tmp_path: Path, samples: Path, run_file: Write) -> Path:
    """Files for every story."""
    (tmp_path / "samples").symlink_to(samples)
    (tmp_path / "more").mkdir()
    for name, day, marks in (("old", 1, "+"), ("new", 2, "++-"), ("newer", 11, "+")):
        run_file(
            f"{name}.json",
            (marks * 80)[:80],
            run_id=name,
            started_at=f"2026-03-{day:02}T12:00:00Z",
            finished_at=f"2026-03-{day:02}T12:10:00Z",
            metadata={"prompt_variant": "new" if name == "new" else "old"},
        )
    run_file("more/run.json", "++-tc", run_id="more")
    runs = [json.loads((tmp_path / f"{name}.json").read_text()) for name in ("old", "new")]
    (tmp_path / "both.jsonl").write_text("".join(json.dumps(run) + "\n" for run in runs))
    (tmp_path / "said.jsonl").write_text('{"task_id": "t0", "thumbs": "up", "comment": "yes"}\n')
    (tmp_path / "series.csv").write_text(
        "timestamp,value\n"
        + "".join(f"2026-03-{n:02}T00:00:00Z,{5 + n % 3 + 40 * (n > 20)}\n" for n in range(1, 29))
    )
    (tmp_path / "asked.csv").write_text(
        "at,input,output,latency_ms,tokens_in,cost\n"
        + "".join(f"{n},question {n % 8},answer {n % 8},120,40,0.002\n" for n in range(160))
    )
    (tmp_path / "triage.md").write_text(PROMPT)
    (tmp_path / "better.md").write_text(BETTER)
    (tmp_path / "risky.md").write_text("Sort\u200b the mail.\n\n{mail} {{mail}}\n")
    (tmp_path / "tests.py").write_text(TESTS)
    cases = [{"case_id": f"c{n}", "mail": f"Mail {n}."} for n in range(24)]
    (tmp_path / "cases.jsonl").write_text("".join(json.dumps(case) + "\n" for case in cases))
    (tmp_path / "decision.json").write_text(json.dumps(PUBLISHED))
    return tmp_path


PUBLISHED = {
    "id": "d1",
    "decision_type": "model_switch",
    "strategy": "model_selection",
    "changes": {"parameters": {"t": {"parameter_name": "temperature", "new_value": 0.2}}},
    "predicted_impact": {"quality_delta": 0.1, "cost_delta": -0.2, "latency_delta": 0},
    "confidence": 0.9,
    "timestamp": "2026-03-01T12:00:00Z",
}


@pytest.mark.parametrize("story", STORIES)
def test_every_answer_is_as_its_schema_says(optimizer: Run, folder: Path, story: str) -> None:
    for words, code in steps(story):
        job = {"GITHUB_REPOSITORY": "ada/prompts"} if words[0] == "comment" else {}
        found = optimizer(*words, "--json", **job)
        assert (found.code, "error" in found.json) == (code, False), (words, found.err)
        assert found.json["format_version"] == 1


def test_the_stories_tell_of_every_command() -> None:
    told = {command_of(words) for story in STORIES for words, _ in steps(story)}
    assert told == set(PAYLOADS)


def test_every_command_with_json_has_a_schema() -> None:
    assert commands(with_json=True) == set(PAYLOADS)


def test_commands_without_json_have_a_reason() -> None:
    assert commands(with_json=False) == set(WITHOUT_JSON)


def test_what_may_be_shown_is_what_the_table_lists() -> None:
    assert set(get_args(Payload)) == {kind for kinds in PAYLOADS.values() for kind in kinds}


@pytest.mark.parametrize("command", PAYLOADS)
def test_misuse_is_an_error_object_and_nothing_else(optimizer: Run, command: str) -> None:
    found = optimizer(*command.split(), "--json", "--no-such-option")
    assert (found.code, found.json["error"]["kind"]) == (2, "UsageError")
    assert found.json.keys() == {"format_version", "error"}
    assert "--no-such-option" in found.err


@pytest.mark.parametrize("command", PAYLOADS)
def test_what_is_refused_is_an_error_object_and_nothing_else(
    optimizer: Run, folder: Path, command: str
) -> None:
    used = (words for story in STORIES for words, _ in steps(story) if command_of(words) == command)
    words = shlex.split(f"{command} {REFUSED[command]}") if command in REFUSED else next(used)
    store = () if command in REFUSED else ("--store", "triage.md")
    found = optimizer(*words, *store, "--json")
    assert (found.code, found.json.keys()) == (2, {"format_version", "error"})
    assert found.err.startswith(f"error: {found.json['error']['message'].splitlines()[0]}\n")


@pytest.mark.parametrize("words", ["--diff triage.md", "--fix -", "--unsafe-fixes -"])
def test_lint_prints_either_findings_or_text(optimizer: Run, folder: Path, words: str) -> None:
    found = optimizer("lint", *words.split(), "--json", stdin="Sort the mail.")
    assert (found.code, found.json["error"]["kind"]) == (2, "UsageError")


def test_a_schema_is_printed_as_it_is_published(optimizer: Run) -> None:
    published = (ROOT / "docs" / "schemas" / "experiment-plan.json").read_text()
    assert optimizer("schema", "experiment", "plan").out == published
    assert optimizer("schema", "experiment-plan").out == published
    versioned = optimizer("schema", "experiment", "plan", "--json").json
    assert versioned.pop("format_version") == 1
    assert versioned == json.loads(published)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("compair", "Did you mean compare?"),
        ("promote", "Did you mean prompts promote?"),
        ("zebra", "Run 'optimizer schema' for a list."),
    ],
)
def test_an_unknown_schema_is_refused_with_the_nearest(
    optimizer: Run, name: str, hint: str
) -> None:
    found = optimizer("schema", name)
    assert (found.code, found.out) == (2, "")
    assert found.err == (
        f"error: schema {name!r}: unknown, expected a command that 'optimizer schema' lists\n"
        f"hint: {hint}\n"
    )


def test_commands_that_only_narrated_say_it_as_json_too(optimizer: Run, folder: Path) -> None:
    optimizer("ingest", "old.json")
    optimizer("baseline", "set", "latest")
    cleared = optimizer("baseline", "clear", "--json")
    assert (cleared.json["run_id"], cleared.err[:4]) == ("old", "wf: ")
    exported = optimizer("store", "export", "--parquet", "out", "--json").json["items"]
    (runs,) = [one for one in exported if one["table"] == "runs"]
    assert (runs["path"], runs["n_rows"]) == ("out/runs.parquet", 1)
    assert optimizer("store", "migrate", "--json").json["steps"] == []


@pytest.mark.parametrize("command", PAYLOADS)
def test_every_schema_is_one_and_describes_its_fields(command: str) -> None:
    found = schema(command)
    Draft202012Validator.check_schema(found)
    assert found["$id"] == f"urn:prompt-optimizer:schema:{command.replace(' ', '-')}:1"
    assert [*undescribed(found)] == []
