"""Run the suite through Inspect and write its logs: `.eval` (zstd and deflate) and `.json`.

    python run_inspect.py

Needs `serve.py` running, and what `requirements-inspect.txt` names.
"""

import asyncio
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import inspect_ai._util.zipfile  # noqa: F401 - teaches zipfile to read zstd
from client import complete
from inspect_ai import Task, eval, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    GenerateConfig,
    ModelAPI,
    ModelOutput,
    ModelUsage,
    modelapi,
)
from inspect_ai.scorer import CORRECT, INCORRECT, Score, Scorer, Target, accuracy, scorer
from inspect_ai.scorer import stderr as standard_error
from inspect_ai.solver import TaskState, generate, prompt_template
from scrub import scrub_text, zip_file
from suite import (
    DATASET,
    HERE,
    MODEL,
    PARAMETERS,
    REPEATS,
    VARIANTS,
    WORKFLOW,
    grade,
    read_cases,
    read_prompts,
)

RESULTS = HERE.parent / "inspect"
DEFLATED = "clear"


@modelapi(name="suite")
class Completions(ModelAPI):
    """Raw completions of the served model: the text of the last message, no chat template."""

    async def generate(
        self, input: list[ChatMessage], tools: Any, tool_choice: Any, config: GenerateConfig
    ) -> ModelOutput:
        """Ask once."""
        reply = await asyncio.to_thread(complete, "inspect", input[-1].text)
        choice, usage = reply["choices"][0], reply["usage"]
        message = ChatMessageAssistant(content=choice["text"], model=MODEL, source="generate")
        stopped = "max_tokens" if choice["finish_reason"] == "length" else "stop"
        return ModelOutput(
            model=MODEL,
            choices=[ChatCompletionChoice(message=message, stop_reason=stopped)],
            usage=ModelUsage(
                input_tokens=usage["prompt_tokens"],
                output_tokens=usage["completion_tokens"],
                total_tokens=usage["total_tokens"],
            ),
        )


@scorer(metrics=[accuracy(), standard_error()])
def first_label() -> Scorer:
    """Correct when the first label of the reply is the expected one."""

    async def score(state: TaskState, target: Target) -> Score:
        text = state.output.completion
        label, failure = grade(text, target.text)
        value = INCORRECT if failure else CORRECT
        return Score(value=value, answer=label, explanation=failure)

    return score


@task
def sentiment(prompt_variant: str) -> Task:
    """The sixty reviews under one prompt, each twice."""
    template = read_prompts()[prompt_variant].replace("{review}", "{prompt}")
    return Task(
        dataset=MemoryDataset(
            [
                Sample(
                    id=case["case_id"],
                    input=case["text"],
                    target=case["expected"],
                    metadata={"scenario": case["scenario"]},
                )
                for case in read_cases()
            ],
            name=DATASET,
        ),
        solver=[prompt_template(template), generate()],
        scorer=first_label(),
        epochs=len(REPEATS),
        config=GenerateConfig(**PARAMETERS),
        name=WORKFLOW,
    )


def main() -> None:
    """Run the three variants, one call at a time, and keep each log in several shapes."""
    RESULTS.mkdir(exist_ok=True)
    for variant in VARIANTS:
        with tempfile.TemporaryDirectory() as folder:
            run(variant, Path(folder))


def run(variant: str, folder: Path) -> None:
    """Run one variant in a folder of its own and keep its log."""
    (log,) = eval(
        sentiment(prompt_variant=variant),
        model=f"suite/{MODEL}",
        max_samples=1,
        max_tasks=1,
        log_dir=str(folder),
        display="none",
    )
    source = Path(log.location)
    target = RESULTS / f"{WORKFLOW}-{variant}.eval"
    repack(source, target, zipfile.ZIP_ZSTANDARD)  # type: ignore[attr-defined]
    if variant == DEFLATED:
        repack(source, target.with_suffix(".deflate.eval"), zipfile.ZIP_DEFLATED)
    dumped = subprocess.run(
        [str(Path(sys.executable).parent / "inspect"), "log", "dump", str(source)],
        capture_output=True,
        check=True,
        text=True,
    )
    target.with_suffix(".json").write_text(scrub_text(dumped.stdout), "utf-8")
    zip_file(target.with_suffix(".json"))


def repack(source: Path, target: Path, compression: int) -> None:
    """Write the members of a log again, scrubbed, in their order."""
    with zipfile.ZipFile(source) as log, zipfile.ZipFile(target, "w", compression) as copy:
        for member in log.infolist():
            text = scrub_text(log.read(member).decode())
            copy.writestr(
                zipfile.ZipInfo(member.filename, member.date_time),
                text,
                compress_type=compression,
            )


if __name__ == "__main__":
    main()
