"""A synthetic Inspect AI log whose samples are many and large.

python benchmarks/inspect_data.py FILE MEGABYTES
"""

from __future__ import annotations

import json
import random
import sys
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from data import START, WORDS

MODEL = "openai/gpt-4o-mini"
EVENTS = 100
"""Events of a sample, about 600 bytes each."""


def write_log(path: Path, *, n_bytes: int) -> None:
    """Write an archive of about so many bytes, most of them events of samples."""
    rng = random.Random(1)
    events = [_event(rng, number) for number in range(20 * EVENTS)]
    n = n_bytes // len(json.dumps(events[:EVENTS]))
    summaries = [_summary(rng, number) for number in range(n)]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("_journal/start.json", json.dumps(_header(n)))
        for one in summaries:
            whole = json.dumps(one | {"events": rng.sample(events, EVENTS)})
            name = f"samples/{one['id']}_epoch_1.json"
            archive.writestr(name, whole, compress_type=zipfile.ZIP_STORED)
        archive.writestr("summaries.json", json.dumps(summaries))
        archive.writestr("header.json", json.dumps(_header(n)))


def _header(n: int) -> dict[str, Any]:
    ended_at = START + timedelta(hours=1)
    return {
        "version": 2,
        "status": "success",
        "eval": {
            "eval_id": "large",
            "created": START.isoformat(),
            "task": "faq",
            "dataset": {"name": "faq", "samples": n},
            "model": MODEL,
            "config": {"epochs": 1},
            "packages": {"inspect_ai": "0.3.285"},
        },
        "plan": {"steps": [{"solver": "generate", "params": {}}], "config": {"temperature": 0}},
        "results": {"total_samples": n, "completed_samples": n},
        "stats": {"started_at": START.isoformat(), "completed_at": ended_at.isoformat()},
    }


def _summary(rng: random.Random, number: int) -> dict[str, Any]:
    started_at = START + timedelta(seconds=number)
    seconds = rng.lognormvariate(0, 0.5)
    used = {"input_tokens": 100, "output_tokens": 50, "total_tokens": 150}
    return {
        "id": f"c{number}",
        "epoch": 1,
        "input": " ".join(rng.choices(WORDS, k=100)),
        "target": " ".join(rng.choices(WORDS, k=20)),
        "metadata": {"topic": rng.choice(WORDS)},
        "scores": {"match": {"value": rng.choice("CCCI"), "explanation": " ".join(WORDS)}},
        "model_usage": {MODEL: used},
        "started_at": started_at.isoformat(),
        "completed_at": (started_at + timedelta(seconds=seconds)).isoformat(),
        "total_time": seconds,
        "working_time": seconds,
        "uuid": f"u{number}",
        "completed": True,
    }


def _event(rng: random.Random, number: int) -> dict[str, Any]:
    """Return an event as the tool writes them, in whole samples only."""
    return {
        "uuid": f"{rng.getrandbits(128):032x}",
        "span_id": f"{rng.getrandbits(128):032x}",
        "timestamp": (START + timedelta(milliseconds=number)).isoformat(),
        "working_start": rng.random(),
        "event": "model",
        "model": MODEL,
        "input": [{"role": "user", "content": " ".join(rng.choices(WORDS, k=20))}],
        "output": {"choices": [{"message": {"content": " ".join(rng.choices(WORDS, k=20))}}]},
        "config": {"temperature": 0, "max_tokens": 100},
    }


if __name__ == "__main__":
    write_log(Path(sys.argv[1]), n_bytes=int(float(sys.argv[2]) * 1e6))
