"""What a results file of the lm-evaluation-harness says of the tasks whose samples lie beside it.

Written for lm-eval 0.4 (`EvaluationTracker.save_results_aggregated`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from os.path import basename, dirname
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from executor_bridge.amounts import number
from executor_bridge.clock import Clock, UnusableTimeError, of_epoch
from executor_bridge.files.paths import STDIN, beside
from executor_bridge.files.source import load
from executor_bridge.lenient import decoded
from executor_bridge.meaning import canonical
from executor_bridge.outcomes import NO_TIME, file_time, variant_of
from optimizer.models.errors import FormatError
from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import Source, Variant, text_sha256

STAMP = r"(?P<stamp>\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d(?:\.\d+)?)"
PACKED = r"(?:\.gz|\.zst)?"
SAMPLES_NAME = re.compile(rf"samples_(?P<task>.+?)(?:_{STAMP})?\.jsonl?{PACKED}")
RESULTS_NAME = re.compile(rf"(?!samples_).+_{STAMP}\.json{PACKED}")
ENDING = re.compile(rf"\.jsonl?{PACKED}$")
MODEL_FOLDER = re.compile(r"(?P<owner>[\w.-]*[^\W_])__(?P<model>[^\W_].*)", re.ASCII)
"""How lm-eval names the folder of what a model from a hub did: `google__gemma-2b`."""

STAMP_FORMATS = ("%Y-%m-%dT%H-%M-%S.%f", "%Y-%m-%dT%H-%M-%S")
WRITTEN_AT = "when it ran is not recorded: the time in the file's name, when it ended, is taken"

TEMPLATE_FIELDS = (
    "description",
    "doc_to_text",
    "doc_to_choice",
    "doc_to_target",
    "target_delimiter",
    "fewshot_delimiter",
    "fewshot_config",
    "gen_prefix",
    "use_prompt",
    "num_fewshot",
)
"""Fields of a task's configuration that make up its prompts."""

CODE = ("def ", "<", "lambda")
"""How a template begins that is code, which may use more than it shows."""

MODEL_ARGUMENTS = ("peft", "delta", "pretrained", "model", "path", "engine")
"""Arguments that name a model, the first that is there."""

LOADERS = frozenset({"json", "csv", "parquet", "text", "arrow"})
"""Data set paths that name a kind of file instead of a data set."""

COMMIT = re.compile(r"[0-9a-f]{7,40}")


class Results(Struct, rename={"n_shot": "n-shot", "n_samples": "n-samples"}):
    """A results file; what it says of single tasks is told by their names."""

    results: dict[str, Any]
    configs: dict[str, Any] = {}
    versions: dict[str, Any] = {}
    n_shot: dict[str, Any] = {}
    n_samples: dict[str, Any] = {}
    higher_is_better: dict[str, Any] = {}
    config: dict[str, Any] = {}
    date: Any = None
    git_hash: str | None = None
    lm_eval_version: str | None = None
    model_name: str | None = None
    system_instruction_sha: str | None = None
    chat_template_sha: str | None = None
    total_evaluation_time_seconds: Any = None


class Told(Struct, frozen=True, kw_only=True):
    """What is known of the task of one samples file.

    Attributes:
        file: Name of the file without its ending, or None for what was piped in.
        folder_model: The model that its folder is named after, or None.
        task: Its name, or None where the name of the file does not say.
        stamp: The time in the name of the file, or None.
        results: The results file, or None where there is none.
        name: Name of the results file.
        sha256: Its hash.
        fault: Why it could not be read, or None.
    """

    file: str | None = None
    folder_model: str | None = None
    task: str | None = None
    stamp: str | None = None
    results: Results | None = None
    name: str | None = None
    sha256: str = ""
    fault: str | None = None

    def of_task(self, field: str) -> Any:
        """Return what a field of the results file says of the task, None for nothing."""
        return getattr(self.results, field).get(self.task) if self.results else None


