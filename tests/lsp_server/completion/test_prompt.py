from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_server.completion.prompt import WrongAnswer, body_of, path_of, piece_of
from lsp_server.completion.stream import Stream
from lsp_server.completion.templates import TEMPLATES, template_of
from tests.lsp_server.completion.made import context, settings

HERE = context("a = {0}", "\nb")


@pytest.mark.parametrize(
    ("model", "prompt"),
    [
        ("bigcode/starcoder2-7b", "<fim_prefix>a = {0}<fim_suffix>\nb<fim_middle>"),
        ("granite-8b-code-base", "<fim_prefix>a = {0}<fim_suffix>\nb<fim_middle>"),
        ("stable-code-3b", "<fim_prefix>a = {0}<fim_suffix>\nb<fim_middle>"),
        ("Qwen/Qwen2.5-Coder-7B", "<|fim_prefix|>a = {0}<|fim_suffix|>\nb<|fim_middle|>"),
        ("codegemma:2b", "<|fim_prefix|>a = {0}<|fim_suffix|>\nb<|fim_middle|>"),
        ("deepseek-coder-6.7b-base", "<｜fim▁begin｜>a = {0}<｜fim▁hole｜>\nb<｜fim▁end｜>"),
        ("CodeLlama-7b-hf", "<PRE> a = {0} <SUF>\nb <MID>"),
        ("codestral-latest", "[SUFFIX]\nb[PREFIX]a = {0}"),
        ("Mellum-4b-base", "<fim_suffix>\nb<fim_prefix>a = {0}<fim_middle>"),
        ("Seed-Coder-8B-Base", "<[fim-suffix]>\nb<[fim-prefix]>a = {0}<[fim-middle]>"),
    ],
)
def test_a_model_gets_the_template_of_its_family(model: str, prompt: str) -> None:
    body = body_of(settings(model=model), model, HERE)
    assert (body["prompt"], "suffix" in body, body["stream"]) == (prompt, False, True)


def test_of_a_model_that_nobody_knows_the_endpoint_gets_both_texts() -> None:
    body = body_of(settings(model="x-1"), "x-1", HERE)
    assert (body["prompt"], body["suffix"]) == (HERE.prefix, HERE.suffix)


def test_the_users_word_on_the_template_counts() -> None:
    body = body_of(settings(model="starcoder", template="suffix"), "starcoder", HERE)
    assert (body["prompt"], body["suffix"]) == (HERE.prefix, HERE.suffix)


def test_a_chat_is_asked_for_what_stands_at_the_cursor() -> None:
    chosen = settings(model="x-1", api="chat", max_tokens=9)
    body = body_of(chosen, "x-1", HERE)
    assert path_of(chosen) == "/chat/completions"
    assert body["messages"][1]["content"] == "Language: python\na = {0}<CURSOR>\nb"
    assert body["max_tokens"] == 9 and "prompt" not in body


@given(st.sampled_from(sorted(TEMPLATES)), st.text(), st.text())
def test_a_template_takes_any_text_as_it_is(name: str, prefix: str, suffix: str) -> None:
    template = TEMPLATES[name]
    rendered = template.render(prefix, suffix)
    assert prefix in rendered and (template.leaves_suffix or suffix in rendered)


def test_a_name_that_tells_no_family_leaves_it_to_the_endpoint() -> None:
    assert template_of("gpt-x") is TEMPLATES["suffix"]


@pytest.mark.parametrize(
    ("chunk", "text"),
    [
        ({"choices": [{"text": "ab"}]}, "ab"),
        ({"choices": [{"delta": {"content": "ab"}}]}, "ab"),
        ({"choices": [{"delta": {"role": "assistant", "content": None}}]}, ""),
        ({"choices": [{"message": {"content": "ab"}, "finish_reason": "stop"}]}, "ab"),
        ({"choices": [{"delta": {}, "finish_reason": "length"}]}, ""),
        ({"choices": [], "usage": {}}, ""),
    ],
)
def test_a_chunk_of_any_server_gives_its_text(chunk: Any, text: str) -> None:
    assert piece_of(chunk) == text


@pytest.mark.parametrize("chunk", [None, [], "ab", {}, {"choices": 7}, {"choices": [7]}, {"error": "no"}])
def test_what_is_no_chunk_is_refused(chunk: Any) -> None:
    with pytest.raises(WrongAnswer):
        piece_of(chunk)


@given(st.lists(st.text(max_size=8), max_size=6), st.data())
def test_a_stream_is_the_same_however_it_is_cut(pieces: list[str], data: st.DataObject) -> None:
    lines = [b": hello\r\n", b"event: piece\n"]
    lines += [b"data: " + json.dumps({"choices": [{"text": it}]}).encode() + b"\n\n" for it in pieces]
    whole = b"".join(lines) + b"data: [DONE]\n\nwhat comes behind is not read"
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=5)))
    stream = Stream()
    for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True):
        stream.feed(whole[start:end])
    assert (stream.text, stream.is_done) == ("".join(pieces), True)


def test_a_stream_without_its_end_is_taken_as_far_as_it_came() -> None:
    stream = Stream()
    stream.feed(b'data: {"choices": [{"text": "ab"}]}\n\ndata: {"choices": [{"text": "c"}]}')
    stream.end()
    assert stream.text == "abc"


def test_a_stream_may_have_a_mark_comments_and_fields_of_later_standards() -> None:
    stream = Stream()
    for byte in b'\xef\xbb\xbf: hello\nx-trace: 7\nevent: piece\ndata: {"choices": [{"text": "ab"}]}\n\n':
        stream.feed(bytes([byte]))
    assert stream.text == "ab"


@pytest.mark.parametrize("line", [b'<a href="https://models.example/">', b'{"error": "sign in"}', b"hello"])
def test_what_can_be_no_field_is_refused(line: bytes) -> None:
    with pytest.raises(WrongAnswer, match="no event"):
        Stream().feed(line + b"\n")


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_line_has_a_limit(end: bytes) -> None:
    with pytest.raises(WrongAnswer, match="a line of more than 65536 bytes"):
        Stream().feed(b"data:" + b"x" * 65536 + end)
