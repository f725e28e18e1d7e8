from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from executor_bridge.files import source
from executor_bridge.files.source import load
from optimizer.models.ingest import IngestSettings
from optimizer.models.redaction import redact

SECRET = "hunter2hunter2"
KEY = "-----BEGIN PRIVATE KEY-----\nMIIabc\nxyz\n-----END PRIVATE KEY-----"
PAIRS: list[Any] = [
    {"attributes": [{"key": "api_key", "value": {"stringValue": SECRET}}, {"key": "b"}]},
    {"headers": [{"name": "Authorization", "value": SECRET}, {"name": "b", "value": "c"}]},
    {"headers": [{"name": "password", "Value": SECRET}]},
    {"password": SECRET, "api_key": SECRET, "a": [{"access_token": SECRET}, {"b": KEY}]},
]
VALUES = st.sampled_from(
    [
        SECRET,
        "sk-" + "a1" * 12,
        KEY,
        "},\n",
        '"},{"b":',
        "},{",
        {"access_token": SECRET},
        [SECRET],
        12,
    ]
)
NAMES = st.sampled_from(["password", "api_key", "a", "value", "text"])
OBJECTS = st.lists(st.dictionaries(NAMES, VALUES, max_size=3), min_size=1, max_size=6)


def loaded(content: bytes, piece_bytes: int) -> tuple[bytes, int]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source, "PIECE_BYTES", piece_bytes)
        found = load("-", IngestSettings(), io.BytesIO(content))
    return bytes(found.content), found.n_redacted


@pytest.mark.parametrize("indent", [None, 0, 2])
@pytest.mark.parametrize("pair", PAIRS)
def test_no_cut_parts_a_secret_from_its_name(pair: Any, indent: int | None) -> None:
    content = json.dumps(pair, indent=indent).encode()
    whole = redact(content)
    assert SECRET.encode() not in whole.content
    for piece_bytes in range(4, len(content)):
        assert loaded(content, piece_bytes) == (whole.content, whole.n_redacted)


@examples(max_examples=150, deadline=None)
@given(
    objects=OBJECTS,
    separators=st.sampled_from([(",", ":"), (", ", ": ")]),
    indent=st.sampled_from([None, 0, 1]),
    is_lines=st.booleans(),
    end=st.sampled_from(["\n", "\r\n"]),
    piece_bytes=st.integers(4, 100),
)
def test_pieces_are_blanked_as_the_whole_is(
    objects: list[Any],
    separators: tuple[str, str],
    indent: int | None,
    is_lines: bool,
    end: str,
    piece_bytes: int,
) -> None:
    text = json.dumps(objects, separators=separators, indent=indent)
    if is_lines:
        text = "\n".join(map(json.dumps, objects))
    content = text.replace("\n", end).encode()
    whole = redact(content)
    assert loaded(content, piece_bytes) == (whole.content, whole.n_redacted)
