from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys
from pathlib import Path
before = set(sys.modules)
from optimizer.config.load import load
load(start=Path(sys.argv[1]), environ={"OPTIMIZER_INGEST__REDACT": "false"})
print(*set(sys.modules) - before)
"""


@pytest.mark.parametrize(
    ("name", "reader"), [("none", ""), ("optimizer.toml", "tomllib"), ("optimizer.yaml", "yaml")]
)
def test_loading_settings_imports_no_more_than_the_file_needs(
    tmp_path: Path, name: str, reader: str
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / name).touch()
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], check=True, capture_output=True, text=True
    )
    heavy = {"duckdb", "numpy", "pandas", "rich", "scipy", "tomllib", "typer", "yaml"}
    assert heavy & set(done.stdout.split()) <= {reader}
