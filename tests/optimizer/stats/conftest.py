import json
from pathlib import Path

import pytest

VECTORS = Path(__file__).parents[4] / "shared" / "vectors" / "stat_vectors.json"


@pytest.fixture(scope="session")
def vectors():
    """The published numeric cases, by name."""
    if not VECTORS.exists():
        pytest.skip("the numeric cases are not beside the project")
    return {case["name"]: case for case in json.loads(VECTORS.read_text("utf-8"))}
