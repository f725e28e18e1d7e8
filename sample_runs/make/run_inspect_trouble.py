"""Let Inspect meet trouble: errors, limits, a score that is no number, and a process that dies.

No model runs: replies are fixed words. The logs are Inspect's own.

    python run_inspect_trouble.py

Needs what `requirements-inspect.txt` names.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from inspect_ai import Task, eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessage, GenerateConfig, ModelAPI, ModelOutput, modelapi
from inspect_ai.scorer import CORRECT, INCORRECT, Score, Scorer, Target, accuracy, scorer
from inspect_ai.solver import TaskState, generate
from run_inspect import RESULTS, repack
from suite import grade

TIME_LIMIT_SECONDS = 2
TOO_SLOW_SECONDS = 6
EPOCHS = 2
REPLIES = {
    "right": " positive",
    "wrong": " negative",
    "silent": "",
    "unscored": " positive",
    "failing": None,
    "slow": None,
}
LAST_WORD = "dying"


@modelapi(name="trouble")
class FixedWords(ModelAPI):
    """Answer as the message says, or not."""

    async def generate(
        self, input: list[ChatMessage], tools: Any, tool_choice: Any, config: GenerateConfig
    ) -> ModelOutput:
        """Answer once."""
        word = input[-1].text
        if word == "failing":
            raise ValueError("this model is failing | <b>badly</b>")
        if word == "slow":
            await asyncio.sleep(TOO_SLOW_SECONDS)
        if word == LAST_WORD:
            os._exit(1)
        return ModelOutput.from_content(self.model_name, REPLIES[word] or "")


@scorer(metrics=[accuracy()])
def first_label() -> Scorer:
    """Correct when the first label is "positive"; no number for the case that says so."""

    async def score(state: TaskState, target: Target) -> Score:
        if state.input_text == "unscored":
            return Score(value=float("nan"), explanation="the grader gave up")
        label, failure = grade(state.output.completion, target.text)
        return Score(value=INCORRECT if failure else CORRECT, answer=label, explanation=failure)

    return score


def main() -> None:
    """Run once through all trouble, and once until the process dies."""
    if len(sys.argv) > 1:
        run(sys.argv[1], [*REPLIES, LAST_WORD])
        return
    with tempfile.TemporaryDirectory() as folder:
        run(folder, list(REPLIES))
        keep(Path(folder), "trouble.eval")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, __file__, folder], check=False)
        keep(Path(folder), "crashed.eval")


def run(folder: str, words: list[str]) -> None:
    """Run one task over the words, twice each, one at a time."""
    samples = [Sample(id=word, input=word, target="positive") for word in words]
    eval(
        Task(
            dataset=MemoryDataset(samples, name="trouble"),
            solver=generate(),
            scorer=first_label(),
            epochs=EPOCHS,
            time_limit=TIME_LIMIT_SECONDS,
            name="trouble",
        ),
        model="trouble/fixed-words",
        max_samples=1,
        log_buffer=1,
        log_dir=folder,
        fail_on_error=False,
        display="none",
    )


def keep(folder: Path, name: str) -> None:
    """Keep the only log of a folder, scrubbed."""
    (log,) = folder.glob("*.eval")
    repack(log, RESULTS / name, zipfile.ZIP_ZSTANDARD)  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
