"""Columns as the database takes them: Arrow's memory layout and C interface, without pyarrow.

A column is a few numpy arrays, which travel between processes as bytes, not as objects; the
database reads them where they lie.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from optimizer.models.dataclass import dataclass
from optimizer.models.tasks import PackedTexts

Bits = NDArray[np.uint8] | None
"""One bit a row, 1 where a value is known; None where all are."""

NULLABLE = 2
"""Flag of a column that may hold NULL."""


class Column(Protocol):
    """One column of a batch: `Numbers`, `Times`, `Texts` or `Labels`."""

    @property
    def n(self) -> int:
        """Number of rows."""
        ...

    @property
    def type_name(self) -> bytes:
        """How Arrow calls its type."""
        ...

    @property
    def buffers(self) -> tuple[Bits | NDArray[Any], ...]:
        """Its memory as Arrow lays it out: what is known, then the values."""
        ...

    @property
    def dictionary(self) -> Texts | None:
        """The texts that its values number, None where they are values themselves."""
        ...


Columns = Mapping[str, Column]
"""The columns of a table by name, all of the same length."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers; `known` says which there are."""

    values: NDArray[Any]
    known: Bits = None
    dictionary: None = None

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.values)

    @property
    def type_name(self) -> bytes:
        """A double, or a whole number of 64 bits."""
        return b"g" if self.values.dtype.kind == "f" else b"l"

    @property
    def buffers(self) -> tuple[Bits | NDArray[Any], ...]:
        """Known, values."""
        return self.known, self.values


class Times(Numbers):
    """Times as microseconds since 1970, in UTC."""

    __slots__ = ()

    @property
    def type_name(self) -> bytes:
        """A timestamp without a zone."""
        return b"tsu:"


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts in UTF-8, one behind the other; `ends` begins with 0."""

    ends: NDArray[np.int64]
    data: NDArray[np.uint8]
    known: Bits = None
    dictionary: None = None

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.ends) - 1

    @property
    def type_name(self) -> bytes:
        """A text of any length."""
        return b"U"

    @property
    def buffers(self) -> tuple[Bits | NDArray[Any], ...]:
        """Known, ends, bytes."""
        return self.known, self.ends, self.data


@dataclass(frozen=True, slots=True)
class Labels:
    """Texts of which there are few, each by its number in a dictionary."""

    numbers: NDArray[np.int32]
    dictionary: Texts

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.numbers)

    @property
    def type_name(self) -> bytes:
        """The type of the numbers."""
        return b"i"

    @property
    def buffers(self) -> tuple[Bits | NDArray[Any], ...]:
        """Known (all are: what is not is so in the dictionary), numbers."""
        return None, self.numbers


def texts(values: Sequence[str | None]) -> Texts:
    """Return texts as a column."""
    if isinstance(values, PackedTexts):
        return _packed(values)
    present: Sequence[Any] = [v or "" for v in values] if None in values else values
    joined = "".join(present)
    pieces = present
    if joined.isascii():
        data = joined.encode()
    else:
        pieces = [v.encode() for v in present]
        data = b"".join(pieces)
    ends = np.zeros(len(values) + 1, np.int64)
    lengths = np.fromiter(map(len, pieces), np.int64, len(values))
    np.cumsum(lengths, out=ends[1:])
    known: Bits = None
    if present is not values:
        is_known = lengths > 0
        if "" in values:
            is_known = np.array([v is not None for v in values], np.bool_)
        known = _bits(is_known)
    return Texts(ends, np.frombuffer(data or b"\0", np.uint8), known)


def _packed(values: PackedTexts) -> Texts:
    ends = np.asarray(values.ends, np.int64)
    known = ends[1:] > ends[:-1]
    bits = None if known.all() else _bits(known)
    return Texts(ends, np.frombuffer(values.data or b"\0", np.uint8), bits)


def labels(values: Sequence[str | None]) -> Labels:
    """Return texts of which there are few as a column."""
    numbers: dict[str | None, int] = dict.fromkeys(values, 0)
    if len(numbers) == 1:
        return Labels(np.zeros(len(values), np.int32), texts(list(numbers)))
    for n, value in enumerate(numbers):
        numbers[value] = n
    coded = np.fromiter(map(numbers.__getitem__, values), np.int32, len(values))
    return Labels(coded, texts(list(numbers)))


def label(value: str, n: int) -> Labels:
    """Return one text, repeated, as a column."""
    return Labels(np.zeros(n, np.int32), texts([value]))


def numbers(values: Sequence[float | None]) -> Numbers:
    """Return numbers as a column; NaN becomes unknown."""
    if len(values) and values[0] is None and values.count(None) == len(values):
        return Numbers(np.full(len(values), np.nan), np.zeros(-(-len(values) // 8), np.uint8))
    found = np.array(values, dtype=np.float64)
    unknown = np.isnan(found)
    return Numbers(found, _bits(~unknown) if unknown.any() else None)


def times(micros: NDArray[np.int64], known: NDArray[np.bool_]) -> Times:
    """Return times as a column."""
    return Times(micros, None if known.all() else _bits(known))


def _bits(known: NDArray[np.bool_]) -> NDArray[np.uint8]:
    return np.packbits(known, bitorder="little")


class _Schema(ctypes.Structure):
    """ArrowSchema of the C interface."""


class _Array(ctypes.Structure):
    """ArrowArray of the C interface."""


class _Stream(ctypes.Structure):
    """ArrowArrayStream of the C interface."""


_ADDRESS, _NUMBER, _TEXT = ctypes.c_void_p, ctypes.c_int64, ctypes.c_char_p

_Schema._fields_ = [
    ("format", _TEXT),
    ("name", _TEXT),
    ("metadata", _TEXT),
    ("flags", _NUMBER),
    ("n_children", _NUMBER),
    ("children", ctypes.POINTER(ctypes.POINTER(_Schema))),
    ("dictionary", ctypes.POINTER(_Schema)),
    ("release", _ADDRESS),
    ("private_data", _ADDRESS),
]
_Array._fields_ = [
    ("length", _NUMBER),
    ("null_count", _NUMBER),
    ("offset", _NUMBER),
    ("n_buffers", _NUMBER),
    ("n_children", _NUMBER),
    ("buffers", ctypes.POINTER(_ADDRESS)),
    ("children", ctypes.POINTER(ctypes.POINTER(_Array))),
    ("dictionary", ctypes.POINTER(_Array)),
    ("release", _ADDRESS),
    ("private_data", _ADDRESS),
]
_Stream._fields_ = [
    ("get_schema", _ADDRESS),
    ("get_next", _ADDRESS),
    ("get_last_error", _ADDRESS),
    ("release", _ADDRESS),
    ("private_data", _ADDRESS),
]
_Fill = ctypes.CFUNCTYPE(ctypes.c_int, _ADDRESS, _ADDRESS)
_Say = ctypes.CFUNCTYPE(_TEXT, _ADDRESS)
_Release = ctypes.CFUNCTYPE(None, _ADDRESS)

UNKNOWN_COUNT = -1
"""How Arrow says that nobody counted the NULLs."""


def _released(kind: type[ctypes.Structure]) -> Any:
    """Return the function that marks a structure as released; its memory is Python's."""

    def release(address: int) -> None:
        kind.from_address(address).release = None

    return _Release(release)


