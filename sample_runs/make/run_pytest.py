"""Run the suite as pytest tests and keep one JUnit XML file per prompt variant.

    python run_pytest.py

Needs `serve.py` running, and what `requirements-pytest.txt` names.
"""

import os
import subprocess
import sys

from scrub import scrub_files
from suite import HERE, VARIANTS, WORKFLOW

RESULTS = HERE.parent / "junit"
DONE = (0, 1)  # 1: done, and some tests failed


def main() -> None:
    """Run the three variants, one after the other."""
    RESULTS.mkdir(exist_ok=True)
    for variant in VARIANTS:
        target = RESULTS / f"{WORKFLOW}-{variant}.xml"
        command = [sys.executable, "-m", "pytest", "pytest_sentiment.py", f"--junitxml={target}"]
        command += ["-c", os.devnull, "--rootdir", str(HERE), "-p", "no:cacheprovider", "-q"]
        command += ["--tb=line", "-o", f"junit_suite_name={WORKFLOW}-{variant}"]
        variables = os.environ | {"PROMPT_VARIANT": variant}
        done = subprocess.run(command, cwd=HERE, env=variables, check=False)
        if done.returncode not in DONE:
            raise subprocess.CalledProcessError(done.returncode, command)
        scrub_files(target)


if __name__ == "__main__":
    main()
