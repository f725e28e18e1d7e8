"""Let deepeval meet trouble: a metric that fails, an empty reply, two metrics that disagree.

No model runs: replies are fixed words. The test run is deepeval's own.

    python run_deepeval_trouble.py

Needs what `requirements-deepeval.txt` names.
"""

import shutil
import tempfile
from pathlib import Path

from deepeval import evaluate
from deepeval.evaluate import AsyncConfig, CacheConfig, DisplayConfig, ErrorConfig
from deepeval.metrics import ExactMatchMetric
from deepeval.test_case import LLMTestCase
from run_deepeval import RESULTS, FirstLabel
from scrub import scrub_files

REPLIES = {
    "right": "positive",
    "wordy": "positive, I think",
    "wrong": " negative",
    "silent": "",
    "unjudged": "positive",
}


class GivesUp(FirstLabel):
    """Grade a reply, but for the case that is to go unjudged."""

    def measure(self, test_case: LLMTestCase) -> float:
        """Grade one reply.

        Raises:
            ValueError: The case is to go unjudged.
        """
        if test_case.name == "unjudged":
            raise ValueError("the grader gave up")
        return super().measure(test_case)


def main() -> None:
    """Run every case once under two metrics."""
    with tempfile.TemporaryDirectory() as folder:
        evaluate(
            [
                LLMTestCase(name=name, input=name, actual_output=reply, expected_output="positive")
                for name, reply in REPLIES.items()
            ],
            [GivesUp(), ExactMatchMetric()],
            async_config=AsyncConfig(run_async=False),
            cache_config=CacheConfig(write_cache=False),
            error_config=ErrorConfig(ignore_errors=True),
            display_config=DisplayConfig(
                show_indicator=False,
                print_results=False,
                inspect_after_run=False,
                results_folder=folder,
            ),
        )
        (written,) = Path(folder).glob("test_run_*.json")
        target = RESULTS / "trouble"
        target.mkdir(parents=True, exist_ok=True)
        scrub_files(Path(shutil.copy(written, target)))


if __name__ == "__main__":
    main()
