"""Run some cases of the sentiment suite with one prompt: the test command of an optimization.

    python run_tests.py PROMPT_FILE CASES_FILE OUT [REPLICATE]

Reads the prompt template and a JSON list of cases, asks the small local model for each, and writes
one RunExecutionResult. Another replicate draws other replies; the same one draws the same.

Needs what `requirements.txt` names. Nothing leaves the machine: the server listens on loopback.
"""

import hashlib
import json
import sys
from pathlib import Path
from urllib.parse import urlsplit

from run_suite import WARM_UP_REVIEW, complete, run_record, run_task, start_server

PLACE = "{review}"
PATIENCE_SECONDS = 60.0


def main() -> None:
    """Run the cases and write what became of them."""
    prompt_file, cases_file, out, *more = sys.argv[1:]
    content = Path(prompt_file).read_bytes()
    template = content.decode().strip()
    cases = json.loads(Path(cases_file).read_text("utf-8"))
    replicate = int(more[0]) if more else 0
    sha256 = hashlib.sha256(content).hexdigest()
    server = start_server(n_threads=1)  # several of these may run at once
    address = urlsplit(server.listening_address).netloc
    complete(
        address, template.replace(PLACE, WARM_UP_REVIEW), seed=0, time_limit_s=PATIENCE_SECONDS
    )
    # The hash of the prompt takes the place of its label in the seed of each call.
    tasks = [
        run_task(address, sha256, template, case, replicate, time_limit_s=PATIENCE_SECONDS)
        for case in cases
    ]
    run = run_record(sha256[:12], template, tasks)
    run["metadata"]["prompt_sha256"] = sha256
    Path(out).write_text(json.dumps(run, indent=1, ensure_ascii=False), "utf-8")


if __name__ == "__main__":
    main()