def told_of(samples: Source, settings: IngestSettings) -> Told:
    """Return what is known of a samples file: by its name, and the results file beside it."""
    if samples.path == STDIN:
        return Told()
    told = _named(samples.path)
    if told.stamp is None:
        return told
    pattern = re.compile(rf"(?!samples_).+_{re.escape(told.stamp)}\.json{PACKED}")
    for path in beside(samples.path, pattern):
        try:
            source = load(path, settings)
            results = read_results(source)
        except FormatError as error:
            return replace(told, fault=str(error))
        return replace(told, results=results, name=basename(path), sha256=source.sha256)
    return told


def _named(path: str) -> Told:
    """Return what the name of a samples file and that of its folder say."""
    name = SAMPLES_NAME.fullmatch(basename(path))
    folder = MODEL_FOLDER.fullmatch(basename(dirname(path)))
    return Told(
        file=ENDING.sub("", basename(path)),
        folder_model=f"{folder['owner']}/{folder['model']}" if folder else None,
        task=name["task"] if name else None,
        stamp=name["stamp"] if name else None,
    )


def read_results(source: Source) -> Results:
    """Return a results file.

    Raises:
        FormatError: It is damaged; the error says where.
    """
    return decoded(source.content, Results, source)


def samples_beside(source: Source) -> list[str]:
    """Return the samples files that were written with a results file and lie beside it."""
    name = RESULTS_NAME.fullmatch(basename(source.path))
    if name is None:
        return []
    stamp = re.escape(name["stamp"])
    return beside(source.path, re.compile(rf"samples_.+_{stamp}\.jsonl?{PACKED}"))


def started(told: Told, source: Source, settings: IngestSettings) -> tuple[datetime, str | None]:
    """Return when a run began, as far as that is known, and what a reader should know of it."""
    date = of_epoch(number(told.results.date)) if told.results else None
    if date is not None:
        return date, None
    written = _written_at(told.stamp, settings)
    return (file_time(source), NO_TIME) if written is None else (written, WRITTEN_AT)


def _written_at(stamp: str | None, settings: IngestSettings) -> datetime | None:
    """Return the time in the name of a file, which is local time without a zone."""
    for pattern in STAMP_FORMATS if stamp else ():
        try:
            return Clock(settings.assume_timezone).utc(datetime.strptime(stamp or "", pattern))
        except (ValueError, UnusableTimeError):
            continue
    return None


def duration_s(told: Told) -> float | None:
    """Return how long a run took, None where the results file tells of several tasks at once."""
    if told.results is None or len(told.results.configs) != 1:
        return None
    try:
        return number(float(told.results.total_evaluation_time_seconds))
    except (TypeError, ValueError):
        return None


def variant_told(told: Told, prompt_hashes: Iterable[str], settings: IngestSettings) -> Variant:
    """Return what was executed: the model with its arguments, and the prompt.

    Args:
        told: What is known of the task.
        prompt_hashes: The hashes of the rendered prompts, for where their template is unknown.
        settings: How files are read; a workflow of its own may hold several tasks.
    """
    results = told.results
    config = results.config if results else {}
    prompts = sorted(set(prompt_hashes))
    template = _template(told)
    instructions = [results.system_instruction_sha, results.chat_template_sha] if results else []
    identity = [template or prompts, *instructions] if template or prompts else None
    model = _model(results) or told.folder_model
    label = " ".join(filter(None, (model, told.task if settings.workflow else None)))
    return variant_of(
        label or told.task or told.file or "default",
        prompt=_text(template),
        prompt_sha256=text_sha256(canonical(identity).decode()) if identity else None,
        provider=_said(config.get("model")),
        model=model,
        parameters={
            name: value
            for name, value in (
                ("model_args", config.get("model_args")),
                ("gen_kwargs", config.get("gen_kwargs")),
                ("generation_kwargs", (told.of_task("configs") or {}).get("generation_kwargs")),
                ("fewshot_seed", config.get("fewshot_seed") if told.of_task("n_shot") else None),
            )
            if value
        },
    )


