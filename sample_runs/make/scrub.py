"""Take the names of the machine out of result files: folders, host and user.

What is replaced: the path of this repository by nothing, Python's temporary folders by
`/path/to/run`, the home folder, Python's own folders and the folders that hold packages by
`/path/to`, the host name by `localhost`.
"""

import gzip
import re
import socket
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
FOLDERS = (str(Path.home()), sys.prefix, sys.base_prefix)
MODULES = re.compile(r"(file://|(?<![\w.:/]))/[\w./@-]*?/(?=(?:node_modules|site-packages)/)")
RUN_FOLDER = re.compile(re.escape(tempfile.gettempdir()) + r"/tmp\w{8}(?=/|\b)")


def scrub_text(text: str) -> str:
    """Replace what names this machine."""
    text = text.replace(f"{REPOSITORY}/", "").replace(str(REPOSITORY), ".")
    text = RUN_FOLDER.sub("/path/to/run", text)
    text = MODULES.sub(r"\1/path/to/", text)
    for folder in sorted(FOLDERS, key=len, reverse=True):
        text = text.replace(f"{folder}/", "/path/to/")
    return re.sub(rf'(?<=")(?:{re.escape(socket.gethostname())})(?=")', "localhost", text)


def scrub_files(*paths: Path) -> None:
    """Rewrite text files in place, without what names this machine."""
    for path in paths:
        path.write_text(scrub_text(path.read_text("utf-8")), "utf-8")


def zip_file(path: Path) -> None:
    """Replace a file by its gzip form, the same bytes each time."""
    zipped = path.with_name(f"{path.name}.gz")
    zipped.write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    path.unlink()
