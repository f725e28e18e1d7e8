"""The text of a comment: a marker that is not shown, then as much of a file as fits."""

from __future__ import annotations

import re
from collections.abc import Mapping

from optimizer.models.dataclass import dataclass
from optimizer.models.errors import ConfigError

CUT = "*Cut here for its length; the files of the job have the rest.*"
FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
FOLD = re.compile(r"<(/?)details\b", re.IGNORECASE)
KEY = re.compile(r"[\w./:-]+")
OTHERS = re.compile(r"[^\w./:]+")
DEFAULT_KEY = "report"
LONGEST_KEY = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """The text of a comment.

    Attributes:
        marker: Its first line.
        body: All of it.
        n_cut: Characters of the file that it does not hold.
    """

    marker: str
    body: str
    n_cut: int


def comment_text(said: str, key: str, *, max_chars: int) -> Text:
    """Return the text of a comment of at most so many characters."""
    marker = f"<!-- optimizer:{key} -->"
    text = said.replace("\r\n", "\n").strip("\n")
    kept = fitted(text, max_chars - len(marker) - 1)
    n_cut = 0 if kept == text else len(text) - kept.rfind(f"\n{CUT}")
    return Text(marker=marker, body=f"{marker}\n{kept}", n_cut=n_cut)


def key_of(said: str | None, environ: Mapping[str, str]) -> str:
    """Return the key that tells a comment from others: as said, or the name of the job.

    Raises:
        ConfigError: It cannot stand in a marker.
    """
    if said is None:
        names = (environ.get("GITHUB_WORKFLOW"), environ.get("GITHUB_JOB"))
        job = "/".join(name for name in names if name) or environ.get("CI_JOB_NAME", "")
        return OTHERS.sub("-", job).strip("-")[:LONGEST_KEY] or DEFAULT_KEY
    if not KEY.fullmatch(said) or "--" in said or len(said) > LONGEST_KEY:
        raise ConfigError(
            f"--marker {said!r}: expected letters, digits and . _ / : - without a double hyphen, "
            f"{LONGEST_KEY} at most"
        )
    return said


def fitted(text: str, max_chars: int) -> str:
    """Return as many whole lines as fit; what is folded or quoted there is closed."""
    if len(text) <= max_chars:
        return text
    kept, closing = "", ""
    fence, n_folds, so_far = "", 0, ""
    for line in text.splitlines(keepends=True):
        so_far += line
        fence, n_folds = _after(line, fence, n_folds)
        ends = ("" if so_far.endswith("\n") else "\n") + (f"{fence}\n" if fence else "")
        ends += "\n</details>\n" * n_folds
        if len(so_far) + len(ends) + len(CUT) + 1 > max_chars:
            break
        kept, closing = so_far, ends
    if not kept:
        first = text.partition("\n")[0]
        opens = FENCE.match(first) or FOLD.search(first)
        kept = "" if opens else first[: max(0, max_chars - len(CUT) - 2)] + "\n"
    return f"{kept}{closing}\n{CUT}"


def _after(line: str, fence: str, n_folds: int) -> tuple[str, int]:
    """Return the open fence and how many folds are open after a line."""
    found = FENCE.match(line.rstrip("\n"))
    if fence:
        closes = found and found[1].startswith(fence) and not found[2].strip()
        return ("" if closes else fence), n_folds
    if found:
        return found[1], n_folds
    for tag in FOLD.finditer(line):
        n_folds = max(0, n_folds - 1) if tag[1] else n_folds + 1
    return "", n_folds
