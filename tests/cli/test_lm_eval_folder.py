from __future__ import annotations

import json

STAMP = "2026-03-01T12-30-00.123456"


def test_a_folder_of_results_and_samples_is_stored_once(optimizer, tmp_path):
    folder = tmp_path / "out" / "acme__m1"
    folder.mkdir(parents=True)
    told = {
        "results": {"sums": {"alias": "sums", "acc,none": 0.5}},
        "configs": {"sums": {"task": "sums"}},
        "versions": {"sums": 1},
        "config": {"model": "hf", "model_args": "pretrained=acme/m1"},
        "date": 1_772_366_400.0,
    }
    (folder / f"results_{STAMP}.json").write_text(json.dumps(told))
    samples = [
        {"doc_id": n, "doc": {"q": n}, "filtered_resps": ["a"], "doc_hash": f"h{n}", "acc": n % 2}
        for n in range(4)
    ]
    text = "".join(json.dumps(sample) + "\n" for sample in samples)
    (folder / f"samples_sums_{STAMP}.jsonl").write_text(text)
    outcomes = optimizer("ingest", "out", "--json").json
    assert [file["status"] for file in outcomes["items"]] == ["stored", "unchanged"]
    stored = optimizer("runs", "--json").json
    assert [run["n_tasks"] for run in stored["items"]] == [4]
    again = optimizer("ingest", "out", "--json").json
    assert [file["status"] for file in again["items"]] == ["unchanged", "unchanged"]