def _template(told: Told) -> dict[str, Any] | None:
    """Return what makes up the prompts of a task, None where that is code or unknown."""
    config = told.of_task("configs")
    if not isinstance(config, dict) or not isinstance(config.get("doc_to_text"), str):
        return None
    template = {name: config[name] for name in TEMPLATE_FIELDS if config.get(name)}
    texts = [value for value in template.values() if isinstance(value, str)]
    return None if any(text.lstrip().startswith(CODE) for text in texts) else template


def _text(template: Mapping[str, Any] | None) -> str | None:
    """Return the text of a prompt template, what every prompt begins with before it."""
    if template is None:
        return None
    return f"{template.get('description') or ''}{template['doc_to_text']}"


def _model(results: Results | None) -> str | None:
    """Return the name of the model, which older versions have among its arguments only."""
    if results is None or results.model_name:
        return results.model_name if results else None
    said = results.config.get("model_args")
    if isinstance(said, str):
        said = dict(part.partition("=")[::2] for part in said.split(","))
    if not isinstance(said, dict):
        return None
    return next((_said(said[name]) for name in MODEL_ARGUMENTS if said.get(name)), None)


def _said(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def dataset_of(told: Told) -> str | None:
    """Return the data set of a task, which several tasks may share; None where it is unknown."""
    config = told.of_task("configs") or {}
    parts = [_said(config.get(name)) for name in ("dataset_path", "dataset_name")]
    return None if parts[0] in LOADERS else "/".join(filter(None, parts)) or None


def is_lower_better(metric: str | None, told: Told) -> bool:
    """Tell whether less of a metric is better, by the results or by the task's configuration."""
    directions = told.of_task("higher_is_better")
    if isinstance(directions, dict) and metric in directions:
        return directions[metric] is False
    return any(one.get("higher_is_better") is False for one in _listed(metric, told))


def mean_told(metric: str, filter_: str | None, told: Told) -> float | None:
    """Return the mean that the results give of a metric, None where they give another figure."""
    figures = told.of_task("results")
    is_mean = any(one.get("aggregation") == "mean" for one in _listed(metric, told))
    if not is_mean or not isinstance(figures, dict):
        return None
    return number(figures.get(f"{metric},{filter_ or 'none'}"))


def _listed(metric: str | None, told: Told) -> Iterator[dict[str, Any]]:
    """Yield what the task's configuration says of a metric."""
    config = told.of_task("configs")
    listed = config.get("metric_list") if isinstance(config, dict) else None
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and one.get("metric") == metric:
            yield one


def commit_of(told: Told) -> str | None:
    """Return the commit of the folder in which it ran, None where that is a mere description."""
    said = told.results.git_hash if told.results else None
    return said if said and COMMIT.fullmatch(said) else None


def metadata_of(told: Told) -> dict[str, Any]:
    """Return what else a results file says of a task, as far as it was said."""
    results = told.results
    if results is None:
        return {"task": told.task} if told.task else {}
    config = results.config
    said = {
        "task": told.task,
        "results_file": told.name,
        "results_sha256": told.sha256,
        "task_version": told.of_task("versions"),
        "num_fewshot": told.of_task("n_shot"),
        "limit": config.get("limit"),
        "random_seed": config.get("random_seed"),
        "numpy_seed": config.get("numpy_seed"),
        "torch_seed": config.get("torch_seed"),
        "fewshot_seed": config.get("fewshot_seed"),
        "batch_size": config.get("batch_size"),
        "git_describe": results.git_hash,
        "system_instruction_sha": results.system_instruction_sha,
        "chat_template_sha": results.chat_template_sha,
    }
    return {name: value for name, value in said.items() if value is not None}
