from __future__ import annotations

import pytest

from optimizer.models.redaction import redact

YAML = """evalId: eval-1
results:
  version: 3
  timestamp: 2026-03-01T00:00:00Z
  prompts:
    - {raw: "Say {{x}}", label: p, provider: m}
  results:
    - promptIdx: 0
      testIdx: 0
      success: false
      failureReason: 2
      error: |
        Authorization: Bearer HUSH12345678
      provider: {id: m}
      vars: {x: kept, apiKey: HUSH, password: 'HUSH it''s HUSH', "client_secret": "HUSH"}
      response:
        output: >-
          sk-HUSHabcdefghijklmnop began it, then came Bearer
          HUSH1234567890
        metadata:
          private_key: |-
            HUSH one

            HUSH two
          passwd:
            HUSH
          kept: here
"""
XML = """<testsuite name="s" timestamp="2026-03-01T00:00:00">
<properties><property name="api_key" value="HUSH"/></properties>
<testcase classname="c" name="a[password=HUSH]" time="1">
<failure message="{&quot;api_key&quot;: &quot;HUSH&quot;, &quot;kept&quot;: 1}">
password='HUSH' kept &#34;secret_key&#34;: &#34;HUSH&amp;HUSH&#34;
-----BEGIN PRIVATE KEY-----&#10;HUSH&#xA;HUSH==&#10;-----END PRIVATE KEY-----
</failure></testcase>
<testcase classname="c" name="b" time="1"><api_key>HUSH</api_key>
<error message="apiKey: HUSH1234"/></testcase></testsuite>"""
CSV = '''case_id,input,output,success,password,error
a,"{""api_key"": ""HUSH"", ""kept"": """"}",x,true,HUSH,
b,api_key=HUSH,"{'password': 'HUSH', 'kept': 1}",true,HUSH,
c,"{""a"": ""{\\""client_secret\\"": \\""HUSH\\""}""}",x,false,HUSH,Authorization: Basic HUSH12
'''


@pytest.mark.parametrize("text", [YAML, XML, CSV], ids=["yaml", "xml", "csv"])
def test_no_secret_of_a_text_that_is_no_json_is_kept(native, text):
    reading = native.reading(text.encode())
    stored = b"" if reading.source.is_packed else bytes(reading.source.content[:])
    told = f"{[(run.header, list(run.tasks)) for run in reading.runs]}{stored!r}"
    assert "HUSH" not in told
    assert "kept" in told


@pytest.mark.parametrize("text", [YAML, XML, CSV], ids=["yaml", "xml", "csv"])
def test_what_is_no_secret_of_such_a_text_is_read_as_before(native, text):
    blanked, as_it_was = (native.reading(text.encode(), redact=on) for on in (True, False))
    statuses = [
        [row.status for run in reading.runs for row in run.tasks]
        for reading in (blanked, as_it_was)
    ]
    assert statuses[0] == statuses[1]


def test_a_key_that_stands_bare_in_yaml_leaves_yaml_behind(native):
    (row,) = native.rows(YAML.replace("x: kept", "x: sk-abcdefghijklmnopqrst and more").encode())
    assert '"x":"[redacted] and more"' in row.inputs


def test_yaml_whose_secrets_show_in_its_text_is_stored(native):
    text = YAML.replace("Bearer\n", "").replace("          passwd:\n            HUSH\n", "")
    text = text.replace("apiKey: HUSH, ", "")
    assert not native.reading(text.encode()).source.is_packed


def test_a_table_with_a_column_of_secrets_is_not_stored(native):
    assert native.reading(CSV.encode()).source.is_packed
    plain = b"case_id,input,success\na,x,true\n"
    assert not native.reading(plain).source.is_packed


@pytest.mark.parametrize(
    "text",
    [
        'a,"{""password"": """", ""user"": ""x""}"\n',
        '{"password": "", "user": "x"}',
        "password: ''\nuser: x\n",
        "password:\nuser: x\n",
        "api_key: null\n",
        "Reset your password: ask the desk first\n",
        "api_key=$KEY password={{ password }}\n",
        "the password> of <b>all</b>",
        "'password': '[redacted]'",
    ],
)
def test_what_holds_no_secret_stays_as_it_is(text):
    assert redact(text.encode(), is_json=False).content == text.encode()


@pytest.mark.parametrize("said", ["api_key=hush", "apiKey: hush1234", "password = hush123"])
def test_a_value_by_name_in_a_text_of_json_is_blanked(said):
    content = b'{"error": "401, ' + said.encode() + b'", "password": 5}'
    redacted = redact(content)
    assert b"hush" not in redacted.content
    assert redacted.content.endswith(b'[redacted]", "password": 5}')


@pytest.mark.parametrize("said", ["Your password: please", "api_key=", "password: {{x1}}"])
def test_words_behind_a_name_in_a_text_of_json_are_no_secret(said):
    content = b'{"prompt": "' + said.encode() + b'"}'
    assert redact(content).content == content


@pytest.mark.parametrize(
    "value",
    ['"hush"', '{"stringValue":"hush"}', '{ "arrayValue": {"values": [{"stringValue": "hush"}]}}'],
)
def test_a_value_in_a_pair_with_its_name_is_blanked(value):
    pair = f'{{"key": "http.request.header.api_key", "value": {value}}}'
    assert redact(pair.encode()).content == pair.replace("hush", "[redacted]").encode()
