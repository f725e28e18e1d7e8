"""Result files in, task rows out: one bridge for each tool whose results can be read."""

from executor_bridge.detect import BRIDGES
from executor_bridge.files.paths import expand, found
from executor_bridge.reading import read, read_source

__all__ = ["BRIDGES", "expand", "found", "read", "read_source"]
