"""The history, the clock and the secrets, as an optimization meets them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cli.session import Session
    from optimizer.history.store import History


def opener(here: Session) -> Callable[[], AbstractContextManager[History]]:
    """Return what opens the history for writing, for as long as one question takes."""
    from optimizer.history.store import open_history

    return lambda: open_history(here.store, lock_timeout_s=here.lock_timeout_s, now=here.now)


def redactor(here: Session) -> Callable[[str], str]:
    """Return what blanks the secrets in a text."""
    from optimizer.models.redaction import redact

    settings = here.loaded.config.ingest
    if not settings.redact:
        return str
    patterns = settings.redact_patterns
    return lambda text: redact(text.encode("utf-8", "replace"), patterns).content.decode()


def clock() -> datetime:
    """Return what time it is."""
    return datetime.now(UTC)
