"""Questions asked ahead: the database answers them in a thread while Python is busy otherwise.

A command imports what it works with for as long as its questions take. What will be asked is told
by the functions that ask: each is called with a history that only listens. A question that nobody
asks afterwards has cost time and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from threading import Event, Thread

from optimizer.history import duck as duckdb
from optimizer.history.engines import DuckEngine
from optimizer.history.store import History

Asking = Callable[[History], object]
"""A function that asks a history one question, or one first."""


@contextmanager
def asked_ahead(history: History, questions: Sequence[Asking]) -> Iterator[History]:
    """Have questions answered from now on, in their order; who asks one is given its answer.

    Args:
        history: An open history of DuckDB's.
        questions: Who asks them; only what each asks first is asked ahead.
    """
    engine = _AheadEngine(history.connection, [_heard(one) for one in questions])
    engine.begin()
    try:
        yield History(history.connection, engine=engine)
    finally:
        engine.end()


class _Question:
    """A question and, once it is done, what its rows are fetched from, or why there are none."""

    def __init__(self, text: str, params: Mapping[str, object]) -> None:
        self.text, self.params = text, params
        self.found: duckdb.DuckDBPyConnection | None = None
        self.failure: Exception | None = None
        self.is_done = Event()


class _AheadEngine(DuckEngine):
    """Answers from a DuckDB database, some questions before they are asked."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, questions: Sequence[_Question]
    ) -> None:
        super().__init__(connection)
        self._open = list(questions)
        self._is_over = False
        catalog = connection.execute("SELECT current_database()").fetchall()[0][0]
        own = connection.cursor()  # two threads cannot use one
        self._thread = Thread(target=self._answer, args=(own, catalog, tuple(questions)))

    def begin(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def ask(self, text: str, params: Mapping[str, object]) -> duckdb.DuckDBPyConnection:
        """Run a query, or wait for its answer, and return what its rows are fetched from."""
        for i, one in enumerate(self._open):
            if one.text == text and one.params == params:
                del self._open[i]
                one.is_done.wait()
                if one.failure is not None:
                    raise one.failure
                if one.found is not None:
                    return one.found
        return super().ask(text, params)

    def end(self) -> None:
        """Ask no more, and wait until what is being answered is."""
        self._is_over = True
        self._thread.join()
        self._open.clear()

    def _answer(
        self, own: duckdb.DuckDBPyConnection, catalog: str, questions: Sequence[_Question]
    ) -> None:
        for one in questions:
            try:
                if not self._is_over:
                    one.found = _answered(own.cursor(), catalog, one)
            except duckdb.Error as error:
                one.failure = error
            finally:
                one.is_done.set()


def _answered(
    connection: duckdb.DuckDBPyConnection, catalog: str, asked: _Question
) -> duckdb.DuckDBPyConnection:
    """Ask on a connection that keeps the answer until it is fetched."""
    name = catalog.replace('"', '""')
    connection.execute(f'USE "{name}"; SET python_enable_replacements = false')
    return connection.execute(asked.text, asked.params)


class _HeardError(Exception):
    """Not asked, only told."""


class _Listener:
    """An engine that only hears what is asked."""

    def __init__(self) -> None:
        self.heard: list[_Question] = []

    def ask(self, text: str, params: Mapping[str, object]) -> duckdb.DuckDBPyConnection:
        """Remember a question."""
        self.heard.append(_Question(text, params))
        raise _HeardError


def _heard(asking: Asking) -> _Question:
    listener = _Listener()
    nothing: duckdb.DuckDBPyConnection = None  # type: ignore[assignment]  # nobody answers
    with suppress(_HeardError):
        asking(History(nothing, engine=listener))
    return listener.heard[0]
