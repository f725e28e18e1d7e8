from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import field, fields, replace
from threading import Barrier
from typing import Any, ClassVar

import msgspec
import pytest

from optimizer.models.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A record."""

    KIND: ClassVar[str] = "base"
    record: int
    n: int = 2
    names: list[str] = field(default_factory=list)

    @property
    def doubled(self) -> int:
        return 2 * self.record


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived(Base):
    """A record with one more field."""

    word: str = "a"

    def __post_init__(self) -> None:
        if not self.word:
            raise ValueError("empty")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two numbers, told by place."""

    a: int
    b: int = 5


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """As the standard library makes it."""

    record: int
    n: int = 2


def test_a_record_is_made_compared_shown_and_hashed_as_always() -> None:
    one = Derived(record=1)
    assert one == Derived(record=1, n=2, names=[], word="a") != Derived(record=2)
    assert repr(one) == "Derived(record=1, n=2, names=[], word='a')"
    assert hash(Pair(1)) == hash(Pair(1, 5))
    assert (one.doubled, one.KIND) == (2, "base")


def test_each_record_has_a_default_of_its_own() -> None:
    Base(record=1).names.append("x")
    assert Base(record=1).names == []


def test_a_record_never_changes() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Base(record=1).n = 3  # type: ignore[misc]


def test_what_a_class_refuses_it_refuses_at_the_first_record() -> None:
    with pytest.raises(ValueError, match="empty"):
        Derived(record=1, word="")
    with pytest.raises(TypeError, match="unexpected keyword argument 'q'"):
        Base(record=1, q=1)  # type: ignore[call-arg]


def test_records_are_copied_replaced_and_pickled() -> None:
    one = Derived(record=4, names=["b"])
    assert pickle.loads(pickle.dumps(one)) == copy.deepcopy(one) == one
    assert replace(one, word="c") == Derived(record=4, names=["b"], word="c")


def test_what_is_asked_of_a_class_before_there_is_a_record_is_answered() -> None:
    @dataclass(frozen=True, slots=True)
    class Asked:
        """A record that nobody has made yet."""

        a: int
        b: int = 5

    assert str(inspect.signature(Asked)) == str(inspect.signature(Pair))

    @dataclass(frozen=True, slots=True)
    class Listed:
        """Another one."""

        a: int

    assert dataclasses.is_dataclass(Listed)
    assert [one.name for one in fields(Listed)] == ["a"]


def test_a_pattern_takes_a_record_apart_by_place() -> None:
    match Pair(1, 2):
        case Pair(a, b):
            assert (a, b) == (1, 2)


def test_records_go_to_json_and_back() -> None:
    text = msgspec.json.encode(Derived(record=1))
    assert msgspec.json.decode(text, type=Derived) == Derived(record=1)


def test_a_record_has_the_slots_of_the_standard_library() -> None:
    assert Base.__slots__ == ("record", "n", "names")
    assert Derived.__slots__ == ("word",)
    assert not hasattr(Base(record=1), "__dict__")
    assert [one.name for one in fields(Known)] == [one.name for one in fields(Base)][:2]


def test_the_first_records_of_a_class_are_as_those_that_follow() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Counted:
        """Records of which some are made before there are methods."""

        n: int
        names: tuple[str, ...] = ()
        seen: list[int] = field(default_factory=list)

        def __post_init__(self) -> None:
            if self.n < 0:
                raise ValueError("negative")

    with pytest.raises(ValueError, match="negative"):
        Counted(n=-1)
    made = [Counted(n=n % 2) for n in range(40)]
    assert len(set(map(repr, made))) == 2
    assert made[0] == made[-2] != made[1]
    assert made[0].seen is not made[2].seen
    assert [one.name for one in fields(Counted)] == ["n", "names", "seen"]
    assert copy.copy(made[0]) == copy.deepcopy(made[0]) == made[-2]


def test_a_record_is_copied_and_stays_as_it_is_before_its_class_has_methods() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Copied:
        """Records that are copied first."""

        n: int

    one = Copied(n=3)
    assert copy.copy(one).n == 3
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.n = 4  # type: ignore[misc]

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Kept:
        """Records that somebody tries to change first."""

        n: int

    kept = Kept(n=3)
    with pytest.raises(dataclasses.FrozenInstanceError):
        del kept.n  # type: ignore[misc]
    assert {kept: 1}[Kept(n=3)] == 1
    assert msgspec.json.encode(Kept(n=5)) == b'{"n":5}'
    with pytest.raises(TypeError, match="missing 1 required keyword-only argument: 'n'"):
        Kept()  # type: ignore[call-arg]


@pytest.fixture
def restless() -> Iterator[None]:
    """Let threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_threads_make_and_read_records_while_a_class_is_given_its_methods(restless: None) -> None:
    for _ in range(200):

        @dataclass(frozen=True, slots=True, kw_only=True)
        class Shared:
            name: str
            n: int = 1

        first = Shared(name="first", n=7)
        start = Barrier(4)

        def work(made: Any = Shared, read: Any = first, start: Barrier = start) -> set[Any]:
            start.wait()
            found = {(one.name, one.n, read.n) for one in (made(name="a", n=i) for i in range(40))}
            return found | {repr(made(name="b"))}

        with ThreadPoolExecutor(4) as threads:
            for told in [threads.submit(work) for _ in range(4)]:
                found = told.result()
                assert {one[2] for one in found if isinstance(one, tuple)} == {7}
                assert {one[1] for one in found if isinstance(one, tuple)} == set(range(40))