_RELEASE_SCHEMA, _RELEASE_ARRAY, _RELEASE_STREAM = map(_released, (_Schema, _Array, _Stream))
_new_capsule = ctypes.pythonapi.PyCapsule_New
_new_capsule.restype = ctypes.py_object
_new_capsule.argtypes = [_ADDRESS, _TEXT, _ADDRESS]


def _address(function: Any) -> int | None:
    return ctypes.cast(function, _ADDRESS).value


class Batches:
    """Columns of several batches, one below the other, as a stream that the database reads.

    They must stay alive, and so must this, until the statement that reads them is through; `close`
    then lets them go, which holding itself it would not be by reference counts alone.
    """

    def __init__(self, batches: Sequence[Columns]) -> None:
        """Take batches, at least one, with the same columns of the same types."""
        self._batches = batches
        self._alive: list[Any] = []
        self._waiting: Iterator[Columns] = iter(())

    @property
    def n(self) -> int:
        """Number of rows."""
        return sum(next(iter(batch.values())).n for batch in self._batches)

    def close(self) -> None:
        """Let the columns go."""
        self._batches, self._waiting = (), iter(())
        self._alive.clear()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return the stream, from its beginning: Arrow's name for this."""
        self._waiting = iter(self._batches)
        calls = _Fill(self._say_schema), _Fill(self._give_next), _Say(lambda _: b"")
        schema, following, error = map(_address, calls)
        stream = _Stream(schema, following, error, _address(_RELEASE_STREAM))
        self._alive += calls, stream
        return _new_capsule(ctypes.addressof(stream), b"arrow_array_stream", None)

    def _say_schema(self, _stream: int, out: int) -> int:
        columns = [self._schema(name.encode(), column) for name, column in self._batches[0].items()]
        whole = _Schema(format=b"+s", name=b"", release=_address(_RELEASE_SCHEMA))
        whole.n_children, whole.children = len(columns), self._pointers(columns)
        ctypes.memmove(out, ctypes.addressof(whole), ctypes.sizeof(whole))
        return 0

    def _give_next(self, _stream: int, out: int) -> int:
        batch = next(self._waiting, None)
        whole = _Array()
        if batch is not None:
            columns = [self._array(column) for column in batch.values()]
            whole = _Array(length=columns[0].length, n_buffers=1)
            whole.buffers = self._buffers((None,))
            whole.n_children, whole.children = len(columns), self._pointers(columns)
            whole.release = _address(_RELEASE_ARRAY)
        ctypes.memmove(out, ctypes.addressof(whole), ctypes.sizeof(whole))
        return 0

    def _schema(self, name: bytes, column: Column) -> _Schema:
        made = _Schema(
            format=column.type_name,
            name=name,
            flags=NULLABLE,
            release=_address(_RELEASE_SCHEMA),
        )
        if column.dictionary is not None:
            made.dictionary = ctypes.pointer(self._schema(b"", column.dictionary))
        self._alive.append(made)
        return made

    def _array(self, column: Column) -> _Array:
        buffers = column.buffers
        made = _Array(
            length=column.n,
            null_count=0 if buffers[0] is None else UNKNOWN_COUNT,
            n_buffers=len(buffers),
            release=_address(_RELEASE_ARRAY),
        )
        made.buffers = self._buffers(buffers)
        if column.dictionary is not None:
            made.dictionary = ctypes.pointer(self._array(column.dictionary))
        self._alive.append(made)
        return made

    def _buffers(self, arrays: Sequence[Bits | NDArray[Any]]) -> Any:
        found = (_ADDRESS * len(arrays))(*[a if a is None else a.ctypes.data for a in arrays])
        self._alive.append(found)
        return found

    def _pointers(self, structures: Sequence[Any]) -> Any:
        kind = ctypes.POINTER(type(structures[0]))
        found = (kind * len(structures))(*map(ctypes.pointer, structures))
        self._alive.append(found)
        return found
