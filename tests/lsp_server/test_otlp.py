"""Requests of OTLP, and what Pairlog makes of the events in them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_server.senses.agents.batch import Batch, read_batch
from lsp_server.senses.agents.connection import Body
from lsp_server.senses.agents.logs import BYTES_MAX, Malformed, TooLarge, read, unpack
from lsp_server.senses.agents.retries import Retries
from tests.support.otlp import GOLDEN, record, request

SHOP = Path("/home/dev/shop")
_WHOLE = gzip.compress(b"x", mtime=0)


def batch(it: Any, root: Path = SHOP) -> Batch:
    return read_batch(Body(json.dumps(it).encode(), False), root)


def told(it: Batch) -> list[dict[str, Any]]:
    """The observations without what nobody said, each with its time."""
    return [
        {"at_ms": one.at_ms, **{key: value for key, value in one.observation.items() if value is not None}}
        for one in it.told
    ]


@pytest.mark.parametrize("name", ["claude-code", "claude-code-redacted", "copilot-chat"])
def test_the_documented_events_become_these_steps(name: str) -> None:
    expected = json.loads((GOLDEN / f"{name}.steps.json").read_text())
    found = read_batch(Body((GOLDEN / f"{name}.json").read_bytes(), False), SHOP)
    assert told(found) == expected["told"]
    assert [detail for detail, _ in found.not_understood] == expected["not_understood"]
    assert found.without_folder == 0


def test_what_a_model_was_asked_is_not_told_of_copilot_chat() -> None:
    body = (GOLDEN / "copilot-chat.json").read_text()
    assert "PIN=4711" in body
    assert "PIN=4711" not in repr(read_batch(Body(body.encode(), False), SHOP))


def test_an_event_is_of_the_folder_that_it_names() -> None:
    prompt = [record("user_prompt", 1, prompt__id="p1")]
    for folder in ("/home/dev/shop", "/home/dev/shop/", "/home/dev/shop/lib"):
        assert len(batch(request(prompt, folder)).told) == 1
    for folder in ("/home/dev", "/home/dev/shopping", "shop", "", "/home/dev/shop/..", "/home/dev/shop\0"):
        assert batch(request(prompt, folder)).told == []


def test_a_folder_is_known_by_whatever_link_leads_to_it(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "shop")
    prompt = [record("user_prompt", 1, prompt__id="p1")]
    assert len(batch(request(prompt, tmp_path / "link"), tmp_path / "shop").told) == 1
    assert len(batch(request(prompt, tmp_path / "shop"), tmp_path / "link").told) == 1


def test_an_event_of_several_folders_is_told_only_where_all_of_them_are_recorded() -> None:
    here = record(
        "user_prompt", 1, prompt__id="p1", workspace__host_paths=["/home/dev/shop/a", "/home/dev/shop"]
    )
    both = record(
        "user_prompt", 2, prompt__id="p2", workspace__host_paths=["/home/dev/shop", "/home/dev/secret"]
    )
    assert [it["id"] for it in told(batch(request([here, both], None)))] == ["p1"]


def test_an_event_that_names_no_folder_is_told_nowhere_and_counted() -> None:
    found = batch(request([record("user_prompt", 1, prompt__id="p1")], None))
    assert found == Batch([], [], 1)


def test_names_of_unknown_events_are_told_only_where_they_are_names() -> None:
    strange = [record("brand_new", 1), record("my token is abc", 2), record("x" * 100, 3)]
    details = [detail for detail, _ in batch(request(strange, SHOP)).not_understood]
    assert details == [
        "an agent's event of the unknown kind `claude_code.brand_new`",
        "an agent's event of the unknown kind `?`",
        "an agent's event of the unknown kind `?`",
    ]


def test_an_id_that_is_none_is_not_told() -> None:
    strange = [
        record("user_prompt", 1, prompt__id="my password"),
        record("tool_result", 2, tool_name="Read"),
        record("tool_decision", 3, tool_use_id="t" * 200),
    ]
    found = batch(request(strange, SHOP))
    assert found.told == []
    assert len(found.not_understood) == 3


def test_common_events_of_other_programs_are_not_taken_for_copilots() -> None:
    event = {"eventName": "gen_ai.client.inference.operation.details", "attributes": []}
    assert batch(request([event], SHOP)).not_understood[0][0].endswith("inference.operation.details`")


def test_numbers_may_be_texts_and_the_observed_time_serves_where_there_is_no_other() -> None:
    made = record("tool_result", 0, tool_use_id="t1", duration_ms="250")
    made["timeUnixNano"] = "0"
    made["observedTimeUnixNano"] = 2_000_000_000
    assert [it["at_ms"] for it in told(batch(request([made], SHOP)))] == [1750, 2000]


def test_a_record_has_the_same_mark_whenever_it_is_sent_and_twins_have_their_own() -> None:
    twins = request([record("user_prompt", 1, prompt__id="p1")] * 2, SHOP)
    once, again = batch(twins), batch(twins)
    assert [it.mark for it in once.told] == [it.mark for it in again.told]
    assert len({it.mark for it in once.told}) == 2


def test_marks_are_remembered_up_to_a_bound() -> None:
    retries = Retries(kept_max=2)
    assert [retries.is_fresh(mark) for mark in "aababcab"] == [
        *[True, False, True, False, False, True, True, True],
    ]


BROKEN = {
    "nothing": (b"", "the body is not JSON"),
    "no JSON": (b"{", "the body is not JSON"),
    "a list": (b"[]", "the body is no object"),
    "a list for an object": (b'{"resourceLogs": [[]]}', "`resourceLogs` is no list of objects"),
    "an object for a list": (b'{"resourceLogs": {}}', "`resourceLogs` is no list of objects"),
    "a text for a resource": (b'{"resourceLogs": [{"resource": "x"}]}', "`resource` is no object"),
    "not UTF-8": (b'{"x": "\xff"}', "the body is not UTF-8"),
    "UTF-16": ('{"x": 1}'.encode("utf-16"), "the body is not UTF-8"),
    "NaN": (b'{"x": NaN}', "the body has NaN, which is not JSON"),
    "infinity": (b'{"x": -Infinity}', "the body has -Infinity, which is not JSON"),
    "a long number": (b'{"x": ' + b"9" * 1_000_000 + b"}", "the body has a number of too many digits"),
    "depth": (b'{"x": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", "the body is nested too deeply"),
}


@pytest.mark.parametrize(("body", "why"), BROKEN.values(), ids=BROKEN)
def test_a_body_that_is_no_request_is_refused_in_a_sentence(body: bytes, why: str) -> None:
    with pytest.raises(Malformed) as refused:
        read(body)
    assert str(refused.value) == why


def test_a_value_nested_as_deeply_as_json_lets_it_is_read_or_refused() -> None:
    deep: dict[str, Any] = {"stringValue": "x"}
    for _ in range(300):
        deep = {"arrayValue": {"values": [deep]}}
    made = record("user_prompt", 1, prompt__id="p1")
    made["attributes"].append({"key": "deep", "value": deep})
    assert len(batch(request([made], SHOP)).told) == 1


def test_what_is_gzipped_is_unpacked_up_to_the_bound() -> None:
    assert unpack(gzip.compress(b"x" * BYTES_MAX)) == b"x" * BYTES_MAX
    with pytest.raises(TooLarge):
        unpack(gzip.compress(b"x" * (BYTES_MAX + 1)))
    bomb = gzip.compress(bytes(50_000_000), 1)
    assert len(bomb) < BYTES_MAX
    with pytest.raises(TooLarge):
        unpack(bomb)


@pytest.mark.parametrize("body", [b"", b"x", _WHOLE[:-4], _WHOLE + b"more"])
def test_what_is_not_gzip_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        unpack(body)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
_ATTRIBUTE = st.fixed_dictionaries(
    {
        "key": st.sampled_from(
            ["prompt.id", "prompt", "tool_use_id", "tool_input", "duration_ms", "decision", "event.sequence"]
        )
        | _JSON,
        "value": st.dictionaries(
            st.sampled_from(
                ["stringValue", "intValue", "doubleValue", "boolValue", "arrayValue", "kvlistValue"]
            ),
            _JSON,
            max_size=2,
        )
        | _JSON,
    }
)


@given(
    st.sampled_from(["user_prompt", "assistant_response", "tool_decision", "tool_result", "else"]),
    st.lists(_ATTRIBUTE, max_size=6),
    _JSON,
)
def test_whatever_an_event_says_it_is_told_counted_or_refused(
    name: str, given_: list[Any], time: Any
) -> None:
    made = record(name, 1)
    made["attributes"] += given_
    made["timeUnixNano"] = time
    try:
        found = batch(request([made], SHOP))
    except Malformed:
        return
    for one in found.told:
        assert set(one.observation["id"] if "id" in one.observation else one.observation["ref"]) <= set(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:/#@-"
        )
