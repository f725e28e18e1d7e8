"""Run the suite through deepeval and write one test run per prompt variant.

    python run_deepeval.py

Needs `serve.py` running, and what `requirements-deepeval.txt` names.
"""

import os
import shutil
import tempfile
import time
from pathlib import Path

os.environ |= {
    "DEEPEVAL_TELEMETRY_OPT_OUT": "YES",
    "DEEPEVAL_NO_INSPECT_PROMPT": "1",
    "DEEPEVAL_FILE_SYSTEM": "READ_ONLY",
}

from client import complete
from deepeval import evaluate
from deepeval.evaluate import AsyncConfig, CacheConfig, DisplayConfig
from deepeval.metrics import BaseMetric
from deepeval.prompt import Prompt
from deepeval.test_case import LLMTestCase
from scrub import scrub_files
from suite import (
    HERE,
    MODEL,
    PARAMETERS,
    REPEATS,
    VARIANTS,
    WORKFLOW,
    Json,
    grade,
    read_cases,
    read_prompts,
)

RESULTS = HERE.parent / "deepeval"


class FirstLabel(BaseMetric):
    """Pass when the first label of the reply is the expected one; an empty reply fails."""

    threshold = 1.0

    def measure(self, test_case: LLMTestCase) -> float:
        """Grade one reply."""
        _, self.reason = grade(test_case.actual_output or "", test_case.expected_output or "")
        self.score = 0.0 if self.reason else 1.0
        self.success = self.score >= self.threshold
        return self.score

    async def a_measure(self, test_case: LLMTestCase) -> float:
        """Grade one reply."""
        return self.measure(test_case)

    def is_successful(self) -> bool:
        """Say whether the last reply passed."""
        return bool(self.success)

    @property
    def __name__(self) -> str:
        return "First Label"


def main() -> None:
    """Run the three variants, one after the other, one call at a time."""
    for variant in VARIANTS:
        with tempfile.TemporaryDirectory() as folder:
            run(variant, Path(folder))


def run(variant: str, folder: Path) -> None:
    """Run one variant in a folder of its own and keep its test run."""
    template = read_prompts()[variant]
    evaluate(
        [answer(template, case) for _ in REPEATS for case in read_cases()],
        [FirstLabel()],
        identifier=f"{WORKFLOW}-{variant}",
        hyperparameters={
            "model": MODEL,
            **PARAMETERS,
            "prompt": Prompt(alias=variant, text_template=template),
        },
        async_config=AsyncConfig(run_async=False),
        cache_config=CacheConfig(write_cache=False),
        display_config=DisplayConfig(
            show_indicator=False,
            print_results=False,
            inspect_after_run=False,
            results_folder=str(folder),
        ),
    )
    (written,) = folder.glob("test_run_*.json")
    target = RESULTS / f"{WORKFLOW}-{variant}"
    target.mkdir(parents=True, exist_ok=True)
    scrub_files(Path(shutil.copy(written, target)))


def answer(template: str, case: Json) -> LLMTestCase:
    """Ask the model about one review, and time it."""
    start = time.perf_counter()
    reply = complete("deepeval", template.replace("{review}", case["text"]))
    return LLMTestCase(
        name=case["case_id"],
        input=case["text"],
        actual_output=reply["choices"][0]["text"],
        expected_output=case["expected"],
        completion_time=time.perf_counter() - start,
        tags=[case["scenario"]],
    )


if __name__ == "__main__":
    main()
